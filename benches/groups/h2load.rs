//! h2load, a load generator.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use prost::Message;
use routeguide::proto::Name;
use tempfile::NamedTempFile;

use crate::Result;
use crate::client::Client;
use crate::guard::children_cpu_time;
use crate::peer;
use crate::report::Report;
use crate::server::Server;

/// For a run of several seconds.
const LIMIT: Duration = Duration::from_mins(1);

/// The flag and the length before the bytes of a gRPC message.
const PREFIX: usize = 5;

/// h2load, and the body of its requests.
pub struct H2Load {
    body: NamedTempFile,
    empty: NamedTempFile,
}

/// What to ask a server for.
pub struct Request<'a> {
    server: &'a Server,
    scheme: &'static str,
    path: &'static str,
    body: &'a NamedTempFile,
    /// The bytes of a reply, with its prefix.
    reply: usize,
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
            body: file(&framed(&name)?)?,
            empty: file(&framed(&())?)?,
        }))
    }

    /// GetPerson, of a server of RouteGuide.
    pub fn get_person<'a>(&'a self, server: &'a Server) -> Result<Request<'a>> {
        Ok(Request {
            server,
            scheme: "http",
            path: "/RouteGuide/GetPerson",
            body: &self.body,
            reply: framed(&peer::alice())?.len(),
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
    pub fn get_file<'a>(&'a self, server: &'a Server, len: usize) -> Request<'a> {
        Request {
            server,
            scheme: "http",
            path: "/file",
            body: &self.body,
            reply: len,
        }
    }

    /// EmptyCall, of a server of grpc's interoperability tests.
    pub fn empty_call<'a>(&'a self, server: &'a Server) -> Request<'a> {
        Request {
            server,
            scheme: "http",
            path: "/grpc.testing.TestService/EmptyCall",
            body: &self.empty,
            reply: PREFIX,
        }
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

impl Request<'_> {
    /// Sends `calls` requests, with `streams` in flight on each connection. h2load does not read trailers, where gRPC
    /// reports failures, but a failed call has no message, so the number of bytes shows whether all calls succeeded.
    pub fn run(&self, calls: u32, connections: usize, streams: usize) -> Result<Run> {
        let url = format!("{}://{}{}", self.scheme, self.server.addr(), self.path);
        let mut command = Command::new("h2load");
        command
            .args(["-n", &calls.to_string(), "-c", &connections.to_string()])
            .args(["-m", &streams.to_string(), "-d"])
            .arg(self.body.path())
            .args(["-H", "content-type: application/grpc", "-H", "te: trailers"])
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
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

/// The message as in an HTTP/2 body.
fn framed(message: &impl Message) -> Result<Vec<u8>> {
    let length = u32::try_from(message.encoded_len())?;
    let mut bytes = Vec::with_capacity(PREFIX + message.encoded_len());
    bytes.push(0);
    bytes.extend(length.to_be_bytes());
    message.encode(&mut bytes)?;
    Ok(bytes)
}
