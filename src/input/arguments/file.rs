//! The value of a field that is in a file, or on stdin.

use super::bad;
use crate::error::{Error, Result};
use crate::input::chunks::Chunks;
use crate::input::{LARGER, Stdin};

/// What stands for stdin, as in -d. A file of that name is `./-`.
const STDIN: &str = "-";

/// Whether the value of this argument is stdin.
pub fn reads_stdin(argument: &str) -> bool {
    let value = super::assignment(argument).and_then(|(_, value)| value.strip_prefix('@'));
    value == Some(STDIN)
}

/// Reads the files of one request.
pub struct Files<'a> {
    stdin: &'a Stdin,
    /// The argument that has read stdin.
    reader: Option<&'a str>,
    max_size: usize,
}

impl<'a> Files<'a> {
    /// `max_size` is the largest request in bytes.
    pub fn new(stdin: &'a Stdin, max_size: usize) -> Self {
        Self {
            stdin,
            reader: None,
            max_size,
        }
    }

    pub fn max_size(&self) -> usize {
        self.max_size
    }

    /// The bytes of a file that an argument names.
    ///
    /// # Errors
    /// When it cannot be read, is larger than a request may be, or is stdin and has been read.
    pub async fn read(&mut self, argument: &'a str, path: &str) -> Result<Vec<u8>> {
        if path == STDIN
            && let Some(other) = self.reader.replace(argument)
        {
            let why = format!("standard input is the value of {other:?} already");
            return Err(bad(argument, why).hinted("it can be read only once"));
        }
        let most = self.max_size;
        let read = async {
            let chunks = match path {
                STDIN => self.stdin.chunks(),
                path => Chunks::open(path).await?,
            };
            chunks.read_all(most).await
        };
        let about = |error: Error| error.about(format_args!("argument {argument:?}"));
        read.await.map_err(about)?.ok_or_else(|| {
            let why = format!(
                "{} is larger than {most} bytes, the limit of a message",
                name(path)
            );
            bad(argument, why).hinted(LARGER)
        })
    }

    /// As [`Files::read`], for text.
    ///
    /// # Errors
    /// As [`Files::read`], and when it is not UTF-8.
    pub async fn read_text(&mut self, argument: &'a str, path: &str) -> Result<String> {
        let bytes = self.read(argument, path).await?;
        String::from_utf8(bytes)
            .map_err(|_| bad(argument, format!("{} is not valid UTF-8", name(path))))
    }
}

/// What errors call it.
fn name(path: &str) -> &'static str {
    match path {
        STDIN => crate::input::stdin::NAME,
        _ => "the file",
    }
}
