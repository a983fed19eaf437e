//! The one interface of everything that knows a schema, and the choice among them: files when they are given, else the
//! server's reflection, else, for RouteGuide's own names, the bundle.

pub mod files;
mod reflection;

use std::future::{Future, ready};
use std::path::PathBuf;
use std::pin::Pin;

use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;

use self::reflection::Reflection;
use crate::error::Result;
use crate::schema::{Schema, bundled, names};

/// What an object-safe trait returns for an `async fn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A channel that is made when it is first awaited, if ever.
pub type Connecting = BoxFuture<'static, Result<Channel>>;

/// Something that knows a schema.
pub trait Source: Send {
    /// Full names of the services, sorted.
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>>;

    /// Everything needed to use `symbol`, the full name of a service, method, message, field, oneof, enum, enum value
    /// or extension. `None` when the source does not know it.
    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>>;

    /// Everything the source knows.
    fn all(&mut self) -> BoxFuture<'_, Result<Schema>>;

    /// Where a name that is not found was looked for, to follow "no such service": "in the given files".
    fn place(&self) -> &'static str;

    /// What may be taken for RouteGuide's own short names when [`Source::services`] failed.
    fn stand_in(&self) -> Option<Schema> {
        None
    }
}

/// Whether, and how, to ask the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// v1, and v1alpha where the server does not have it.
    #[default]
    Auto,
    V1,
    V1Alpha,
    Off,
}

/// Where to look for a schema.
#[derive(Debug, Default)]
pub struct Options {
    pub protosets: Vec<PathBuf>,
    pub protos: Vec<PathBuf>,
    pub import_paths: Vec<PathBuf>,
    pub reflection: Mode,
    /// Sent along to the server's reflection.
    pub metadata: MetadataMap,
    /// When asking the server has to be over.
    pub deadline: Option<Instant>,
}

impl Options {
    /// Whether a connection may be needed.
    pub fn asks_server(&self) -> bool {
        self.protosets.is_empty() && self.protos.is_empty() && self.reflection != Mode::Off
    }
}

/// The source that the options choose. `channel` is awaited when the server is first asked.
///
/// # Errors
/// On files that cannot be used.
pub fn open(options: Options, channel: Connecting) -> Result<Box<dyn Source>> {
    if !options.asks_server() {
        let given = !(options.protosets.is_empty() && options.protos.is_empty());
        return Ok(Box::new(if given {
            let schema = files::load(&options.protosets, &options.protos, &options.import_paths)?;
            Fixed::new(schema, "in the given files")
        } else {
            Fixed::new(bundled()?, "in the bundled schema")
        }));
    }
    Ok(Box::new(Server {
        reflection: Reflection::new(
            channel,
            options.reflection,
            options.metadata,
            options.deadline,
        ),
        bundled: bundled()?,
    }))
}

/// A schema that is all there.
pub struct Fixed {
    schema: Schema,
    place: &'static str,
}

impl Fixed {
    pub fn new(schema: Schema, place: &'static str) -> Self {
        Self { schema, place }
    }
}

impl Source for Fixed {
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(ready(Ok(names::services(&self.schema.pool))))
    }

    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>> {
        let known = names::lookup(&self.schema.pool, symbol).map(|_| self.schema.clone());
        Box::pin(ready(Ok(known)))
    }

    fn all(&mut self) -> BoxFuture<'_, Result<Schema>> {
        Box::pin(ready(Ok(self.schema.clone())))
    }

    fn place(&self) -> &'static str {
        self.place
    }
}

/// A server's reflection; where there is none, the bundle helps out with what RouteGuide itself defines. It is not
/// listed then: nobody has said that the server has it.
struct Server {
    reflection: Reflection,
    bundled: Schema,
}

impl Source for Server {
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.reflection.services()
    }

    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>> {
        Box::pin(async move {
            match self.reflection.find(symbol).await {
                Err(error) => match self.stand_in() {
                    Some(schema) if names::lookup(&schema.pool, symbol).is_some() => {
                        Ok(Some(schema))
                    }
                    _ => Err(error),
                },
                found => found,
            }
        })
    }

    fn all(&mut self) -> BoxFuture<'_, Result<Schema>> {
        self.reflection.all()
    }

    fn place(&self) -> &'static str {
        self.reflection.place()
    }

    fn stand_in(&self) -> Option<Schema> {
        self.reflection
            .is_unsupported()
            .then(|| self.bundled.clone())
    }
}
