//! What a user types → a descriptor: full names in every common spelling, and short names that are not ambiguous.

use std::collections::BTreeMap;

use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::build::schema::Schema;
use super::descriptor::symbol::{Symbol, find_method, lookup, service_names, symbols};
use super::source::descriptor_source::DescriptorSource;
use crate::error::{Error, Result};

/// How many names an error lists at most.
const LISTED: usize = 10;

/// Finds the method that `text` means: `Method`, `Service/Method`, `Service.Method`, `pkg.Service/Method` or
/// `pkg.Service.Method`, with or without a leading slash.
///
/// # Errors
/// When no method or more than one matches, or the source fails.
pub async fn resolve_method(
    source: &mut dyn DescriptorSource,
    text: &str,
) -> Result<(MethodDescriptor, Schema)> {
    let name = text.strip_prefix('/').unwrap_or(text);
    let split = name.rsplit_once('/').or_else(|| name.rsplit_once('.'));
    let Some((service_name, method_name)) = split else {
        return bare_method(source, name).await;
    };
    if let Some((service, schema)) = find_service(source, service_name).await? {
        let found = find_method(&service, method_name);
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

/// Finds the symbol that `text` means, by its full or its short name.
///
/// # Errors
/// When no symbol or more than one matches, or the source fails.
pub async fn resolve_symbol(
    source: &mut dyn DescriptorSource,
    text: &str,
) -> Result<(Symbol, Schema)> {
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
    // A field with the name of a type does not make that name ambiguous.
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

/// The name that is most similar to `word`, if any is similar enough, in full or in its last part.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this, similar names are a coincidence.
    const THRESHOLD: f64 = 0.85;
    let word = word.to_lowercase();
    let similarity = |name: &str| {
        let name = name.to_lowercase();
        let last = name.rsplit(['.', '/']).next().unwrap_or_default();
        let last_word = word.rsplit(['.', '/']).next().unwrap_or_default();
        strsim::jaro_winkler(&word, &name)
            .max(strsim::jaro_winkler(&word, last))
            // The package may be wrong, or the service of a method.
            .max(strsim::jaro_winkler(last_word, last) - 0.01)
    };
    names
        .into_iter()
        .map(|name| (similarity(name), name))
        .filter(|(similarity, _)| *similarity >= THRESHOLD)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

/// Finds a service by its full or its short name.
async fn find_service(
    source: &mut dyn DescriptorSource,
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
        Err(error) => match source.fallback() {
            Some(schema) => service_names(&schema.pool),
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
            "the service {full_name} is listed {}, but its descriptor is missing",
            source.place()
        )));
    };
    let service = schema.pool.get_service_by_name(&full_name);
    Ok(service.map(|service| (service, schema)))
}

async fn bare_method(
    source: &mut dyn DescriptorSource,
    name: &str,
) -> Result<(MethodDescriptor, Schema)> {
    let named = |schema: &Schema| -> Vec<MethodDescriptor> {
        let services = schema.pool.services();
        services
            .filter_map(|service| find_method(&service, name))
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

/// Everything that the source knows, or its fallback if the source fails and the fallback has what is needed.
async fn everything(
    source: &mut dyn DescriptorSource,
    has: impl Fn(&Schema) -> bool,
) -> Result<Schema> {
    match source.all().await {
        Err(error) => source.fallback().filter(has).ok_or(error),
        all => all,
    }
}

fn path(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

fn is_short_for(text: &str, symbol: &Symbol) -> bool {
    ends_with(symbol.full_name(), text)
        || matches!(symbol, Symbol::EnumValue(value)
            if ends_with(&format!("{}.{}", value.parent_enum().full_name(), value.name()), text))
}

/// Whether `text` is the full name or its last parts.
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
    Error::failed(format!("{text:?} is ambiguous: {}", listed(names))).hinted("use the full name")
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
