//! `describe`: a symbol, or the whole schema, as .proto source, JSON or a request template.

use crate::cli::{DescribeArgs, DescribeFormat};
use crate::error::{Error, Result};
use crate::output::{Console, MessageWriter, Style};
use crate::schema::descriptor::as_message;
use crate::schema::descriptor::well_known::descriptor_message;
use crate::schema::render::{proto_source, template};
use crate::schema::source::DescriptorSource;
use crate::schema::{Schema, Symbol, resolve_symbol};
use crate::session::export::Export;
use crate::session::schema::with_source;
use crate::session::target::{Target, only_symbol};
use crate::session::{Context, output};

pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    let style = output::descriptor_style(&args.console, context);
    only_symbol(args.symbol.as_deref(), &args.rest)?;
    let export = Export::new(&args.export, &console, context)?;
    let target = Target::new(&args.connection, context)?;
    let description = with_source(&args.schema, target, &console, context, async |source| {
        let (description, schema) = match &args.symbol {
            Some(symbol) => described(args, style, source, symbol, &console).await?,
            None => everything(args, style, source).await?,
        };
        Ok(match export.write(&schema)? {
            Some(bytes) => Description::Bytes(bytes),
            None => description,
        })
    })
    .await?;
    match description {
        Description::Source(text) => context.print(&text).await,
        Description::Bytes(bytes) => context.print_bytes(&bytes).await,
    }
}

/// What is printed.
enum Description {
    /// .proto source, or a request template.
    Source(String),
    /// Descriptors in JSON, already styled for stdout, or encoded.
    Bytes(Vec<u8>),
}

async fn described(
    args: &DescribeArgs,
    style: Style,
    source: &mut dyn DescriptorSource,
    name: &str,
    console: &Console,
) -> Result<(Description, Schema)> {
    let (symbol, schema) = resolve_symbol(source, name).await?;
    if args.template {
        let message = match &symbol {
            Symbol::Message(message) => message.clone(),
            Symbol::Method(method) => method.input(),
            other => {
                let why = format!(
                    "{} is {}, which has no request",
                    other.full_name(),
                    other.kind()
                );
                return Err(Error::failed(why).hinted("use --template with a method or a message"));
            }
        };
        let template = template::request_template(&message);
        for left_out in template.left_out {
            console.notice(&format!(
                "left out of oneof {}: {}",
                left_out.oneof,
                left_out.members.join(", ")
            ));
        }
        return Ok((Description::Source(template.json + "\n"), schema));
    }
    let file = symbol.file();
    let bytes = schema
        .files
        .get(file.name())
        .ok_or_else(|| Error::failed(format!("the schema does not have {}", file.name())))?;
    let text = match args.output {
        DescribeFormat::Text => {
            let text = proto_source::render_symbol(bytes, &schema.pool, symbol.full_name())?;
            Description::Source(text)
        }
        DescribeFormat::Json => {
            let (message, bytes) =
                as_message::symbol_as_message(bytes, &schema.pool, symbol.full_name())?;
            let mut out = Vec::new();
            MessageWriter::new(&message, style).write(&bytes, &mut out)?;
            Description::Bytes(out)
        }
    };
    Ok((text, schema))
}

/// Every file, sorted by name, or a FileDescriptorSet in JSON.
async fn everything(
    args: &DescribeArgs,
    style: Style,
    source: &mut dyn DescriptorSource,
) -> Result<(Description, Schema)> {
    let schema = source.all().await?;
    let description = match args.output {
        DescribeFormat::Text => {
            Description::Source(proto_source::render_files(&schema.files, &schema.pool)?)
        }
        DescribeFormat::Json => {
            let set = descriptor_message(&schema.pool, "FileDescriptorSet")
                .ok_or_else(|| Error::failed("descriptor.proto has no FileDescriptorSet"))?;
            let mut out = Vec::new();
            MessageWriter::new(&set, style).write(&schema.write_protoset(), &mut out)?;
            Description::Bytes(out)
        }
    };
    Ok((description, schema))
}
