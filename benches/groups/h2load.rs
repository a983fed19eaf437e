//! h2load, a load generator.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use prost::Message;
use routeguide::framing::{PREFIX, prefix_of};
use routeguide::proto::Name;
use routeguide::protocol::{Codec, Wire};
use tempfile::NamedTempFile;

use crate::Result;
use crate::client::Client;
use crate::guard::children_cpu_time;
use crate::peer;
use crate::report::Report;
use crate::server::Server;

/// For a run of several seconds.
const LIMIT: Duration = Duration::from_mins(1);

/// [`peer::alice`] in JSON, as servers write it.
const ALICE: &str = concat!(
    r#"{"name":"Alice","age":30,"gender":"FEMALE","hobbies":["reading","swimming"],"#,
    r#""address":{"street":"123 Main St","city":"New York"}}"#
);

/// What comes after a reply of gRPC-Web that is not an error.
const TRAILERS: &[u8] = b"grpc-status: 0\r\n";

/// h2load, and the bodies of its requests.
pub struct H2Load {
    body: NamedTempFile,
    /// The same message without a prefix, and in JSON.
    bare: NamedTempFile,
    json: NamedTempFile,
    empty: NamedTempFile,
}

/// What to ask a server for.
pub struct Request<'a> {
    server: &'a Server,
    scheme: &'static str,
    path: &'static str,
    wire: Wire,
    codec: Codec,
    /// Without one, the request is a GET.
    body: Option<&'a NamedTempFile>,
    /// The bytes of a reply, with its prefix.
    reply: usize,
    is_http1: bool,
}

/// What a run took.
pub struct Run {
    /// Calls a second.
    pub rate: f64,
    /// Seconds of CPU time for a call, of h2load.
    pub cpu: f64,
}

impl H2Load {
    /// `None` if it is not installed, which the report notes.
    pub fn new_or_skip(group: &str, report: &mut Report) -> Result<Option<Self>> {
        if Command::new("h2load").arg("--version").output().is_err() {
            report.note(format!(
                "{group}: skipped, h2load not found: `apt-get install -y nghttp2-client`"
            ));
            return Ok(None);
        }
        let name = Name {
            name: "Alice".into(),
        };
        Ok(Some(Self {
            body: file(&framed(0, &name.encode_to_vec())?)?,
            bare: file(&name.encode_to_vec())?,
            json: file(br#"{"name":"Alice"}"#)?,
            empty: file(&framed(0, &[])?)?,
        }))
    }

    /// GetPerson, of a server of RouteGuide.
    pub fn get_person<'a>(&'a self, server: &'a Server) -> Result<Request<'a>> {
        self.get_person_in(server, Wire::Grpc, Codec::Proto)
    }

    /// The same in another protocol: not as base64, and in JSON only without frames.
    pub fn get_person_in<'a>(
        &'a self,
        server: &'a Server,
        wire: Wire,
        codec: Codec,
    ) -> Result<Request<'a>> {
        let body = match codec {
            Codec::Proto if wire.is_framed() => &self.body,
            Codec::Proto => &self.bare,
            Codec::Json => &self.json,
        };
        let reply = reply(wire, codec)?.len();
        Ok(Request {
            wire,
            codec,
            ..Request::new(server, "/RouteGuide/GetPerson", body, reply)
        })
    }

    /// The same over TLS.
    pub fn get_person_over_tls<'a>(&'a self, server: &'a Server) -> Result<Request<'a>> {
        let plain = self.get_person(server)?;
        Ok(Request {
            scheme: "https",
            ..plain
        })
    }

    /// A file of a server of files.
    pub fn get_file<'a>(
        &'a self,
        server: &'a Server,
        path: &'static str,
        len: usize,
    ) -> Request<'a> {
        Request::new(server, path, &self.body, len)
    }

    /// EmptyCall, of a server of grpc's interoperability tests.
    pub fn empty_call<'a>(&'a self, server: &'a Server) -> Request<'a> {
        let path = "/grpc.testing.TestService/EmptyCall";
        Request::new(server, path, &self.empty, PREFIX)
    }

    /// GetPerson's calls a second, as [`Request::run`] has it.
    pub fn rate(
        &self,
        server: &Server,
        calls: u32,
        connections: usize,
        streams: usize,
    ) -> Result<f64> {
        let run = self.get_person(server)?.run(calls, connections, streams);
        Ok(run?.rate)
    }
}

