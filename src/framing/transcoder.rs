//! Messages in another form than protobuf's own, as calls carry them. What knows the form is further up.

use std::fmt::Debug;

use bytes::Bytes;

/// The messages of a method in another form, JSON: those that are packed, and those that are cut out. Errors say why a message
/// does not have the form.
pub trait Transcoder: Debug + Send + Sync {
    /// Writes a message that is packed.
    ///
    /// # Errors
    /// When it does not have the form.
    fn write(&self, message: &[u8]) -> Result<Vec<u8>, String>;

    /// The message that was written so.
    ///
    /// # Errors
    /// When it is none.
    fn read_back(&self, form: &[u8]) -> Result<Vec<u8>, String>;

    /// Reads a message that was cut out.
    ///
    /// # Errors
    /// When it is none.
    fn read(&self, form: &[u8]) -> Result<Bytes, String>;
}
