//! `people export`: everyone as lines of JSON.

use crate::cli::PeopleExportArgs;
use crate::error::{Error, Result};
use crate::output::{Progress, count};
use crate::protobuf::Layouts;
use crate::protobuf::json::{self, WriteOptions};
use crate::server::StoreError;
use crate::session::drive::Driver;
use crate::session::{Context, output};

pub async fn run(args: &PeopleExportArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    let (_, store) = super::open(&args.from)?;
    let mut layouts = Layouts::new(crate::schema::bundled_pool()?);
    let person = layouts.find("Person");
    let person = person.ok_or_else(|| Error::failed("the bundled schema has no Person"))?;
    let mut chunks = super::ask(store.export(), context).await?;
    let driver = Driver {
        console: console.clone(),
        interrupt: context.interrupt.clone(),
        show_progress: output::can_show_progress(&args.console, context)
            && !context.terminal.stdout_is_terminal,
    };
    let mut progress = Progress::new(&console, driver.show_progress);
    let mut written = 0;
    driver
        .with_stdout(&mut context.stdout, async |stdout| {
            loop {
                let chunk = tokio::select! {
                    biased;
                    () = driver.interrupt.wait() => return Err(Error::interrupted()),
                    error = stdout.closed() => return Err(error),
                    chunk = chunks.recv() => chunk,
                    () = progress.due() => {
                        progress.show_rate(&count(written, "person", "people"), written);
                        continue;
                    }
                };
                let Some(chunk) = chunk else {
                    return Ok(());
                };
                for bytes in chunk.map_err(StoreError::into_error)? {
                    let out = stdout.buffer();
                    json::write(&mut layouts, person, &bytes, WriteOptions::default(), out)
                        .map_err(|error| {
                            Error::failed("a person cannot be printed as JSON")
                                .caused_by(error.to_string())
                        })?;
                    out.push(b'\n');
                    written += 1;
                }
                if stdout.is_full() {
                    driver.interrupt.or(stdout.flush()).await?;
                }
            }
        })
        .await
}
