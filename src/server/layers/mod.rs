//! What wraps every call, whatever its service.

mod guard;
mod log;

pub use guard::Guarded;
pub use log::{CallLog, CallRecord, Logged};
