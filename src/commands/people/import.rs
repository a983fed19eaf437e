//! `people import`: JSON into a database, a transaction at a time.

use std::fmt::Write as _;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::source::{Batch, Source};
use crate::cli::{OnConflictArg, PeopleImportArgs};
use crate::error::{Error, Kind, Result};
use crate::output::{Console, Progress, count};
use crate::server::{Counts, Failure, ImportOptions, OnConflict, Place, Store, StoreError};
use crate::session::{Context, output};

pub async fn run(args: &PeopleImportArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    let (database, store) = super::open(&args.to)?;
    refuse_database(args.file.as_deref())?;
    let mut source = Source::open(args.file.as_deref(), context).await?;
    let reads_stdin = args.file.as_deref().is_none_or(|file| file == "-");
    if reads_stdin && context.terminal.stdin_is_terminal {
        console.notice("reading people from the terminal, in JSON; Ctrl-D ends the input");
    }
    prepare(&*store, &database.to_string(), &console, context).await?;
    let options = ImportOptions {
        replace: args.replace,
        on_conflict: match args.on_conflict {
            OnConflictArg::Error => OnConflict::Error,
            OnConflictArg::Skip => OnConflict::Skip,
            OnConflictArg::Update => OnConflict::Update,
        },
    };
    let mut done = Done::default();
    let shows_progress = output::can_show_progress(&args.console, context);
    let progress = Progress::new(&console, shows_progress);
    let imported = import(&*store, options, &mut source, &mut done, progress, context).await;
    match imported {
        Ok(counts) => {
            console.notice(&summary(counts));
            Ok(())
        }
        Err(error) => {
            if let Some(said) = done.before(&error, options) {
                console.notice(&said);
            }
            Err(error)
        }
    }
}

/// Refuses the URL of a database in the place of the file.
fn refuse_database(file: Option<&Path>) -> Result<()> {
    let place = file
        .map(|file| Place::parse(file.as_os_str()))
        .transpose()?;
    match place {
        Some(Place::Database(_)) => Err(Error::usage("the people of an import come from a file")
            .hinted("from one database into another: routeguide people export --from URL | routeguide people import --to URL")),
        Some(Place::File(_)) | None => Ok(()),
    }
}

/// Creates the tables where there are none. Older ones are left as they are: servers of an earlier version may be using them.
async fn prepare(
    store: &dyn Store,
    shown: &str,
    console: &Console,
    context: &Context,
) -> Result<()> {
    let check = async { Ok(store.check().await) };
    let Err(error) = context.interrupt.or(check).await? else {
        return Ok(());
    };
    if !matches!(
        error.failure(),
        Failure::Missing | Failure::Schema { found: 0, .. }
    ) {
        return Err(error.into_error());
    }
    let migrated = super::ask(store.migrate(), context).await?;
    console.notice(&format!(
        "{shown}: created the tables, version {}",
        migrated.to
    ));
    Ok(())
}

/// What is committed.
#[derive(Default)]
struct Done {
    people: u64,
    /// The line in which the last of them ends.
    last_line: usize,
    /// It is not known whether one more transaction, or that of a `replace`, was committed.
    is_unknown: bool,
}

impl Done {
    /// What to say before an error that ends the import.
    fn before(&self, error: &Error, options: ImportOptions) -> Option<String> {
        if options.replace {
            return (!self.is_unknown).then(|| "nothing was changed".to_owned());
        }
        let at_least = if self.is_unknown { "at least " } else { "" };
        let said = match (self.people, self.last_line) {
            (0, _) if self.is_unknown && error.kind() == Kind::Interrupted => {
                "it is not known whether anybody was imported".to_owned()
            }
            // The error says so.
            (0, _) if self.is_unknown => return None,
            (0, _) => return Some("nobody was imported".to_owned()),
            // All are in one line.
            (people, 1) => format!("{at_least}the first {people} people were imported"),
            (_, line) => format!("{at_least}the people of lines 1 to {line} were imported"),
        };
        Some(match options.on_conflict {
            OnConflict::Error if error.kind() == Kind::Interrupted => {
                format!("{said}; --on-conflict skip completes the import")
            }
            _ => said,
        })
    }
}

