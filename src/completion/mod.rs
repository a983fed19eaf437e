//! What a TAB offers: methods, symbols, services and fields of the server that the command line names. The schema is
//! kept in the user's cache folder for this and nothing else, since a shell asks at every TAB; and no TAB waits for a
//! server longer than [`PATIENCE`].

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{ArgMatches, Args as _, CommandFactory as _, FromArgMatches as _};
use clap_complete::env::CompleteEnv;
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use prost_reflect::DescriptorPool;

use crate::cli::{Cli, ConnectionArgs, SchemaArgs};
use crate::error::{Error, Result};
use crate::output::{Console, Verbosity};
use crate::protobuf::layout::Layouts;
use crate::schema;
use crate::schema::source::{Connecting, SchemaSettings};
use crate::session::schema as source;
use crate::session::target::Target;

/// How long a TAB may wait for a server.
const PATIENCE: Duration = Duration::from_millis(400);

/// How long a server's schema is taken for unchanged.
const FRESH: Duration = Duration::from_secs(60);

/// Headers that are worth offering; a value is for the user to write.
const HEADERS: [&str; 4] = [
    "authorization: ",
    "x-api-key: ",
    "x-request-id: ",
    "traceparent: ",
];

/// Answers a shell that asks for completions, and then exits; returns at once when none does.
pub fn complete() {
    // Asked first here, because the engine looks at more than this before it knows.
    if std::env::var_os("COMPLETE").is_some() {
        CompleteEnv::with_factory(command).complete();
    }
}

/// The command line with what its values can be.
pub fn command() -> clap::Command {
    let offers =
        |candidates: fn(&OsStr) -> Vec<CompletionCandidate>| ArgValueCompleter::new(candidates);
    let mut command = Cli::command()
        .mut_subcommand("call", |call| {
            call.mut_arg("method", |arg| arg.add(offers(methods)))
                .mut_arg("fields", |arg| arg.add(offers(fields)))
        })
        .mut_subcommand("list", |list| {
            list.mut_arg("service", |arg| arg.add(offers(services)))
        })
        .mut_subcommand("health", |health| {
            health.mut_arg("service", |arg| arg.add(offers(services)))
        })
        .mut_subcommand("describe", |describe| {
            describe.mut_arg("symbol", |arg| arg.add(offers(symbols)))
        });
    for name in [
        "get-person",
        "get-people",
        "list",
        "describe",
        "call",
        "health",
    ] {
        command = command.mut_subcommand(name, |client| {
            client.mut_arg("header", |arg| arg.add(offers(headers)))
        });
    }
    command
}

fn headers(current: &OsStr) -> Vec<CompletionCandidate> {
    starting_with(current, HEADERS.into_iter().map(str::to_owned))
}

/// Methods by their paths; by their short names when that is what is being typed.
fn methods(current: &OsStr) -> Vec<CompletionCandidate> {
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

fn services(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(pool) = pool() else {
        return Vec::new();
    };
    let names: Vec<String> = pool
        .services()
        .map(|service| service.full_name().to_owned())
        .collect();
    starting_with(current, names.into_iter())
}

fn symbols(current: &OsStr) -> Vec<CompletionCandidate> {
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

/// The fields of the request of the method that the command line already has.
fn fields(current: &OsStr) -> Vec<CompletionCandidate> {
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

/// What the unfinished command line says so far. A shell hands it over behind `--`.
fn matches() -> Option<ArgMatches> {
    let words: Vec<OsString> = std::env::args_os()
        .skip_while(|word| word != "--")
        .skip(1)
        .collect();
    let matches = Cli::command()
        .ignore_errors(true)
        .try_get_matches_from(words)
        .ok()?;
    matches.subcommand().map(|(_, matches)| matches.clone())
}

/// The schema of the server that the command line names, or of the files that it gives.
fn pool() -> Option<DescriptorPool> {
    let matches = matches()?;
    // `health` has no schema arguments, and takes services from reflection all the same.
    let of =
        |name| SchemaArgs::augment_args(ConnectionArgs::augment_args(clap::Command::new(name)));
    let defaults = of("complete").try_get_matches_from(["complete"]).ok()?;
    let connection = ConnectionArgs::from_arg_matches(&matches).ok()?;
    let schema = SchemaArgs::from_arg_matches(&matches)
        .or_else(|_| SchemaArgs::from_arg_matches(&defaults))
        .ok()?;
    if connection.in_process {
        return schema::bundled_pool().ok();
    }
    let options = SchemaSettings {
        protosets: schema.protoset.clone(),
        protos: schema.proto.clone(),
        import_paths: schema.import_path.clone(),
        ..SchemaSettings::default()
    };
    if !options.asks_server() {
        let nobody: Connecting = Box::pin(async { Err(Error::failed("there is no connection")) });
        let mut source = schema::source::open(options, nobody).ok()?;
        return crate::session::block_on(async { source.all().await })
            .ok()
            .map(|schema| schema.pool);
    }
    let cached = Cached::of(&connection.addr)?;
    if cached.is_fresh() {
        return cached.read();
    }
    match crate::session::block_on(asked(&connection, &schema)) {
        Ok(set) => {
            cached.write(&set);
            DescriptorPool::decode(set.as_slice()).ok()
        }
        // An old schema is better than none.
        Err(_) => cached.read(),
    }
}

/// A server's schema, if it answers in time.
async fn asked(connection: &ConnectionArgs, schema: &SchemaArgs) -> Result<Vec<u8>> {
    let console = Console::new(Verbosity::Quiet, Some(false));
    let target = Target::new(connection)?;
    let asked = async {
        let session = target.connect(console).await?;
        let mut source = source::with_session(schema, &session)?;
        Ok(source.all().await?.pool.encode_to_vec())
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| Err(Error::failed("the server took too long")))
}

/// A server's schema as it was, in the user's cache folder.
struct Cached(PathBuf);

impl Cached {
    fn of(address: &str) -> Option<Self> {
        // An address has characters that a file's name cannot have.
        let name: String = address
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => {
                    char::from(byte).to_string()
                }
                byte => format!("%{byte:02x}"),
            })
            .collect();
        let folder = dirs::cache_dir()?.join("routeguide").join("completion");
        Some(Self(folder.join(name + ".binpb")))
    }

    fn is_fresh(&self) -> bool {
        let age = std::fs::metadata(&self.0)
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| SystemTime::now().duration_since(modified).ok());
        age.is_some_and(|age| age < FRESH)
    }

    fn read(&self) -> Option<DescriptorPool> {
        DescriptorPool::decode(std::fs::read(&self.0).ok()?.as_slice()).ok()
    }

    /// A cache that cannot be written is no cache, and no error either. Written beside and renamed, because another
    /// shell may be reading.
    fn write(&self, set: &[u8]) {
        let beside = self.0.with_extension(format!("{}.tmp", std::process::id()));
        let written = self
            .0
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&beside, set))
            .and_then(|()| std::fs::rename(&beside, &self.0));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
    }
}
