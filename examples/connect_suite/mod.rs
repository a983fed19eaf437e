//! What the client and the server for the conformance suite of Connect have in common: its messages, and how they come and
//! go.

use std::error::Error as StdError;
use std::io;

use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use prost_reflect::ServiceDescriptor;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

pub type Result<T> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

const SERVICE: &str = "connectrpc.conformance.v1.ConformanceService";

#[derive(Clone, PartialEq, Message)]
pub struct Header {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub values: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Error {
    /// The numbers are those of gRPC.
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, optional, tag = "2")]
    pub message: Option<String>,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// PEM.
#[derive(Clone, PartialEq, Message)]
pub struct Identity {
    #[prost(bytes = "vec", tag = "1")]
    pub certificate: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
}

/// The service, from the folder with the suite's .proto files that the environment names.
pub fn service() -> Result<ServiceDescriptor> {
    let protos = std::env::var_os("CONFORMANCE_PROTOS").ok_or("CONFORMANCE_PROTOS is not set")?;
    let protos = std::path::PathBuf::from(protos);
    let file = protos.join("connectrpc/conformance/v1/service.proto");
    let pool = routeguide::schema::load(&[], &[file], &[protos])?.pool;
    Ok(pool.get_service_by_name(SERVICE).ok_or("no such service")?)
}

/// The next message, after its length; `None` at the end.
pub async fn read<T: Message + Default>(from: &mut (impl AsyncRead + Unpin)) -> Result<Option<T>> {
    let len = match from.read_u32().await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        len => len?,
    };
    let mut message = vec![0; usize::try_from(len)?];
    from.read_exact(&mut message).await?;
    Ok(Some(T::decode(message.as_slice())?))
}

pub async fn write(to: &mut (impl AsyncWrite + Unpin), message: &impl Message) -> Result<()> {
    let message = message.encode_to_vec();
    to.write_u32(u32::try_from(message.len())?).await?;
    to.write_all(&message).await?;
    Ok(to.flush().await?)
}

pub fn headers(listed: &[Header]) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for Header { name, values } in listed {
        for value in values {
            headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
    }
    Ok(headers)
}

pub fn listed(headers: &HeaderMap) -> Vec<Header> {
    let values = |name| {
        let values = headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let names = headers.keys();
    names
        .map(|name| Header {
            name: name.to_string(),
            values: values(name).collect(),
        })
        .collect()
}
