//! Addresses among the arguments of a command: other tools take the server there, and here it is -a.

use std::path::Path;

use crate::error::{Error, Result};
use crate::secret::without_password;
use crate::transport::Address;

/// Refuses an address in the place of a symbol or after it, and an empty symbol. `rest` are the arguments after the symbol.
///
/// # Errors
/// When there is one.
pub fn refuse_address(symbol: &str, rest: &[String]) -> Result<()> {
    if symbol.is_empty() {
        return Err(Error::usage("the name is empty").hinted("is a variable not set?"));
    }
    let others = rest.iter().filter(|word| !is_server(word));
    let then: String = others
        .map(|word| without_password(word))
        .flat_map(|word| [" ".to_owned(), word])
        .collect();
    if let Some(address) = address(symbol) {
        return Err(Error::usage(format!(
            "{:?} is {}, not a symbol",
            without_password(symbol),
            with_article(symbol)
        ))
        .hinted(format!("name the server with -a: -a {address}{then}")));
    }
    if let Some((address, symbol_alone)) = split_url(symbol) {
        return Err(Error::usage(format!(
            "{:?} has an address and a symbol in one",
            without_password(symbol)
        ))
        .hinted(format!(
            "name the server with -a: -a {address} {symbol_alone}{then}"
        )));
    }
    match rest.iter().find(|word| is_server(word)) {
        Some(word) => {
            let word = without_password(word);
            Err(Error::usage(format!("unexpected address {word:?}"))
                .hinted(format!("name the server with -a: {symbol} -a {word}{then}")))
        }
        None => Ok(()),
    }
}

/// Refuses more arguments than the one symbol of a command.
///
/// # Errors
/// When there are more, or there is an address.
pub fn only_symbol(symbol: Option<&str>, rest: &[String]) -> Result<()> {
    if let Some(symbol) = symbol {
        refuse_address(symbol, rest)?;
        if let [more] = rest
            && address(more).is_none()
        {
            let more = without_password(more);
            let error = Error::usage(format!("unexpected argument {more:?}"));
            return Err(error.hinted(format!(
                "one symbol at a time; a method of a service is {symbol}/{more}"
            )));
        }
    }
    nothing_more(rest)
}

/// Refuses more arguments than the one name of a person. A name alone may be anything, an address too.
///
/// # Errors
/// When there are more.
pub fn only_name(name: &str, rest: &[String]) -> Result<()> {
    match (rest, address(name)) {
        ([], _) => Ok(()),
        ([person, ..], Some(address)) => {
            let name = without_password(name);
            Err(Error::usage(format!("unexpected {} {name:?}", kind(&name)))
                .hinted(format!("name the server with -a: -a {address} {person}")))
        }
        ([more, ..], None) => Err(match address(more) {
            Some(address) => Error::usage(format!(
                "unexpected {} {:?}",
                kind(more),
                without_password(more)
            ))
            .hinted(format!("name the server with -a: {name} -a {address}")),
            None => Error::usage(format!("unexpected argument {:?}", without_password(more)))
                .hinted(
                    "for several people, use get-people; a name with a space needs quotation marks",
                ),
        }),
    }
}

/// Refuses arguments of `serve`, which has only flags.
///
/// # Errors
/// When there are any.
pub fn only_flags(rest: &[String]) -> Result<()> {
    if let Some((word, address)) = rest.iter().find_map(|word| Some((word, address(word)?))) {
        let shown = without_password(word);
        return Err(Error::usage(format!("unexpected {} {shown:?}", kind(word)))
            .hinted(format!("say where to listen with --listen {address}")));
    }
    if let Some(word) = rest.iter().find(|word| is_database(word)) {
        let word = without_password(word);
        return Err(Error::usage(format!("unexpected argument {word:?}"))
            .hinted("people of a database are served with --people URL"));
    }
    nothing_more(rest)
}

fn nothing_more(rest: &[String]) -> Result<()> {
    let Some(more) = rest.first() else {
        return Ok(());
    };
    let error = Error::usage(format!("unexpected argument {:?}", without_password(more)));
    Err(match address(more) {
        Some(address) => error.hinted(format!("name the server with -a: -a {address}")),
        None => error,
    })
}

/// What to write behind -a, without a password, if the word is an address or the number of a port. No symbol has a colon, no method's path is
/// that of a file, and every field has a `=`.
fn address(word: &str) -> Option<String> {
    if is_port(word) {
        return Some(format!(":{word}"));
    }
    let may_be = word.contains(':') || is_socket(word);
    let is_address = may_be && !word.contains('=') && word.parse::<Address>().is_ok();
    is_address.then(|| without_password(word))
}

/// Whether a word looks like the URL of a database.
fn is_database(word: &str) -> bool {
    ["sqlite:", "postgres:", "postgresql:"]
        .iter()
        .any(|scheme| word.starts_with(scheme))
}

/// Whether a word behind the symbol is an address. A number may be a value, and `id:1` a field in another tool's form.
fn is_server(word: &str) -> bool {
    let is_other_form = word.split_once(':').is_some_and(|(name, _)| {
        !name.is_empty() && name != "localhost" && name.bytes().all(is_part_of_a_name)
    });
    address(word).is_some() && !is_port(word) && (!is_other_form || word.contains('/'))
}

fn is_part_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What the word that is an address is called.
fn kind(word: &str) -> &'static str {
    if is_port(word) { "port" } else { "address" }
}

fn with_article(word: &str) -> &'static str {
    if is_port(word) {
        "a port"
    } else {
        "an address"
    }
}

fn is_port(word: &str) -> bool {
    word.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether a path is that of a socket, by its name or because there is something. `/Service/Method` is not.
fn is_socket(word: &str) -> bool {
    let is_path = word.starts_with(['/', '.']);
    let name = Path::new(word);
    let extension = name.extension().and_then(|extension| extension.to_str());
    is_path && (matches!(extension, Some("sock" | "socket")) || (name.exists() && !name.is_dir()))
}

/// The two parts of `http://host:port/Service/Method`, with or without the scheme.
fn split_url(word: &str) -> Option<(String, &str)> {
    let start = word.find("://").map_or(0, |at| at + "://".len());
    let end = start + word.get(start..)?.find('/')?;
    let (server, path) = word.split_at_checked(end)?;
    let symbol = path.strip_prefix('/').filter(|path| !path.is_empty())?;
    Some((address(server)?, symbol))
}
