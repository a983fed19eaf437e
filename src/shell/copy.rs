//! `copy`: the last call as a command line for a POSIX shell.

use std::path::Path;

use prost_reflect::MethodDescriptor;

use super::state::{Shell, no_call};
use crate::cli::{
    CodecArg, Command, ConnectionArgs, Line, Program, ProtocolArg, ProtocolArgs, SchemaArgs, Typed,
};
use crate::config::{KEYS, Key, Origin, Settings, Source};
use crate::error::{Error, Result};
use crate::output::{MessageWriter, Style};
use crate::schema::source::SchemaSettings;
use crate::session::record::CallRecord;
use crate::session::schema;
use crate::session::settings::{choice, or};
use crate::session::target::{Address, DEFAULT_ADDR, address};

/// # Errors
/// When there was no call, or it cannot be written for the program.
pub fn line(shell: &Shell<'_>, program: Program) -> Result<String> {
    let last = shell.last()?;
    let (words, here) = shell.last_call.as_ref().ok_or_else(no_call)?;
    let words = match program {
        Program::Routeguide => ours(words, here.as_deref(), &last, &shell.context.settings)?,
        Program::Grpcurl => grpcurl(words, &last, &shell.context.settings)?,
    };
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    Ok(quoted.join(" ") + "\n")
}

/// A word as a POSIX shell reads it.
pub fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The line itself, its method by its full name, with what was set in the shell in front of its own flags, and its
/// here-document as data.
fn ours(
    words: &[String],
    here: Option<&str>,
    last: &CallRecord,
    settings: &Settings,
) -> Result<Vec<String>> {
    let (command, rest) = words.split_first().ok_or_else(no_call)?;
    let given = read(words)?;
    let mut line = vec!["routeguide".to_owned(), command.clone()];
    if let Some(profile) = settings.profile() {
        line.extend(["--profile".to_owned(), profile.to_owned()]);
    }
    set_in_shell(words, &given, settings, &mut line)?;
    let mut method = match &given {
        Command::Call(args) => Some(args.method.as_str()),
        _ => None,
    };
    let has_data = here.is_some() && method.is_some();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-d" | "--data" if has_data => {
                words.next();
            }
            _ if has_data && (word.starts_with("-d@") || word.starts_with("--data=@")) => {}
            word if method == Some(word) => {
                method = None;
                line.push(path_of(&last.method));
            }
            word => line.push(word.to_owned()),
        }
    }
    match here {
        None => {}
        Some(_) if has_data => line.extend(["-d".to_owned(), data(last)?]),
        Some(here) => {
            let names = here.lines().filter(|name| !name.trim().is_empty());
            line.extend(names.map(str::to_owned));
        }
    }
    Ok(line)
}

fn read(words: &[String]) -> Result<Command> {
    match Typed::read(words, false) {
        Ok(Line::Command(command)) => Ok(command),
        _ => Err(Error::failed("the last call cannot be read again")),
    }
}

