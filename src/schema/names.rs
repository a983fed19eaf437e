//! What a user types → a descriptor: full names in every common spelling, and short names that are not ambiguous.

mod near;

use std::collections::BTreeMap;

use prost_reflect::{MethodDescriptor, ServiceDescriptor};

use super::build::schema::Schema;
use super::descriptor::symbol::{Symbol, find_method, lookup, service_names, symbols};
use super::source::descriptor_source::DescriptorSource;
use crate::error::{Error, Result};

use near::nearest_symbols;
pub use near::{did_you_mean, nearest};

/// How many names an error lists at most.
const LISTED: usize = 10;

/// Finds the method that `text` means: `Method`, `Service/Method`, `Service.Method`, `pkg.Service/Method` or
/// `pkg.Service.Method`, with or without a leading slash. A method alone is looked for in the service in use first, which
/// need not have it.
///
/// # Errors
/// When no method or more than one matches, or the source fails.
pub async fn resolve_method(
    source: &mut dyn DescriptorSource,
    in_use: Option<&str>,
    text: &str,
) -> Result<(MethodDescriptor, Schema)> {
    if let Some(service) = in_use
        && !text.contains(['/', '.'])
        && let Ok(found) = resolve(source, &format!("{service}/{text}")).await
    {
        return Ok(found);
    }
    resolve(source, text).await
}

async fn resolve(
    source: &mut dyn DescriptorSource,
    text: &str,
) -> Result<(MethodDescriptor, Schema)> {
    let name = text.strip_prefix('/').unwrap_or(text);
    // As completion leaves it.
    let name = name.strip_suffix(['/', '.']).unwrap_or(name);
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
    let error = Error::failed(format!(
        "no service named {service_name:?} {}",
        source.place()
    ));
    // The service may be left out behind a package.
    if !name.contains('/') {
        let methods = match source.all().await {
            Ok(schema) => paths(&schema),
            Err(_) => Vec::new(),
        };
        let inside = methods.iter().map(String::as_str).filter(|path| {
            let rest = path.strip_prefix(service_name);
            rest.is_some_and(|rest| rest.starts_with('.'))
        });
        let near = nearest(method_name, inside);
        if !near.is_empty() {
            return Err(ask(error, &near));
        }
    }
    let services = source.services().await.unwrap_or_default();
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
        .trim_end_matches([']', '/', '.'])
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
    let mut names: Vec<(String, bool)> = symbols(&schema.pool)
        .map(|symbol| (symbol.full_name().to_owned(), is_member(&symbol)))
        .collect();
    if let Some(error) = is_a_package(&name, outer_names(&names)) {
        return Err(error);
    }
    let error = Error::failed(format!("no symbol named {text:?} {}", source.place()));
    // If what is in front of the last dot exists, its members are meant.
    let parent = name.rsplit_once('.').map(|(parent, _)| parent);
    let is_inside = |symbol: &str| {
        let outer = symbol.rsplit_once('.').map(|(outer, _)| outer);
        outer
            .zip(parent)
            .is_some_and(|(outer, parent)| ends_with(outer, parent))
    };
    // In full, a value is beside its enum; behind the name of the enum it is meant, too.
    if parent.is_some() {
        let values = symbols(&schema.pool).filter_map(|symbol| value_in_its_enum(&symbol));
        names.extend(values.map(|name| (name, true)));
    }
    let has_parent = names.iter().any(|(name, _)| is_inside(name));
    let names = names
        .iter()
        .filter(|(name, _)| !has_parent || is_inside(name))
        .map(|(name, is_member)| (name.as_str(), *is_member));
    Err(ask(error, &nearest_symbols(&name, names)))
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
    if let Some(symbol) = symbols(&schema.pool).find(|symbol| is_short_for(name, symbol)) {
        return Err(not_a_method(&symbol, &schema));
    }
    let methods = paths(&schema);
    let error = Error::failed(format!("no method named {name:?} {}", source.place()));
    let near = nearest(name, methods.iter().map(String::as_str));
    if !near.is_empty() {
        return Err(ask(error, &near));
    }
    let services = service_names(&schema.pool);
    let near = nearest(name, services.iter().map(String::as_str));
    Err(match did_you_mean(near) {
        Some(question) => error.hinted(format!("{question} a call needs one of its methods")),
        None => error.hinted("routeguide list -l shows all methods"),
    })
}

/// The paths of all methods.
fn paths(schema: &Schema) -> Vec<String> {
    let methods = symbols(&schema.pool).filter_map(|symbol| match symbol {
        Symbol::Method(method) => Some(path(&method)),
        _ => None,
    });
    methods.collect()
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
        || value_in_its_enum(symbol).is_some_and(|name| ends_with(&name, text))
}

/// `pkg.Enum.VALUE`, if the symbol is a value.
fn value_in_its_enum(symbol: &Symbol) -> Option<String> {
    let Symbol::EnumValue(value) = symbol else {
        return None;
    };
    Some(format!(
        "{}.{}",
        value.parent_enum().full_name(),
        value.name()
    ))
}

fn is_member(symbol: &Symbol) -> bool {
    matches!(
        symbol,
        Symbol::Field(_) | Symbol::EnumValue(_) | Symbol::Oneof(_)
    )
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
    if nearest(name, names.iter().map(String::as_str)).is_empty() && !names.is_empty() {
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

/// The error for what is no method, and the methods that have to do with it.
fn not_a_method(symbol: &Symbol, schema: &Schema) -> Error {
    let name = symbol.full_name();
    let error = Error::failed(format!("{name} is {}, not a method", symbol.kind()));
    let uses = symbols(&schema.pool).filter_map(|symbol| match symbol {
        Symbol::Method(method) => {
            let is_used = [method.input(), method.output()]
                .iter()
                .any(|message| message.full_name() == name);
            is_used.then(|| path(&method))
        }
        _ => None,
    });
    let uses: Vec<String> = uses.collect();
    error.hinted(if uses.is_empty() {
        format!("try `routeguide describe {name}`")
    } else {
        format!(
            "methods that take or return it are {}",
            listed(uses.into_iter())
        )
    })
}

/// The names of what is not a member of a type.
fn outer_names(names: &[(String, bool)]) -> impl Iterator<Item = &String> + Clone {
    let outer = names.iter().filter(|(_, is_member)| !is_member);
    outer.map(|(name, _)| name)
}

/// The error for the name of a package, if `name` is one. `names` are those of all symbols.
fn is_a_package<'a>(name: &str, names: impl Iterator<Item = &'a String> + Clone) -> Option<Error> {
    let inside = names.filter(|other| {
        let rest = other.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    });
    // What is declared directly in the package, or in the packages that it contains.
    let depth = inside.clone().map(|it| it.matches('.').count()).min()?;
    let top = inside.filter(|it| it.matches('.').count() == depth);
    Some(
        Error::failed(format!("{name} is a package, not a symbol"))
            .hinted(format!("it contains {}", listed(top.cloned()))),
    )
}

fn ambiguous(text: &str, names: impl ExactSizeIterator<Item = String>) -> Error {
    Error::failed(format!("{text:?} is ambiguous: {}", listed(names))).hinted("use the full name")
}

fn suggest<'a>(error: Error, word: &str, names: impl Iterator<Item = &'a str>) -> Error {
    ask(error, &nearest(word, names))
}

fn ask(error: Error, near: &[&str]) -> Error {
    match did_you_mean(near) {
        Some(question) => error.hinted(question),
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
