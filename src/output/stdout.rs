//! stdout, written by a thread of its own. A write to a pipe whose reader is slow blocks; the call must go on being
//! driven meanwhile, and Ctrl-C must still be heard.

use std::io::{self, Write as _};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

/// Handed to the writer when full, however many replies are still ready.
const CHUNK: usize = 64 * 1024;

/// Chunks that wait for the writer. With the one being written they bound what a slow reader holds in memory.
const CHUNKS_AHEAD: usize = 2;

/// What a pipe takes without blocking when it is ready at all: PIPE_BUF, which POSIX wants to be at least 512.
const AT_ONCE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// How long nothing is written before somebody looks whether stdout still has a reader.
const WATCH_AFTER: Duration = Duration::from_millis(100);

/// What the writer is handed.
enum Chunk {
    Bytes(Vec<u8>),
    /// Somebody wants to know when everything before this is written.
    Mark(oneshot::Sender<()>),
}

/// Buffered stdout.
#[derive(Default)]
pub struct Stdout {
    buffer: Vec<u8>,
    /// From the first flush on: a single reply is not worth a thread.
    writer: Option<Writer>,
    is_broken: bool,
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
                    // Whoever asked may have gone.
                    Chunk::Mark(written) => drop(written.send(())),
                }
                if outcome.is_err() {
                    break;
                }
            }
            // Whoever is not there to receive it has ended the run for another reason.
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

    /// Writes out what there is, so that what is said on stderr next comes after it. Not being able to is told
    /// elsewhere.
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

    /// Ends the writer, and tells what became of it: a failure once.
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

/// Tells when the other end of stdout is closed: a pipe's reader, a socket's peer, a terminal.
#[derive(Default)]
struct Reader(std::sync::OnceLock<CancellationToken>);

impl Reader {
    /// Writing notices by itself, so only a call that has nothing to write for a while is worth a watcher.
    async fn gone(&self) {
        tokio::time::sleep(WATCH_AFTER).await;
        self.0.get_or_init(watch).cancelled().await;
    }
}

/// poll(2) reports an error on a pipe without a reader though nothing is asked of it. It blocks, so it has a thread;
/// a file never reports anything.
#[cfg(unix)]
fn watch() -> CancellationToken {
    use rustix::event::{PollFd, PollFlags, poll};

    let gone = CancellationToken::new();
    let token = gone.clone();
    std::thread::spawn(move || {
        let stdout = io::stdout();
        let mut fds = [PollFd::new(&stdout, PollFlags::empty())];
        while poll(&mut fds, None).is_err_and(|error| error == rustix::io::Errno::INTR) {}
        let [fd] = fds;
        if fd.revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            token.cancel();
        }
    });
    gone
}

#[cfg(not(unix))]
fn watch() -> CancellationToken {
    CancellationToken::new()
}

/// Prints a whole document at once, for commands that have nothing else to do.
///
/// # Errors
/// When stdout cannot be written.
pub fn print_document(document: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(document)
        .and_then(|()| stdout.flush())
        .map_err(Error::output)
}
