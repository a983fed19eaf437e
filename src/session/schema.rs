//! The schema arguments as a source of descriptors.

use super::Context;
use super::schemas::Key;
use super::target::{Session, Target};
use prost_reflect::DescriptorPool;

use crate::cli::{Reflection, SchemaArgs};
use crate::error::Result;
use crate::output::Console;
use crate::schema::source::{
    self, DescriptorSource, ReflectionMode, ReflectionTarget, SchemaSettings,
};

/// The schema arguments as settings.
pub fn settings(args: &SchemaArgs) -> SchemaSettings {
    SchemaSettings {
        protosets: args.protoset.clone(),
        protos: args.proto.clone(),
        import_paths: args.import_path.clone(),
        reflection: match args.reflection {
            Reflection::Auto => ReflectionMode::Auto,
            Reflection::V1 => ReflectionMode::V1,
            Reflection::V1alpha => ReflectionMode::V1Alpha,
            Reflection::Off => ReflectionMode::Off,
        },
    }
}

/// A source of descriptors, lent to one command.
pub struct Lent {
    key: Key,
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
            let Ok((connection, deadline)) = session.renewed().await else {
                return Vec::new();
            };
            self.source.attach(ReflectionTarget {
                connection,
                metadata: session.metadata().clone(),
                deadline,
                patience: session.patience(),
            });
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
/// When the files cannot be used.
pub fn lend(args: &SchemaArgs, session: Option<&Session>, context: &mut Context) -> Result<Lent> {
    let settings = settings(args);
    let session = session.filter(|_| settings.asks_server());
    let target = session.map(|session| ReflectionTarget {
        connection: session.connection().clone(),
        metadata: session.metadata().clone(),
        deadline: session.deadline(),
        patience: session.patience(),
    });
    let key = Key {
        settings,
        endpoint: session.map(|session| session.endpoint().clone()),
    };
    let source = match context.schemas.take(&key) {
        Some(mut known) => {
            if let Some(target) = target {
                known.attach(target);
            }
            known
        }
        None => source::open(&key.settings, target)?,
    };
    Ok(Lent {
        key,
        source,
        session: session.cloned(),
    })
}

/// Runs `work` with a source, and connects only if the source needs it.
///
/// # Errors
/// When the files cannot be used or the server cannot be reached, on Ctrl-C, and those of `work`.
pub async fn with_source<T>(
    args: &SchemaArgs,
    target: Target,
    console: &Console,
    context: &mut Context,
    work: impl AsyncFnOnce(&mut dyn DescriptorSource) -> Result<T>,
) -> Result<T> {
    let session = if settings(args).asks_server() {
        Some(target.connect(context, console).await?)
    } else {
        None
    };
    let mut lent = lend(args, session.as_ref(), context)?;
    let result = context.interrupt.or(work(lent.source())).await;
    lent.give_back(context);
    result
}