fn path_of(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

/// The flags of what was set in the shell, as far as the command has them, and the line has nothing in their place.
fn set_in_shell(
    words: &[String],
    given: &Command,
    settings: &Settings,
    line: &mut Vec<String>,
) -> Result<()> {
    let command = words.first().ok_or_else(no_call)?;
    let flags: Vec<Key> = Typed::given(words)
        .iter()
        .filter_map(|name| Key::named(name))
        .collect();
    let schema = match given {
        Command::Call(args) => Some(schema::settings(&args.schema, settings)?),
        _ => None,
    };
    for (key, name, _) in KEYS {
        let setting = settings.get(*key).filter(|it| it.origin == Origin::Shell);
        let Some(Source::Literal(values)) = setting.map(|setting| &setting.source) else {
            continue;
        };
        let is_replaced = flags
            .iter()
            .any(|flag| flag == key || flag.replaces().contains(key));
        let is_used = match (key, &schema) {
            // Files of the line replace those of the settings, of both kinds.
            (Key::Proto | Key::ImportPath, Some(schema)) => !schema.protos.is_empty(),
            (Key::Protoset, Some(schema)) => !schema.protosets.is_empty(),
            _ => true,
        };
        if is_replaced || !is_used || !Typed::has_flag(command, name) {
            continue;
        }
        let flag = format!("--{name}");
        match values.as_slice() {
            [only] if only == "false" => {}
            [only] if only == "true" => line.push(flag),
            [only] if *key == Key::Verbose && only == "2" => line.push("-vv".to_owned()),
            values => line.extend(values.iter().flat_map(|it| [flag.clone(), it.clone()])),
        }
    }
    let headers = given.connection().map(|it| it.header.as_slice());
    for header in other_headers(settings, headers.unwrap_or_default(), |origin| {
        *origin == Origin::Shell
    })? {
        line.extend(["-H".to_owned(), header]);
    }
    Ok(())
}

/// The headers of the settings, without those that the line has.
fn other_headers(
    settings: &Settings,
    given: &[String],
    is_wanted: impl Fn(&Origin) -> bool,
) -> Result<Vec<String>> {
    let is_given = |name: &str| {
        let mut names = given.iter().filter_map(|header| header.split_once(':'));
        names.any(|(given, _)| given.trim().eq_ignore_ascii_case(name))
    };
    let mut headers = Vec::new();
    for (name, setting) in settings.headers() {
        if is_wanted(&setting.origin) && !is_given(name) {
            let values = settings.header_values(setting)?;
            headers.extend(values.into_iter().map(|value| format!("{name}: {value}")));
        }
    }
    Ok(headers)
}

/// The requests as JSON, one after another on one line.
pub fn data(last: &CallRecord) -> Result<String> {
    if !last.is_whole() {
        return Err(Error::failed(format!(
            "the call had {} requests, more than are kept",
            last.sent
        )));
    }
    let mut out = Vec::new();
    let style = Style::json(false, false, false);
    let mut writer = MessageWriter::new(&last.method.input(), style);
    for request in &last.requests {
        writer.write(request, &mut out)?;
    }
    let text = String::from_utf8_lossy(&out);
    Ok(text.trim_end().replace('\n', " "))
}

fn grpcurl(words: &[String], last: &CallRecord, settings: &Settings) -> Result<Vec<String>> {
    let given = read(words)?;
    let args = given
        .connection()
        .ok_or_else(|| Error::failed("the last call had no server"))?;
    let is_in_process = args.in_process || settings.flag(Key::InProcess)?;
    if is_in_process && args.addr.is_none() {
        return Err(Error::failed(
            "grpcurl cannot call a server in this process",
        ));
    }
    refuse_other_protocols(&args.protocol, settings)?;
    let mut line = vec!["grpcurl".to_owned()];
    let mut flag = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            line.extend([format!("-{name}"), value]);
        }
    };
    let addr = or(args.addr.clone(), || settings.text(Key::Addr))?;
    let address = address(addr.as_deref().unwrap_or(DEFAULT_ADDR))?;
    connection(args, settings, &mut flag)?;
    let has_insecure =
        args.tls.insecure || (args.tls.cacert.is_none() && settings.flag(Key::Insecure)?);
    if !address.has_tls() {
        line.push("-plaintext".to_owned());
    } else if has_insecure {
        line.push("-insecure".to_owned());
    }
    let schema = match &given {
        Command::Call(args) => schema::settings(&args.schema, settings)?,
        // It is our own service.
        _ => schema::settings(&SchemaArgs::default(), settings)?,
    };
    schema_files(&schema, &mut line);
    if line.iter().any(|word| word.contains("${")) {
        line.push("-expand-headers".to_owned());
    }
    line.extend(["-d".to_owned(), data(last)?]);
    match &address {
        Address::Tcp { .. } => line.push(address.authority()),
        Address::Unix(path) => line.extend(["-unix".to_owned(), path.display().to_string()]),
    }
    line.push(path_of(&last.method));
    Ok(line)
}

fn schema_files(schema: &SchemaSettings, line: &mut Vec<String>) {
    let folders = &schema.import_paths;
    for proto in &schema.protos {
        // grpcurl takes files only from its import paths.
        let name = match (proto.parent(), proto.file_name()) {
            (Some(folder), Some(name)) if folders.is_empty() => {
                let folder = folder.display().to_string();
                let folder = if folder.is_empty() {
                    ".".to_owned()
                } else {
                    folder
                };
                line.extend(["-import-path".to_owned(), folder]);
                Path::new(name)
            }
            _ => proto.as_path(),
        };
        line.extend(["-proto".to_owned(), name.display().to_string()]);
    }
    for folder in folders.iter().filter(|_| !schema.protos.is_empty()) {
        line.extend(["-import-path".to_owned(), folder.display().to_string()]);
    }
    for set in &schema.protosets {
        line.extend(["-protoset".to_owned(), set.display().to_string()]);
    }
}

