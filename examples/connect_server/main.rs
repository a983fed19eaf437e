//! A server under test for the conformance suite of Connect: answers the suite's service on the path that all calls of
//! `routeguide serve` take. `tests/interop/connectconformance/run` runs the suite.
//!
//! The suite starts it without arguments; the environment variable CONFORMANCE_PROTOS is the directory with its .proto
//! files. What is wanted comes in on stdin, where it listens goes out on stdout, each after its length, four bytes with the
//! most significant first. It serves until it is killed.

mod answer;
mod messages;
#[path = "../connect_suite/mod.rs"]
mod suite;

use std::path::PathBuf;
use std::sync::Arc;

use routeguide::server::{
    Added, Listener, Missing, People, Server, Setup, Tls, TlsFiles, Workers, bind,
};
use tempfile::TempDir;

use answer::Answer;
use messages::{Serving, Wanted};
use suite::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let wanted: Option<Wanted> = suite::read(&mut tokio::io::stdin()).await?;
    let wanted = wanted.ok_or("nothing is wanted")?;
    let folder = TempDir::new()?;
    let mut setup = Setup::new(People::built_in(), Missing::Status);
    setup.added = added()?;
    if wanted.largest_request > 0 {
        setup.limits.message = usize::try_from(wanted.largest_request)?;
    } else {
        setup.limits.message = 4 << 20;
    }
    let identity = wanted.identity.clone().unwrap_or_default();
    if wanted.uses_tls {
        setup.tls = Some(Arc::new(tls(&wanted, &folder)?));
    }
    let server = Server::new(setup)?;
    let workers = Workers::start(&server, 1)?;
    let listener = bind(&["127.0.0.1:0".parse()?])?.pop();
    let Some(Listener::Tcp(socket)) = &listener else {
        return Err("no socket".into());
    };
    let serving = Serving {
        host: "127.0.0.1".to_owned(),
        port: socket.local_addr()?.port().into(),
        certificate: identity.certificate,
    };
    suite::write(&mut tokio::io::stdout(), &serving).await?;
    if let Some(listener) = listener {
        workers.accept(listener, |_| ()).await;
    }
    Ok(())
}

/// The methods of the service, but for the one that has to be missing.
fn added() -> Result<Vec<&'static Added>> {
    let methods: Vec<_> = suite::service()?.methods().collect();
    let methods = methods
        .into_iter()
        .filter(|method| method.name() != "Unimplemented");
    Ok(methods
        .map(|method| {
            let answer = Answer::new(&method);
            &*Box::leak(Box::new(Added::new(method, answer)))
        })
        .collect())
}

fn tls(wanted: &Wanted, folder: &TempDir) -> Result<Tls> {
    let file = |name: &str, content: &[u8]| -> Result<PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    };
    let identity = wanted.identity.clone().ok_or("no identity")?;
    let client_ca = match wanted.client_authority.as_slice() {
        [] => None,
        authority => Some(file("clients.pem", authority)?),
    };
    Ok(Tls::load(TlsFiles {
        cert: file("certificate.pem", &identity.certificate)?,
        key: file("key.pem", &identity.key)?,
        client_ca,
        client_names: Vec::new(),
        http1: true,
    })?)
}
