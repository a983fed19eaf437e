//! What a user types → a descriptor: full names in every spelling that people use, and short ones where only one thing
//! is called so.

use std::collections::BTreeMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor, FieldDescriptor,
    FileDescriptor, MessageDescriptor, MethodDescriptor, OneofDescriptor, ServiceDescriptor,
};

use super::Schema;
use super::source::Source;
use crate::error::{Error, Result};

/// Names that an error lists at most.
const LISTED: usize = 10;

/// Anything that has a name of its own.
#[derive(Clone, Debug)]
pub enum Symbol {
    Service(ServiceDescriptor),
    Method(MethodDescriptor),
    Message(MessageDescriptor),
    Enum(EnumDescriptor),
    EnumValue(EnumValueDescriptor),
    Field(FieldDescriptor),
    Extension(ExtensionDescriptor),
    Oneof(OneofDescriptor),
}

impl Symbol {
    pub fn full_name(&self) -> &str {
        match self {
            Self::Service(it) => it.full_name(),
            Self::Method(it) => it.full_name(),
            Self::Message(it) => it.full_name(),
            Self::Enum(it) => it.full_name(),
            Self::EnumValue(it) => it.full_name(),
            Self::Field(it) => it.full_name(),
            Self::Extension(it) => it.full_name(),
            Self::Oneof(it) => it.full_name(),
        }
    }

    /// What it is, as a .proto file's reader would say.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Service(_) => "a service",
            Self::Method(_) => "a method",
            Self::Message(_) => "a message",
            Self::Enum(_) => "an enum",
            Self::EnumValue(_) => "an enum value",
            Self::Field(_) => "a field",
            Self::Extension(_) => "an extension",
            Self::Oneof(_) => "a oneof",
        }
    }

    /// The file that defines it.
    pub fn file(&self) -> FileDescriptor {
        match self {
            Self::Service(it) => it.parent_file(),
            Self::Method(it) => it.parent_service().parent_file(),
            Self::Message(it) => it.parent_file(),
            Self::Enum(it) => it.parent_file(),
            Self::EnumValue(it) => it.parent_file(),
            Self::Field(it) => it.parent_file(),
            Self::Extension(it) => it.parent_file(),
            Self::Oneof(it) => it.parent_file(),
        }
    }
}

/// Full names of a pool's services, sorted.
pub fn services(pool: &DescriptorPool) -> Vec<String> {
    let mut names: Vec<String> = pool
        .services()
        .map(|service| service.full_name().to_owned())
        .collect();
    names.sort_unstable();
    names
}

/// What has that full name. An enum's value is found in the enum's scope, where protobuf puts it, and in the enum.
pub fn lookup(pool: &DescriptorPool, full_name: &str) -> Option<Symbol> {
    if let Some(service) = pool.get_service_by_name(full_name) {
        return Some(Symbol::Service(service));
    }
    if let Some(message) = pool.get_message_by_name(full_name) {
        return Some(Symbol::Message(message));
    }
    if let Some(descriptor) = pool.get_enum_by_name(full_name) {
        return Some(Symbol::Enum(descriptor));
    }
    if let Some(extension) = pool.get_extension_by_name(full_name) {
        return Some(Symbol::Extension(extension));
    }
    if let Some((parent, name)) = full_name.rsplit_once('.') {
        let member = if let Some(service) = pool.get_service_by_name(parent) {
            method(&service, name).map(Symbol::Method)
        } else if let Some(message) = pool.get_message_by_name(parent) {
            let field = message.get_field_by_name(name).map(Symbol::Field);
            field.or_else(|| oneofs(&message).find(|it| it.full_name() == full_name))
        } else {
            let descriptor = pool.get_enum_by_name(parent);
            descriptor.and_then(|it| it.get_value_by_name(name).map(Symbol::EnumValue))
        };
        if member.is_some() {
            return member;
        }
    }
    pool.all_enums().find_map(|descriptor| {
        let mut values = descriptor.values();
        let value = values.find(|value| value.full_name() == full_name)?;
        Some(Symbol::EnumValue(value))
    })
}

