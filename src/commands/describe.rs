//! `describe`: any symbol, or everything, as .proto source, JSON or a request to fill in.

use std::io::IsTerminal as _;

use crate::cli::{DescribeArgs, DescribeFormat};
use crate::error::{Error, Result};
use crate::output::{Console, Printer, plain_json, print_document};
use crate::schema::descriptor::{as_message, well_known};
use crate::schema::render::{proto_source, template};
use crate::schema::source::DescriptorSource;
use crate::schema::{Schema, Symbol, resolve_symbol};
use crate::session::interrupt::Interrupt;
use crate::session::schema as source;
use crate::session::target::{self as client, Target};

pub fn run(args: &DescribeArgs, console: Console) -> Result<()> {
    let target = Target::new(&args.connection)?;
    let description = crate::session::block_on(async {
        let interrupt = Interrupt::listen()?;
        source::with_source(&args.schema, target, &interrupt, console, async |source| {
            let (description, schema) = match &args.symbol {
                Some(symbol) => described(args, source, symbol).await?,
                None => everything(args, source).await?,
            };
            source::export(&args.export, &schema, console)?;
            Ok(description)
        })
        .await
    })?;
    print_document(&description)
}

async fn described(
    args: &DescribeArgs,
    source: &mut dyn DescriptorSource,
    name: &str,
) -> Result<(Vec<u8>, Schema)> {
    let (symbol, schema) = resolve_symbol(source, name).await?;
    if args.template {
        let message = match &symbol {
            Symbol::Message(message) => message.clone(),
            Symbol::Method(method) => method.input(),
            other => {
                let why = format!(
                    "{} is {}: it has no request",
                    other.full_name(),
                    other.kind()
                );
                return Err(Error::failed(why).hinted("--template wants a method or a message"));
            }
        };
        let mut text = template::request_template(&message).into_bytes();
        text.push(b'\n');
        return Ok((text, schema));
    }
    let file = symbol.file();
    let bytes = schema
        .files
        .get(file.name())
        .ok_or_else(|| Error::failed(format!("the source of {} is missing", file.name())))?;
    let text = match args.output {
        DescribeFormat::Text => {
            proto_source::render_symbol(bytes, &schema.pool, symbol.full_name())?.into_bytes()
        }
        DescribeFormat::Json => {
            let (message, bytes) =
                as_message::symbol_as_message(bytes, &schema.pool, symbol.full_name())?;
            let mut out = Vec::new();
            json_printer(args, &message).print(&bytes, &mut out)?;
            out
        }
    };
    Ok((text, schema))
}

/// Every file, in the order of their names, or as a FileDescriptorSet in JSON.
async fn everything(
    args: &DescribeArgs,
    source: &mut dyn DescriptorSource,
) -> Result<(Vec<u8>, Schema)> {
    let schema = source.all().await?;
    let mut out = Vec::new();
    match args.output {
        DescribeFormat::Text => {
            for (name, bytes) in schema.files.iter() {
                if !out.is_empty() {
                    out.push(b'\n');
                }
                out.extend_from_slice(format!("// {name}\n").as_bytes());
                out.extend_from_slice(proto_source::render_file(bytes, &schema.pool)?.as_bytes());
            }
        }
        DescribeFormat::Json => {
            let set = well_known::pool()
                .get_message_by_name("google.protobuf.FileDescriptorSet")
                .ok_or_else(|| Error::failed("descriptor.proto is damaged"))?;
            json_printer(args, &set).print(&schema.write_protoset(), &mut out)?;
        }
    }
    Ok((out, schema))
}

fn json_printer(args: &DescribeArgs, message: &prost_reflect::MessageDescriptor) -> Printer {
    let terminal = std::io::stdout().is_terminal();
    let color = client::stdout_color(args.console.color);
    Printer::new(message, plain_json(terminal, terminal, color))
}
