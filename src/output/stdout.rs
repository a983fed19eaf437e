//! stdout, written by a thread of its own: a write to a pipe with a slow reader blocks, while calls must go on and Ctrl-C
//! must work. The thread lives from a command's first flush to its end.
//!
//! Files are written without it: they rarely block for long, and if the thread runs on another core, every byte moves there and its
//! memory back, which makes printing a stream half as fast.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::escape::escape_document;
use super::paint_source::paint_source;
use crate::error::{Error, Result};

/// A chunk of this many bytes goes to the writer, even if more replies are ready.
const CHUNK: usize = 64 * 1024;

/// How many chunks may wait for the writer. With the one being written, they bound the memory that a slow reader costs.
const CHUNKS_AHEAD: usize = 2;

/// How much a pipe takes without blocking when it is ready: PIPE_BUF, which is at least 512 in POSIX.
const AT_ONCE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// A message to the writer.
enum Chunk {
    Bytes(Vec<u8>),
    /// Asks for a signal once everything before this is written.
    Mark(oneshot::Sender<()>),
}

/// Where output goes.
#[derive(Clone, Default)]
enum Destination {
    #[default]
    Stdout,
    /// What a shell has in its place: a file, another program, its prompt.
    Other(Arc<Mutex<dyn io::Write + Send>>),
}

/// Buffered stdout.
#[derive(Default)]
pub struct Stdout {
    buffer: Vec<u8>,
    destination: Destination,
    /// Started by the first flush: a single reply is not worth a thread.
    writer: Option<Writer>,
    is_broken: bool,
    /// A failed write that nobody has heard of.
    failure: Option<Error>,
    is_terminal: bool,
    /// Whether it is a file. `None` until that matters.
    is_file: Option<bool>,
    reader: Reader,
}

/// A handle to the writer thread.
struct Writer {
    chunks: Option<mpsc::Sender<Chunk>>,
    /// The result of writing.
    result: oneshot::Receiver<io::Result<()>>,
    /// Tells the thread to write nothing more.
    is_discarded: Arc<AtomicBool>,
}

impl Writer {
    fn start(destination: Destination) -> Self {
        let (chunks, mut receiver) = mpsc::channel::<Chunk>(CHUNKS_AHEAD);
        let (done, result) = oneshot::channel();
        let is_discarded = Arc::new(AtomicBool::new(false));
        let discarded = Arc::clone(&is_discarded);
        std::thread::spawn(move || {
            let mut outcome = Ok(());
            while let Some(chunk) = receiver.blocking_recv() {
                if discarded.load(Ordering::Relaxed) {
                    break;
                }
                match chunk {
                    Chunk::Bytes(bytes) => outcome = destination.write(&bytes),
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
            is_discarded,
        }
    }
}

impl Destination {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush())
            }
            Self::Other(other) => {
                let mut other = other.lock().unwrap_or_else(PoisonError::into_inner);
                other.write_all(bytes).and_then(|()| other.flush())
            }
        }
    }

    fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout)
    }
}

impl Stdout {
    /// `is_terminal`: what documents contain must not act on a terminal.
    pub fn new(is_terminal: bool) -> Self {
        Self {
            is_terminal,
            ..Self::default()
        }
    }

    /// Output in the place of stdout.
    pub fn to(other: impl io::Write + Send + 'static, is_terminal: bool) -> Self {
        Self {
            destination: Destination::Other(Arc::new(Mutex::new(other))),
            is_file: Some(false),
            is_terminal,
            ..Self::default()
        }
    }

    /// Appends text from others, such as descriptors and their comments, escaped if stdout is a terminal.
    pub fn document(&mut self, text: &str) {
        if self.is_terminal {
            self.buffer
                .extend_from_slice(escape_document(text).as_bytes());
        } else {
            self.buffer.extend_from_slice(text.as_bytes());
        }
    }

    /// Appends .proto source, escaped as a [document](Stdout::document).
    pub fn source(&mut self, text: &str, color: bool) {
        if !color {
            return self.document(text);
        }
        let safe = if self.is_terminal {
            escape_document(text)
        } else {
            text.into()
        };
        self.buffer
            .extend_from_slice(paint_source(&safe).as_bytes());
    }

