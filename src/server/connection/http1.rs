//! A connection of HTTP/1.1, for gRPC-Web and Connect: one call after the other, each as on a stream of HTTP/2. hyper reads
//! and writes the messages of HTTP; what a request may look like (RFC 9112) is for it to judge.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use http::header::{HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderValue, Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::calls::Calls;
use super::due;
use super::http1_stream::Http1Stream;
use crate::server::Server;
use crate::server::grpc::{RequestBody, Respond, exchange};
use crate::server::limits::Limits;
use crate::server::metrics::Limit;

/// hyper's minimum. It bounds the head of a request, and what is read ahead of its body.
const LEAST_BUFFER: usize = 8 << 10;

/// What a server that does not speak HTTP/1.1 says in it.
pub const REFUSAL: &[u8] = b"HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\ncontent-length: 45\r\n\
connection: close\r\n\r\nThis server speaks gRPC, which needs HTTP/2.\n";

/// Whether a connection that begins so may be one of HTTP/1.1: its first word is a method, and what follows may be a target
/// (RFC 9112, section 3.2). An empty line may be in front of it (section 2.2). Anything else is not worth an answer.
pub fn may_begin(first: &[u8]) -> bool {
    let first = first.trim_ascii_start();
    if first.is_empty() {
        return true;
    }
    let space = first.iter().position(|byte| *byte == b' ');
    let target = space.and_then(|space| first.get(space + 1));
    first.first().is_some_and(u8::is_ascii_alphabetic)
        && target.is_none_or(|first| matches!(first, b'/' | b'*' | b'h' | b'H'))
}

/// Serves the connection until the client leaves, it is idle for as long as a handshake may take, or the server drains and
/// the call on it has ended.
pub async fn serve<I>(io: Http1Stream<I>, calls: Calls, server: &Server)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &server.shared.limits;
    let calls = Arc::new(calls);
    let service = service_fn(|request: Request<Incoming>| {
        let (respond, response) = exchange();
        let calls = Arc::clone(&calls);
        async move {
            let mut call = Some((request.map(RequestBody::Http1), Respond::Http1(respond)));
            poll_fn(|cx| {
                if let Some((request, respond)) = call.take() {
                    match fault(&request) {
                        Some(status) => calls.reject(request, respond, status),
                        None => calls.serve(request, respond, cx),
                    }
                }
                std::task::Poll::Ready(())
            })
            .await;
            let response = response.await;
            response.map_err(|_| io::Error::other("the call has ended without a response"))
        }
    });
    let largest = limits.header_list as usize;
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake)
        .max_buf_size(largest.max(LEAST_BUFFER))
        .serve_connection(TokioIo::new(io), service);
    let mut connection = pin!(connection);
    let old = async {
        match due::age(limits) {
            Some(age) => sleep(age).await,
            None => std::future::pending().await,
        }
    };
    // What goes wrong with the connection is the client's, or has reached the call on it.
    let mut stuck = pin!(stuck(&calls, limits));
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stuck.as_mut() => return calls.limit_hit(Limit::Keepalive),
        () = server.shared.draining.cancelled() => {}
        () = old => calls.limit_hit(Limit::Age),
    }
    connection.as_mut().graceful_shutdown();
    // A server that drains ends its calls by itself.
    let over = async {
        match limits.connection_grace {
            Some(grace) if !server.shared.draining.is_cancelled() => sleep(grace).await,
            _ => std::future::pending().await,
        }
    };
    // A request whose head is not complete is no call.
    let unused = async {
        server.shared.draining.cancelled().await;
        sleep(due::ANSWER_TIMEOUT).await;
        while calls.in_flight() > 0 {
            sleep(due::DRAINING).await;
        }
    };
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stuck => return calls.limit_hit(Limit::Keepalive),
        () = unused => return,
        () = over => calls.end(),
    }
    // What is written already may not be read.
    let _ = timeout(limits.keepalive_timeout, connection).await;
}

/// Completes when the client has read nothing for as long as a peer may be silent, though no call goes on. A client that is
/// slow to read the replies of a call has the time that the call has.
async fn stuck(calls: &Calls, limits: &Limits) {
    let limit = limits.keepalive_interval + limits.keepalive_timeout;
    loop {
        let since = calls.watch().seen().blocked_since;
        let now = Instant::now();
        let end = since.unwrap_or(now) + limit;
        if calls.in_flight() == 0 && end <= now {
            return;
        }
        sleep_until(end.max(now + limits.keepalive_timeout)).await;
    }
}

/// Whether it is a host with or without a port, or nothing.
fn is_host(host: &HeaderValue) -> bool {
    if host.is_empty() {
        return true;
    }
    Authority::try_from(host.as_bytes()).is_ok_and(|authority| {
        let port = authority.as_str().strip_prefix(authority.host());
        let has_port = authority.port_u16().is_some();
        port.is_some_and(|port| has_port || matches!(port, "" | ":"))
    })
}

/// What is wrong with a request that hyper takes: there is one valid Host (RFC 9112, section 3.2), and no transfer coding but chunks
/// (section 6.1).
fn fault<B>(request: &Request<B>) -> Option<StatusCode> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    let is_valid = match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_host(host),
        _ => false,
    };
    if !is_valid {
        return Some(StatusCode::BAD_REQUEST);
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => None,
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => None,
        _ => Some(StatusCode::NOT_IMPLEMENTED),
    }
}
