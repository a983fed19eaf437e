//! PostgreSQL servers of the tests' own: in temporary folders, on free ports, and gone with the process that started them,
//! however that ends. The unit tests of the library use this file, too.
//!
//! Needs Debian's packages postgresql, and pgbouncer for [`PgBouncer`].

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

/// The superuser, whom the servers trust.
pub const ADMIN: &str = "admin";

/// Others have a password.
const ACCESS: &str = "\
local all admin trust
host all admin 127.0.0.1/32 trust
host replication admin 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
";

/// A server, which stops when this is dropped.
pub struct Instance {
    /// Dropped first: it needs the folder.
    _guard: Guard,
    folder: Folder,
    port: u16,
}

/// A folder of the user that servers run as.
struct Folder(TempDir);

/// A shell that runs a command when its input ends: when this is dropped, and when the process is killed.
struct Guard(Child);

impl Guard {
    fn new(folder: &Path, script: &str) -> Self {
        // Ctrl-C is for the tests, whose end is the end of this.
        let script = format!("trap '' INT; {script}");
        let mut command = unprivileged("sh");
        command
            .args(["-c", &script])
            .current_dir(folder)
            .stdin(Stdio::piped());
        Self(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        )
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        if is_root() {
            run(Command::new("chown").arg("nobody").arg(folder.path()));
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file that only its owner may read.
    fn write(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        run(Command::new("chmod").arg("0600").arg(&path));
        if is_root() {
            run(Command::new("chown").arg("nobody").arg(&path));
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;

    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A program as a user who is not root: as root, servers do not start.
fn unprivileged(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(if is_root() { "setpriv" } else { "env" });
    if is_root() {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    }
    command.arg(program);
    command
}

#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

/// A program of PostgreSQL: the newest version in Debian's folders, or that of PATH.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let found = versions.map(|version| version.path().join("bin").join(name));
    let newest = found.filter(|path| path.exists()).max();
    newest.unwrap_or_else(|| name.into())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

impl Instance {
    /// Several tests use this one, each with its own [`Database`].
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Instance> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&["max_connections=400"]))
    }

    /// Starts a server with settings.
    pub fn start(settings: &[&str]) -> Self {
        let folder = Folder::new();
        run(unprivileged(program("initdb"))
            .current_dir(folder.path())
            .args([
                "--pgdata=data",
                "--username=admin",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ]));
        folder.write("data/pg_hba.conf", ACCESS);
        Self::with_data(folder, settings)
    }

    fn with_data(folder: Folder, settings: &[&str]) -> Self {
        let mut lines = vec![
            "fsync = off".to_owned(),
            "listen_addresses = '127.0.0.1'".to_owned(),
            "unix_socket_directories = ''".to_owned(),
            "max_wal_senders = 4".to_owned(),
            "shared_buffers = 16MB".to_owned(),
        ];
        lines.extend(settings.iter().map(ToString::to_string));
        let port = free_port();
        lines.push(format!("port = {port}"));
        folder.write("data/postgresql.auto.conf", &(lines.join("\n") + "\n"));
        let stop = program("pg_ctl");
        // The folder of a server that several tests share is removed by nobody else.
        let stop = format!(
            "cat > /dev/null; {} -D data -m immediate stop; rm -rf \"$PWD\"",
            stop.display()
        );
        let guard = Guard::new(folder.path(), &stop);
        let instance = Self {
            _guard: guard,
            folder,
            port,
        };
        instance.control(&["--wait", "--log=log", "start"]);
        instance
    }

    fn control(&self, args: &[&str]) {
        let mut command = unprivileged(program("pg_ctl"));
        command
            .current_dir(self.folder.path())
            .arg("--pgdata=data")
            .args(args);
        // The server inherits what it writes to, so that reading that has no end.
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = command.status().unwrap();
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(status.success(), "{command:?}: {log}");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database, as the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ADMIN}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL as the superuser. Returns the rows, one per line.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let url = self.url(database);
        let mut psql = Command::new(program("psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &url, "-c", sql]);
        String::from_utf8(run(&mut psql).stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Makes a database.
    pub fn database(&self) -> Database<'_> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("people{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        Database {
            instance: self,
            name,
        }
    }

    /// Stops the server, which ends all connections.
    pub fn stop(&self) {
        self.control(&["--wait", "--mode=fast", "stop"]);
    }

    /// As if the machine were gone.
    pub fn kill(&self) {
        self.control(&["--wait", "--mode=immediate", "stop"]);
    }

    pub fn start_again(&self) {
        self.control(&["--wait", "--log=log", "start"]);
    }

    /// Reads the configuration again after a change. `name` is a file of the server.
    pub fn configure(&self, name: &str, content: &str) {
        self.folder.write(&format!("data/{name}"), content);
        self.control(&["reload"]);
    }

    /// Writes a file before it is configured.
    pub fn write(&self, name: &str, content: &str) {
        self.folder.write(&format!("data/{name}"), content);
    }

    /// Starts a server that copies this one as it changes, and answers reads.
    pub fn replica(&self) -> Self {
        let folder = Folder::new();
        let source = self.url("postgres");
        run(unprivileged(program("pg_basebackup"))
            .current_dir(folder.path())
            .args([
                "--pgdata=data",
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
                "--dbname",
                &source,
            ]));
        let path = folder.path().join("data/postgresql.auto.conf");
        let recovery = std::fs::read_to_string(path).unwrap();
        let recovery = recovery
            .lines()
            .find(|line| line.starts_with("primary_conninfo"));
        Self::with_data(folder, &[recovery.unwrap(), "hot_standby = on"])
    }
}

/// A database of a test's own.
pub struct Database<'i> {
    pub instance: &'i Instance,
    pub name: String,
}

impl Database<'_> {
    pub fn url(&self) -> String {
        self.instance.url(&self.name)
    }

    /// The URL of another role, with its password.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        let port = self.instance.port;
        format!(
            "postgres://{user}:{password}@127.0.0.1:{port}/{}",
            self.name
        )
    }

    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.instance.sql(&self.name, sql)
    }

    /// Makes a role, whose name begins with this and is not used twice.
    pub fn role(&self, prefix: &str, password: &str) -> String {
        let role = format!("{prefix}_{}", self.name);
        self.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'"));
        role
    }
}

