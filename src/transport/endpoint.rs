//! An endpoint: which server to call, as a plain value that connections are kept by.

use std::fmt;

use super::{Address, Dialer};

/// A server, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    dialer: Dialer,
}

impl Endpoint {
    pub fn new(dialer: Dialer) -> Self {
        Self { dialer }
    }

    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// The value of `:authority` for calls to it.
    pub fn authority(&self) -> String {
        match &self.dialer {
            Dialer::Address(address) => address.authority(),
            Dialer::InProcess(_) => "localhost".to_owned(),
        }
    }
}

impl From<Address> for Endpoint {
    fn from(address: Address) -> Self {
        Self::new(Dialer::Address(address))
    }
}

/// The server as messages name it.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dialer {
            Dialer::Address(address) => address.fmt(f),
            Dialer::InProcess(_) => f.write_str("the server in this process"),
        }
    }
}
