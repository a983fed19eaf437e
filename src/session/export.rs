//! `--protoset-out` and `--proto-out`: the schema that a command has used, for later commands and other tools.

use std::path::Path;

use super::Context;
use crate::cli::ExportArgs;
use crate::error::{Error, Result};
use crate::output::{Console, count};
use crate::schema::Schema;
use crate::schema::render::tree;

/// Where to write the schema.
pub struct Export<'a> {
    args: &'a ExportArgs,
    console: &'a Console,
}

impl<'a> Export<'a> {
    /// # Errors
    /// When bytes would go to a terminal.
    pub fn new(args: &'a ExportArgs, console: &'a Console, context: &Context) -> Result<Self> {
        if takes_stdout(args) && context.terminal.stdout_is_terminal {
            return Err(
                Error::usage("--protoset-out - does not write to a terminal")
                    .hinted("redirect stdout to a file"),
            );
        }
        Ok(Self { args, console })
    }

    /// Whether the schema is written anywhere.
    pub fn is_wanted(&self) -> bool {
        self.args.protoset_out.is_some() || self.args.proto_out.is_some()
    }

    /// Writes the schema to files. Returns what goes to stdout instead of the command's own output.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub async fn write(&self, schema: &Schema) -> Result<Option<Vec<u8>>> {
        let failed = |path: &Path, error| {
            Error::failed(format!("cannot write {}", path.display())).caused_by(error)
        };
        let files = |number: usize| count(number as u64, "file", "files");
        let mut for_stdout = None;
        if let Some(path) = &self.args.protoset_out {
            let protoset = schema.write_protoset();
            if takes_stdout(self.args) {
                for_stdout = Some(protoset);
            } else {
                let owned = path.clone();
                // On a thread, which may wait for ever: a file may be a FIFO that nobody reads.
                tokio::task::spawn_blocking(move || std::fs::write(owned, protoset))
                    .await
                    .unwrap_or_else(|error| Err(std::io::Error::other(error)))
                    .map_err(|error| failed(path, error))?;
                self.console.notice(&format!(
                    "wrote the descriptors of {} to {}",
                    files(schema.files.len()),
                    path.display()
                ));
            }
        }
        if let Some(dir) = &self.args.proto_out {
            let written = tree::write_tree(&schema.files, &schema.pool, dir)?;
            self.console
                .notice(&format!("wrote {} to {}", files(written), dir.display()));
        }
        Ok(for_stdout)
    }
}

/// Whether the schema goes to stdout, and nothing else does.
pub fn takes_stdout(args: &ExportArgs) -> bool {
    args.protoset_out.as_deref() == Some(Path::new("-"))
}
