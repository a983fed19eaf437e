//! The choice of a source: files if any are given, else the server's reflection, else, for RouteGuide's own names, the
//! bundled schema.

use super::bundled::bundled;
use super::descriptor_source::{BoxFuture, DescriptorSource};
use super::files;
use super::loaded::LoadedSource;
use super::reflection::ReflectionSource;
use super::settings::SchemaSettings;
use super::target::ReflectionTarget;
use crate::error::{Error, Result};
use crate::schema::build::schema::Schema;
use crate::schema::descriptor::symbol::lookup;

/// Opens the source that the settings choose. `target` is not used if that is not the server.
///
/// # Errors
/// When files cannot be read or used.
pub async fn open(
    settings: &SchemaSettings,
    target: Option<ReflectionTarget>,
) -> Result<Box<dyn DescriptorSource>> {
    if !settings.asks_server() {
        return Ok(Box::new(if settings.is_bundled() {
            LoadedSource::new(bundled()?, "in the bundled schema")
        } else {
            let settings = settings.clone();
            // On a thread, which may wait for ever: a file may be a FIFO that nobody writes to.
            let loaded = tokio::task::spawn_blocking(move || {
                files::load(
                    &settings.protosets,
                    &settings.protos,
                    &settings.import_paths,
                )
            });
            let schema = loaded.await.unwrap_or_else(|error| {
                Err(Error::failed("cannot load the schema").caused_by(error))
            })?;
            LoadedSource::new(schema, "in the given files")
        }));
    }
    Ok(Box::new(ServerSource {
        reflection: ReflectionSource::new(settings.reflection, target),
        bundled: bundled()?,
    }))
}

/// A server's reflection. If the server does not support it, RouteGuide's own symbols are found in the bundled schema,
/// but not listed: the server may not have that service.
struct ServerSource {
    reflection: ReflectionSource,
    bundled: Schema,
}

impl DescriptorSource for ServerSource {
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.reflection.services()
    }

    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>> {
        Box::pin(async move {
            match self.reflection.find(symbol).await {
                Err(error) => match self.fallback() {
                    Some(schema) if lookup(&schema.pool, symbol).is_some() => Ok(Some(schema)),
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

    fn attach(&mut self, target: ReflectionTarget) {
        self.reflection.attach(target);
    }

    fn detach(&mut self) {
        self.reflection.detach();
    }

    fn fallback(&self) -> Option<Schema> {
        self.reflection
            .is_unsupported()
            .then(|| self.bundled.clone())
    }
}