/// The method that `text` means: `Method`, `Service/Method`, `Service.Method`, `pkg.Service/Method`,
/// `pkg.Service.Method`, with or without a slash before it.
///
/// # Errors
/// When nothing, or more than one thing, is called so, or the source fails.
pub async fn resolve_method(
    source: &mut dyn Source,
    text: &str,
) -> Result<(MethodDescriptor, Schema)> {
    let name = text.strip_prefix('/').unwrap_or(text);
    let split = name.rsplit_once('/').or_else(|| name.rsplit_once('.'));
    let Some((service_name, method_name)) = split else {
        return bare_method(source, name).await;
    };
    if let Some((service, schema)) = find_service(source, service_name).await? {
        let found = method(&service, method_name);
        return found
            .map(|method| (method, schema))
            .ok_or_else(|| no_method(&service, method_name));
    }
    if !name.contains('/')
        && let Some((service, _)) = find_service(source, name).await?
    {
        return Err(is_a_service(&service));
    }
    let services = source.services().await.unwrap_or_default();
    let error = Error::failed(format!(
        "no service named {service_name:?} {}",
        source.place()
    ));
    Err(suggest(
        error,
        service_name,
        services.iter().map(String::as_str),
    ))
}

/// What `text` means: any symbol, by its full or its short name.
///
/// # Errors
/// When nothing, or more than one thing, is called so, or the source fails.
pub async fn resolve_symbol(source: &mut dyn Source, text: &str) -> Result<(Symbol, Schema)> {
    let name = text
        .trim_start_matches(['/', '.', '['])
        .trim_end_matches(']')
        .replace('/', ".");
    if let Some(schema) = source.find(&name).await?
        && let Some(symbol) = lookup(&schema.pool, &name)
    {
        return Ok((symbol, schema));
    }
    let schema = everything(source, |schema| {
        symbols(&schema.pool).any(|symbol| is_short_for(&name, &symbol))
    })
    .await?;
    let (mut outer, mut inner) = (BTreeMap::new(), BTreeMap::new());
    for symbol in symbols(&schema.pool).filter(|symbol| is_short_for(&name, symbol)) {
        let group = match symbol {
            Symbol::Service(_) | Symbol::Message(_) | Symbol::Enum(_) | Symbol::Extension(_) => {
                &mut outer
            }
            _ => &mut inner,
        };
        group.insert(symbol.full_name().to_owned(), symbol);
    }
    // A field that is called like a type does not make the type's name ambiguous.
    let mut found = if outer.is_empty() { inner } else { outer };
    if found.len() > 1 {
        return Err(ambiguous(text, found.into_keys()));
    }
    if let Some((_, symbol)) = found.pop_first() {
        return Ok((symbol, schema));
    }
    let names: Vec<String> = symbols(&schema.pool)
        .map(|symbol| symbol.full_name().to_owned())
        .collect();
    let error = Error::failed(format!("no symbol named {text:?} {}", source.place()));
    Err(suggest(error, &name, names.iter().map(String::as_str)))
}

/// The name most like `word`, if any is like it: in full, or its last part.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this, a likeness is chance.
    const LIKE: f64 = 0.85;
    let word = word.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let last = name.rsplit(['.', '/']).next().unwrap_or_default();
        let last_word = word.rsplit(['.', '/']).next().unwrap_or_default();
        strsim::jaro_winkler(&word, &name)
            .max(strsim::jaro_winkler(&word, last))
            // A wrong package, or the other service's method.
            .max(strsim::jaro_winkler(last_word, last) - 0.01)
    };
    names
        .into_iter()
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// The service of that full or short name.
async fn find_service(
    source: &mut dyn Source,
    name: &str,
) -> Result<Option<(ServiceDescriptor, Schema)>> {
    let found = source.find(name).await?;
    if let Some(schema) = found
        && let Some(service) = schema.pool.get_service_by_name(name)
    {
        return Ok(Some((service, schema)));
    }
    let listed = match source.services().await {
        Ok(services) => services,
        Err(error) => match source.stand_in() {
            Some(schema) => services(&schema.pool),
            None => return Err(error),
        },
    };
    let mut meant: Vec<String> = listed
        .into_iter()
        .filter(|it| ends_with(it, name))
        .collect();
    if meant.len() > 1 {
        return Err(ambiguous(name, meant.into_iter()));
    }
    let Some(full_name) = meant.pop() else {
        return Ok(None);
    };
    let Some(schema) = source.find(&full_name).await? else {
        return Err(Error::failed(format!(
            "the service {full_name} is listed {}, but not described",
            source.place()
        )));
    };
    let service = schema.pool.get_service_by_name(&full_name);
    Ok(service.map(|service| (service, schema)))
}

