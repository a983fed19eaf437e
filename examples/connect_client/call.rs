//! Makes one call of the suite, and tells what came of it.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::ServiceDescriptor;
use routeguide::call::{Call, End, Event, Manner, Start, request_headers};
use routeguide::framing::Encoding;
use routeguide::protocol::{Codec, Wire};
use routeguide::session::method::Method;
use routeguide::transport::{
    Connections, Endpoint, HttpVersions, IdentityFiles, Patience, TlsOptions,
};
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Code;
use tonic::metadata::MetadataMap;

use crate::messages::{
    self, Called, CancelTime, Compression, HttpVersion, Protocol, Reply, Request, StreamType,
};
use crate::suite::{Error, Result, Status, headers, listed};

/// The limit for replies without one in the request, in bytes.
const LARGEST_REPLY: usize = 4 << 20;

/// How long a call may take that has no deadline.
const PATIENCE: Duration = Duration::from_secs(20);

/// # Errors
/// When the call cannot be made as the request says.
pub async fn make(service: &ServiceDescriptor, request: Request) -> Result<Called> {
    let name = request.method.as_deref().unwrap_or_default();
    let descriptor = service.methods().find(|method| method.name() == name);
    let descriptor = descriptor.ok_or_else(|| format!("no method {name:?}"))?;
    let method = Method::new(&descriptor, &manner(&request)?)?;
    let encoding = encoding(request.compression())?;
    let metadata = MetadataMap::from_headers(headers(&request.headers)?);
    let headers = request_headers(method.wire, codec(&request), metadata, encoding);

    let folder = TempDir::new()?;
    let connections = Connections::default();
    let patience = Patience {
        connect_timeout: PATIENCE,
        wait: None,
        retries: 0,
        deadline: None,
        failed: &|_, _| {},
    };
    let connection = connections
        .get(&endpoint(&request, &folder)?, &patience)
        .await?;
    let timeout = request.timeout_ms.map(u64::from).map(Duration::from_millis);
    let start = Start {
        path: method.path.clone(),
        headers,
        deadline: timeout.map(|timeout| Instant::now() + timeout),
        max_message_size: match request.largest_reply {
            0 => LARGEST_REPLY,
            limit => usize::try_from(limit)?,
        },
        encoding,
        single_request: method.single_request,
        single_reply: method.single_reply,
        exact_sends: true,
        wire: method.wire,
        transcoder: method.transcoder,
        is_get: method.is_get,
    };
    let (to, messages) = mpsc::unbounded_channel();
    let call = Call::start(&connection, start, UnboundedReceiverStream::new(messages));
    let called = tokio::time::timeout(PATIENCE, drive(call, to, &request)).await;
    connections.close().await;
    called.map_err(|_| "the call does not end".into())
}

