//! From what the user gives to request messages. A source is read on a thread of its own, because a read of stdin
//! cannot be cancelled, and only as fast as the call takes its messages.

pub mod arguments;
mod json_stream;
pub mod names;
mod text_stream;

pub use json_stream::JsonMessages;
pub use text_stream::TextMessages;

use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;

use crate::error::{Error, Result};

/// Batches read ahead of the call. Each is at most one read of input.
const BATCHES_AHEAD: usize = 2;

/// Something that yields request messages as its input comes in.
pub trait Source: Send + 'static {
    /// Waits for input, and appends every message that is complete. `false` when there is no more.
    ///
    /// # Errors
    /// On bad input; messages found before it have been appended.
    fn read_batch(&mut self, batch: &mut Vec<Bytes>) -> Result<bool>;
}

/// Reads as much as there is, at most the buffer, as one operation; an interrupted read is tried again.
fn read_some(reader: &mut impl Read, name: &str, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            result => {
                return result.map_err(|error| {
                    Error::failed(format!("cannot read {name}")).caused_by(error)
                });
            }
        }
    }
}

/// The request stream of a call: yields messages until the source ends. After bad input it yields nothing more but
/// does not end either, since its end would half-close the call and tell the server that all is well.
pub struct Requests {
    batches: mpsc::Receiver<Result<Vec<Bytes>>>,
    current: std::vec::IntoIter<Bytes>,
    /// Told of each batch just before its first message goes out.
    on_batch: OnBatch,
    failed: Option<oneshot::Sender<Error>>,
}

type OnBatch = Box<dyn FnMut(&[Bytes]) + Send>;

/// Tells that the source failed, once every message before the failure is on its way.
pub struct Failure(Option<oneshot::Receiver<Error>>);

impl Failure {
    /// Of input that cannot be bad.
    pub fn never() -> Self {
        Self(None)
    }

    /// Completes only if the input is bad, and only once.
    pub async fn wait(&mut self) -> Error {
        if let Some(failure) = &mut self.0 {
            let result = failure.await;
            self.0 = None;
            if let Ok(error) = result {
                return error;
            }
        }
        std::future::pending().await
    }
}

/// The request stream of messages that are all there already.
pub fn given(
    messages: Vec<Bytes>,
    on_batch: impl FnMut(&[Bytes]) + Send + 'static,
) -> (Requests, Failure) {
    let (sender, batches) = mpsc::channel(1);
    // There is room for one, and the receiver is right here.
    let _ = sender.try_send(Ok(messages));
    stream(batches, on_batch)
}

/// Starts reading `source` on a thread of its own. The thread ends with its source, or with the process: a read of a
/// terminal or a pipe cannot be cancelled.
pub fn read(
    mut source: impl Source,
    on_batch: impl FnMut(&[Bytes]) + Send + 'static,
) -> (Requests, Failure) {
    let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
    std::thread::spawn(move || {
        loop {
            let mut batch = Vec::new();
            let more = source.read_batch(&mut batch);
            let gone = !batch.is_empty() && sender.blocking_send(Ok(batch)).is_err();
            match more {
                Ok(true) if !gone => {}
                Ok(_) => return,
                Err(error) => {
                    // The call is over when this fails, and with it the interest in its input.
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            }
        }
    });
    stream(batches, on_batch)
}

fn stream(
    batches: mpsc::Receiver<Result<Vec<Bytes>>>,
    on_batch: impl FnMut(&[Bytes]) + Send + 'static,
) -> (Requests, Failure) {
    let (failed, failure) = oneshot::channel();
    let requests = Requests {
        batches,
        current: Vec::new().into_iter(),
        on_batch: Box::new(on_batch),
        failed: Some(failed),
    };
    (requests, Failure(Some(failure)))
}

impl Stream for Requests {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(message) = self.current.next() {
                return Poll::Ready(Some(message));
            }
            match ready!(self.batches.poll_recv(cx)) {
                Some(Ok(batch)) => {
                    (self.on_batch)(&batch);
                    self.current = batch.into_iter();
                }
                Some(Err(error)) => {
                    if let Some(failed) = self.failed.take() {
                        // Nobody listens any more when the call is over.
                        let _ = failed.send(error);
                    }
                }
                None if self.failed.is_none() => return Poll::Pending,
                None => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(test)]
pub mod testing {
    //! A reader for the tests of every source.

    use std::io::Read;

    /// Hands out at most so many bytes a time.
    pub struct Slowly(pub &'static [u8], pub usize);

    impl Read for Slowly {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let len = self.1.min(buffer.len()).min(self.0.len());
            let (head, tail) = self.0.split_at(len);
            buffer[..len].copy_from_slice(head);
            self.0 = tail;
            Ok(len)
        }
    }
}
