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

pub fn services(pool: &DescriptorPool) -> Vec<Candidate> {
    sorted(service_names(pool))
}

pub fn symbols(pool: &DescriptorPool) -> Vec<Candidate> {
    let offered = symbol::symbols(pool).filter(|symbol| {
        matches!(
            symbol,
            Symbol::Service(_) | Symbol::Method(_) | Symbol::Message(_) | Symbol::Enum(_)
        )
    });
    sorted(offered.map(|it| it.full_name().to_owned()).collect())
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
