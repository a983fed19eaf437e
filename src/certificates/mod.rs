//! Certificates and private keys, for the client and the server:
//!
//! - `pem`: from files;
//! - `pair`: a certificate and a key that belong together, ready for rustls;
//! - `certificate`: what a certificate says, for people;
//! - `check`: what the verifiers of the client and of databases have in common.

mod certificate;
mod check;
mod pair;
pub mod pem;

pub use certificate::{Certificate, readable_time};
pub(crate) use check::signatures;
pub use check::{check_dates, may_be_trusted_as_it_is};
pub use pair::certified_key;