async fn bare_method(source: &mut dyn Source, name: &str) -> Result<(MethodDescriptor, Schema)> {
    let named = |schema: &Schema| -> Vec<MethodDescriptor> {
        let services = schema.pool.services();
        services
            .filter_map(|service| method(&service, name))
            .collect()
    };
    let schema = everything(source, |schema| !named(schema).is_empty()).await?;
    let mut found = named(&schema);
    if found.len() > 1 {
        return Err(ambiguous(name, found.iter().map(path)));
    }
    if let Some(method) = found.pop() {
        return Ok((method, schema));
    }
    if let Some(service) = schema
        .pool
        .services()
        .find(|service| ends_with(service.full_name(), name))
    {
        return Err(is_a_service(&service));
    }
    let methods: Vec<String> = schema
        .pool
        .services()
        .flat_map(|service| {
            service
                .methods()
                .map(|method| path(&method))
                .collect::<Vec<_>>()
        })
        .collect();
    let error = Error::failed(format!("no method named {name:?} {}", source.place()));
    Err(suggest(error, name, methods.iter().map(String::as_str)))
}

/// Everything the source knows, or its stand-in where that has what is looked for.
async fn everything(source: &mut dyn Source, has: impl Fn(&Schema) -> bool) -> Result<Schema> {
    match source.all().await {
        Err(error) => source.stand_in().filter(has).ok_or(error),
        all => all,
    }
}

fn method(service: &ServiceDescriptor, name: &str) -> Option<MethodDescriptor> {
    service.methods().find(|method| method.name() == name)
}

fn path(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

fn oneofs(message: &MessageDescriptor) -> impl Iterator<Item = Symbol> {
    let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    oneofs.map(Symbol::Oneof)
}

/// All symbols of a pool, but for what the compiler made up.
fn symbols(pool: &DescriptorPool) -> impl Iterator<Item = Symbol> {
    let services = pool.services().flat_map(|service| {
        let methods: Vec<_> = service.methods().map(Symbol::Method).collect();
        std::iter::once(Symbol::Service(service)).chain(methods)
    });
    let messages = pool
        .all_messages()
        .filter(|message| !message.is_map_entry())
        .flat_map(|message| {
            let mut members: Vec<_> = message.fields().map(Symbol::Field).collect();
            members.extend(oneofs(&message));
            std::iter::once(Symbol::Message(message)).chain(members)
        });
    let enums = pool.all_enums().flat_map(|descriptor| {
        let values: Vec<_> = descriptor.values().map(Symbol::EnumValue).collect();
        std::iter::once(Symbol::Enum(descriptor)).chain(values)
    });
    let extensions = pool.all_extensions().map(Symbol::Extension);
    services.chain(messages).chain(enums).chain(extensions)
}

fn is_short_for(text: &str, symbol: &Symbol) -> bool {
    ends_with(symbol.full_name(), text)
        || matches!(symbol, Symbol::EnumValue(value)
            if ends_with(&format!("{}.{}", value.parent_enum().full_name(), value.name()), text))
}

/// Whether the last parts of a full name are `text`.
fn ends_with(full_name: &str, text: &str) -> bool {
    full_name
        .strip_suffix(text)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn no_method(service: &ServiceDescriptor, name: &str) -> Error {
    let error = Error::failed(format!(
        "{} has no method named {name:?}",
        service.full_name()
    ));
    let names: Vec<String> = service.methods().map(|it| it.name().to_owned()).collect();
    if nearest(name, names.iter().map(String::as_str)).is_none() && !names.is_empty() {
        return error.hinted(format!("its methods are {}", listed(names.into_iter())));
    }
    suggest(error, name, names.iter().map(String::as_str))
}

fn is_a_service(service: &ServiceDescriptor) -> Error {
    let methods = listed(service.methods().map(|method| path(&method)));
    Error::failed(format!(
        "{} is a service, not a method",
        service.full_name()
    ))
    .hinted(format!("its methods are {methods}"))
}

fn ambiguous(text: &str, names: impl ExactSizeIterator<Item = String>) -> Error {
    Error::failed(format!("{text:?} may be {}", listed(names))).hinted("use the full name")
}

fn suggest<'a>(error: Error, word: &str, names: impl Iterator<Item = &'a str>) -> Error {
    match nearest(word, names) {
        Some(name) => error.hinted(format!("did you mean {name}?")),
        None => error,
    }
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;