/// # Errors
/// When the call was of another kind than grpcurl's.
fn refuse_other_protocols(args: &ProtocolArgs, settings: &Settings) -> Result<()> {
    let protocol = choice(args.protocol, settings, Key::Protocol)?;
    let codec = choice(args.codec, settings, Key::Codec)?;
    let base_path = or(args.base_path.clone(), || settings.text(Key::BasePath))?;
    let is_grpc = protocol.is_none_or(|it| it == ProtocolArg::Grpc)
        && codec.is_none_or(|it| it == CodecArg::Proto)
        && base_path.is_none_or(|path| path == "/");
    if is_grpc {
        return Ok(());
    }
    Err(Error::failed(
        "grpcurl calls only over gRPC with protobuf, and services that are not below a path",
    ))
}

/// The flags of the connection, by grpcurl's names.
fn connection(
    args: &ConnectionArgs,
    settings: &Settings,
    flag: &mut impl FnMut(&str, Option<String>),
) -> Result<()> {
    let path = |path: Option<std::path::PathBuf>| path.map(|path| path.display().to_string());
    let seconds = |it: Option<std::time::Duration>| it.map(|it| it.as_secs_f64().to_string());
    flag(
        "max-time",
        seconds(or(args.timeout, || settings.duration(Key::Timeout))?),
    );
    flag(
        "cacert",
        path(or(args.tls.cacert.clone(), || settings.path(Key::Cacert))?),
    );
    flag(
        "cert",
        path(or(args.tls.cert.clone(), || settings.path(Key::Cert))?),
    );
    // A certificate of the line comes without the key of the settings.
    let key = match (&args.tls.key, &args.tls.cert) {
        (None, None) => settings.path(Key::Key)?,
        (given, _) => given.clone(),
    };
    flag("key", path(key));
    flag(
        "servername",
        or(args.tls.server_name.clone(), || {
            settings.text(Key::ServerName)
        })?,
    );
    flag(
        "authority",
        or(args.authority.clone(), || settings.text(Key::Authority))?,
    );
    flag(
        "connect-timeout",
        seconds(or(args.connect_timeout, || {
            settings.duration(Key::ConnectTimeout)
        })?),
    );
    let size = or(args.max_message_size, || settings.size(Key::MaxMessageSize))?;
    flag("max-msg-sz", size.map(|size| size.to_string()));
    flag(
        "user-agent",
        or(args.user_agent.clone(), || settings.text(Key::UserAgent))?,
    );
    for header in &args.header {
        flag("H", Some(header.clone()));
    }
    for header in other_headers(settings, &args.header, |_| true)? {
        flag("H", Some(header));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundled_method;
    use crate::session::record::Recorder;

    #[test]
    fn grpcurl_has_only_one_protocol() {
        let last = {
            let recorder = Recorder::on();
            drop(recorder.call(&bundled_method("GetPerson").unwrap()));
            recorder.last().unwrap()
        };
        for flags in [
            ["--protocol", "connect"],
            ["--codec", "json"],
            ["--base-path", "/api"],
        ] {
            let words = ["get-person", "Alice", flags[0], flags[1]].map(str::to_owned);
            let copied = grpcurl(&words, &last, &Settings::default());
            let error = copied.unwrap_err().to_string();
            assert!(error.starts_with("grpcurl calls only over gRPC"), "{error}");
        }
    }

    /// The copies of a line after these settings, for both programs.
    fn copies(set: &[(Key, &str)], line: &str) -> [String; 2] {
        let mut settings = Settings::default();
        for (key, value) in set {
            settings.set(*key, value).unwrap();
        }
        let recorder = Recorder::on();
        drop(recorder.call(&bundled_method("GetPerson").unwrap()));
        let last = recorder.last().unwrap();
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        [
            ours(&words, None, &last, &settings).unwrap().join(" "),
            grpcurl(&words, &last, &settings).unwrap().join(" "),
        ]
    }

    #[test]
    fn flags_of_the_line_about_tls_replace_settings() {
        let addr = (Key::Addr, "https://a:1");
        let line = "call GetPerson --cacert ca.pem --cert c.pem";
        let ours =
            "routeguide call --addr https://a:1 RouteGuide/GetPerson --cacert ca.pem --cert c.pem";
        let grpcurl = "grpcurl -cacert ca.pem -cert c.pem -d  a:1 RouteGuide/GetPerson";
        assert_eq!(copies(&[addr], line), [ours, grpcurl]);
        let replaced = [addr, (Key::Insecure, "true"), (Key::Key, "k.pem")];
        assert_eq!(copies(&replaced, line), [ours, grpcurl]);
    }

    #[test]
    fn words_are_quoted_where_the_shell_would_change_them() {
        for (word, quoted) in [
            ("name=Alice", "name=Alice"),
            ("{\"a\": 1}", "'{\"a\": 1}'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("a[]=b", "'a[]=b'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }
}
