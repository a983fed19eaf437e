//! One GetPerson over TLS as a whole process, compared with grpcurl on the same server, which is behind a program that ends
//! TLS for both.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Group;
use crate::Result;
use crate::client::{self, Client};
use crate::report::{Report, Samples, Target};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "tls",
    about: "one GetPerson over TLS as a whole process, and with grpcurl",
    run,
};

const ROUNDS: usize = 100;
/// Runs that do not count: the first ones read the programs from the disk.
const WARM_UP: usize = 3;
const LIMIT: Duration = Duration::from_secs(10);

fn run(report: &mut Report) -> Result<()> {
    let Some(grpcurl) = Tool::grpcurl_or_skip(GROUP.name, report) else {
        return Ok(());
    };
    let server = Server::routeguide()?;
    let folder = tempfile::tempdir()?;
    let ca = folder.path().join("ca.pem");
    let port = end_tls(server.addr(), &ca)?.port();
    let ca = ca.display().to_string();
    let (url, addr) = (
        format!("https://localhost:{port}"),
        format!("localhost:{port}"),
    );
    let protos = concat!(env!("CARGO_MANIFEST_DIR"), "/protos");
    let ours = ["get-person", "Alice", "-a", &url, "--cacert", &ca];
    let files = ["-import-path", protos, "-proto", "route_guide.proto"];
    let call = ["-d", r#"{"name":"Alice"}"#, &addr, "RouteGuide/GetPerson"];
    let theirs = [&["-cacert", &ca][..], &files, &call].concat();
    let (mut our_times, mut their_times) = (Samples::default(), Samples::default());
    for round in 0..WARM_UP + ROUNDS {
        let our_time = time(client::routeguide(&ours))?;
        let their_time = time(grpcurl.command(&theirs))?;
        if round >= WARM_UP {
            our_times.add(our_time);
            their_times.add(their_time);
        }
    }
    report.beside(
        "tls: GetPerson, milliseconds",
        &our_times,
        grpcurl.name,
        &their_times,
        Some(Target::AtMost(0.5)),
    );
    Ok(())
}

fn time(mut command: Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, done) = Client::spawn(command, LIMIT)?.output()?;
    if !printed.contains("Alice") {
        return Err(format!("the call printed {printed:?}").into());
    }
    Ok(done.elapsed.as_secs_f64() * 1e3)
}

/// Ends TLS in front of a server, for as long as this process runs. Writes the certificate of the authority to `ca`.
fn end_tls(backend: SocketAddr, ca: &Path) -> Result<SocketAddr> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    std::fs::write(ca, authority.pem())?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));

    let (tell, addr) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
            let listener = listener.expect("a port");
            tell.send(listener.local_addr()).ok();
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut client = acceptor.accept(client).await?;
                    let mut server = TcpStream::connect(backend).await?;
                    server.set_nodelay(true)?;
                    client.get_ref().0.set_nodelay(true)?;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
    });
    Ok(addr.recv()??)
}
