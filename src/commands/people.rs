//! `people`: the people of a database, without a server.

mod export;
mod import;
mod source;

use std::ffi::OsStr;

use serde_json::json;

use crate::cli::{CountFormat, PeopleAction, PeopleArgs, PeopleCountArgs, PeopleMigrateArgs};
use crate::error::Result;
use crate::server::{Answer, Database, Migrated, Store, StoreError, open_store};
use crate::session::{Context, output};

pub async fn run(args: &PeopleArgs, context: &mut Context) -> Result<()> {
    match &args.action {
        PeopleAction::Import(args) => import::run(args, context).await,
        PeopleAction::Export(args) => export::run(args, context).await,
        PeopleAction::Count(args) => count(args, context).await,
        PeopleAction::Migrate(args) => migrate(args, context).await,
    }
}

/// The store of a URL. Nothing is opened yet.
fn open(url: &OsStr) -> Result<(Database, Box<dyn Store>)> {
    let database = Database::parse(url)?;
    let store = open_store(&database).map_err(StoreError::into_error)?;
    Ok((database, store))
}

/// What a store answers, unless Ctrl-C comes first.
async fn ask<T>(answer: Answer<'_, T>, context: &Context) -> Result<T> {
    let answer = async { answer.await.map_err(StoreError::into_error) };
    context.interrupt.or(answer).await
}

async fn count(args: &PeopleCountArgs, context: &mut Context) -> Result<()> {
    let (_, store) = open(&args.from)?;
    let count = ask(store.count(), context).await?;
    let text = match args.output {
        CountFormat::Text => format!("{count}\n"),
        CountFormat::Json => format!("{}\n", json!({ "count": count })),
    };
    context.print(&text).await
}

async fn migrate(args: &PeopleMigrateArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    let (database, store) = open(&args.to)?;
    let migrated = ask(store.migrate(), context).await?;
    console.notice(&match migrated {
        Migrated { from: 0, to } => format!("{database}: created the tables, version {to}"),
        Migrated { from, to } if from == to => {
            format!("{database}: the tables have version {to} already")
        }
        Migrated { from, to } => {
            format!("{database}: upgraded the tables from version {from} to {to}")
        }
    });
    Ok(())
}
