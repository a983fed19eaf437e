//! HAProxy with the configuration in `packaging/`.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::super::harness::{Capture, Folder, wait_for};
use super::Replica;

/// HAProxy; killed when dropped.
pub struct Balancer {
    child: Child,
    log: Capture,
    addr: String,
    _folder: Folder,
}

impl Balancer {
    /// Starts it in front of two servers, on a socket.
    #[track_caller]
    pub fn in_front_of(replicas: &[Replica; 2]) -> Self {
        let folder = Folder::new();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/haproxy/haproxy.cfg");
        let mut config = std::fs::read_to_string(path).unwrap();
        let mut put = |what: &str, instead: &str| {
            assert_eq!(config.matches(what).count(), 1, "{what}");
            config = config.replace(what, instead);
        };
        let socket = folder.join("haproxy");
        let bind = format!("\n    bind unix@{} ", socket.display());
        put("\n    bind :50051 ", &bind);
        // Only root can become another user.
        put("\n    user haproxy\n    group haproxy", "");
        for (number, replica) in (1..).zip(replicas) {
            let server = format!("192.0.2.1{number}:50051 check-proto h1 port 9090");
            let metrics = replica.metrics.rsplit_once(':').unwrap().1;
            put(
                &server,
                &format!("{} check-proto h1 port {metrics}", replica.addr()),
            );
        }
        let config = folder.write("haproxy.cfg", config);
        let mut child = Command::new("haproxy")
            .args(["-db", "-f"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("haproxy, of Debian's package");
        let log = Capture::of(child.stderr.take().unwrap());
        let balancer = Self {
            child,
            log,
            addr: folder.socket("haproxy"),
            _folder: folder,
        };
        wait_for("haproxy to listen", || UnixStream::connect(&socket).is_ok());
        balancer
    }

    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// What it says of the servers.
    pub fn log(&self) -> &Capture {
        &self.log
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
