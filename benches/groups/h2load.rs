//! h2load, a load generator, for GetPerson.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use prost::Message;
use routeguide::proto::Name;
use tempfile::NamedTempFile;

use crate::Result;
use crate::client::Client;
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
        let mut body = NamedTempFile::new()?;
        body.write_all(&framed(&Name {
            name: "Alice".into(),
        })?)?;
        body.flush()?;
        Ok(Some(Self { body }))
    }

    /// Calls per second. h2load does not read trailers, where gRPC reports failures, but a failed call has no message, so
    /// the number of bytes shows whether all calls succeeded.
    pub fn rate(
        &self,
        server: &Server,
        calls: usize,
        connections: usize,
        streams: usize,
    ) -> Result<f64> {
        let url = format!("http://{}/RouteGuide/GetPerson", server.addr());
        let mut command = Command::new("h2load");
        command
            .args(["-n", &calls.to_string(), "-c", &connections.to_string()])
            .args(["-m", &streams.to_string(), "-d"])
            .arg(self.body.path())
            .args(["-H", "content-type: application/grpc", "-H", "te: trailers"])
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let (printed, _) = Client::spawn(command, LIMIT)?.output()?;

        let reply = framed(&peer::alice())?.len();
        let complete = number_before(&printed, " 2xx") == Some(calls)
            && number_before(&printed, " succeeded") == Some(calls)
            && number_before(&printed, ") data") == Some(calls * reply);
        let rate = printed
            .split_once(" req/s")
            .and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok());
        match rate {
            Some(rate) if complete => Ok(rate),
            _ => Err(format!("not every call had a reply; h2load printed:\n{printed}").into()),
        }
    }
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
