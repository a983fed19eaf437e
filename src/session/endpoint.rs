//! The connection arguments → where to connect, and how.

use tonic::metadata::AsciiMetadataValue;

use super::settings::{list, or, placed};
use crate::cli::{ConnectionArgs, TlsArgs};
use crate::config::{File, Key, Settings, Source};
use crate::error::{Error, Result};
use crate::net::is_this_machine;
use crate::transport::{
    Address, ConnectTo, DEFAULT_ADDR, Endpoint, HttpVersions, IdentityFiles, Proxy, Resolve, Route,
    TlsOptions, is_direct,
};

const CACERT: &str = "--cacert";

/// The endpoint that the arguments and the settings name.
///
/// # Errors
/// When the address is not valid, or is not one for TLS and there are arguments about TLS.
pub fn endpoint(args: &ConnectionArgs, settings: &Settings) -> Result<Endpoint> {
    let addr = or(args.addr.clone(), || settings.text(Key::Addr))?;
    let address = addr.as_deref().unwrap_or(DEFAULT_ADDR).parse();
    let address: Address = placed(address, args.addr.is_some(), settings, Key::Addr)?;
    let route = match &address {
        Address::Tcp { host, port, tls } => route(args, settings, host, *port, *tls)?,
        Address::Unix(_) => Route::default(),
    };
    let proxy_has_tls = route.proxy.as_ref().is_some_and(Proxy::has_tls);
    if !address.has_tls()
        && let Some(flag) = tls_flag(&args.tls)
        // It is for a proxy, too.
        && !(proxy_has_tls && flag == CACERT)
    {
        return Err(
            Error::usage(format!("{flag} is for TLS, and {address} is plaintext"))
                .hinted(format!("for TLS, use -a https://{}", address.authority())),
        );
    }
    let authority = or(args.authority.clone(), || settings.text(Key::Authority))?;
    let keepalive = or(args.keepalive, || settings.duration(Key::Keepalive))?;
    Ok(Endpoint::at(address, tls(&args.tls, settings)?)
        .with_authority(authority)
        .by(route)
        .kept_alive(keepalive))
}

/// What is not valid in the settings of a configuration file about the way to the server, as far as it is written out.
pub fn mistakes(file: &File) -> Vec<Error> {
    let mut mistakes = Vec::new();
    for (key, setting) in file.profiles.values().flat_map(|it| &it.settings) {
        let Source::Literal(texts) = &setting.source else {
            continue;
        };
        for text in texts {
            let checked = match key {
                Key::Addr => text.parse::<Address>().map(drop),
                Key::ConnectTo => text.parse::<ConnectTo>().map(drop),
                Key::Resolve => text.parse::<Resolve>().map(drop),
                Key::Proxy if !text.is_empty() => text.parse::<Proxy>().map(drop),
                Key::UserAgent => user_agent(text).map(drop),
                _ => Ok(()),
            };
            mistakes.extend(checked.err().map(|error| error.about(&setting.origin)));
        }
    }
    mistakes
}

/// The value of the user-agent header.
///
/// # Errors
/// When no header can have it.
pub fn user_agent(text: &str) -> Result<AsciiMetadataValue> {
    text.parse().map_err(|_| {
        Error::usage(format!(
            "invalid user agent {text:?}: it must be printable ASCII"
        ))
    })
}

