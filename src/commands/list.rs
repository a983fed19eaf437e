//! `list`: services, or the methods of one.

use std::fmt::Write as _;

use prost_reflect::MethodDescriptor;

use crate::cli::ListArgs;
use crate::error::{Error, Result};
use crate::output::{Console, print_document};
use crate::schema::{Symbol, resolve_symbol};
use crate::session::interrupt::Interrupt;
use crate::session::schema as source;
use crate::session::target::Target;

pub fn run(args: &ListArgs, console: Console) -> Result<()> {
    let target = Target::new(&args.connection)?;
    let list = crate::session::block_on(async {
        let interrupt = Interrupt::listen()?;
        source::with_source(&args.schema, target, &interrupt, console, async |source| {
            let mut list = String::new();
            if let Some(name) = &args.service {
                let (symbol, schema) = resolve_symbol(source, name).await?;
                let Symbol::Service(service) = symbol else {
                    return Err(not_a_service(&symbol));
                };
                for method in service.methods() {
                    let _ = writeln!(list, "{}", line(&method, args.long));
                }
                source::export(&args.export, &schema, console)?;
            } else {
                let services = source.services().await?;
                if services.is_empty() {
                    console.notice(&format!("no services {}", source.place()));
                }
                for service in &services {
                    let _ = writeln!(list, "{service}");
                    if args.long
                        && let Some(schema) = source.find(service).await?
                        && let Some(service) = schema.pool.get_service_by_name(service)
                    {
                        for method in service.methods() {
                            let _ = writeln!(list, "  {}", line(&method, true));
                        }
                    }
                }
                if source::exports(&args.export) {
                    let schema = source.all().await?;
                    source::export(&args.export, &schema, console)?;
                }
            }
            Ok(list)
        })
        .await
    })?;
    print_document(list.as_bytes())
}

fn not_a_service(symbol: &Symbol) -> Error {
    Error::failed(format!(
        "{} is {}, not a service",
        symbol.full_name(),
        symbol.kind()
    ))
    .hinted(format!(
        "`routeguide describe {}` shows it",
        symbol.full_name()
    ))
}

/// A method as `call` takes it, or with what it takes and gives.
fn line(method: &MethodDescriptor, long: bool) -> String {
    let path = format!("{}/{}", method.parent_service().full_name(), method.name());
    if !long {
        return path;
    }
    let stream = |is: bool| if is { "stream " } else { "" };
    format!(
        "{path}({}{}) returns ({}{})",
        stream(method.is_client_streaming()),
        method.input().full_name(),
        stream(method.is_server_streaming()),
        method.output().full_name()
    )
}
