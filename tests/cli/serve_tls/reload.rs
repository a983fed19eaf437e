//! Certificates are replaced while the server runs.

use std::os::unix::fs::symlink;

use rustix::process::Signal;

use super::super::harness::{ALICE, BOB, Identity, Running, Server};
use super::Case;

impl Case {
    /// Writes a certificate, then its key, each at once.
    fn replace_server(&self, identity: &Identity) {
        self.folder().replace("server.pem", identity.cert_pem());
        self.folder().replace("server.key", identity.key_pem());
    }

    /// A stream that has been answered once.
    fn stream(&self, server: &Server) -> Running {
        let mut run = self.run(&["get-people"], server).start();
        run.write("Alice\n").stdout().wait_for(ALICE);
        run
    }

    #[track_caller]
    fn shows(&self, server: &Server, identity: &Identity) {
        let session = self.client().connect(server).unwrap();
        assert_eq!(session.certificate, identity.cert_der());
    }
}

/// The stream is answered as before, to its end.
#[track_caller]
fn goes_on(mut stream: Running) {
    stream.write("Bob\n").stdout().wait_for(BOB);
    stream.close_stdin();
    stream.wait().exits(0).prints(&format!("{ALICE}{BOB}"));
}

const RELOADED: &str = "reloaded server.pem: valid until 2100-01-01 00:00:00 UTC\n";

#[test]
fn a_certificate_that_is_renamed_into_place_is_used_and_streams_go_on() {
    let case = Case::new();
    let server = Server::of(case.serve());
    let stream = case.stream(&server);
    let new = case.issue_server();
    case.replace_server(&new);
    server.stderr().wait_for(RELOADED);
    case.shows(&server, &new);
    goes_on(stream);
}

#[test]
fn a_certificate_behind_a_symlink_that_is_swapped_is_used_and_streams_go_on() {
    // As Kubernetes mounts a secret: the files are symlinks into ..data, which is one to a folder of the version.
    let case = Case::new();
    let folder = case.folder();
    let mount = |identity: &Identity, version: &str| {
        std::fs::create_dir(folder.join(version)).unwrap();
        identity.write(folder, &format!("{version}/server"));
        symlink(version, folder.join("..data_tmp")).unwrap();
        std::fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    };
    for name in ["server.pem", "server.key"] {
        std::fs::remove_file(folder.join(name)).unwrap();
        symlink(format!("..data/{name}"), folder.join(name)).unwrap();
    }
    mount(&case.issue_server(), "..version1");
    let server = Server::of(case.serve());
    let stream = case.stream(&server);
    let new = case.issue_server();
    mount(&new, "..version2");
    server.stderr().wait_for(RELOADED);
    case.shows(&server, &new);
    goes_on(stream);
}

#[test]
fn sighup_reads_the_files_again() {
    let case = Case::new();
    let server = Server::of(case.serve());
    let stream = case.stream(&server);
    server.signal(Signal::HUP);
    server.stderr().wait_for(RELOADED);
    goes_on(stream);
}

#[test]
fn a_bad_pair_is_reported_and_the_certificate_from_before_stays() {
    let case = Case::new();
    let old = case.issue_server();
    old.write(case.folder(), "server");
    let server = Server::of(case.serve());
    let stream = case.stream(&server);
    // The key of another certificate.
    let new = case.issue_server();
    case.folder().replace("server.key", new.key_pem());
    let stderr = server
        .stderr()
        .wait_for("warning: keeping the certificate from before\n");
    let error = "error: the key in server.key does not belong to the certificate in server.pem\n";
    assert!(stderr.contains(error), "{stderr}");
    case.shows(&server, &old);
    case.folder().replace("server.pem", new.cert_pem());
    server.stderr().wait_for(RELOADED);
    case.shows(&server, &new);
    goes_on(stream);
}
