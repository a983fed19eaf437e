//! TLS to a server, by sslmode.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;

/// A server with TLS, with Eve in its database.
struct Secured {
    instance: Instance,
    folder: tempfile::TempDir,
    name: String,
    role: String,
}

impl Secured {
    async fn start() -> Self {
        let instance = Instance::start(&[]);
        let folder = tempfile::tempdir().unwrap();
        let authority = |name: &str| {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
                .distinguished_name
                .push(rcgen::DnType::CommonName, name);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        let (ca, other) = (authority("ca"), authority("other"));
        let issue = |name: &str| {
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            params
                .distinguished_name
                .push(rcgen::DnType::CommonName, name);
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &ca).unwrap();
            (certificate.pem(), key.serialize_pem())
        };
        let (certificate, key) = issue("127.0.0.1");
        instance.write("server.crt", &certificate);
        instance.write("server.key", &key);
        instance.write("ca.crt", &ca.pem());
        let write = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            set_mode(&path, 0o600);
        };
        write("ca.pem", &ca.pem());
        write("other.pem", &other.pem());
        write("server.pem", &certificate);
        let database = instance.database();
        fill(&open(&database.url()), &["Eve"]).await;
        let role = database.role("reader", "x");
        database.sql(&format!("GRANT SELECT ON people, people_schema TO {role}"));
        let (certificate, key) = issue(&role);
        write("client.pem", &certificate);
        write("client.key", &key);
        let name = database.name;
        instance.sql("postgres", "ALTER SYSTEM SET ssl_cert_file = 'server.crt'");
        instance.sql("postgres", "ALTER SYSTEM SET ssl_ca_file = 'ca.crt'");
        instance.sql("postgres", "ALTER SYSTEM SET ssl = on");
        instance.sql("postgres", "SELECT pg_reload_conf()");
        let secured = Self {
            instance,
            folder,
            name,
            role,
        };
        let ready = Database {
            instance: &secured.instance,
            name: "postgres".to_owned(),
        };
        wait_for(&ready, "TLS", "SELECT current_setting('ssl') = 'on'").await;
        secured
    }

    /// Who may connect, besides the superuser.
    async fn access(&self, line: &str) {
        let content = format!("host all admin 127.0.0.1/32 trust\n{line}\n");
        self.instance.configure("pg_hba.conf", &content);
        let ready = Database {
            instance: &self.instance,
            name: "postgres".to_owned(),
        };
        let kind = line.split(' ').next().unwrap();
        wait_for(
            &ready,
            "pg_hba.conf",
            &format!("SELECT count(*) = 1 FROM pg_hba_file_rules WHERE type = '{kind}' AND 'all' = ANY (user_name)"),
        )
        .await;
    }

    fn store(&self, host: &str, parameters: &str) -> Postgres {
        let (role, port, name) = (&self.role, self.instance.port(), &self.name);
        let folder = self.folder.path().display().to_string();
        let parameters = parameters.replace("DIR", &folder);
        open(&format!(
            "postgres://{role}:x@{host}:{port}/{name}?application_name=tls&{parameters}"
        ))
    }

    /// Whether the connections have TLS.
    async fn has_tls(&self, parameters: &str) -> bool {
        let store = self.store("127.0.0.1", parameters);
        let error = match store.find(vec!["Eve".into()]).await {
            Ok(found) => {
                assert!(found[0].as_ref().unwrap().is_some());
                let question = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                                WHERE application_name = 'tls'";
                return self.instance.sql("postgres", question) == "t";
            }
            Err(error) => error,
        };
        panic!("{parameters}: {}", said(error));
    }

    async fn error(&self, host: &str, parameters: &str) -> String {
        let error = error_of_find(&self.store(host, parameters)).await;
        said(error)
    }
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Ends when the connections of a test before are gone, so that they are not counted.
async fn settle(secured: &Secured) {
    let ready = Database {
        instance: &secured.instance,
        name: "postgres".to_owned(),
    };
    wait_for(
        &ready,
        "the end of connections",
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'tls'",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_used_as_sslmode_says() {
    let secured = Secured::start().await;
    secured
        .access("host all all 127.0.0.1/32 scram-sha-256")
        .await;
    for (parameters, has_tls) in [
        ("sslmode=disable", false),
        ("sslmode=allow", false),
        ("sslmode=prefer", true),
        ("", true),
        ("sslmode=require", true),
        ("sslmode=require&sslrootcert=DIR/ca.pem", true),
        ("sslmode=verify-ca&sslrootcert=DIR/ca.pem", true),
        ("sslmode=verify-full&sslrootcert=DIR/ca.pem", true),
        // The server's own certificate is as good as that of its authority.
        ("sslmode=verify-full&sslrootcert=DIR/server.pem", true),
        ("sslmode=require&channel_binding=require", true),
        ("sslmode=disable&channel_binding=disable", false),
    ] {
        assert_eq!(secured.has_tls(parameters).await, has_tls, "{parameters}");
        settle(&secured).await;
    }
    for (parameters, why) in [
        (
            "sslmode=verify-ca&sslrootcert=DIR/other.pem",
            "UnknownIssuer",
        ),
        // As libpq does it: with a certificate to trust, it is checked.
        ("sslmode=require&sslrootcert=DIR/other.pem", "UnknownIssuer"),
        (
            "sslmode=verify-full&sslrootcert=DIR/none.pem",
            "cannot read",
        ),
        ("sslmode=disable&channel_binding=require", "channel binding"),
    ] {
        let said = secured.error("127.0.0.1", parameters).await;
        assert!(said.contains(why), "{parameters}: {said}");
    }
    // The certificate is for the address.
    let parameters = "sslrootcert=DIR/ca.pem&sslmode";
    let said = secured
        .error("localhost", &format!("{parameters}=verify-full"))
        .await;
    assert!(said.contains("not valid for name"), "{said}");
    assert!(
        knows(
            &secured.store("localhost", &format!("{parameters}=verify-ca")),
            "Eve"
        )
        .await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_insists_on_is_done_where_sslmode_lets_it() {
    let secured = Secured::start().await;
    secured
        .access("hostssl all all 127.0.0.1/32 scram-sha-256")
        .await;
    for parameters in ["sslmode=allow", "sslmode=prefer"] {
        assert!(secured.has_tls(parameters).await, "{parameters}");
        settle(&secured).await;
    }
    let said = secured.error("127.0.0.1", "sslmode=disable").await;
    assert!(
        said.contains("does not let this user in") && said.contains("no encryption"),
        "{said}"
    );
    assert!(!said.contains(&secured.role), "{said}");

    secured
        .access("hostnossl all all 127.0.0.1/32 scram-sha-256")
        .await;
    for parameters in ["sslmode=allow", "sslmode=prefer"] {
        assert!(!secured.has_tls(parameters).await, "{parameters}");
        settle(&secured).await;
    }
    let said = secured.error("127.0.0.1", "sslmode=require").await;
    assert!(said.contains("does not let this user in"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_shown() {
    let secured = Secured::start().await;
    secured.access("hostssl all all 127.0.0.1/32 cert").await;
    let parameters = "sslmode=verify-full&sslrootcert=DIR/ca.pem";
    let own = format!("{parameters}&sslcert=DIR/client.pem&sslkey=DIR/client.key");
    assert!(secured.has_tls(&own).await);
    let said = secured.error("127.0.0.1", parameters).await;
    assert!(said.contains("certificate"), "{said}");
    set_mode(&secured.folder.path().join("client.key"), 0o644);
    let said = secured.error("127.0.0.1", &own).await;
    assert!(
        said.contains("client.key may be read by others (hint: chmod 0600"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_is_needed_and_not_offered_is_an_error() {
    let (database, _) = database(&["Eve"]).await;
    let error = error_of_find(&open(&format!("{}?sslmode=require", database.url()))).await;
    assert_eq!(error.failure(), &Failure::Unavailable);
    assert!(said(error).contains("does not support TLS"));
    assert!(knows(&open(&format!("{}?sslmode=prefer", database.url())), "Eve").await);
}
