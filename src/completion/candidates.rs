//! The candidates for each kind of argument, in the order in which they are offered.

use std::ffi::OsStr;

use clap_complete::CompletionCandidate;

use super::schema::{matches, pool};
use crate::protobuf::layout::Layouts;

/// Common headers. The user adds the value.
const HEADERS: [&str; 4] = [
    "authorization: ",
    "x-api-key: ",
    "x-request-id: ",
    "traceparent: ",
];

pub fn headers(current: &OsStr) -> Vec<CompletionCandidate> {
    starting_with(current, HEADERS.into_iter().map(str::to_owned))
}

/// Methods by path, or by short name if no path matches.
pub fn methods(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(pool) = pool() else {
        return Vec::new();
    };
    let services: Vec<_> = pool.services().collect();
    let all = || {
        services
            .iter()
            .flat_map(prost_reflect::ServiceDescriptor::methods)
    };
    let path = |method: &prost_reflect::MethodDescriptor| {
        format!("{}/{}", method.parent_service().full_name(), method.name())
    };
    let paths = starting_with(current, all().map(|method| path(&method)));
    if !paths.is_empty() {
        return paths;
    }
    starting_with(current, all().map(|method| method.name().to_owned()))
}

pub fn services(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(pool) = pool() else {
        return Vec::new();
    };
    let names: Vec<String> = pool
        .services()
        .map(|service| service.full_name().to_owned())
        .collect();
    starting_with(current, names.into_iter())
}

pub fn symbols(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(pool) = pool() else {
        return Vec::new();
    };
    let mut names: Vec<String> = Vec::new();
    for service in pool.services() {
        names.push(service.full_name().to_owned());
        names.extend(
            service
                .methods()
                .map(|method| method.full_name().to_owned()),
        );
    }
    names.extend(
        pool.all_messages()
            .filter(|message| !message.is_map_entry())
            .map(|message| message.full_name().to_owned()),
    );
    names.extend(pool.all_enums().map(|it| it.full_name().to_owned()));
    starting_with(current, names.into_iter())
}

/// The request fields of the method on the command line.
pub fn fields(current: &OsStr) -> Vec<CompletionCandidate> {
    let wanted = matches().and_then(|matches| matches.get_one::<String>("method").cloned());
    let (Some(wanted), Some(pool)) = (wanted, pool()) else {
        return Vec::new();
    };
    let wanted = wanted.replace('/', ".");
    let method = pool
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .find(|method| method.full_name() == wanted || method.name() == wanted);
    let Some(method) = method else {
        return Vec::new();
    };
    let mut layouts = Layouts::new(pool);
    let id = layouts.compile(&method.input());
    let layout = layouts.get(id);
    let names = layout
        .iter()
        .flat_map(|layout| layout.fields.iter())
        .map(|field| format!("{}=", field.name));
    starting_with(current, names)
}

fn starting_with(current: &OsStr, names: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let mut names: Vec<String> = names
        .filter(|name| name.starts_with(current.as_ref()))
        .collect();
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}
