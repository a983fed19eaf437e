//! The schema arguments as a source of descriptors, and what a command does with what it learned.

use std::path::Path;

use super::interrupt::Interrupt;
use super::target::{Session, Target};
use crate::cli::{ExportArgs, Reflection, SchemaArgs};
use crate::error::{Error, Result};
use crate::output::Console;
use crate::schema::Schema;
use crate::schema::render::tree;
use crate::schema::source::{self, Connecting, DescriptorSource, ReflectionMode, SchemaSettings};

/// The schema arguments' options, but for the connection.
fn options(args: &SchemaArgs) -> SchemaSettings {
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
        ..SchemaSettings::default()
    }
}

/// A source that asks the server of a session, where files do not tell.
///
/// # Errors
/// On files that cannot be used.
pub fn with_session(args: &SchemaArgs, session: &Session) -> Result<Box<dyn DescriptorSource>> {
    let channel = session.connection.channel();
    let options = SchemaSettings {
        metadata: session.metadata.clone(),
        deadline: session.deadline,
        ..options(args)
    };
    source::open(options, Box::pin(async move { Ok(channel) }))
}

/// Runs `work` with a source, and with a connection only if the source needs one.
///
/// # Errors
/// On files that cannot be used, a server that cannot be reached, and those of `work`.
pub async fn with_source<T>(
    args: &SchemaArgs,
    target: Target,
    interrupt: &Interrupt,
    console: Console,
    work: impl AsyncFnOnce(&mut dyn DescriptorSource) -> Result<T>,
) -> Result<T> {
    if !options(args).asks_server() {
        let nobody: Connecting = Box::pin(async { Err(Error::failed("there is no connection")) });
        let mut source = source::open(options(args), nobody)?;
        return interrupt.or(work(source.as_mut())).await;
    }
    let session = interrupt.or(target.connect(console)).await?;
    let mut source = with_session(args, &session)?;
    let result = interrupt.or(work(source.as_mut())).await;
    drop(source);
    session.connection.close().await;
    result
}

/// Writes the schema where the arguments say.
///
/// # Errors
/// When it cannot be written.
pub fn export(args: &ExportArgs, schema: &Schema, console: Console) -> Result<()> {
    let failed = |path: &Path, error| {
        Error::failed(format!("cannot write {}", path.display())).caused_by(error)
    };
    if let Some(path) = &args.protoset_out {
        std::fs::write(path, schema.write_protoset()).map_err(|error| failed(path, error))?;
        console.notice(&format!(
            "{} in {}",
            files(schema.files.len()),
            path.display()
        ));
    }
    if let Some(dir) = &args.proto_out {
        let written = tree::write_tree(&schema.files, &schema.pool, dir)?;
        console.notice(&format!("{} in {}", files(written), dir.display()));
    }
    Ok(())
}

fn files(number: usize) -> String {
    match number {
        1 => "1 file".to_owned(),
        number => format!("{number} files"),
    }
}

/// Whether anything is to be written.
pub fn exports(args: &ExportArgs) -> bool {
    args.protoset_out.is_some() || args.proto_out.is_some()
}