/// Reads a transaction while the one before it is written.
async fn import(
    store: &dyn Store,
    options: ImportOptions,
    source: &mut Source,
    done: &mut Done,
    mut progress: Progress,
    context: &Context,
) -> Result<Counts> {
    let mut next = Batch::default();
    if options.replace {
        next = context.interrupt.or(source.batch()).await?;
        if next.people.is_empty() {
            return Err(refuse_nobody());
        }
    }
    let begun = async { store.import(options).await.map_err(StoreError::into_error) };
    let mut import = step(begun, store, context).await?;
    if next.people.is_empty() {
        next = context.interrupt.or(source.batch()).await?;
    }
    while !next.people.is_empty() {
        let Batch {
            people,
            places,
            last_line,
        } = next;
        let written = people.len() as u64;
        let (added, read) = {
            let add = step(async { Ok(import.add(people).await) }, store, context);
            let read = context.interrupt.or(source.batch());
            let mut step = pin!(async { tokio::join!(add, read) });
            loop {
                tokio::select! {
                    biased;
                    both = &mut step => break both,
                    () = progress.due() => {
                        progress.show_rate(&count(done.people, "person", "people"), done.people);
                    }
                }
            }
        };
        match added {
            Ok(Ok(_)) => {}
            // It was given up without an answer.
            Err(error) => {
                done.is_unknown = import.give_up();
                return Err(error);
            }
            Ok(Err(error)) => {
                done.is_unknown = *error.failure() == Failure::Uncertain;
                // It was stopped.
                if context.interrupt.is_struck() {
                    return Err(Error::interrupted());
                }
                return Err(source.explain(error, &places));
            }
        }
        done.people += written;
        done.last_line = last_line;
        next = read?;
    }
    // It waits for nobody, and whether a commit that was given up has changed something is not known.
    import.finish().await.map_err(|error| {
        // A file that cannot be written may have been, in part.
        done.is_unknown = matches!(error.failure(), Failure::Uncertain | Failure::Unavailable);
        // The request to stop the last statement may come late, and stop this one.
        if context.interrupt.is_struck() && *error.failure() == Failure::Timeout {
            return Error::interrupted();
        }
        error.into_error()
    })
}

/// Beginning an import, or adding to it. A transaction that has begun is mostly done soon, so that Ctrl-C lets it; one that
/// waits for a lock is stopped, and has changed nothing.
async fn step<T>(
    work: impl Future<Output = Result<T>>,
    store: &dyn Store,
    context: &Context,
) -> Result<T> {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = context.interrupt.wait() => {}
    }
    if let Ok(done) = timeout(GRACE, &mut work).await {
        return done;
    }
    let stopped = async {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = store.stop_imports() => {}
        }
        (&mut work).await
    };
    match timeout(GRACE, stopped).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) | Err(_) => Err(Error::interrupted()),
    }
}

/// An empty input is rather a mistake in front of the pipe than the wish that nobody be left.
fn refuse_nobody() -> Error {
    Error::failed("the input has no people, and --replace would leave nobody in the database")
        .hinted("if that is what you want, remove them with SQL: DELETE FROM people")
}

/// How long a transaction has after Ctrl-C to end, and then to be stopped.
const GRACE: Duration = Duration::from_millis(300);

/// What was done, in one line.
fn summary(counts: Counts) -> String {
    let parts = [
        (counts.inserted, "inserted"),
        (counts.updated, "updated"),
        (counts.skipped, "skipped"),
        (counts.removed, "removed"),
    ];
    let mut text = String::new();
    for (number, what) in parts {
        if number > 0 && text.is_empty() {
            text = format!("{} {what}", count(number, "person", "people"));
        } else if number > 0 {
            let _ = write!(text, ", {number} {what}");
        }
    }
    match text.as_str() {
        "" => "there were no people to import".to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_said_to_be_missing_who_may_have_been_kept() {
        let said = |people, is_unknown, replace| {
            let done = Done {
                people,
                last_line: usize::try_from(people).unwrap(),
                is_unknown,
            };
            let options = ImportOptions {
                replace,
                ..ImportOptions::default()
            };
            done.before(&Error::failed("no answer"), options)
        };
        assert_eq!(said(0, false, false).unwrap(), "nobody was imported");
        assert_eq!(said(0, true, false), None);
        assert_eq!(
            said(7, true, false).unwrap(),
            "at least the people of lines 1 to 7 were imported"
        );
        assert_eq!(said(0, false, true).unwrap(), "nothing was changed");
        assert_eq!(said(0, true, true), None);
    }

    #[test]
    fn what_was_given_up_may_have_been_imported() {
        let done = |people| Done {
            people,
            last_line: 7,
            is_unknown: true,
        };
        let said = |people| done(people).before(&Error::interrupted(), ImportOptions::default());
        assert_eq!(
            said(0).unwrap(),
            "it is not known whether anybody was imported; --on-conflict skip completes the import"
        );
        assert_eq!(
            said(9).unwrap(),
            "at least the people of lines 1 to 7 were imported; --on-conflict skip completes the import"
        );
    }
}