/// An open transaction, which keeps its locks until this is dropped.
pub struct Held(Child);

impl Database<'_> {
    /// Begins a transaction and runs SQL in it.
    pub fn hold(&self, sql: &str) -> Held {
        use std::io::{Read as _, Write as _};

        let mut psql = Command::new(program("psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &self.url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = psql.spawn().unwrap();
        let statements = format!("BEGIN; {sql};\n\\echo held\n");
        let stdin = child.stdin.as_mut().unwrap();
        stdin.write_all(statements.as_bytes()).unwrap();
        let mut answer = [0; 4];
        let stdout = child.stdout.as_mut().unwrap();
        stdout.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"held", "{sql} has printed something else");
        Held(child)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// PgBouncer in transaction mode. It knows every database of an instance.
pub struct PgBouncer {
    _guard: Guard,
    _folder: Folder,
    port: u16,
}

impl PgBouncer {
    /// With further lines of its configuration.
    pub fn start(instance: &Instance, settings: &str) -> Self {
        let (folder, port) = (Folder::new(), free_port());
        let server = instance.port;
        folder.write(
            "pgbouncer.ini",
            &format!(
                "[databases]\n* = host=127.0.0.1 port={server} user={ADMIN}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
                 default_pool_size = 4\nmax_client_conn = 200\n{settings}\n"
            ),
        );
        let script = "pgbouncer -q pgbouncer.ini & server=$!; cat > /dev/null; kill $server; wait";
        let guard = Guard::new(folder.path(), script);
        let bouncer = Self {
            _guard: guard,
            _folder: folder,
            port,
        };
        bouncer.wait();
        bouncer
    }

    fn wait(&self) {
        let give_up = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(
                std::time::Instant::now() < give_up,
                "pgbouncer does not start"
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ADMIN}@127.0.0.1:{}/{database}", self.port)
    }
}
