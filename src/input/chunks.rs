//! The bytes of an input, a chunk at a time. A blocking read of a pipe or a terminal cannot be cancelled, so a thread
//! does it; it reads only when it is asked, and what it has read and its user has not belongs to the next user.

use std::fs::File;
use std::future::poll_fn;
use std::io::{self, Read as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::mpsc as replies;

use super::wait::{Cancel, Wait};
use crate::error::{Error, Result};
use crate::secret::without_password;

/// The most that one read takes. A pipe holds no more either, by default.
const CHUNK: usize = 64 * 1024;

/// Where bytes come from.
#[derive(Clone, Debug)]
pub(super) enum Device {
    /// Nothing in this process but the reader of this device reads stdin: std's own buffer stays empty.
    Stdin,
    File(Arc<File>),
    /// There is nothing to read: what there is has been put back.
    Memory,
}

impl Device {
    /// One read of at most [`CHUNK`] bytes; none at the end.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Stdin => io::stdin().read(buffer),
                Self::File(file) => (&**file).read(buffer),
                Self::Memory => Ok(0),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Waits until a read does not block; `false` if the wait is cancelled.
    fn wait(&self, wait: &Wait) -> bool {
        match self {
            Self::Stdin => wait.until_readable(&io::stdin()),
            Self::File(file) => wait.until_readable(file),
            Self::Memory => true,
        }
    }
}

/// A device and its reading thread.
#[derive(Debug)]
pub(super) struct Reader {
    device: Device,
    /// Bytes that were read and not used.
    unread: Bytes,
    thread: Option<Thread>,
    /// Chunks that somebody else reads, instead of the device's.
    fed: Option<replies::UnboundedReceiver<Bytes>>,
}

#[derive(Debug)]
struct Thread {
    /// For each item the thread reads one chunk. `None` once the thread has to end.
    asks: Option<(mpsc::Sender<()>, Cancel)>,
    chunks: replies::Receiver<io::Result<Bytes>>,
    /// A chunk has been asked for that has not come yet.
    is_asked: bool,
}

impl Thread {
    fn start(device: Device) -> io::Result<Self> {
        let (wait, cancel) = Wait::new()?;
        let (asks, asked) = mpsc::channel();
        // There is never more than one: each is asked for.
        let (sender, chunks) = replies::channel(1);
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                let mut buffer = vec![0; CHUNK];
                while asked.recv().is_ok() && device.wait(&wait) {
                    let chunk = device
                        .read(&mut buffer)
                        .map(|len| Bytes::copy_from_slice(buffer.get(..len).unwrap_or_default()));
                    if sender.blocking_send(chunk).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Self {
            asks: Some((asks, cancel)),
            chunks,
            is_asked: false,
        })
    }
}

impl Reader {
    pub(super) fn new(device: Device, unread: Bytes) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            device,
            unread,
            thread: None,
            fed: None,
        }))
    }

    /// Chunks that arrive, until their sender is gone.
    pub(super) fn fed(chunks: replies::UnboundedReceiver<Bytes>) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            device: Device::Memory,
            unread: Bytes::new(),
            thread: None,
            fed: Some(chunks),
        }))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if let Some(fed) = &mut self.fed
            && self.unread.is_empty()
        {
            return Poll::Ready(Ok(ready!(fed.poll_recv(cx)).unwrap_or_default()));
        }
        if !self.unread.is_empty() || matches!(self.device, Device::Memory) {
            return Poll::Ready(Ok(std::mem::take(&mut self.unread)));
        }
        loop {
            let thread = match &mut self.thread {
                Some(thread) => thread,
                None => self.thread.insert(Thread::start(self.device.clone())?),
            };
            if let Some((asks, _)) = &thread.asks
                && !thread.is_asked
            {
                // If the thread is gone, there is no chunk either.
                let _ = asks.send(());
                thread.is_asked = true;
            }
            match ready!(thread.chunks.poll_recv(cx)) {
                Some(chunk) => {
                    thread.is_asked = false;
                    return Poll::Ready(chunk);
                }
                // It ended because its user did, without a chunk for the next one.
                None if thread.asks.is_none() => self.thread = None,
                None => return Poll::Ready(Err(io::Error::other("the reading thread has ended"))),
            }
        }
    }

    /// Ends the thread, at once unless a read blocks. A read under way is kept: its bytes are the next user's.
    fn stop(&mut self) {
        if let Some(thread) = &mut self.thread {
            thread.asks = None;
            if !thread.is_asked {
                self.thread = None;
            }
        }
    }
}

