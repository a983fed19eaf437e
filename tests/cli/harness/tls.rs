//! Certificates of an authority of its own, and a server that ends TLS in front of another server.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{HandshakeKind, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::{Folder, Program};

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key and with the certificates between it and its authority.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

/// An authority whose certificate is in `ca.pem` of a folder.
pub struct Trusted {
    pub folder: Folder,
    pub authority: Authority,
}

impl Trusted {
    pub fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new("Test CA"));
        folder.write("ca.pem", authority.pem());
        Self { folder, authority }
    }

    /// Runs with the authority's certificate.
    pub fn run(&self, program: Program) -> Program {
        program.args(["--cacert", "ca.pem"]).within(&self.folder)
    }
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug)]
pub enum Validity {
    Now,
    Past,
    Future,
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(authority(name), key).unwrap())
    }

    /// An authority whose certificate this one signs.
    pub fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(authority(name), key, &self.0).unwrap())
    }

    /// The authority's certificate, in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names, which may be IP addresses.
    pub fn issue(&self, names: &[&str], validity: Validity) -> Identity {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, "test");
        (params.not_before, params.not_after) = match validity {
            Validity::Now => (date_time_ymd(2020, 1, 1), date_time_ymd(2100, 1, 1)),
            Validity::Past => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 2, 3)),
            Validity::Future => (date_time_ymd(2098, 7, 6), date_time_ymd(2100, 1, 1)),
        };
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity {
            chain: vec![certificate.der().clone()],
            key,
        }
    }

    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }
}

impl Identity {
    /// A certificate that is its own issuer.
    pub fn self_signed(name: &str) -> Self {
        let mut params = authority(name);
        params.subject_alt_names = CertificateParams::new([name.to_owned()])
            .unwrap()
            .subject_alt_names;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            chain: vec![certificate.der().clone()],
            key,
        }
    }

    /// Sends the certificate of an authority with this one.
    pub fn with(mut self, authority: &Authority) -> Self {
        self.chain.push(authority.der());
        self
    }

    /// Writes `NAME.pem` and `NAME.key`.
    pub fn write(&self, folder: &Folder, name: &str) {
        folder.write(&format!("{name}.pem"), self.cert_pem());
        folder.write(&format!("{name}.key"), self.key_pem());
    }

    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    pub fn cert_pem(&self) -> String {
        let pem = |der: &CertificateDer| pem("CERTIFICATE", der);
        self.chain.iter().map(pem).collect()
    }

    pub fn cert_der(&self) -> Vec<u8> {
        self.chain[0].to_vec()
    }

    /// The key in PKCS#8, in DER.
    pub fn key_der(&self) -> Vec<u8> {
        self.key.serialize_der()
    }
}

/// A section of a PEM file.
pub fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Versions of TLS that a server may be limited to.
pub static TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
pub static TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// How a server does TLS.
pub struct TlsSetup {
    pub identity: Identity,
    pub versions: &'static [&'static SupportedProtocolVersion],
    pub alpn: &'static [&'static [u8]],
    /// Asks for a certificate that this authority has issued.
    pub client_ca: Option<CertificateDer<'static>>,
}

impl TlsSetup {
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            versions: rustls::ALL_VERSIONS,
            alpn: &[b"h2"],
            client_ca: None,
        }
    }

    fn config(&self) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(self.versions)
            .unwrap();
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                roots.add(ca.clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.identity.key_der()));
        let mut config = builder
            .with_single_cert(self.identity.chain.clone(), key)
            .unwrap();
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        config
    }
}

/// Ends TLS in front of a server that does not have it.
pub struct TlsFront {
    addr: SocketAddr,
    resumed: Arc<AtomicUsize>,
    chosen: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TlsFront {
    pub fn start(backend: &str, setup: &TlsSetup) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(setup.config()));
        Self::accepting(backend, acceptor.clone(), acceptor)
    }

    /// The first connection has another setup than those that follow.
    pub fn changing(backend: &str, first: &TlsSetup, then: &TlsSetup) -> Self {
        let acceptor = |setup: &TlsSetup| TlsAcceptor::from(Arc::new(setup.config()));
        Self::accepting(backend, acceptor(first), acceptor(then))
    }

    fn accepting(backend: &str, mut acceptor: TlsAcceptor, then: TlsAcceptor) -> Self {
        let backend = backend.to_owned();
        let resumed = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&resumed);
        let chosen = Arc::<Mutex<Vec<String>>>::default();
        let names = Arc::clone(&chosen);
        let (stop, stopped) = oneshot::channel();
        let (tell, addr) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let serve = async {
                    loop {
                        let (client, _) = listener.accept().await.unwrap();
                        let acceptor = std::mem::replace(&mut acceptor, then.clone());
                        let backend = backend.clone();
                        let (count, names) = (Arc::clone(&count), Arc::clone(&names));
                        tokio::spawn(async move {
                            let mut client = match acceptor.accept(client).into_fallible().await {
                                Ok(client) => client,
                                Err((_, mut client)) => {
                                    // A reset would take the alert with it, so what the client sends is read.
                                    let _ = client.shutdown().await;
                                    let _ =
                                        tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
                                    return;
                                }
                            };
                            if client.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed) {
                                count.fetch_add(1, Ordering::Relaxed);
                            }
                            let alpn = client.get_ref().1.alpn_protocol().unwrap_or_default();
                            let name = String::from_utf8(alpn.to_vec()).unwrap();
                            names.lock().unwrap().push(name);
                            let mut server = TcpStream::connect(backend).await.unwrap();
                            // Either side may go away at any time.
                            let _ = copy_bidirectional(&mut client, &mut server).await;
                        });
                    }
                };
                tokio::select! {
                    () = serve => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            addr: addr.recv().unwrap(),
            resumed,
            chosen,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// `https://localhost:PORT`
    pub fn addr(&self) -> String {
        self.at("localhost")
    }

    /// `https://HOST:PORT`
    pub fn at(&self, host: &str) -> String {
        format!("https://{host}:{}", self.addr.port())
    }

    /// How many sessions were resumed.
    pub fn resumed(&self) -> usize {
        self.resumed.load(Ordering::Relaxed)
    }

    /// What ALPN has chosen for each connection so far; nothing if the client offered nothing.
    pub fn chosen(&self) -> Vec<String> {
        self.chosen.lock().unwrap().clone()
    }

    /// The port without TLS's scheme.
    pub fn plaintext(&self) -> String {
        self.addr.to_string()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
