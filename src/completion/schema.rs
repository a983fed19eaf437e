//! The schema behind completions: from the server or the files on the command line.

use std::time::Duration;

use clap::{Args as _, CommandFactory as _, FromArgMatches as _};
use prost_reflect::DescriptorPool;

use super::cache::Cached;
use super::request::Request;
use crate::cli::{Cli, ConnectionArgs, SchemaArgs};
use crate::config::{Key, Settings};
use crate::error::{Error, Result};
use crate::output::Verbosity;
use crate::schema::{bundled_pool, source};
use crate::session::Context;
use crate::session::schema::{settings, with_source};
use crate::session::target::DEFAULT_ADDR;

/// How long a completion may wait for a server.
const PATIENCE: Duration = Duration::from_millis(400);

/// The schema of the server or the files on the command line.
pub fn pool(request: &Request) -> Option<DescriptorPool> {
    if let Some(pool) = &request.pool {
        return Some(pool.clone());
    }
    let words = request.before.iter().chain(&request.after);
    let matches = Cli::command()
        .ignore_errors(true)
        .try_get_matches_from(std::iter::once(&String::new()).chain(words))
        .ok()?;
    let (_, matches) = matches.subcommand()?;
    // `health` has no schema arguments, but its services come from reflection too.
    let of =
        |name| SchemaArgs::augment_args(ConnectionArgs::augment_args(clap::Command::new(name)));
    let defaults = of("complete").try_get_matches_from(["complete"]).ok()?;
    let connection = ConnectionArgs::from_arg_matches(matches).ok()?;
    // clap panics at the name of an argument that the command does not have.
    let has_schema = matches.try_contains_id("proto").is_ok();
    let schema = if has_schema { matches } else { &defaults };
    let schema = SchemaArgs::from_arg_matches(schema).ok()?;
    if connection.in_process {
        return bundled_pool().ok();
    }
    let env = Settings::load(connection.profile.as_deref())
        .unwrap_or_default()
        .without_commands();
    let settings = settings(&schema, &env).ok()?;
    if !settings.asks_server() {
        let all = async { source::open(&settings, None).await?.all().await };
        return block_on(all).ok().map(|schema| schema.pool);
    }
    let base_path = connection.protocol.base_path.clone();
    if base_path
        .or_else(|| env.text(Key::BasePath).ok()?)
        .is_some()
    {
        // The cache knows a server by its address alone.
        let set = block_on(ask(&connection, &schema, env)).ok()?;
        return DescriptorPool::decode(set.as_slice()).ok();
    }
    let addr = connection
        .addr
        .clone()
        .or_else(|| env.text(Key::Addr).ok()?);
    let cached = Cached::of(addr.as_deref().unwrap_or(DEFAULT_ADDR))?;
    if cached.is_fresh() {
        return cached.read();
    }
    match block_on(ask(&connection, &schema, env)) {
        Ok(set) => {
            cached.write(&set);
            DescriptorPool::decode(set.as_slice()).ok()
        }
        // A stale schema is better than none.
        Err(_) => cached.read(),
    }
}

/// The schema of a server, if it answers in time.
async fn ask(connection: &ConnectionArgs, schema: &SchemaArgs, env: Settings) -> Result<Vec<u8>> {
    let mut context = Context::new(env);
    let console = context.console(Verbosity::Quiet, Some(false));
    let asked = with_source(schema, connection, &console, &mut context, async |source| {
        Ok(source.all().await?.pool.encode_to_vec())
    });
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| Err(Error::failed("the server took too long")))
}

/// Runs a future: completions are answered before there is a runtime.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the runtime").caused_by(error))?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}