/// The chunks of one input.
#[derive(Debug)]
pub struct Chunks {
    name: String,
    reader: Arc<Mutex<Reader>>,
}

impl Chunks {
    pub(super) fn new(name: impl Into<String>, reader: Arc<Mutex<Reader>>) -> Self {
        Self {
            name: name.into(),
            reader,
        }
    }

    /// The contents of a file. `~/` is the home folder, since no shell replaces it behind a `@`. A thread opens it, since to
    /// open a FIFO waits for its writer.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &str) -> Result<Self> {
        let home = path.strip_prefix("~/").zip(dirs::home_dir());
        let owned = match home {
            Some((rest, home)) => home.join(rest),
            None => path.into(),
        };
        let opened = tokio::task::spawn_blocking(move || File::open(owned)).await;
        let file = opened
            .map_err(io::Error::other)
            .and_then(|opened| opened)
            .map_err(|error| unreadable(&without_password(path), error))?;
        let device = Device::File(Arc::new(file));
        Ok(Self::new(
            without_password(path),
            Reader::new(device, Bytes::new()),
        ))
    }

    /// Bytes that are there already. `name` is what errors call them.
    pub fn of_bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::new(name, Reader::new(Device::Memory, bytes.into()))
    }

    /// What errors call the input.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The next chunk, as soon as there is any input; empty at the end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes>> {
        let chunk = ready!(self.reader().poll(cx));
        Poll::Ready(chunk.map_err(|error| unreadable(&self.name, error)))
    }

    /// All of it; `None` if that is more than `most` bytes. The input may be a device or a pipe without an end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub async fn read_all(mut self, most: usize) -> Result<Option<Vec<u8>>> {
        let mut all = Vec::new();
        loop {
            let chunk = poll_fn(|cx| self.poll_next(cx)).await?;
            if chunk.is_empty() {
                return Ok(Some(all));
            }
            all.extend_from_slice(&chunk);
            if all.len() > most {
                return Ok(None);
            }
        }
    }

    /// Puts back what was not used: the next chunk of this input begins with it, also that of a later user.
    pub fn put_back(&mut self, rest: &[u8]) {
        if rest.is_empty() {
            return;
        }
        let mut reader = self.reader();
        reader.unread = [rest, &reader.unread].concat().into();
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unreadable(name: &str, error: io::Error) -> Error {
    Error::failed(format!("cannot read {name}")).caused_by(error)
}

impl Drop for Chunks {
    fn drop(&mut self) {
        self.reader().stop();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn next(chunks: &mut Chunks) -> Bytes {
        let next = poll_fn(|cx| chunks.poll_next(cx));
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(next)
            .unwrap()
    }

    fn wait_for(what: &str, condition: impl Fn() -> bool) {
        let give_up = Instant::now() + Duration::from_mins(1);
        while !condition() {
            assert!(Instant::now() < give_up, "{what}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn bytes_in_memory_are_one_chunk() {
        let mut chunks = Chunks::of_bytes("-d", "abc");
        assert_eq!([next(&mut chunks), next(&mut chunks)], ["abc", ""]);
    }

    #[test]
    fn a_chunk_that_is_put_back_comes_again() {
        let mut chunks = Chunks::of_bytes("-d", "abc");
        next(&mut chunks);
        chunks.put_back(b"c");
        chunks.put_back(b"b");
        assert_eq!([next(&mut chunks), next(&mut chunks)], ["bc", ""]);
    }

    #[tokio::test]
    async fn a_folder_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        // Windows does not open it.
        let read = async { Chunks::open(path).await?.read_all(10).await };
        let error = read.await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot read {path}"));
    }

    #[tokio::test]
    async fn all_of_an_input_is_read_up_to_a_limit() {
        let read = |most| Chunks::of_bytes("-d", "abc").read_all(most);
        assert_eq!(read(3).await.unwrap().unwrap(), b"abc");
        assert_eq!(read(2).await.unwrap(), None);
    }

    #[cfg(unix)]
    mod pipes {
        use std::io::Write as _;
        use std::os::fd::OwnedFd;
        use std::task::Waker;

        use super::*;

        /// A pipe, as one reader that several users share.
        fn pipe() -> (Arc<Mutex<Reader>>, Arc<File>, io::PipeWriter) {
            let (reader, writer) = io::pipe().unwrap();
            let file = Arc::new(File::from(OwnedFd::from(reader)));
            let device = Device::File(Arc::clone(&file));
            (Reader::new(device, Bytes::new()), file, writer)
        }

        fn poll(chunks: &mut Chunks) -> Poll<Result<Bytes>> {
            chunks.poll_next(&mut Context::from_waker(Waker::noop()))
        }

        #[test]
        fn chunks_come_as_they_are_written() {
            let (reader, _, mut writer) = pipe();
            let mut chunks = Chunks::new("pipe", reader);
            for text in ["a", "bc"] {
                writer.write_all(text.as_bytes()).unwrap();
                assert_eq!(next(&mut chunks), text);
            }
            drop(writer);
            assert_eq!(next(&mut chunks), "");
        }

        #[test]
        fn the_thread_ends_with_its_user_though_there_is_no_input() {
            let (reader, file, _writer) = pipe();
            let references = Arc::strong_count(&file);
            let mut chunks = Chunks::new("pipe", Arc::clone(&reader));
            assert!(poll(&mut chunks).is_pending());
            assert_eq!(Arc::strong_count(&file), references + 1);
            drop(chunks);
            wait_for("the thread ends", || Arc::strong_count(&file) == references);
        }

        #[test]
        fn input_that_comes_after_a_user_has_gone_is_for_the_next_one() {
            let (reader, _, mut writer) = pipe();
            let mut first = Chunks::new("pipe", Arc::clone(&reader));
            assert!(poll(&mut first).is_pending());
            drop(first);
            writer.write_all(b"abc").unwrap();
            assert_eq!(next(&mut Chunks::new("pipe", reader)), "abc");
        }

        #[test]
        fn a_chunk_that_a_user_asked_for_and_did_not_wait_for_is_for_the_next_one() {
            let (reader, _, mut writer) = pipe();
            let mut first = Chunks::new("pipe", Arc::clone(&reader));
            assert!(poll(&mut first).is_pending());
            writer.write_all(b"abc").unwrap();
            wait_for("the chunk is read", || {
                let reader = reader.lock().unwrap();
                reader
                    .thread
                    .as_ref()
                    .is_some_and(|thread| thread.chunks.len() == 1)
            });
            drop(first);
            writer.write_all(b"def").unwrap();
            let mut second = Chunks::new("pipe", reader);
            assert_eq!([next(&mut second), next(&mut second)], ["abc", "def"]);
        }

        #[test]
        fn nothing_is_read_that_is_not_asked_for() {
            let (reader, file, mut writer) = pipe();
            writer.write_all(b"abc").unwrap();
            let mut chunks = Chunks::new("pipe", reader);
            assert_eq!(next(&mut chunks), "abc");
            writer.write_all(b"def").unwrap();
            drop(chunks);
            // No thread is left that could read it.
            let mut rest = [0; 3];
            (&*file).read_exact(&mut rest).unwrap();
            assert_eq!(&rest, b"def");
        }
    }
}
