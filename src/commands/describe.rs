//! `describe`: a symbol, or the whole schema, as .proto source, JSON or a request template.

use crate::cli::{DescribeArgs, DescribeFormat};
use crate::error::{Error, Result};
use crate::output::{Console, MessageWriter, Style};
use prost_reflect::{FileDescriptor, MethodDescriptor};

use crate::schema::descriptor::as_message;
use crate::schema::descriptor::symbol::symbols;
use crate::schema::descriptor::well_known::descriptor_message;
use crate::schema::render::{proto_source, template};
use crate::schema::source::DescriptorSource;
use crate::schema::{Schema, Symbol, resolve_symbol};
use crate::session::export::Export;
use crate::session::misplaced::only_symbol;
use crate::session::schema::with_source;
use crate::session::{Context, output};

pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    let style = output::descriptor_style(&args.console, context);
    only_symbol(args.symbol.as_deref(), &args.rest)?;
    let export = Export::new(&args.export, &console, context)?;
    let description = with_source(
        &args.schema,
        &args.connection,
        &console,
        context,
        async |source| {
            let (description, schema) = match &args.symbol {
                Some(symbol) => described(args, style, source, symbol, &console).await?,
                None => everything(args, style, source).await?,
            };
            Ok(match export.write(&schema).await? {
                Some(bytes) => Description::Bytes(bytes),
                None => description,
            })
        },
    )
    .await?;
    match description {
        Description::Source(text) => {
            context.stdout.source(&text, style.color);
            context.finish_output().await
        }
        Description::Text(text) => context.print(&text).await,
        Description::Bytes(bytes) => context.print_bytes(&bytes).await,
    }
}

/// What is printed.
enum Description {
    /// .proto source.
    Source(String),
    /// A list, or a request template.
    Text(String),
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
        return Ok((Description::Text(template.json + "\n"), schema));
    }
    let file = symbol.file();
    let bytes = schema
        .files
        .get(file.name())
        .ok_or_else(|| Error::failed(format!("the schema does not have {}", file.name())))?;
    let text = match args.output {
        DescribeFormat::Text => {
            let mut text = proto_source::render_symbol(bytes, &schema.pool, symbol.full_name())?;
            if let Symbol::Method(method) = &symbol {
                add_messages(method, &schema, &mut text)?;
            }
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

/// Adds the messages of a method, each once.
fn add_messages(method: &MethodDescriptor, schema: &Schema, text: &mut String) -> Result<()> {
    let (request, reply) = (method.input(), method.output());
    let reply = (reply != request).then_some(reply);
    for message in std::iter::once(request).chain(reply) {
        let file = message.parent_file();
        if let Some(bytes) = schema.files.get(file.name()) {
            let source = proto_source::render_symbol(bytes, &schema.pool, message.full_name())?;
            text.extend(["\n", &source]);
        }
    }
    Ok(())
}

/// A line for each service, message, enum and extension, in this order. Not for those of protobuf itself, which nearly
/// every schema imports.
fn overview(schema: &Schema) -> String {
    let is_own = |file: &FileDescriptor| !file.name().starts_with("google/protobuf/");
    let mut lines: Vec<(usize, String)> = symbols(&schema.pool)
        .filter(|symbol| is_own(&symbol.file()))
        .filter_map(|symbol| {
            let (order, kind) = match symbol {
                Symbol::Service(_) => (0, "service"),
                Symbol::Message(_) => (1, "message"),
                Symbol::Enum(_) => (2, "enum"),
                Symbol::Extension(_) => (3, "extension"),
                _ => return None,
            };
            Some((order, format!("{kind} {}\n", symbol.full_name())))
        })
        .collect();
    lines.sort_unstable();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// An overview, or with `--all` every file, sorted by name, or a FileDescriptorSet in JSON.
async fn everything(
    args: &DescribeArgs,
    style: Style,
    source: &mut dyn DescriptorSource,
) -> Result<(Description, Schema)> {
    let schema = source.all().await?;
    let description = match args.output {
        DescribeFormat::Text if args.all => {
            Description::Source(proto_source::render_files(&schema.files, &schema.pool)?)
        }
        DescribeFormat::Text => Description::Text(overview(&schema)),
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
