//! Opens a tunnel through a proxy: CONNECT by hyper, SOCKS 5 by tokio-socks.

use std::fmt::Display;
use std::pin::pin;

use http::{HeaderValue, Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio_socks::TargetAddr;
use tokio_socks::tcp::Socks5Stream;

use super::connect_error::ConnectError;
use super::route::{Proxy, ProxyKind};
use crate::base64;
use crate::error::{Error, plain};
use crate::net::{ByteStream, join_host_port};

/// The server that a tunnel was to lead to, for errors.
#[derive(Clone, Copy)]
struct Place<'a>(&'a str);

impl Place<'_> {
    fn error(self, why: impl Display) -> Error {
        Error::failed(format!("cannot connect to {}: {why}", self.0))
    }

    fn lasting(self, why: impl Display, hint: &str) -> ConnectError {
        ConnectError::lasting(self.error(why).hinted(hint))
    }

    fn passing(self, why: impl Display) -> ConnectError {
        ConnectError::passing(self.error(why))
    }
}

const CREDENTIALS: &str = "give them in the proxy's URL, as in http://user:password@host:port";

/// Opens a tunnel to `target` over a byte stream to the proxy. The target of SOCKS 5 is an address if this side has looked
/// it up.
pub async fn tunnel(
    io: Box<dyn ByteStream>,
    proxy: &Proxy,
    target: TargetAddr<'static>,
    place: &str,
) -> Result<Box<dyn ByteStream>, ConnectError> {
    let place = Place(place);
    match proxy.kind {
        ProxyKind::Http | ProxyKind::Https => connect(io, proxy, &target, place).await,
        ProxyKind::Socks5 | ProxyKind::Socks5h => socks(io, proxy, target, place).await,
    }
}

async fn connect(
    io: Box<dyn ByteStream>,
    proxy: &Proxy,
    target: &TargetAddr<'static>,
    place: Place<'_>,
) -> Result<Box<dyn ByteStream>, ConnectError> {
    let not_http = |_: hyper::Error| {
        let error = place.error(format!("the proxy {proxy} did not answer with HTTP"));
        ConnectError::passing(error.hinted("is it a SOCKS proxy? then write socks5://"))
    };
    let authority = match target {
        TargetAddr::Ip(address) => address.to_string(),
        TargetAddr::Domain(host, port) => join_host_port(host, *port),
    };
    let mut request = Request::connect(authority.as_str()).header(header::HOST, authority.as_str());
    if let Some((name, password)) = &proxy.user {
        let credentials = base64::encode(format!("{name}:{password}").as_bytes());
        if let Ok(mut value) = HeaderValue::try_from(format!("Basic {credentials}")) {
            value.set_sensitive(true);
            request = request.header(header::PROXY_AUTHORIZATION, value);
        }
    }
    let request = request.body(String::new()).map_err(|error| {
        place.passing(format!("{authority} cannot be asked of a proxy: {error}"))
    })?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(not_http)?;
    let mut connection = pin!(connection.with_upgrades());
    let mut exchange = pin!(async {
        let response = sender.send_request(request).await.map_err(not_http)?;
        match response.status() {
            status if status.is_success() => hyper::upgrade::on(response).await.map_err(not_http),
            status => Err(refused(proxy, status, place)),
        }
    });
    let mut is_open = true;
    loop {
        tokio::select! {
            upgraded = &mut exchange => return Ok(Box::new(TokioIo::new(upgraded?))),
            // Its errors are also those of the exchange.
            _ = &mut connection, if is_open => is_open = false,
        }
    }
}

fn refused(proxy: &Proxy, status: StatusCode, place: Place<'_>) -> ConnectError {
    match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED if proxy.user.is_none() => place.lasting(
            format!("the proxy {proxy} asks for a user and a password"),
            CREDENTIALS,
        ),
        // tinyproxy answers wrong credentials with 401.
        StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::UNAUTHORIZED => place.lasting(
            format!("the proxy {proxy} refused the user and the password"),
            "are they right?",
        ),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            place.passing(format!(
                "the proxy {proxy} cannot reach the server: it answered {status}"
            ))
        }
        _ => place.lasting(
            format!("the proxy {proxy} refused: it answered {status}"),
            "does the proxy allow this server and port? NO_PROXY names servers to call without it",
        ),
    }
}

async fn socks(
    io: Box<dyn ByteStream>,
    proxy: &Proxy,
    target: TargetAddr<'static>,
    place: Place<'_>,
) -> Result<Box<dyn ByteStream>, ConnectError> {
    use tokio_socks::Error as Socks;
    let connected = match &proxy.user {
        None => Socks5Stream::connect_with_socket(io, target).await,
        Some((name, password)) => {
            Socks5Stream::connect_with_password_and_socket(io, target, name, password).await
        }
    };
    let why = match connected {
        Ok(stream) => return Ok(Box::new(stream)),
        Err(why) => why,
    };
    let passing =
        |why: &str| place.passing(format!("the proxy {proxy} cannot reach the server: {why}"));
    Err(match why {
        Socks::NoAcceptableAuthMethods | Socks::AuthorizationRequired if proxy.user.is_none() => {
            place.lasting(
                format!("the proxy {proxy} asks for a user and a password"),
                CREDENTIALS,
            )
        }
        Socks::PasswordAuthFailure(_)
        | Socks::NoAcceptableAuthMethods
        | Socks::AuthorizationRequired => place.lasting(
            format!("the proxy {proxy} refused the user and the password"),
            "are they right?",
        ),
        Socks::InvalidAuthValues(_) => place.lasting(
            "a user and a password for a SOCKS proxy have 1 to 255 bytes each",
            CREDENTIALS,
        ),
        Socks::ConnectionNotAllowedByRuleset => place.lasting(
            format!("the proxy {proxy} does not allow this server and port"),
            "NO_PROXY names servers to call without it",
        ),
        Socks::HostUnreachable => passing("no route to it"),
        Socks::NetworkUnreachable => passing("no route to its network"),
        Socks::ConnectionRefused => passing("connection refused"),
        Socks::TtlExpired => passing("it is too far away"),
        Socks::GeneralSocksServerFailure => passing("general failure"),
        Socks::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            place.passing(format!("the proxy {proxy}: {}", plain(&error)))
        }
        _ => place.lasting(
            format!("{proxy} did not answer as a SOCKS 5 proxy"),
            "is it an HTTP proxy? then write http://",
        ),
    })
}
