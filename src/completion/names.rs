//! Names of methods, services and symbols as candidates.

use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};

use super::candidate::Candidate;
use crate::schema::descriptor::symbol::{self, Symbol, service_names};

/// Methods by path; if none starts so, by service and method without the package; or else by short name.
pub fn methods(pool: &DescriptorPool, typed: &str) -> Vec<Candidate> {
    let path = |method: &MethodDescriptor| {
        format!("{}/{}", method.parent_service().full_name(), method.name())
    };
    let in_service =
        |method: &MethodDescriptor| format!("{}/{}", method.parent_service().name(), method.name());
    let dotted = |method: &MethodDescriptor| method.full_name().to_owned();
    let alone = |method: &MethodDescriptor| method.name().to_owned();
    let spellings: [&dyn Fn(&MethodDescriptor) -> String; 4] =
        [&path, &in_service, &dotted, &alone];
    let methods: Vec<MethodDescriptor> = all_methods(pool).collect();
    for spelling in spellings {
        let names = methods.iter().map(spelling);
        let found: Vec<String> = names.filter(|name| name.starts_with(typed)).collect();
        if !found.is_empty() {
            return sorted(found);
        }
    }
    Vec::new()
}

/// Services by full name; if none starts so, by short name.
pub fn services(pool: &DescriptorPool, typed: &str) -> Vec<Candidate> {
    by_name(service_names(pool), typed)
}

/// Symbols by full name; if none starts so, by short name. With a slash, methods as a call accepts them. Members of messages
/// and enums come after the dot: there are too many to be offered beside their types.
pub fn symbols(pool: &DescriptorPool, typed: &str) -> Vec<Candidate> {
    if typed.contains('/') {
        return methods(pool, typed);
    }
    let offered = symbol::symbols(pool).filter_map(|symbol| {
        let name = match &symbol {
            // In its enum, though protobuf puts it beside it.
            Symbol::EnumValue(value) => {
                format!("{}.{}", value.parent_enum().full_name(), value.name())
            }
            Symbol::Field(_) | Symbol::Oneof(_) => symbol.full_name().to_owned(),
            _ => return Some(symbol.full_name().to_owned()),
        };
        let parent = name.rsplit('.').nth(1)?;
        typed.contains(&format!("{parent}.")).then_some(name)
    });
    by_name(offered.collect(), typed)
}

/// The names that start with what is typed, or else their last parts that do.
fn by_name(names: Vec<String>, typed: &str) -> Vec<Candidate> {
    if names.iter().any(|name| name.starts_with(typed)) {
        return sorted(names);
    }
    let short = names.iter().filter_map(|name| {
        let mut parts = name
            .match_indices('.')
            .filter_map(|(dot, _)| name.get(dot + 1..));
        parts.find(|part| part.starts_with(typed))
    });
    sorted(short.map(str::to_owned).collect())
}

/// The method of that name, in any spelling that a call accepts.
pub fn find_method(pool: &DescriptorPool, name: &str) -> Option<MethodDescriptor> {
    let name = name.strip_prefix('/').unwrap_or(name).replace('/', ".");
    let is_meant = |method: &MethodDescriptor| {
        let rest = method.full_name().strip_suffix(name.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    all_methods(pool).find(is_meant)
}

fn all_methods(pool: &DescriptorPool) -> impl Iterator<Item = MethodDescriptor> {
    pool.services()
        .flat_map(|service: ServiceDescriptor| service.methods().collect::<Vec<_>>())
}

fn sorted(mut names: Vec<String>) -> Vec<Candidate> {
    names.sort();
    names.dedup();
    names.into_iter().map(Candidate::new).collect()
}
