//! What is known of a call when it is over, and its line in the log.

mod trace_context;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tonic::Code;

use super::metrics::Traffic;
use super::peer::Peer;
use crate::error::code_name;

pub use trace_context::TraceContext;

/// The longest id of a request that is taken from a client.
const ID_LIMIT: usize = 128;

/// What hears of calls.
pub type CallLog = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// `/package.Service/Method`, as the client sent it.
    pub path: String,
    /// `None` if the peer cancelled the call or left.
    pub code: Option<Code>,
    pub elapsed: Duration,
    pub peer: Peer,
    pub traffic: Traffic,
    /// The client's `x-request-id`, or one that was made.
    pub request_id: String,
    /// The client's `traceparent`, if it is valid.
    pub trace: Option<TraceContext>,
}

/// The id of a request: the client's, if it is short and printable, else a random one.
pub fn request_id(headers: &HeaderMap) -> String {
    let id = headers.get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok()).filter(|id| {
        (1..=ID_LIMIT).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    });
    id.map_or_else(|| format!("{:016x}", fastrand::u64(..)), str::to_owned)
}

/// Logs a call.
pub fn log_call(call: &CallRecord) {
    let code = call.code.unwrap_or(Code::Cancelled);
    let trace_id = call.trace.as_ref().map(TraceContext::trace_id);
    let Traffic {
        messages_in,
        messages_out,
        bytes_in,
        bytes_out,
    } = call.traffic;
    tracing::info!(
        target: "routeguide::call",
        method = call.path,
        peer = %call.peer,
        code = code_name(code),
        messages_in,
        messages_out,
        bytes_in,
        bytes_out,
        seconds = call.elapsed.as_secs_f64(),
        request_id = call.request_id,
        trace_id,
        "{}",
        line(call),
    );
}

/// The call for people.
fn line(call: &CallRecord) -> String {
    // Cancelled by the peer, not by the server, which answers CANCELLED.
    let code = call.code.map_or("cancelled", code_name);
    let Traffic {
        messages_in,
        messages_out,
        bytes_in,
        bytes_out,
    } = call.traffic;
    let trace = match &call.trace {
        Some(trace) => format!(", trace {}", trace.trace_id()),
        None => String::new(),
    };
    format!(
        "{} {code} in {:.1?} from {}: {messages_in} received ({bytes_in} B), {messages_out} sent ({bytes_out} B), \
         id {}{trace}",
        call.path, call.elapsed, call.peer, call.request_id
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn id_of(value: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(value).expect("a value");
        headers.insert("x-request-id", value);
        request_id(&headers)
    }

    #[test]
    fn a_printable_id_is_kept() {
        assert_eq!(id_of(b"7f-A/b.c"), "7f-A/b.c");
    }

    #[test]
    fn any_other_id_is_replaced() {
        for id in [
            &b""[..],
            b"a b",
            b"a\tb",
            "\u{202e}".as_bytes(),
            &[b'x'; 129],
        ] {
            let made = id_of(id);
            assert!(
                made.len() == 16 && made.bytes().all(|it| it.is_ascii_hexdigit()),
                "{made}"
            );
        }
    }
}
