//! The files that reports are written to: opened before the load, because after a run of hours it would be late to hear that
//! one cannot be written.

use std::cell::Cell;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::bench::figures::Figures;
use crate::error::{Error, Result};
use crate::session::Context;

/// Makes one of the reports.
pub type Make = fn(&Figures) -> Result<String>;

/// A file for a report. If there is none in the end, a file that was there before stays as it was, and a new one is removed.
pub struct ReportFile {
    path: PathBuf,
    file: File,
    /// It was not there before, and nothing has been written.
    is_new: Cell<bool>,
    make: Make,
}

impl ReportFile {
    /// Opens files, each with the flag that names it.
    ///
    /// # Errors
    /// When one cannot be opened or is there twice, and on Ctrl-C: a FIFO may have no reader.
    pub async fn open(
        wanted: Vec<(&'static str, PathBuf, Make)>,
        context: &Context,
    ) -> Result<Vec<Self>> {
        let mut files = Vec::new();
        let mut known: Vec<(&str, PathBuf)> = Vec::new();
        for (flag, path, make) in wanted {
            let at = path.clone();
            let opening = tokio::task::spawn_blocking(move || open(&at));
            let opening = async { opening.await.map_err(|_| Error::interrupted()) };
            let opened = context.interrupt.or(opening).await?;
            let (file, is_new) = opened.map_err(|error| cannot_write(&path, error))?;
            let is_file = file.metadata().is_ok_and(|it| it.is_file());
            files.push(Self {
                path: path.clone(),
                file,
                is_new: Cell::new(is_new),
                make,
            });
            let Some(place) = std::fs::canonicalize(&path).ok().filter(|_| is_file) else {
                continue;
            };
            if let Some((other, _)) = known.iter().find(|(_, known)| *known == place) {
                let error = format!("{other} and {flag} name the same file");
                return Err(Error::usage(error));
            }
            known.push((flag, place));
        }
        Ok(files)
    }

    /// Writes a report in the place of what the file has.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn write(&self, figures: &Figures) -> Result<()> {
        let report = (self.make)(figures)?;
        self.is_new.set(false);
        let is_file = self.file.metadata().is_ok_and(|it| it.is_file());
        // What is no file, such as a FIFO, has no length.
        let emptied = if is_file {
            self.file.set_len(0)
        } else {
            Ok(())
        };
        let written = emptied.and_then(|()| (&self.file).write_all(report.as_bytes()));
        written.map_err(|error| cannot_write(&self.path, error))
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        if self.is_new.get() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The file, and whether it is new. What it has stays there.
fn open(path: &Path) -> std::io::Result<(File, bool)> {
    let mut options = File::options();
    options.append(true);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            // A link may name a file that is not there.
            Ok((options.create(true).open(path)?, false))
        }
        opened => Ok((opened?, true)),
    }
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    Error::failed(format!("cannot write {}", path.display())).caused_by(error)
}