/// Sends the requests as the suite says, and gathers what comes back.
async fn drive(
    mut call: Call<UnboundedReceiverStream<Bytes>>,
    to: mpsc::UnboundedSender<Bytes>,
    request: &Request,
) -> Called {
    let mut called = Called::default();
    let (mut sent, mut replies, mut has_headers) = (0, 0, false);
    let cancel = request
        .cancel
        .map(|cancel| cancel.time.unwrap_or(CancelTime::AfterEnd(0)));
    let (has_sent, has_reply) = (Notify::new(), Notify::new());
    let sender = async {
        for message in &request.messages {
            sleep(Duration::from_millis(request.delay_ms.into())).await;
            let _ = to.send(message.value.clone().into());
            if request.stream_type() == StreamType::FullDuplex {
                has_reply.notified().await;
            } else if matches!(cancel, Some(CancelTime::BeforeEnd(()))) {
                has_sent.notified().await;
            }
        }
        match cancel {
            Some(CancelTime::BeforeEnd(())) => return,
            Some(CancelTime::AfterEnd(after)) => {
                drop(to);
                sleep(Duration::from_millis(after.into())).await;
                return;
            }
            Some(CancelTime::AfterReplies(_)) | None => drop(to),
        }
        std::future::pending::<()>().await;
    };
    tokio::pin!(sender);
    let end = loop {
        let event = tokio::select! {
            biased;
            event = call.next() => event,
            () = &mut sender => {
                call.cancel();
                break End::cancelled();
            }
        };
        match event {
            Some(Event::Sent(messages)) => {
                sent += messages.len();
                has_sent.notify_one();
            }
            Some(Event::Headers(headers)) => {
                has_headers = true;
                called.headers = listed(&headers.into_headers());
            }
            Some(Event::Message(message)) => {
                let reply = Reply::decode(message).unwrap_or_default();
                called.payloads.push(reply.payload.unwrap_or_default());
                replies += 1;
                if matches!(cancel, Some(CancelTime::AfterReplies(after)) if after == replies) {
                    call.cancel();
                    break End::cancelled();
                }
                has_reply.notify_one();
            }
            Some(Event::Ended(end)) => break *end,
            None => break End::protocol("the call has no end"),
        }
    };
    let unsent = request.messages.len().saturating_sub(sent);
    called.unsent = i32::try_from(unsent).unwrap_or(i32::MAX);
    called.error = error(&end);
    if called.error.is_some() && has_one_reply(request.stream_type()) {
        // `call` does not print it either.
        called.payloads.clear();
    }
    called.trailers = listed(&end.metadata.into_headers());
    if !has_headers {
        // The only metadata is both, as it is for grpc-go.
        called.headers = called.trailers.clone();
    }
    called
}

fn error(end: &End) -> Option<Error> {
    (end.code != Code::Ok).then(|| Error {
        code: end.code.into(),
        message: Some(end.message.clone()),
        details: Status::decode(end.details.clone())
            .unwrap_or_default()
            .details,
    })
}

/// Whether a method has one reply.
fn has_one_reply(kind: StreamType) -> bool {
    matches!(kind, StreamType::Unary | StreamType::Client)
}

fn manner(request: &Request) -> Result<Manner> {
    let wire = match request.protocol() {
        Protocol::Connect => Wire::ConnectStream,
        Protocol::Grpc => Wire::Grpc,
        Protocol::GrpcWeb => Wire::Web,
        Protocol::Unspecified => return Err("no protocol".into()),
    };
    Ok(Manner::new(wire, codec(request), request.uses_get))
}

fn codec(request: &Request) -> Codec {
    match request.codec() {
        messages::Codec::Json => Codec::Json,
        messages::Codec::Proto | messages::Codec::Unspecified => Codec::Proto,
    }
}

fn encoding(compression: Compression) -> Result<Option<Encoding>> {
    Ok(match compression {
        Compression::Unspecified | Compression::Identity => None,
        Compression::Gzip => Some(Encoding::Gzip),
        Compression::Zstd => Some(Encoding::Zstd),
        Compression::Deflate => Some(Encoding::Deflate),
        Compression::Brotli | Compression::Snappy => {
            return Err(format!("no compression {compression:?}").into());
        }
    })
}

/// Certificates and keys are files of the folder.
fn endpoint(request: &Request, folder: &TempDir) -> Result<Endpoint> {
    let file = |name: &str, content: &[u8]| -> Result<PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    };
    let (scheme, tls) = if request.server_certificate.is_empty() {
        ("http", TlsOptions::default())
    } else {
        let identity = match &request.identity {
            Some(identity) => Some(IdentityFiles {
                cert: file("certificate.pem", &identity.certificate)?,
                key: Some(file("key.pem", &identity.key)?),
                password: None,
            }),
            None => None,
        };
        let tls = TlsOptions {
            ca: Some(file("ca.pem", &request.server_certificate)?),
            identity,
            ..TlsOptions::default()
        };
        ("https", tls)
    };
    let address = format!("{scheme}://{}:{}", request.host, request.port);
    let versions = match request.http_version() {
        HttpVersion::Http1 => HttpVersions::Http1,
        HttpVersion::Http2 => HttpVersions::Http2,
        other => return Err(format!("no {other:?}").into()),
    };
    Ok(Endpoint::at(address.parse()?, tls).speaking(versions))
}