/// The way to a host and port, by arguments and by the environment.
fn route(
    args: &ConnectionArgs,
    settings: &Settings,
    host: &str,
    port: u16,
    tls: bool,
) -> Result<Route> {
    let mut route = Route::default();
    for text in list(&args.connect_to, settings, Key::ConnectTo)? {
        let is_given = !args.connect_to.is_empty();
        let to: ConnectTo = placed(text.parse(), is_given, settings, Key::ConnectTo)?;
        if route.connect_to.is_none() {
            route.connect_to = to.instead_of(host, port);
        }
    }
    let (to_host, to_port) = match &route.connect_to {
        Some((host, port)) => (host.as_str(), *port),
        None => (host, port),
    };
    for text in list(&args.resolve, settings, Key::Resolve)? {
        let is_given = !args.resolve.is_empty();
        let resolve: Resolve = placed(text.parse(), is_given, settings, Key::Resolve)?;
        if route.addresses.is_empty() && resolve.is_for(to_host, to_port) {
            route.addresses = resolve.addresses;
        }
    }
    let url = or(args.proxy.clone(), || settings.text(Key::Proxy))?;
    let proxy = proxy(url.as_deref(), to_host, tls);
    route.proxy = match url {
        Some(_) => placed(proxy, args.proxy.is_some(), settings, Key::Proxy)?,
        None => proxy?,
    };
    Ok(route)
}

/// The proxy for a host. The variables are those of curl. As in Go, they do not count for this machine: a local server is
/// not to be called through a proxy that does not see it.
fn proxy(argument: Option<&str>, host: &str, tls: bool) -> Result<Option<Proxy>> {
    let variable = |name: &str| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty());
        value.or_else(|| {
            std::env::var(name.to_lowercase())
                .ok()
                .filter(|value| !value.is_empty())
        })
    };
    let no_proxy = || variable("NO_PROXY").unwrap_or_default();
    match argument {
        Some("") => return Ok(None),
        Some(_) if is_direct(host, &no_proxy()) => return Ok(None),
        Some(url) => return url.parse().map(Some),
        None => {}
    }
    let name = if tls { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let found = variable(name).map(|url| (name, url));
    let Some((name, url)) = found.or_else(|| Some(("ALL_PROXY", variable("ALL_PROXY")?))) else {
        return Ok(None);
    };
    if is_this_machine(host) || is_direct(host, &no_proxy()) {
        return Ok(None);
    }
    let proxy: Result<Proxy> = url.parse();
    proxy.map(Some).map_err(|error| error.about(name))
}

fn tls(args: &TlsArgs, settings: &Settings) -> Result<TlsOptions> {
    // A certificate and its key belong together.
    let identity = match (&args.cert, settings.path(Key::Cert)?) {
        (Some(cert), _) => Some(IdentityFiles {
            cert: cert.clone(),
            key: args.key.clone(),
            password: args.key_password_file.clone(),
        }),
        (None, Some(cert)) => Some(IdentityFiles {
            cert,
            key: settings.path(Key::Key)?,
            password: settings.path(Key::KeyPasswordFile)?,
        }),
        (None, None) => None,
    };
    // One flag of two that exclude each other outweighs the setting of the other.
    let insecure = args.insecure || (args.cacert.is_none() && settings.flag(Key::Insecure)?);
    let ca = or(args.cacert.clone(), || settings.path(Key::Cacert))?;
    Ok(TlsOptions {
        ca,
        identity,
        insecure,
        server_name: or(args.server_name.clone(), || settings.text(Key::ServerName))?,
        is_proxy: false,
        http_versions: HttpVersions::default(),
    })
}

/// Refuses arguments about TLS for a server in this process.
///
/// # Errors
/// When there is one.
pub fn refuse_tls(args: &ConnectionArgs) -> Result<()> {
    match tls_flag(&args.tls) {
        Some(flag) => Err(
            Error::usage(format!("{flag} cannot be used with --in-process"))
                .hinted("a server in this process is called without TLS"),
        ),
        None => Ok(()),
    }
}

/// The first argument about TLS, if there is one.
fn tls_flag(args: &TlsArgs) -> Option<&'static str> {
    let flags = [
        (args.cert.is_some(), "--cert"),
        (args.insecure, "--insecure"),
        (args.server_name.is_some(), "--server-name"),
        (args.cacert.is_some(), CACERT),
    ];
    flags
        .into_iter()
        .find_map(|(given, flag)| given.then_some(flag))
}
