//! `list`: services, or the methods of a service.

use std::fmt::Write as _;

use prost_reflect::MethodDescriptor;

use crate::cli::ListArgs;
use crate::error::{Error, Result};
use crate::output::Console;
use crate::schema::source::DescriptorSource;
use crate::schema::{Symbol, resolve_symbol};
use crate::session::export::Export;
use crate::session::misplaced::only_symbol;
use crate::session::schema::{settings, with_source};
use crate::session::{Context, output};

pub async fn run(args: &ListArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    only_symbol(args.service.as_deref(), &args.rest)?;
    let export = Export::new(&args.export, &console, context)?;
    let is_bundled = settings(&args.schema, &context.settings)?.is_bundled();
    let output = with_source(
        &args.schema,
        &args.connection,
        &console,
        context,
        async |source| match &args.service {
            Some(name) => methods(args, name, source, &export).await,
            None => services(args, is_bundled, source, &console, &export).await,
        },
    )
    .await?;
    match output {
        Output::List(list) => context.print(&list).await,
        Output::Schema(bytes) => context.print_bytes(&bytes).await,
    }
}

/// What goes to stdout.
enum Output {
    List(String),
    /// Encoded descriptors.
    Schema(Vec<u8>),
}

impl Output {
    fn new(list: String, exported: Option<Vec<u8>>) -> Self {
        exported.map_or(Self::List(list), Self::Schema)
    }
}

/// The methods of one service.
async fn methods(
    args: &ListArgs,
    name: &str,
    source: &mut dyn DescriptorSource,
    export: &Export<'_>,
) -> Result<Output> {
    let (symbol, schema) = resolve_symbol(source, name).await?;
    let Symbol::Service(service) = symbol else {
        return Err(not_a_service(&symbol));
    };
    let mut list = String::new();
    for method in service.methods() {
        let _ = writeln!(list, "{}", line(&method, args.long));
    }
    Ok(Output::new(list, export.write(&schema).await?))
}

/// All services, and with `-l` their methods.
async fn services(
    args: &ListArgs,
    is_bundled: bool,
    source: &mut dyn DescriptorSource,
    console: &Console,
    export: &Export<'_>,
) -> Result<Output> {
    let services = source.services().await?;
    if services.is_empty() {
        console.notice(&format!("no services {}", source.place()));
    } else if is_bundled && !args.connection.in_process {
        console.notice(
            "this is what routeguide itself knows: with --reflection off, no server is asked",
        );
    }
    let mut list = String::new();
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
    let exported = if export.is_wanted() {
        export.write(&source.all().await?).await?
    } else {
        None
    };
    Ok(Output::new(list, exported))
}

fn not_a_service(symbol: &Symbol) -> Error {
    Error::failed(format!(
        "{} is {}, not a service",
        symbol.full_name(),
        symbol.kind()
    ))
    .hinted(format!("try `routeguide describe {}`", symbol.full_name()))
}

/// A method's path, which `call` takes; if `long`, with its request and reply types.
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
