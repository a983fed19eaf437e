//! The tables, and how those of earlier versions become those of this one.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::super::store::Migrated;

/// Single statements, of which each may be run twice. The comments stay in the file: `.schema` of sqlite3 shows them.
///
/// What a table may hold is what a message may, so that who writes SQL learns of a mistake at once. Without a rowid, a person
/// is found in one tree instead of two, in little more than half of the time.
const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS people (
  -- What the person is asked for by, byte for byte.
  name TEXT NOT NULL PRIMARY KEY,
  -- In whole years.
  age INTEGER NOT NULL DEFAULT 0 CHECK (age BETWEEN -2147483648 AND 2147483647),
  -- 0 is unknown, 1 male, 2 female; other numbers are kept.
  gender INTEGER NOT NULL DEFAULT 0 CHECK (gender BETWEEN -2147483648 AND 2147483647),
  -- A JSON array of strings.
  hobbies TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(hobbies) AND json_type(hobbies) = 'array'),
  -- House number and street.
  street TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL DEFAULT '',
  -- 1 if there is an address, even if its street and city are empty.
  has_address INTEGER NOT NULL DEFAULT 0 CHECK (has_address IN (0, 1)),
  CONSTRAINT \"has_address is 1 if there is a street or a city\"
    CHECK (has_address = 1 OR (street = '' AND city = ''))
) STRICT, WITHOUT ROWID",
    "CREATE VIEW IF NOT EXISTS people_readable AS
-- The table people as it is read best: routeguide does not use this view.
SELECT
  name,
  age,
  CASE gender WHEN 0 THEN 'unknown' WHEN 1 THEN 'male' WHEN 2 THEN 'female' ELSE gender END AS gender,
  (SELECT group_concat(value, ', ') FROM json_each(hobbies)) AS hobbies,
  CASE WHEN has_address THEN street END AS street,
  CASE WHEN has_address THEN city END AS city
FROM people",
];

/// The version of the tables that this program makes.
pub const VERSION: u32 = 2;

/// A row for each migration that was made.
const VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS people_schema (version INTEGER NOT NULL PRIMARY KEY) STRICT";

/// The version of the tables, or 0 if there are none.
pub fn version(connection: &Connection) -> rusqlite::Result<u32> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name IN ('people', 'people_schema')";
    let tables: u32 = connection.query_row(sql, [], |row| row.get(0))?;
    if tables < 2 {
        return Ok(0);
    }
    let sql = "SELECT coalesce(max(version), 0) FROM people_schema";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Makes the migrations that are missing, each in a transaction of its own. Newer tables are left as they are.
pub fn migrate(connection: &Connection) -> rusqlite::Result<Migrated> {
    let from = version(connection)?;
    if from < VERSION {
        connection.execute(VERSIONS, [])?;
        for (number, migration) in (1..).zip(MIGRATIONS).skip(from as usize) {
            // Takes the lock first: who reads first, and writes then, may find that another has written.
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            transaction.execute(migration, [])?;
            let sql = "INSERT INTO people_schema (version) VALUES (?1) ON CONFLICT DO NOTHING";
            transaction.execute(sql, [number])?;
            transaction.commit()?;
        }
    }
    let to = version(connection)?;
    Ok(Migrated { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_last_migration() {
        assert_eq!(VERSION as usize, MIGRATIONS.len());
    }

    #[test]
    fn tables_of_every_earlier_version_are_upgraded() {
        let tables = |connection: &Connection| -> Vec<String> {
            let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let fresh = Connection::open_in_memory().unwrap();
        migrate(&fresh).unwrap();
        for from in 0..=VERSION {
            let connection = Connection::open_in_memory().unwrap();
            if from > 0 {
                connection.execute(VERSIONS, []).unwrap();
            }
            for (number, migration) in (1..=from).zip(MIGRATIONS) {
                connection.execute(migration, []).unwrap();
                let sql = "INSERT INTO people_schema VALUES (?1)";
                connection.execute(sql, [number]).unwrap();
            }
            assert_eq!(version(&connection), Ok(from));
            let to = VERSION;
            assert_eq!(migrate(&connection), Ok(Migrated { from, to }));
            assert_eq!(tables(&connection), tables(&fresh), "from {from}");
        }
    }

    #[test]
    fn a_migration_that_was_made_and_not_recorded_is_made_again() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection).unwrap();
        connection
            .execute("DELETE FROM people_schema WHERE version > 1", [])
            .unwrap();
        let to = VERSION;
        assert_eq!(migrate(&connection), Ok(Migrated { from: 1, to }));
    }

    #[test]
    fn sql_cannot_store_what_no_message_has() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection).unwrap();
        connection
            .execute("INSERT INTO people (name) VALUES ('Zoe')", [])
            .unwrap();
        for set in [
            "name = NULL",
            "name = x'00'",
            "age = 2147483648",
            "age = 'old'",
            "gender = -2147483649",
            "hobbies = 'chess'",
            "hobbies = '{}'",
            "street = '1 Main St'",
            "has_address = 2",
        ] {
            let changed = connection.execute(&format!("UPDATE people SET {set}"), []);
            assert!(changed.is_err(), "{set}");
        }
    }

    #[test]
    fn the_view_shows_people_as_they_are_read() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection).unwrap();
        let sql = "INSERT INTO people VALUES ('Zoe', 7, 2, '[\"chess\",\"go\"]', '', 'Oslo', 1)";
        connection.execute(sql, []).unwrap();
        let sql =
            "SELECT concat_ws('|', name, age, gender, hobbies, street, city) FROM people_readable";
        let shown: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(shown, "Zoe|7|female|chess, go||Oslo");
    }
}
