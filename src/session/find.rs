//! The method that a command calls, by the schema that it is to use.

use prost_reflect::MethodDescriptor;

use super::Context;
use super::export::Export;
use super::schema::{Lent, lend};
use super::target::Session;
use crate::cli::SchemaArgs;
use crate::error::Result;
use crate::output::Console;
use crate::protobuf::Layouts;
use crate::schema::resolve_method;
use crate::schema::source::DescriptorSource;

/// Which method to find, and where.
pub struct Find<'a> {
    pub args: &'a SchemaArgs,
    pub method: &'a str,
    /// Where its schema is written.
    pub export: Option<&'a Export<'a>>,
    pub console: &'a Console,
}

impl Find<'_> {
    /// The schema, which is to be given back, and the method if there is one.
    ///
    /// # Errors
    /// When there is no schema.
    pub async fn run(
        &self,
        session: &Session,
        context: &mut Context,
    ) -> Result<(Lent, Result<MethodDescriptor>)> {
        let mut is_known = context.schemas.is_known();
        loop {
            let mut schema = lend(self.args, Some(session), context).await?;
            let service = context.service.as_deref();
            let found = resolve(
                schema.source(),
                service,
                self.method,
                self.export,
                self.console,
            );
            let found = context.interrupt.or(found).await;
            schema.detach();
            // What was learned by an earlier line of a shell may have changed.
            if found.is_err() && std::mem::take(&mut is_known) && !context.interrupt.is_struck() {
                context.schemas.clear();
                continue;
            }
            return Ok((schema, found));
        }
    }
}

/// Finds the method that `text` names, and writes its schema where it is wanted.
async fn resolve(
    source: &mut dyn DescriptorSource,
    service: Option<&str>,
    text: &str,
    export: Option<&Export<'_>>,
    console: &Console,
) -> Result<MethodDescriptor> {
    let (method, schema) = resolve_method(source, service, text).await?;
    if let Some(export) = export {
        export.write(&schema).await?;
    }
    let mut layouts = Layouts::new(schema.pool);
    layouts.compile(&method.input());
    if !layouts.has_any() {
        return Ok(method);
    }
    // The types in an Any need not be among the imports of the method's file.
    let everything = match source.all().await {
        Ok(everything) => everything,
        Err(error) => {
            console.warning(&format!(
                "the server's schema is incomplete, which limits the types of an Any in requests: {error}"
            ));
            return Ok(method);
        }
    };
    let service = method.parent_service();
    let known = everything
        .pool
        .get_service_by_name(service.full_name())
        .and_then(|service| {
            service
                .methods()
                .find(|other| other.name() == method.name())
        });
    Ok(known.unwrap_or(method))
}
