//! What a command does with its call, as the driver sees it.

use tonic::metadata::MetadataMap;

use crate::call::End;
use crate::error::{Error, Result};
use crate::framing::Sent;
use crate::output::Attempt;

/// What a command does with the events of its call. Each method appends its output to `out`.
pub trait CallObserver {
    /// Requests were sent.
    ///
    /// # Errors
    /// When one cannot be printed.
    fn sent(&mut self, messages: &Sent, out: &mut Vec<u8>) -> Result<()>;

    /// The initial metadata arrived.
    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>);

    /// A reply arrived.
    ///
    /// # Errors
    /// When it cannot be printed. The error is a status if the server is at fault.
    fn message(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<Then>;

    /// The call has failed without a reply, and is made again.
    fn retrying(&mut self, _attempt: &Attempt, _out: &mut Vec<u8>) {}

    /// The call is over, because of `failure` if the client ended it. Returns the result of the call.
    ///
    /// # Errors
    /// `failure`, or the error that the call ended with.
    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()>;

    /// Looks for types named by [`Then::Resolve`] or [`CallObserver::unresolved`]. Each is named only once, found or not.
    fn resolve(&mut self, _types: Vec<String>) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// Types that have to be resolved to print the end of a call.
    fn unresolved(&self, _end: &End) -> Vec<String> {
        Vec::new()
    }

    /// Whether no reply is outstanding, as far as the observer knows.
    fn is_settled(&self) -> bool;

    /// Requests sent and replies received.
    fn counts(&self) -> (u64, u64);
}

/// What to do after a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Continue,
    /// There are enough replies: cancel the call.
    Stop,
    /// The reply cannot be printed without these types: resolve them, and pass it again.
    Resolve(Vec<String>),
}
