//! What the word at the end of a line may become.

use prost_reflect::{Kind, ServiceDescriptor};

use super::{Helper, Known, Requests};
use crate::completion;
use crate::error::{code_name, codes};
use crate::shell::bare::EDIT;
use crate::shell::copy::quote;
use crate::shell::words::Word;

impl Helper {
    pub(super) fn candidates(
        &self,
        words: &[Word],
        text: &str,
        known: &Known,
    ) -> Vec<completion::Candidate> {
        match &known.stream {
            Some(Requests::Of(message)) => {
                let mut list = completion::request(message, text);
                list.extend(seen(known, text));
                return list;
            }
            Some(Requests::Names) => {
                let names = known.values.get("name").into_iter().flatten();
                let names = names.filter(|name| name.starts_with(text));
                return names.map(completion::Candidate::open).collect();
            }
            None => {}
        }
        let mut list = Vec::new();
        let pool = known.pool().cloned();
        if Self::starts_command(words) {
            list.extend(completion::offer(
                &self.root,
                pool.clone(),
                Vec::new(),
                text,
            ));
            let mut methods = self.methods(known, text);
            methods.sort_by_key(|method| {
                std::cmp::Reverse(known.calls.get(&method.text).copied().unwrap_or(0))
            });
            list.extend(methods);
            return list;
        }
        let mut before = self.command_line(words, known);
        match before.first().map(String::as_str) {
            Some("set") if before.len() == 1 => {
                let names = crate::config::KEYS.iter().map(|(_, name, _)| *name);
                let names = names.filter(|name| name.starts_with(text));
                return names.map(completion::Candidate::new).collect();
            }
            Some("set") if before.len() == 2 => {
                // The value of a setting is that of its flag.
                let flag = before.pop().map(|name| format!("--{name}"));
                before = ["call".to_owned()].into_iter().chain(flag).collect();
            }
            Some("use") if before.len() == 1 => {
                before = vec!["list".to_owned()];
            }
            Some("diff") if before.len() == 1 => return self.methods(known, text),
            Some("expect") if before.len() == 1 => {
                let names = codes().map(code_name);
                let names = names.filter(|name| name.starts_with(&text.to_uppercase()));
                return names.map(completion::Candidate::new).collect();
            }
            Some("help") if before.len() == 1 => before.clear(),
            _ => {}
        }
        let is_call = before.first().is_some_and(|command| command == "call");
        list.extend(completion::offer(&self.root, pool, before, text));
        if is_call && text.starts_with('-') && EDIT.starts_with(text) {
            let help = "Write the request in $VISUAL or $EDITOR".to_owned();
            list.push(completion::Candidate::new(EDIT).described(Some(help)));
        }
        list.extend(seen(known, text));
        list
    }

    /// Methods by their short names, then as the command line offers them.
    fn methods(&self, known: &Known, text: &str) -> Vec<completion::Candidate> {
        let Some(pool) = known.pool() else {
            return Vec::new();
        };
        let named = |service: ServiceDescriptor| {
            let methods = service.methods().filter(|it| it.name().starts_with(text));
            methods.collect::<Vec<_>>()
        };
        let in_use = known.service.as_ref();
        let in_use = in_use.and_then(|service| pool.get_service_by_name(service));
        let methods = in_use.into_iter().chain(pool.services()).flat_map(named);
        let short = methods.map(|method| {
            let found = known.method(method.name());
            let is_meant = matches!(found, Some(Ok(found)) if found == method);
            completion::Candidate::new(if is_meant {
                method.name().to_owned()
            } else {
                // Another one has that name.
                format!("{}/{}", method.parent_service().full_name(), method.name())
            })
        });
        let before = vec!["call".to_owned()];
        let all = completion::offer(&self.root, Some(pool.clone()), before, text);
        // Those that are ambiguous are in the list already.
        let all = all.into_iter().filter(|method| {
            method.text.contains(['/', '.']) || matches!(known.method(&method.text), Some(Ok(_)))
        });
        short.chain(all).collect()
    }

    /// The variables that go on with what is typed, which is behind a dollar sign, and their fields.
    pub(super) fn variables(known: &Known, path: &str) -> Vec<completion::Candidate> {
        let (head, last) = match path.rfind('.') {
            Some(dot) => path.split_at(dot + 1),
            None => ("", path),
        };
        if head.is_empty() {
            let variables = known.variables.iter();
            let named = variables.filter(|(name, _)| name.starts_with(last));
            return named
                .map(|(name, variable)| {
                    let help = Some(variable.message.full_name().to_owned());
                    completion::Candidate::open(format!("${name}")).described(help)
                })
                .collect();
        }
        let mut steps = head.trim_end_matches('.').split('.');
        let root = steps.next().unwrap_or_default();
        let root = known.variables.get(root).map(|it| it.message.clone());
        let message = steps.try_fold(root, |message, step| {
            let name = step.split('[').next().unwrap_or(step);
            let field = message?.fields().find(|field| field.json_name() == name);
            match field
                .filter(|field| !field.is_map())
                .map(|field| field.kind())
            {
                Some(Kind::Message(message)) => Some(Some(message)),
                _ => None,
            }
        });
        let fields = message
            .flatten()
            .map(|message| message.fields().collect::<Vec<_>>());
        let fields = fields.into_iter().flatten();
        fields
            .filter(|field| field.json_name().starts_with(last))
            .map(|field| {
                let text = format!("${head}{}", field.json_name());
                completion::Candidate::open(text).described(Some(completion::type_of(&field)))
            })
            .collect()
    }
}

/// The values that replies had for the field that is being assigned.
fn seen(known: &Known, text: &str) -> Vec<completion::Candidate> {
    let Some((field, typed)) = text.split_once('=') else {
        return Vec::new();
    };
    let path = field.trim_end_matches(':');
    let name = path.rsplit('.').next().unwrap_or(path);
    let values = known.values.get(name).into_iter().flatten();
    values
        .filter(|value| value.starts_with(typed))
        .map(|value| completion::Candidate::new(format!("{field}={}", quoted(value))))
        .collect()
}

/// A value as a line has it.
fn quoted(value: &str) -> String {
    if value.contains([' ', '\'', '"', '$', '|', '>', ';', '#', '{', '\\']) {
        quote(value)
    } else {
        value.to_owned()
    }
}