    /// The buffer to append messages to.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Whether a write has failed, so that nothing more can be printed.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether it is time to flush, even if more is ready.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= CHUNK
    }

    /// Passes the buffer to the writer; waits while the writer is behind. Cancel safe.
    ///
    /// # Errors
    /// When an earlier write failed.
    pub async fn flush(&mut self) -> Result<()> {
        self.check()?;
        if self.is_broken {
            self.buffer.clear();
        }
        if self.buffer.is_empty() {
            return Ok(());
        }
        if *self.is_file.get_or_insert_with(is_file) {
            let written = self.destination.write(&self.buffer);
            self.buffer.clear();
            self.is_broken = written.is_err();
            return written.map_err(Error::output);
        }
        let writer = self
            .writer
            .get_or_insert_with(|| Writer::start(self.destination.clone()));
        if let Some(chunks) = &writer.chunks
            && let Ok(permit) = chunks.reserve().await
        {
            let bytes = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
            permit.send(Chunk::Bytes(bytes));
            return Ok(());
        }
        self.outcome().await
    }

    /// Returns a failure that no other method has returned.
    ///
    /// # Errors
    /// That failure.
    pub fn check(&mut self) -> Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Waits until the buffer is written, so that what goes to stderr next comes after it. A failure is kept for the next
    /// method that returns one.
    pub async fn catch_up(&mut self) {
        let (mark, written) = oneshot::channel();
        if let Err(error) = self.flush().await {
            self.failure = Some(error);
        } else if let Some(Writer { chunks, .. }) = &self.writer
            && let Some(chunks) = chunks
            && chunks.send(Chunk::Mark(mark)).await.is_ok()
        {
            let _ = written.await;
        }
    }

    /// Discards what is not written yet. A write in progress continues.
    pub fn discard(&mut self) {
        self.buffer.clear();
        if let Some(writer) = self.writer.take() {
            writer.is_discarded.store(true, Ordering::Relaxed);
        }
        self.is_broken = false;
        self.failure = None;
    }

    /// Writes everything, and waits until it is written.
    ///
    /// # Errors
    /// When a write failed.
    pub async fn finish(&mut self) -> Result<()> {
        self.check()?;
        if self.writer.is_none()
            && self.buffer.len() <= AT_ONCE
            && self.destination.is_stdout()
            && takes_at_once()
        {
            let bytes = std::mem::take(&mut self.buffer);
            return self.destination.write(&bytes).map_err(Error::output);
        }
        self.flush().await?;
        self.outcome().await
    }

    /// Completes, even while nothing is written, once nothing more can be: with the reason.
    pub async fn closed(&mut self) -> Error {
        if let Some(error) = self.failure.take() {
            return error;
        }
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
            () = self.reader.gone(), if self.destination.is_stdout() => return Error::output(io::ErrorKind::BrokenPipe.into()),
        }
        match self.outcome().await {
            Err(error) => error,
            Ok(()) => std::future::pending().await,
        }
    }

    /// Ends the writer and returns its result. A failure is returned only once.
    async fn outcome(&mut self) -> Result<()> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        writer.chunks = None;
        let outcome = (&mut writer.result).await;
        self.writer = None;
        let result = match outcome {
            Ok(outcome) => outcome.map_err(Error::output),
            Err(_) => Err(Error::failed(
                "the thread that writes to standard output has ended",
            )),
        };
        if result.is_err() {
            self.is_broken = true;
            self.buffer.clear();
        }
        result
    }
}

#[cfg(unix)]
fn is_file() -> bool {
    rustix::io::dup(io::stdout())
        .map_err(io::Error::from)
        .and_then(|stdout| std::fs::File::from(stdout).metadata())
        .is_ok_and(|metadata| metadata.is_file())
}

#[cfg(not(unix))]
fn is_file() -> bool {
    false
}

/// Whether stdout takes [`AT_ONCE`] bytes without blocking. A pipe does when it is ready, and a file is always ready.
#[cfg(unix)]
fn takes_at_once() -> bool {
    !poll_now(&io::stdout(), rustix::event::PollFlags::OUT).is_empty()
}

#[cfg(not(unix))]
fn takes_at_once() -> bool {
    false
}

/// Detects that the other end of stdout is closed: a pipe's reader, a socket's peer, a terminal. Writes detect it too; this
/// is for calls that have nothing to write.
#[derive(Default)]
struct Reader {
    #[cfg(unix)]
    watched: Option<Watched>,
}

#[cfg(unix)]
enum Watched {
    Stream(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
    /// Not watched: a file has no other end, and a socket that is closed in one direction always reports that.
    Nothing,
}

/// What to register for, which is rarely fulfilled. Errors are reported with it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const INTEREST: tokio::io::Interest = tokio::io::Interest::PRIORITY;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const INTEREST: tokio::io::Interest = tokio::io::Interest::READABLE;

#[cfg(unix)]
fn watch() -> io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    let stdout = rustix::io::dup(io::stdout())?;
    #[expect(
        deprecated,
        reason = "its successor is unsafe for types that may close their descriptor, which this one does not"
    )]
    tokio::io::unix::AsyncFd::with_interest(stdout, INTEREST)
}

/// Whether poll(2) reports that nothing more can be written.
#[cfg(unix)]
fn is_gone(stdout: &std::os::fd::OwnedFd) -> bool {
    use rustix::event::PollFlags;

    poll_now(stdout, PollFlags::empty()).intersects(PollFlags::ERR | PollFlags::HUP)
}

/// The events of poll(2), without waiting.
#[cfg(unix)]
fn poll_now(
    fd: &impl std::os::fd::AsFd,
    events: rustix::event::PollFlags,
) -> rustix::event::PollFlags {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut fds = [PollFd::new(fd, events)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    match poll(&mut fds, Some(&now)) {
        Ok(_) => {
            let [fd] = fds;
            fd.revents()
        }
        Err(_) => PollFlags::empty(),
    }
}

#[cfg(unix)]
impl Reader {
    /// Completes when it is closed. For a pipe, the system always reports that.
    async fn gone(&mut self) {
        let watched = self
            .watched
            .get_or_insert_with(|| watch().map_or(Watched::Nothing, Watched::Stream));
        let Watched::Stream(stream) = watched else {
            return std::future::pending().await;
        };
        loop {
            let Ok(mut ready) = stream.ready(INTEREST.add(tokio::io::Interest::ERROR)).await else {
                return std::future::pending().await;
            };
            if is_gone(stream.get_ref()) {
                return;
            }
            let state = ready.ready();
            if state.is_read_closed() || state.is_write_closed() {
                // This state is final and cannot be cleared. Writes fail once the other end is gone.
                self.watched = Some(Watched::Nothing);
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
