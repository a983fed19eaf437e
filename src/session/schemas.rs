//! The schemas kept from command to command.

use std::collections::HashMap;

use crate::schema::source::{DescriptorSource, SchemaSettings};
use crate::transport::Endpoint;

/// Known schemas by their origin. A server is asked once, however many commands use its schema.
#[derive(Default)]
pub struct Schemas(HashMap<Key, Box<dyn DescriptorSource>>);

/// Where a schema comes from.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    pub settings: SchemaSettings,
    /// `None` for files.
    pub endpoint: Option<Endpoint>,
    /// The path below which the server has its services.
    pub base_path: String,
}

impl Schemas {
    /// Lends a schema to one command.
    pub fn take(&mut self, key: &Key) -> Option<Box<dyn DescriptorSource>> {
        self.0.remove(key)
    }

    pub fn insert(&mut self, key: Key, source: Box<dyn DescriptorSource>) {
        self.0.insert(key, source);
    }

    /// Whether anything was learned.
    pub fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
