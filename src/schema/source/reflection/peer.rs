//! The conversation with a server's reflection service: questions go out together on one stream that stays open, and
//! answers come back in their order. v1 and v1alpha are the same messages under two names.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::call::{Call, Event, Start};
use crate::error::{Error, Result};
use crate::schema::source::descriptor_source::BoxFuture;
use crate::schema::source::settings::ReflectionMode;

/// A channel that is made when it is first awaited, if ever.
pub type Connecting = BoxFuture<'static, Result<Channel>>;

const V1: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const V1ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// How long one answer may take when the user sets no deadline: reflection comes before what they asked for, and a
/// server that never answers should not look like a call that takes long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server says to one question.
#[derive(Clone, Debug)]
pub enum Answer {
    Files(Vec<Bytes>),
    Extensions(Vec<i32>),
    Services(Vec<String>),
    /// It has no such thing, or does not want to say.
    No(Status),
}

/// The server.
pub struct Peer {
    channel: Lazy,
    metadata: MetadataMap,
    deadline: Option<Instant>,
    /// The paths still to be tried; the first is in use.
    paths: &'static [&'static str],
    /// The path in use has been answered on.
    settled: bool,
    /// What the first path was refused with.
    refusal: Option<Status>,
    stream: Option<Stream>,
}

enum Lazy {
    Connecting(Connecting),
    Connected(Channel),
}

struct Stream {
    call: Call,
    requests: mpsc::UnboundedSender<Bytes>,
    answers: usize,
    has_deadline: bool,
}

impl Stream {
    async fn event(&mut self) -> Result<Event> {
        let event = if self.has_deadline {
            self.call.next().await
        } else {
            timeout(PATIENCE, self.call.next()).await.map_err(|_| {
                let patience = humantime::format_duration(PATIENCE);
                Error::failed(format!(
                    "the server's reflection has not answered for {patience}"
                ))
                .hinted("give the schema with --proto or --protoset instead")
            })?
        };
        Ok(event.unwrap_or_else(|| Event::Status(Status::ok(""))))
    }
}

impl Peer {
    pub fn new(
        channel: Connecting,
        mode: ReflectionMode,
        metadata: MetadataMap,
        deadline: Option<Instant>,
    ) -> Self {
        Self {
            channel: Lazy::Connecting(channel),
            metadata,
            deadline,
            paths: match mode {
                ReflectionMode::Auto => &[V1, V1ALPHA],
                ReflectionMode::V1 => &[V1],
                ReflectionMode::V1Alpha => &[V1ALPHA],
                ReflectionMode::Off => &[],
            },
            settled: false,
            refusal: None,
            stream: None,
        }
    }

    /// Whether the server has turned out to have no reflection.
    pub fn is_unsupported(&self) -> bool {
        self.paths.is_empty()
    }

