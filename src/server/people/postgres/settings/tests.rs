use super::*;

fn settings_with(url: &str, environment: &[(&str, &str)]) -> Result<Settings> {
    Settings::parse(url, &|name| {
        let found = environment.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

fn settings(url: &str) -> Settings {
    settings_with(url, &[])
        .map_err(|error| format!("{url}: {error}"))
        .unwrap()
}

fn error(url: &str) -> Error {
    settings_with(url, &[]).err().expect(url)
}

fn host(name: &str, port: u16) -> Host {
    Host {
        name: name.to_owned(),
        address: None,
        port,
    }
}

#[test]
fn a_url_says_where_the_database_is() {
    let it = settings("postgres://me:secret@db:5433/people");
    assert_eq!(it.hosts, [host("db", 5433)]);
    assert_eq!((it.user.as_str(), it.database.as_str()), ("me", "people"));
    assert_eq!(it.password.as_deref(), Some("secret"));
    assert_eq!(it.application_name, "routeguide");
    assert_eq!(it.connect_timeout, Duration::from_secs(5));
}

#[test]
fn the_database_has_the_name_of_the_user_if_it_has_none() {
    assert_eq!(settings("postgres://me@db").database, "me");
}

#[test]
fn there_may_be_several_hosts() {
    let it = settings("postgres://a:1,b,[::1]:3/people?port=2");
    assert_eq!(it.hosts, [host("a", 1), host("b", 2), host("::1", 3)]);
    let it = settings("postgres://ignored/people?host=a,/run&port=1,2");
    assert_eq!(it.hosts, [host("a", 1), host("/run", 2)]);
    assert!(it.hosts[1].is_socket() && !it.hosts[0].is_socket());
    let it = settings("postgres://a,b/people?hostaddr=127.0.0.1,::1");
    assert_eq!(it.hosts[0].address, Some("127.0.0.1".parse().unwrap()));
    assert_eq!(it.hosts[1].address, Some("::1".parse().unwrap()));
    let why = error("postgres://a,b,c/people?port=1,2").to_string();
    assert_eq!(why, "the database has 3 hosts, and port has 2");
}

#[test]
fn the_environment_says_what_the_url_does_not() {
    let environment = [
        ("PGHOST", "db"),
        ("PGPORT", "1"),
        ("PGUSER", "you"),
        ("PGPASSWORD", "secret"),
        ("PGPASSFILE", "/srv/pgpass"),
        ("PGDATABASE", "people"),
        ("PGSSLMODE", "require"),
        ("PGAPPNAME", "x"),
        ("PGOPTIONS", "-c work_mem=1MB"),
        ("", "nothing"),
    ];
    let it = settings_with("postgres://", &environment).unwrap();
    assert_eq!(it.hosts, [host("db", 1)]);
    assert_eq!((it.user.as_str(), it.database.as_str()), ("you", "people"));
    assert_eq!(it.password.as_deref(), Some("secret"));
    assert_eq!(it.password_file, Some("/srv/pgpass".into()));
    assert_eq!(it.tls.mode, TlsMode::Require);
    assert_eq!(it.application_name, "x");
    assert_eq!(it.options.as_deref(), Some("-c work_mem=1MB"));
    assert!(it.keepalive.is_on);

    let it = settings_with(
        "postgres://me:own@there:2/other?sslmode=disable",
        &environment,
    )
    .unwrap();
    assert_eq!(it.hosts, [host("there", 2)]);
    assert_eq!((it.user.as_str(), it.database.as_str()), ("me", "other"));
    assert_eq!(it.password.as_deref(), Some("own"));
    assert_eq!(it.tls.mode, TlsMode::Disable);
}

#[test]
fn every_parameter_of_a_url_is_read() {
    let it = settings(concat!(
        "postgres://db?user=me&password=p&dbname=d&application_name=a&connect_timeout=2&options=-c%20x%3D1",
        "&target_session_attrs=prefer-standby&load_balance_hosts=random&sslmode=verify-ca&sslrootcert=/ca",
        "&sslcert=/cert&sslkey=/key&channel_binding=require&keepalives=0&keepalives_idle=1",
        "&keepalives_interval=2&keepalives_count=4&tcp_user_timeout=5&passfile=/pass",
    ));
    assert_eq!((it.user.as_str(), it.database.as_str()), ("me", "d"));
    assert_eq!(it.password.as_deref(), Some("p"));
    assert_eq!(it.connect_timeout, Duration::from_secs(2));
    assert_eq!(it.options.as_deref(), Some("-c x=1"));
    assert_eq!(it.session, Session::PreferStandby);
    assert!(it.is_balanced);
    assert_eq!(it.channel_binding, ChannelBinding::Require);
    let tls = TlsSettings {
        mode: TlsMode::VerifyCa,
        root: Root::File("/ca".into()),
        cert: Some("/cert".into()),
        key: Some("/key".into()),
    };
    assert_eq!(it.tls, tls);
    let keepalive = Keepalive {
        is_on: false,
        idle: Duration::from_secs(1),
        interval: Duration::from_secs(2),
        count: 4,
        user_timeout: Duration::from_millis(5),
    };
    assert_eq!(it.keepalive, keepalive);
    assert_eq!(it.password_file, Some("/pass".into()));
}

#[test]
fn an_unknown_parameter_is_an_error_that_lists_those_that_are_known() {
    let error = error("postgres://me:secret@db/people?sslmod=require");
    assert_eq!(
        error.to_string(),
        "unknown parameter \"sslmod\" in the URL of the database"
    );
    assert!(error.hint().unwrap().contains("sslmode"), "{error:?}");
}

#[test]
fn an_invalid_value_is_an_error_that_does_not_repeat_it() {
    for parameter in [
        "sslmode",
        "connect_timeout",
        "target_session_attrs",
        "load_balance_hosts",
        "channel_binding",
        "keepalives",
        "hostaddr",
        "port",
    ] {
        let error = error(&format!("postgres://me@db/people?{parameter}=secret"));
        let said = format!("{error} {:?}", error.hint());
        assert!(
            said.contains(parameter) && !said.contains("secret"),
            "{said}"
        );
    }
}

#[test]
fn a_piece_of_a_password_is_not_repeated() {
    for url in [
        "postgres://me:se?secret=x@db/people",
        "postgres://me?secret=x@db/people",
        "postgres://me:1?secret=x@db/people",
    ] {
        let error = error(url);
        let said = format!("{} {:?}", error.message_with_causes(), error.hint());
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn the_certificates_of_the_system_need_the_strictest_mode() {
    let it = settings("postgres://db?sslrootcert=system");
    assert_eq!(
        (it.tls.mode, it.tls.root),
        (TlsMode::VerifyFull, Root::System)
    );
    let error = error("postgres://db?sslrootcert=system&sslmode=require").to_string();
    assert_eq!(error, "sslrootcert=system needs sslmode=verify-full");
}
