//! The stream to a server's reflection service. Questions are sent together on one stream that stays open, and answers
//! arrive in the order of the questions. v1 and v1alpha have the same messages under two names.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Code;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use crate::call::{Call, End, Event, Origin, Start, request_headers};
use crate::error::{Error, Result};
use crate::schema::source::settings::ReflectionMode;
use crate::schema::source::target::ReflectionTarget;
use crate::transport::HttpVersion;

const V1: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const V1ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// The server's answer to one question.
#[derive(Clone, Debug)]
pub enum Answer {
    Files(Vec<Bytes>),
    Extensions(Vec<i32>),
    Services(Vec<String>),
    /// The server does not have it, or refuses to answer.
    No(Refusal),
}

/// The status that a question is refused with.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub code: Code,
    pub message: String,
}

/// The server's reflection service.
pub struct Peer {
    target: Option<ReflectionTarget>,
    mode: ReflectionMode,
    /// The paths to try. The first is in use.
    paths: &'static [&'static str],
    /// The server has answered on the path in use.
    settled: bool,
    /// The status that the first path was refused with.
    refusal: Option<Refusal>,
    stream: Option<Stream>,
}

struct Stream {
    call: Call<UnboundedReceiverStream<Bytes>>,
    /// `None` once all questions of the stream are asked.
    requests: Option<mpsc::UnboundedSender<Bytes>>,
    /// The server answers when all questions are asked.
    is_half_duplex: bool,
    answers: usize,
    patience: Duration,
}

impl Stream {
    async fn event(&mut self) -> Result<Option<Event>> {
        let event = timeout(self.patience, self.call.next()).await;
        event.map_err(|_| {
            let limit = humantime::format_duration(self.patience);
            Error::failed(format!(
                "the server's reflection has not answered for {limit}"
            ))
            .hinted(
                "wait longer with --connect-timeout, or give the schema with --proto or --protoset",
            )
        })
    }
}

impl Peer {
    pub fn new(mode: ReflectionMode, target: Option<ReflectionTarget>) -> Self {
        Self {
            target,
            mode,
            paths: paths(mode),
            settled: false,
            refusal: None,
            stream: None,
        }
    }

    /// Uses this connection from now on. What was refused on another one may be there now.
    pub fn attach(&mut self, target: ReflectionTarget) {
        if !self.settled {
            self.paths = paths(self.mode);
            self.refusal = None;
        }
        self.stream = None;
        self.target = Some(target);
    }

    /// Ends the stream, and lets go of the connection.
    pub fn detach(&mut self) {
        self.stream = None;
        self.target = None;
    }

    /// Whether the server is known not to support reflection.
    pub fn is_unsupported(&self) -> bool {
        self.paths.is_empty()
    }

