//! A schema that is in memory, as a source.

use std::future::ready;

use super::descriptor_source::{BoxFuture, DescriptorSource};
use crate::error::Result;
use crate::schema::build::schema::Schema;
use crate::schema::descriptor::symbol::{lookup, service_names};

/// A schema that is in memory.
pub struct LoadedSource {
    schema: Schema,
    place: &'static str,
}

impl LoadedSource {
    pub fn new(schema: Schema, place: &'static str) -> Self {
        Self { schema, place }
    }
}

impl DescriptorSource for LoadedSource {
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(ready(Ok(service_names(&self.schema.pool))))
    }

    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>> {
        let known = lookup(&self.schema.pool, symbol).map(|_| self.schema.clone());
        Box::pin(ready(Ok(known)))
    }

    fn all(&mut self) -> BoxFuture<'_, Result<Schema>> {
        Box::pin(ready(Ok(self.schema.clone())))
    }

    fn place(&self) -> &'static str {
        self.place
    }
}