    /// Asks, and waits for an answer to each question, in their order.
    pub async fn ask(&mut self, questions: &[Question]) -> Result<Vec<Answer>> {
        let mut answers: Vec<Option<Answer>> = vec![None; questions.len()];
        let mut waiting: VecDeque<usize> = (0..questions.len()).collect();
        // Ends: a stream that ends is replaced only after it answered a question, or its end did.
        while !waiting.is_empty() {
            // Taken, so that nobody finds a stream with answers that were not waited for.
            let mut stream = self.take_stream().await?;
            for question in waiting.iter().filter_map(|at| questions.get(*at)) {
                // If the call is over, its end says why.
                let _ = stream.requests.send(encode(question));
            }
            let status = loop {
                if waiting.is_empty() {
                    break None;
                }
                match stream.event().await? {
                    Event::Headers(_) => {}
                    Event::Message(message) => {
                        let (asked, answer) = decode(message)?;
                        self.settled = true;
                        stream.answers += 1;
                        // In their order they come, but a server that says which one this is knows better.
                        let place = waiting
                            .iter()
                            .position(|at| asked.is_some() && questions.get(*at) == asked.as_ref())
                            .unwrap_or(0);
                        let at = waiting.remove(place);
                        if let Some(slot) = at.and_then(|at| answers.get_mut(at)) {
                            *slot = Some(answer);
                        }
                    }
                    Event::Failed(error) => return Err(error),
                    Event::Status(status) => break Some(status),
                }
            };
            let Some(status) = status else {
                self.stream = Some(stream);
                break;
            };
            if let Some(answer) = self.judge(status, stream.answers > 0)?
                && let Some(slot) = waiting.pop_front().and_then(|at| answers.get_mut(at))
            {
                *slot = Some(answer);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// What the end of a stream means while a question waits: an answer to it, or that it is to be asked again.
    fn judge(&mut self, status: Status, answered: bool) -> Result<Option<Answer>> {
        let code = status.code();
        if !self.settled && matches!(code, Code::Unimplemented | Code::Unavailable) {
            let refusal = self.refusal.get_or_insert(status);
            self.paths = self.paths.get(1..).unwrap_or_default();
            if !self.paths.is_empty() {
                return Ok(None);
            }
            if refusal.code() == Code::Unimplemented && code == Code::Unimplemented {
                return Err(unsupported());
            }
            return Err(failed(refusal));
        }
        match code {
            // It answers so many questions and no more.
            Code::Ok if answered => Ok(None),
            // tonic ends the stream with what other servers say in an answer.
            Code::Ok
            | Code::NotFound
            | Code::InvalidArgument
            | Code::OutOfRange
            | Code::Unimplemented => {
                self.settled = true;
                Ok(Some(Answer::No(status)))
            }
            _ => Err(failed(&status)),
        }
    }

    /// The stream under way, or a new one.
    async fn take_stream(&mut self) -> Result<Stream> {
        let path = self.paths.first().copied().ok_or_else(unsupported)?;
        if let Some(stream) = self.stream.take() {
            return Ok(stream);
        }
        let channel = self.channel().await?;
        let (requests, receiver) = mpsc::unbounded_channel();
        let start = Start {
            // The descriptors of a large server in one answer.
            max_message_size: 64 << 20,
            path: PathAndQuery::from_static(path),
            metadata: self.metadata.clone(),
            deadline: self.deadline,
            requests: UnboundedReceiverStream::new(receiver),
        };
        Ok(Stream {
            call: Call::start(channel, start),
            requests,
            answers: 0,
            has_deadline: self.deadline.is_some(),
        })
    }

    async fn channel(&mut self) -> Result<Channel> {
        let channel = match &mut self.channel {
            Lazy::Connected(channel) => return Ok(channel.clone()),
            Lazy::Connecting(connecting) => connecting.await,
        };
        match channel {
            Ok(channel) => {
                self.channel = Lazy::Connected(channel.clone());
                Ok(channel)
            }
            Err(error) => {
                // A future that is done must not be awaited again.
                self.channel = Lazy::Connecting(Box::pin(std::future::ready(Err(Error::failed(
                    "there is no connection to the server",
                )))));
                Err(error)
            }
        }
    }
}

fn encode(question: &Question) -> Bytes {
    ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question.clone()),
    }
    .encode_to_vec()
    .into()
}

fn decode(message: Bytes) -> Result<(Option<Question>, Answer)> {
    let response = ServerReflectionResponse::decode(message).map_err(|error| {
        Error::failed("the server's reflection sent a damaged answer").caused_by(error)
    })?;
    let answer = match response.message_response {
        Some(MessageResponse::FileDescriptorResponse(files)) => {
            let files = files.file_descriptor_proto;
            Answer::Files(files.into_iter().map(Bytes::from).collect())
        }
        Some(MessageResponse::AllExtensionNumbersResponse(numbers)) => {
            Answer::Extensions(numbers.extension_number)
        }
        Some(MessageResponse::ListServicesResponse(list)) => {
            Answer::Services(list.service.into_iter().map(|it| it.name).collect())
        }
        Some(MessageResponse::ErrorResponse(error)) => Answer::No(Status::new(
            Code::from(error.error_code),
            error.error_message,
        )),
        None => Answer::No(Status::unknown("the answer is empty")),
    };
    let asked = response
        .original_request
        .and_then(|request| request.message_request);
    Ok((asked, answer))
}

fn failed(status: &Status) -> Error {
    let message = format!("the server's reflection failed: {}", status.message());
    Error::status(status.code(), message)
}

fn unsupported() -> Error {
    Error::failed("the server does not describe itself")
        .hinted("it has no reflection: give its schema with --proto or --protoset")
}
