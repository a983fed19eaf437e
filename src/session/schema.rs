//! The schema arguments as a source of descriptors.

use std::path::PathBuf;
use std::sync::Arc;

use prost_reflect::DescriptorPool;
use tokio::time::Instant;

use super::Context;
use super::schemas;
use super::settings::choice;
use super::target::{Session, Target, address};
use crate::cli::{ConnectionArgs, Reflection, SchemaArgs};
use crate::config::{Key, Settings};
use crate::error::{Error, Result};
use crate::framing::Transcoder;
use crate::output::Console;
use crate::protobuf::JsonTranscoder;
use crate::protocol::Codec;
use crate::schema::source::{
    self, DescriptorSource, ReflectionMode, ReflectionTarget, SchemaSettings,
};
use crate::transport::Connection;

/// The schema arguments as settings.
///
/// # Errors
/// Those of the settings of the environment and the profile, and folders of imports without a .proto file.
pub fn settings(args: &SchemaArgs, settings: &Settings) -> Result<SchemaSettings> {
    // Files on the command line replace those of the settings, of both kinds, and so does reflection.
    let asks = args.reflection.is_some_and(|it| it != Reflection::Off);
    let replaces = asks || !(args.proto.is_empty() && args.protoset.is_empty());
    let files = |given: &[PathBuf], key| {
        if replaces {
            Ok(given.to_vec())
        } else {
            settings.paths(key)
        }
    };
    let schema = SchemaSettings {
        protosets: files(&args.protoset, Key::Protoset)?,
        protos: files(&args.proto, Key::Proto)?,
        import_paths: match args.import_path.as_slice() {
            [] => settings.paths(Key::ImportPath)?,
            given => given.to_vec(),
        },
        reflection: match choice(args.reflection, settings, Key::Reflection)? {
            None | Some(Reflection::Auto) => ReflectionMode::Auto,
            Some(Reflection::V1) => ReflectionMode::V1,
            Some(Reflection::V1alpha) => ReflectionMode::V1Alpha,
            Some(Reflection::Off) => ReflectionMode::Off,
        },
    };
    if schema.protos.is_empty() && !args.import_path.is_empty() {
        return Err(Error::usage(
            "--import-path is for --proto, and there is none",
        ));
    }
    Ok(schema)
}

/// A source of descriptors, lent to one command.
pub struct Lent {
    key: schemas::Key,
    source: Box<dyn DescriptorSource>,
    /// The server to ask; `None` for files.
    session: Option<Session>,
}

impl Lent {
    pub fn source(&mut self) -> &mut dyn DescriptorSource {
        self.source.as_mut()
    }

    /// Schemas that have these messages, as far as they can be found. Ends the stream to the server.
    pub async fn find(&mut self, messages: &[String]) -> Vec<DescriptorPool> {
        if let Some(session) = &self.session {
            let deadline = session.new_deadline();
            let Ok(connection) = session.renewed(deadline).await else {
                return Vec::new();
            };
            let Ok(target) = reflection_target(session, connection, deadline) else {
                return Vec::new();
            };
            self.source.attach(target);
        }
        let mut found = Vec::new();
        for name in messages {
            // A type that is not found is shown by its name and its bytes.
            if let Ok(Some(schema)) = self.source.find(name).await {
                found.push(schema.pool);
            }
        }
        self.source.detach();
        found
    }

    /// Ends the stream to the server; [`Lent::find`] starts another one.
    pub fn detach(&mut self) {
        self.source.detach();
    }

    /// Ends the stream to the server, and keeps the schema for later commands.
    pub fn give_back(mut self, context: &mut Context) {
        self.source.detach();
        context.schemas.insert(self.key, self.source);
    }
}

/// A source that asks the server of a session, unless the arguments name schema files.
///
/// # Errors
/// When the files cannot be used, and on Ctrl-C.
pub async fn lend(
    args: &SchemaArgs,
    session: Option<&Session>,
    context: &mut Context,
) -> Result<Lent> {
    let settings = settings(args, &context.settings)?;
    let session = session.filter(|_| settings.asks_server());
    let target = session.map(|session| {
        let connection = session.connection().clone();
        reflection_target(session, connection, session.deadline())
    });
    let target = target.transpose()?;
    let key = schemas::Key {
        settings,
        endpoint: session.map(|session| session.endpoint().clone()),
        base_path: session.map_or_else(String::new, |session| {
            session.manner().base_path().to_owned()
        }),
    };
    let source = if let Some(mut known) = context.schemas.take(&key) {
        if let Some(target) = target {
            known.attach(target);
        }
        known
    } else {
        let opened = source::open(&key.settings, target);
        context.interrupt.or(opened).await?
    };
    Ok(Lent {
        key,
        source,
        session: session.cloned(),
    })
}

/// A server to ask, by the protocol of the session's calls.
fn reflection_target(
    session: &Session,
    connection: Connection,
    deadline: Option<Instant>,
) -> Result<ReflectionTarget> {
    let manner = session.manner().clone();
    let transcoder: Option<Arc<dyn Transcoder>> = match manner.codec {
        Codec::Proto => None,
        Codec::Json => Some(Arc::new(transcoder_of_reflection()?)),
    };
    Ok(ReflectionTarget {
        connection,
        metadata: session.metadata().clone(),
        manner,
        transcoder,
        deadline,
        patience: session.patience(),
    })
}

/// Its two versions have the same messages.
///
/// # Errors
/// When their schema is damaged.
fn transcoder_of_reflection() -> Result<JsonTranscoder> {
    let damaged = || Error::failed("the bundled schema of reflection is damaged");
    let pool = DescriptorPool::decode(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .map_err(|error| damaged().caused_by(error))?;
    let service = pool.get_service_by_name("grpc.reflection.v1.ServerReflection");
    let method = service.and_then(|service| service.methods().next());
    Ok(JsonTranscoder::for_client(&method.ok_or_else(damaged)?))
}

/// Runs `work` with a source, and connects only if the source needs it.
///
/// # Errors
/// When the files cannot be used or the server cannot be reached, on Ctrl-C, and those of `work`.
pub async fn with_source<T>(
    args: &SchemaArgs,
    connection: &ConnectionArgs,
    console: &Console,
    context: &mut Context,
    work: impl AsyncFnOnce(&mut dyn DescriptorSource) -> Result<T>,
) -> Result<T> {
    let session = if settings(args, &context.settings)?.asks_server() {
        let target = Target::new(connection, context).await?;
        Some(target.connect(context, console).await?)
    } else {
        connection.addr.as_deref().map(address).transpose()?;
        None
    };
    let mut lent = lend(args, session.as_ref(), context).await?;
    let result = context.interrupt.or(work(lent.source())).await;
    lent.give_back(context);
    result
}