    /// Asks, and returns an answer to each question, in the order of the questions.
    pub async fn ask(&mut self, questions: &[Question]) -> Result<Vec<Answer>> {
        let mut answers: Vec<Option<Answer>> = vec![None; questions.len()];
        let mut waiting: VecDeque<usize> = (0..questions.len()).collect();
        // This ends: a stream is replaced only after it, or its end, has answered a question.
        while !waiting.is_empty() {
            // Taken, so that a stream is not used again while answers are outstanding.
            let mut stream = self.take_stream()?;
            for question in waiting.iter().filter_map(|at| questions.get(*at)) {
                // If the call has ended, its status says why.
                let _ = stream.requests.as_ref().map(|it| it.send(encode(question)));
            }
            if stream.is_half_duplex {
                stream.requests = None;
            }
            let end = loop {
                if waiting.is_empty() {
                    break None;
                }
                match stream.event().await? {
                    Some(Event::Sent(_) | Event::Headers(_)) => {}
                    Some(Event::Message(message)) => {
                        let (asked, answer) = decode(message)?;
                        self.settled = true;
                        stream.answers += 1;
                        // In order, unless the server repeats the question that it answers.
                        let place = waiting
                            .iter()
                            .position(|at| asked.is_some() && questions.get(*at) == asked.as_ref())
                            .unwrap_or(0);
                        let at = waiting.remove(place);
                        if let Some(slot) = at.and_then(|at| answers.get_mut(at)) {
                            *slot = Some(answer);
                        }
                    }
                    Some(Event::Ended(end)) => break Some(end),
                    None => {
                        return Err(Error::failed(
                            "the server's reflection ended without a status",
                        ));
                    }
                }
            };
            let Some(end) = end else {
                self.stream = Some(stream).filter(|stream| !stream.is_half_duplex);
                break;
            };
            if let Some(answer) = self.judge(*end, stream.answers > 0)?
                && let Some(slot) = waiting.pop_front().and_then(|at| answers.get_mut(at))
            {
                *slot = Some(answer);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// What the end of a stream means while a question is unanswered: an answer, or `None` to ask it again.
    fn judge(&mut self, end: End, answered: bool) -> Result<Option<Answer>> {
        let code = end.code;
        if end.origin != Origin::Server {
            return Err(match (&end.origin, end.hint()) {
                // It is not about reflection: every call would end like this.
                (Origin::OtherAnswer(..), Some(hint)) => {
                    Error::status(code, end.message.as_str()).hinted(hint)
                }
                _ => failed(code, &end.message),
            });
        }
        let refusal = Refusal {
            code,
            message: end.message,
        };
        if !self.settled && matches!(code, Code::Unimplemented | Code::Unavailable) {
            let first = self.refusal.get_or_insert(refusal);
            self.paths = self.paths.get(1..).unwrap_or_default();
            if !self.paths.is_empty() {
                return Ok(None);
            }
            if first.code == Code::Unimplemented && code == Code::Unimplemented {
                return Err(unsupported(self.mode));
            }
            return Err(failed(first.code, &first.message));
        }
        match code {
            // The server limits the number of questions on a stream.
            Code::Ok if answered => Ok(None),
            // tonic ends the stream with the status that other servers send as an answer.
            Code::Ok
            | Code::NotFound
            | Code::InvalidArgument
            | Code::OutOfRange
            | Code::Unimplemented => {
                self.settled = true;
                Ok(Some(Answer::No(refusal)))
            }
            _ => Err(failed(code, &refusal.message)),
        }
    }

    /// The open stream, or a new one.
    fn take_stream(&mut self) -> Result<Stream> {
        let path = self
            .paths
            .first()
            .copied()
            .ok_or_else(|| unsupported(self.mode))?;
        if let Some(stream) = self.stream.take() {
            return Ok(stream);
        }
        let target = self
            .target
            .as_ref()
            .ok_or_else(|| Error::failed("there is no connection to the server"))?;
        let (requests, receiver) = mpsc::unbounded_channel();
        let manner = &target.manner;
        let wire = manner.wire(false);
        let start = Start {
            encoding: None,
            // One answer may hold all descriptors of a large server.
            max_message_size: 64 << 20,
            path: manner.path(&PathAndQuery::from_static(path)),
            headers: request_headers(wire, manner.codec, target.metadata.clone(), None),
            deadline: target.deadline,
            single_request: false,
            single_reply: false,
            exact_sends: false,
            wire,
            transcoder: target.transcoder.clone(),
            is_get: false,
        };
        Ok(Stream {
            call: Call::start(
                &target.connection,
                start,
                UnboundedReceiverStream::new(receiver),
            ),
            requests: Some(requests),
            is_half_duplex: target.connection.http_version() == HttpVersion::Http1,
            answers: 0,
            patience: target.patience,
        })
    }
}

fn paths(mode: ReflectionMode) -> &'static [&'static str] {
    match mode {
        ReflectionMode::Auto => &[V1, V1ALPHA],
        ReflectionMode::V1 => &[V1],
        ReflectionMode::V1Alpha => &[V1ALPHA],
        ReflectionMode::Off => &[],
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
    let response = ServerReflectionResponse::decode(message)
        .map_err(|_| Error::failed("the server's reflection sent a damaged answer"))?;
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
        Some(MessageResponse::ErrorResponse(error)) => Answer::No(Refusal {
            code: Code::from(error.error_code),
            message: error.error_message,
        }),
        None => Answer::No(Refusal {
            code: Code::Unknown,
            message: "the answer is empty".to_owned(),
        }),
    };
    let asked = response
        .original_request
        .and_then(|request| request.message_request);
    Ok((asked, answer))
}

fn failed(code: Code, message: &str) -> Error {
    Error::status(code, format!("the server's reflection failed: {message}"))
}

fn unsupported(mode: ReflectionMode) -> Error {
    let (version, other) = match mode {
        ReflectionMode::V1 => (" v1", "try --reflection v1alpha or auto, or "),
        ReflectionMode::V1Alpha => (" v1alpha", "try --reflection v1 or auto, or "),
        ReflectionMode::Auto | ReflectionMode::Off => ("", ""),
    };
    Error::failed(format!("the server does not support reflection{version}"))
        .hinted(format!("{other}give its schema with --proto or --protoset"))
}
