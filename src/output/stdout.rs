//! stdout, written by a thread of its own. A write to a pipe whose reader is slow blocks; calls must go on meanwhile, and
//! Ctrl-C must be heard. The thread lives from the first flush of a command to its end.

use std::io::{self, Write as _};

use tokio::sync::{mpsc, oneshot};

use super::escape::escape_document;
use crate::error::{Error, Result};

/// Handed to the writer when full, however many replies are still ready.
const CHUNK: usize = 64 * 1024;

/// Chunks that wait for the writer. With the one being written they bound what a slow reader holds in memory.
const CHUNKS_AHEAD: usize = 2;

/// What a pipe takes without blocking when it is ready at all: PIPE_BUF, which POSIX wants to be at least 512.
const AT_ONCE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// What the writer is handed.
enum Chunk {
    Bytes(Vec<u8>),
    /// A request to be told when everything before this is written.
    Mark(oneshot::Sender<()>),
}

/// Buffered stdout.
#[derive(Default)]
pub struct Stdout {
    buffer: Vec<u8>,
    /// From the first flush on: a single reply is not worth a thread.
    writer: Option<Writer>,
    is_broken: bool,
    is_terminal: bool,
    reader: Reader,
}

/// The writer thread, as seen from outside.
struct Writer {
    chunks: Option<mpsc::Sender<Chunk>>,
    /// What writing came to.
    result: oneshot::Receiver<io::Result<()>>,
}

impl Writer {
    fn start() -> Self {
        let (chunks, mut receiver) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
        let (done, result) = oneshot::channel();
        std::thread::spawn(move || {
            let mut outcome = Ok(());
            while let Some(chunk) = receiver.blocking_recv() {
                match chunk {
                    Chunk::Bytes(bytes) => outcome = write(&bytes),
                    // The task that asked may have been cancelled.
                    Chunk::Mark(written) => drop(written.send(())),
                }
                if outcome.is_err() {
                    break;
                }
            }
            // If the receiver is gone, the run has ended for another reason.
            let _ = done.send(outcome);
        });
        Self {
            chunks: Some(chunks),
            result,
        }
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

impl Stdout {
    /// `is_terminal`: what documents contain must not act on a terminal.
    pub fn new(is_terminal: bool) -> Self {
        Self {
            is_terminal,
            ..Self::default()
        }
    }

    /// Appends text that others have written, such as descriptors and their comments: as it is, but for characters that
    /// would act on a terminal.
    pub fn document(&mut self, text: &str) {
        if self.is_terminal {
            self.buffer
                .extend_from_slice(escape_document(text).as_bytes());
        } else {
            self.buffer.extend_from_slice(text.as_bytes());
        }
    }

    /// Where messages are appended.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Whether a write has failed: nothing can be printed any more.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether it is time to flush even though more is ready.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= CHUNK
    }

    /// Hands what is buffered to the writer; waits while the writer is behind. Cancelling it loses nothing.
    ///
    /// # Errors
    /// When an earlier write failed.
    pub async fn flush(&mut self) -> Result<()> {
        if self.buffer.is_empty() || self.is_broken {
            return Ok(());
        }
        let writer = self.writer.get_or_insert_with(Writer::start);
        if let Some(chunks) = &writer.chunks
            && let Ok(permit) = chunks.reserve().await
        {
            let bytes = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
            permit.send(Chunk::Bytes(bytes));
            return Ok(());
        }
        self.outcome().await
    }

    /// Writes out what there is, so that what is said on stderr next comes after it. A failure is reported elsewhere.
    pub async fn catch_up(&mut self) {
        let (mark, written) = oneshot::channel();
        if self.flush().await.is_ok()
            && let Some(Writer { chunks, .. }) = &self.writer
            && let Some(chunks) = chunks
            && chunks.send(Chunk::Mark(mark)).await.is_ok()
        {
            let _ = written.await;
        }
    }

    /// Forgets what is not written yet. A write that is under way goes on.
    pub fn discard(&mut self) {
        self.buffer.clear();
        self.writer = None;
        self.is_broken = false;
    }

    /// Writes everything out and waits for it.
    ///
    /// # Errors
    /// When a write failed.
    pub async fn finish(&mut self) -> Result<()> {
        if self.writer.is_none() && self.buffer.len() <= AT_ONCE && takes_at_once() {
            return write(&std::mem::take(&mut self.buffer)).map_err(Error::output);
        }
        self.flush().await?;
        self.outcome().await
    }

    /// Completes when nothing can be written any more, also while nothing is: with why.
    pub async fn closed(&mut self) -> Error {
        let failed = async {
            match self
                .writer
                .as_ref()
                .and_then(|writer| writer.chunks.as_ref())
            {
                Some(chunks) => chunks.closed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = failed => {}
            () = self.reader.gone() => return Error::output(io::ErrorKind::BrokenPipe.into()),
        }
        match self.outcome().await {
            Err(error) => error,
            Ok(()) => std::future::pending().await,
        }
    }

    /// Ends the writer and returns its result. A failure is returned once.
    async fn outcome(&mut self) -> Result<()> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        writer.chunks = None;
        let outcome = (&mut writer.result).await;
        self.writer = None;
        let result = match outcome {
            Ok(outcome) => outcome.map_err(Error::output),
            Err(_) => Err(Error::failed("the writer of standard output is gone")),
        };
        if result.is_err() {
            self.is_broken = true;
            self.buffer.clear();
        }
        result
    }
}

/// Whether stdout takes [`AT_ONCE`] bytes now: a pipe that is ready for writing does, and a file is always ready.
#[cfg(unix)]
fn takes_at_once() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdout = io::stdout();
    let mut fds = [PollFd::new(&stdout, PollFlags::OUT)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
}

#[cfg(not(unix))]
fn takes_at_once() -> bool {
    false
}

/// Tells when the other end of stdout is closed: a pipe's reader, a socket's peer, a terminal. A write notices by itself;
/// this is for calls that have nothing to write.
#[derive(Default)]
struct Reader {
    #[cfg(unix)]
    watched: Option<Watched>,
}

#[cfg(unix)]
enum Watched {
    Stream(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
    /// A file has no other end.
    File,
}

/// Errors are what matters; a registration needs a little more.
#[cfg(unix)]
const INTEREST: tokio::io::Interest = tokio::io::Interest::PRIORITY.add(tokio::io::Interest::ERROR);

#[cfg(unix)]
fn watch() -> io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    let stdout = rustix::io::dup(io::stdout())?;
    #[expect(
        deprecated,
        reason = "its successor is unsafe for types that may close their descriptor, which this one does not"
    )]
    tokio::io::unix::AsyncFd::with_interest(stdout, INTEREST)
}

#[cfg(unix)]
impl Reader {
    /// Completes when it is gone. The system reports that for a pipe even though nothing else is asked of it.
    async fn gone(&mut self) {
        let watched = self
            .watched
            .get_or_insert_with(|| watch().map_or(Watched::File, Watched::Stream));
        let Watched::Stream(stream) = watched else {
            return std::future::pending().await;
        };
        loop {
            let Ok(mut ready) = stream.ready(INTEREST).await else {
                return std::future::pending().await;
            };
            if ready.ready().is_error() || ready.ready().is_write_closed() {
                return;
            }
            if ready.ready().is_read_closed() {
                // A socket whose peer only reads from now on. That is reported again at once, for ever; a write notices
                // when the peer goes.
                return std::future::pending().await;
            }
            ready.clear_ready();
        }
    }
}

#[cfg(not(unix))]
impl Reader {
    async fn gone(&mut self) {
        std::future::pending().await
    }
}
