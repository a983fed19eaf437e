//! Opens the byte stream that HTTP runs on: the way to the server, and TLS on it.

use tokio::time::Instant;

use super::connect_error::ConnectError;
use super::explain::not_dialed;
use super::tls::{self, Secured};
use super::{Endpoint, Established};
use crate::net::ByteStream;

/// A byte stream to the server.
pub struct Opened {
    pub io: Box<dyn ByteStream>,
    pub established: Established,
}

/// Dials, and agrees on TLS.
pub async fn open(endpoint: &Endpoint, secured: &Secured) -> Result<Opened, ConnectError> {
    let proxy_tls = secured
        .proxy
        .as_ref()
        .map(|(options, prepared)| (options, &**prepared));
    let mut established = Established::default();
    let (dialer, route) = (endpoint.dialer(), endpoint.route());
    let place = endpoint.to_string();
    let opened = dialer
        .dial(route, proxy_tls, &place, &mut established)
        .await;
    let mut io = opened.map_err(|error| not_dialed(endpoint, error))?;
    let started = Instant::now();
    if let (Some(options), Some(prepared)) = (endpoint.tls(), &secured.server) {
        let shaken = tls::handshake(io, prepared, options, endpoint.host(), &place).await;
        let (secured, session) = shaken?;
        io = secured;
        established.tls = Some(session);
        established.handshake = started.elapsed();
    }
    Ok(Opened { io, established })
}
