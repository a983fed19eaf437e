//! `serve --check`: says what would be served. What is read at the start has been read by then; nothing is bound, so that
//! a server that runs is left alone.

use std::net::SocketAddr;

use super::files::{Loaded, people_of, warn_if_empty};
use crate::error::Result;
use crate::output::{Console, count};
use crate::server::{ListenAddress, MetricsListener, Place};

/// Says what would be served, and warns as a start would.
///
/// # Errors
/// When an address cannot be listened on.
pub fn check(
    loaded: &Loaded,
    people: Option<&Place>,
    addresses: &[ListenAddress],
    metrics: Option<&ListenAddress>,
    console: &Console,
) -> Result<()> {
    let number = loaded.number;
    console.notice(&format!("would serve {}", people_of(number)));
    if let Some(place) = people {
        warn_if_empty(place, number, console);
    }
    for address in addresses {
        let sockets = address.resolve()?;
        let has_tls = loaded.tls.is_some() && !sockets.is_empty();
        let scheme = if has_tls { "https://" } else { "" };
        console.notice(&format!("would listen on {scheme}{address}"));
        let is_public = |socket: &SocketAddr| !socket.ip().is_loopback();
        if !has_tls && sockets.iter().any(is_public) {
            console.warning(&format!(
                "{address} accepts plaintext connections from the network"
            ));
        }
    }
    if let Some(tls) = &loaded.tls {
        console.notice(&format!("certificate valid until {}", tls.valid_until()));
        if let Some(warning) = tls.expiry_warning() {
            console.warning(&warning);
        }
    }
    if let Some(tokens) = &loaded.tokens {
        let tokens = count(tokens.count() as u64, "token", "tokens");
        console.notice(&format!("would accept {tokens}"));
    }
    if let Some(address) = metrics {
        MetricsListener::check(address)?;
        address.resolve()?;
        console.notice(&format!("would show metrics at {address}"));
    }
    Ok(())
}
