//! What wraps every call, whatever its service.

mod guard;

pub use guard::Guarded;
