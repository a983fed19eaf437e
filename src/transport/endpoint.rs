//! An endpoint: the server to call, as a plain value, which is the key of its connection.

use std::fmt;

use super::{Address, Dialer};

/// A server, and how to reach it.
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

    /// Whether this is the server that is called unless another one is named.
    pub fn is_default(&self) -> bool {
        matches!(&self.dialer, Dialer::Address(address) if address.is_default())
    }

    /// The value of `:authority` for calls to the server.
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

/// The server's name in messages.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dialer {
            Dialer::Address(address) => address.fmt(f),
            Dialer::InProcess(_) => f.write_str("the server in this process"),
        }
    }
}
