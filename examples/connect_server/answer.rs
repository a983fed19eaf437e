//! Answers calls as their first requests say.

use std::pin::Pin;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use prost::Message as _;
use prost_reflect::MethodDescriptor;
use routeguide::protocol::Wire;
use routeguide::server::{AddedCall, Answers, Stop};
use tokio::time::sleep;
use tonic::Code;

use crate::messages::{
    BidiRequest, Get, Outcome, Payload, Reply, Seen, StreamRequest, UnaryRequest, WantedReplies,
    WantedReply,
};
use crate::suite::{Any, Error, Header, Status, headers, listed};

const SEEN: &str = "connectrpc.conformance.v1.ConformancePayload.RequestInfo";

/// What a method does.
pub struct Answer {
    /// The type of its requests.
    request: String,
    has_one_request: bool,
    has_one_reply: bool,
}

impl Answer {
    pub fn new(method: &MethodDescriptor) -> Self {
        Self {
            request: method.input().full_name().to_owned(),
            has_one_request: !method.is_client_streaming(),
            has_one_reply: !method.is_server_streaming(),
        }
    }

    fn any(&self, request: Vec<u8>) -> Any {
        any(&self.request, request)
    }

    /// With one reply: after all requests, of which the first says what it is.
    async fn one(&self, mut call: AddedCall<'_>) -> Result<(), Stop> {
        let mut requests = Vec::new();
        while let Some(request) = call.next().await? {
            requests.push(self.any(request));
        }
        let first = requests.first().map(|first| first.value.as_slice());
        let first =
            UnaryRequest::decode(first.unwrap_or_default()).map_err(|error| malformed(&error))?;
        let wanted: WantedReply = first.wanted.unwrap_or_default();
        let seen = seen(&call, requests);
        add(&mut call, &wanted.headers, &wanted.trailers)?;
        sleep(Duration::from_millis(wanted.delay_ms.into())).await;
        let data = match wanted.outcome {
            Some(Outcome::Error(error)) => return Err(status(error, Some(&seen))),
            Some(Outcome::Data(data)) => data,
            None => Vec::new(),
        };
        reply(&mut call, data, Some(seen));
        Ok(())
    }

    async fn stream(&self, mut call: AddedCall<'_>) -> Result<(), Stop> {
        let request = call.next().await?.unwrap_or_default();
        let first = StreamRequest::decode(request.as_slice()).map_err(|error| malformed(&error))?;
        let mut wanted = first.wanted.unwrap_or_default();
        let requests = vec![self.any(request)];
        add(&mut call, &wanted.headers, &wanted.trailers)?;
        rest(call, &mut wanted, requests, 0).await
    }

    async fn bidi(&self, mut call: AddedCall<'_>) -> Result<(), Stop> {
        let (mut requests, mut wanted, mut replies) = (Vec::new(), None, 0);
        while let Some(request) = call.next().await? {
            if wanted.is_none() {
                let first =
                    BidiRequest::decode(request.as_slice()).map_err(|error| malformed(&error))?;
                let first_wanted = first.wanted.unwrap_or_default();
                add(&mut call, &first_wanted.headers, &first_wanted.trailers)?;
                if first.is_full_duplex && !first_wanted.data.is_empty() {
                    call.flush().await?;
                }
                wanted = Some((first_wanted, first.is_full_duplex));
            }
            requests.push(self.any(request));
            let Some((wanted, true)) = &mut wanted else {
                continue;
            };
            let Some(data) = wanted.data.get_mut(replies) else {
                // The error, if there is one.
                break;
            };
            let seen = if replies == 0 {
                seen(&call, std::mem::take(&mut requests))
            } else {
                Seen {
                    requests: std::mem::take(&mut requests),
                    ..Seen::default()
                }
            };
            sleep(Duration::from_millis(wanted.delay_ms.into())).await;
            reply(&mut call, std::mem::take(data), Some(seen));
            call.flush().await?;
            replies += 1;
        }
        let (mut wanted, _) = wanted.unwrap_or_default();
        rest(call, &mut wanted, requests, replies).await
    }
}

impl Answers for Answer {
    fn answer<'a>(
        &'a self,
        call: AddedCall<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>> {
        if self.has_one_reply {
            Box::pin(self.one(call))
        } else if self.has_one_request {
            Box::pin(self.stream(call))
        } else {
            Box::pin(self.bidi(call))
        }
    }
}

/// Sends the replies that are left, and ends the call.
async fn rest(
    mut call: AddedCall<'_>,
    wanted: &mut WantedReplies,
    requests: Vec<Any>,
    sent: usize,
) -> Result<(), Stop> {
    let seen = seen(&call, requests);
    if !wanted.data.is_empty() {
        call.flush().await?;
    }
    let mut first = (sent == 0).then_some(seen);
    for data in wanted.data.drain(..).skip(sent) {
        sleep(Duration::from_millis(wanted.delay_ms.into())).await;
        reply(&mut call, data, first.take());
        call.flush().await?;
    }
    match wanted.error.take() {
        // Without a reply, this is what tells it.
        Some(error) => Err(status(error, first.as_ref())),
        None => Ok(()),
    }
}

fn reply(call: &mut AddedCall<'_>, data: Vec<u8>, seen: Option<Seen>) {
    let payload = Some(Payload { data, seen });
    call.push(&Reply { payload }.encode_to_vec());
}

fn add(call: &mut AddedCall<'_>, given: &[Header], trailers: &[Header]) -> Result<(), Stop> {
    let bad = |error: Box<dyn std::error::Error + Send + Sync>| {
        Stop::from(tonic::Status::invalid_argument(error.to_string()))
    };
    call.add_headers(&headers(given).map_err(bad)?);
    call.add_trailers(&headers(trailers).map_err(bad)?);
    Ok(())
}

fn seen(call: &AddedCall<'_>, requests: Vec<Any>) -> Seen {
    let content_type = call.headers().get(CONTENT_TYPE);
    let wire = content_type.and_then(Wire::of_content_type);
    let wire = wire.map_or(Wire::ConnectUnary, |(wire, _)| wire);
    let timeout = wire.timeout(call.headers()).ok().flatten();
    let parameters = || {
        let query = call.uri().query().unwrap_or_default().split('&');
        query.filter_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            Some(Header {
                name: name.to_owned(),
                values: vec![percent_decode_str(value).decode_utf8_lossy().into_owned()],
            })
        })
    };
    Seen {
        headers: listed(call.headers()),
        timeout_ms: timeout.and_then(|timeout| timeout.as_millis().try_into().ok()),
        requests,
        get: call.is_get().then(|| Get {
            parameters: parameters().collect(),
        }),
    }
}

fn status(error: Error, seen: Option<&Seen>) -> Stop {
    let message = error.message.unwrap_or_default();
    let mut details = error.details;
    details.extend(seen.map(|seen| any(SEEN, seen.encode_to_vec())));
    let with_details = Status {
        code: error.code,
        message: message.clone(),
        details,
    };
    let details = with_details.encode_to_vec().into();
    tonic::Status::with_details(Code::from_i32(error.code), message, details).into()
}

fn malformed(error: &prost::DecodeError) -> Stop {
    tonic::Status::internal(error.to_string()).into()
}

fn any(name: &str, value: Vec<u8>) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{name}"),
        value,
    }
}