impl<'a> Request<'a> {
    /// A call of gRPC over HTTP/2 in plaintext.
    fn new(server: &'a Server, path: &'static str, body: &'a NamedTempFile, reply: usize) -> Self {
        Self {
            server,
            scheme: "http",
            path,
            wire: Wire::Grpc,
            codec: Codec::Proto,
            body: Some(body),
            reply,
            is_http1: false,
        }
    }

    pub fn over_http1(self) -> Self {
        Self {
            is_http1: true,
            ..self
        }
    }

    /// A GET, which has no body: a server of files may take nothing else.
    pub fn without_body(self) -> Self {
        Self { body: None, ..self }
    }

    /// Sends `calls` requests, with `streams` in flight on each connection. h2load does not read trailers, where gRPC and
    /// gRPC-Web report failures, but a failed call has no message, so the number of bytes shows whether all calls
    /// succeeded.
    pub fn run(&self, calls: u32, connections: usize, streams: usize) -> Result<Run> {
        let url = format!("{}://{}{}", self.scheme, self.server.addr(), self.path);
        let mut command = Command::new("h2load");
        command
            .args(["-n", &calls.to_string(), "-c", &connections.to_string()])
            .args(["-m", &streams.to_string()]);
        if let Some(body) = self.body {
            command.arg("-d").arg(body.path());
        }
        if self.is_http1 {
            command.arg("--h1");
        }
        let content_type = self.wire.content_type(self.codec);
        command.args(["-H", &format!("content-type: {}", content_type.to_str()?)]);
        if self.wire == Wire::Grpc {
            command.args(["-H", "te: trailers"]);
        }
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::piped());
        let before = children_cpu_time();
        let (printed, _) = Client::spawn(command, LIMIT)?.output()?;
        let cpu = children_cpu_time() - before;

        let succeeded = calls as usize;
        let complete = number_before(&printed, " 2xx") == Some(succeeded)
            && number_before(&printed, " succeeded") == Some(succeeded)
            && number_before(&printed, ") data") == Some(succeeded * self.reply);
        let rate = printed
            .split_once(" req/s")
            .and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok());
        match rate {
            Some(rate) if complete => Ok(Run {
                rate,
                cpu: cpu / f64::from(calls),
            }),
            _ => Err(format!("not every call had a reply; h2load printed:\n{printed}").into()),
        }
    }
}

fn file(bytes: &[u8]) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(bytes)?;
    file.flush()?;
    Ok(file)
}

/// The number before `label` in the output of h2load, as in `200000 2xx`.
fn number_before(text: &str, label: &str) -> Option<usize> {
    let (before, _) = text.split_once(label)?;
    let digits = before.rfind(|c: char| !c.is_ascii_digit())? + 1;
    before[digits..].parse().ok()
}

/// The body of GetPerson's response.
pub fn reply(wire: Wire, codec: Codec) -> Result<Vec<u8>> {
    let message = match codec {
        Codec::Proto => peer::alice().encode_to_vec(),
        Codec::Json => ALICE.into(),
    };
    let mut body = if wire.is_framed() {
        framed(0, &message)?
    } else {
        message
    };
    if wire == Wire::Web {
        let flag = wire.end_flag().unwrap_or_default();
        body.extend(framed(flag, TRAILERS)?);
    }
    Ok(body)
}

/// The bytes with a flag and their length in front.
fn framed(flag: u8, bytes: &[u8]) -> Result<Vec<u8>> {
    let prefix = prefix_of(flag, u32::try_from(bytes.len())?);
    Ok([&prefix, bytes].concat())
}
