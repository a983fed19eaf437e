//! Certificates and private keys, for the client and the server:
//!
//! - `pem`: from files;
//! - `pair`: a certificate and a key that belong together, ready for rustls;
//! - `certificate`: what a certificate says, for people.

mod certificate;
mod pair;
pub mod pem;

pub use certificate::{Certificate, readable_time};
pub use pair::certified_key;
