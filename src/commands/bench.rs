//! `bench`: a method under load.

mod files;
mod load;
mod messages;
mod reports;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use prost_reflect::MethodDescriptor;
use tonic::Code;

use crate::bench::figures::{Figures, MethodKind, Verdict};
use crate::bench::live::Live;
use crate::bench::plan::Plan;
use crate::bench::search::{self, Search};
use crate::bench::template::HeaderTemplate;
use crate::bench::threshold::Threshold;
use crate::bench::{self, Observer, Outcome, Progress, Target as Called};
use crate::cli::{BenchAction, BenchArgs};
use crate::error::{Error, Kind, Result};
use crate::output::{Console, Progress as Line};
use crate::session::find::Find;
use crate::session::misplaced::refuse_address;
use crate::session::request::refuse_both;
use crate::session::target::Target;
use crate::session::{Context, output};
use reports::{Reports, check, thresholds};

pub async fn run(args: &BenchArgs, context: &mut Context) -> Result<()> {
    let console = output::console(args.console(), context);
    match &args.action {
        Some(BenchAction::Report(args)) => return reports::again(args, context).await,
        Some(BenchAction::Compare(args)) => return reports::compare(args, context).await,
        Some(BenchAction::Merge(args)) => {
            return reports::merge_parts(args, &console, context).await;
        }
        None => {}
    }
    let method = args.method.as_deref().unwrap_or_default();
    refuse_address(method, &args.request.fields)?;
    refuse_both(&args.request)?;
    refuse_retry(args)?;
    let conditions = thresholds("--find-max", &args.load.find_max, Threshold::parse)?;
    load::check(args)?;
    let reports = Reports::new(&args.report, context).await?;
    let source = messages::Source::read(args, context).await?;

    let target = Target::new(&args.connection, context).await?;
    let session = target.for_many_calls().connect(context, &console).await?;
    let find = Find {
        args: &args.schema,
        method,
        export: None,
        console: &console,
    };
    let (schema, found) = find.run(&session, context).await?;
    schema.give_back(context);
    let descriptor = found?;
    let start = session.start_of(&session.method(&descriptor)?);
    let headers = messages::headers(session.written_headers(), source.rows())?;
    let given = source.compile(args, &descriptor, &session, context).await?;
    let has_rows = given.has_rows
        || headers
            .iter()
            .any(|(_, values)| values.iter().any(HeaderTemplate::has_rows));
    if args.csv.is_some() && !has_rows {
        return Err(Error::usage("no placeholder takes its values from --csv")
            .hinted("write {{csv COLUMN}} into the request or a header"));
    }
    let plan = load::plan(args, kind(&descriptor), given.count, &session)?;
    reports.check(&plan)?;
    check("--find-max", &conditions, &plan)?;
    session.show_request(&session.method(&descriptor)?, &console);

    let service = descriptor.parent_service();
    let called = Called {
        endpoint: session.endpoint().clone(),
        connect_timeout: session.patience(),
        messages: Arc::new(given.messages.packed(&start)),
        start,
        headers,
        server: session.endpoint().to_string(),
        method: format!("{}/{}", service.full_name(), descriptor.name()),
    };
    let run = Run {
        called: &called,
        reports: &reports,
        console: &console,
        is_quiet: args.console.quiet,
        aborts: args.load.abort_on_fail,
    };
    if plan.start_at.is_some_and(|at| at < SystemTime::now()) {
        console.notice("--start-at is in the past; the load begins now");
    }
    if !conditions.is_empty() {
        return run.find_max(args, plan, &conditions, context).await;
    }
    let Outcome { mut figures, lost } = run.measure(&plan, context).await?;
    reports.judge(&mut figures);
    let verdict = match lost {
        _ if context.interrupt.is_struck() => Err(Error::interrupted()),
        Some(error) => Err(error),
        None => verdict(&figures),
    };
    reports.write(&figures, verdict, context).await
}

/// A setting of other commands is none of `bench`.
fn refuse_retry(args: &BenchArgs) -> Result<()> {
    if args.connection.retry.unwrap_or_default() == 0 {
        return Ok(());
    }
    Err(Error::usage("--retry cannot be used with bench").hinted(
        "a call that fails is a figure; one that the server has not seen is sent again anyway",
    ))
}

/// What runs share.
struct Run<'a> {
    called: &'a Called,
    reports: &'a Reports,
    console: &'a Console,
    is_quiet: bool,
    aborts: bool,
}

impl Run<'_> {
    /// Makes the load, and shows how it goes.
    async fn measure(&self, plan: &Plan, context: &Context) -> Result<Outcome> {
        let is_terminal = context.terminal.stderr_is_terminal;
        let mut view = View {
            live: Live::default(),
            line: (is_terminal && !self.is_quiet).then(|| Line::new(self.console, true)),
            console: self.console,
            reports: self.reports,
            aborts: self.aborts,
            judged: None,
        };
        let interrupt = context.interrupt.clone();
        let interrupted = async move { interrupt.wait().await };
        bench::run(plan, self.called, &mut view, interrupted).await
    }

    /// Looks for the highest rate that meets the conditions.
    async fn find_max(
        &self,
        args: &BenchArgs,
        plan: Plan,
        conditions: &[Threshold],
        context: &mut Context,
    ) -> Result<()> {
        let mut search = Search::from(args.load.rate.unwrap_or(search::FIRST));
        while let Some(rate) = search.next() {
            let plan = load::step(args, &plan, rate);
            let mut figures = match self.measure(&plan, context).await {
                Ok(outcome) => outcome.figures,
                // The server may not have survived the last rate.
                Err(error) => {
                    return self
                        .reports
                        .write_search(&search, Err(error), context)
                        .await;
                }
            };
            if context.interrupt.is_struck() {
                break;
            }
            figures.thresholds = conditions.iter().map(|it| it.judge(&figures)).collect();
            let step = search::Step { rate, figures };
            self.console.notice(&step.line());
            search.steps.push(step);
        }
        let verdict = if context.interrupt.is_struck() {
            Err(Error::interrupted())
        } else {
            found(&search)
        };
        self.reports.write_search(&search, verdict, context).await
    }
}

/// What a run shows of itself.
struct View<'a> {
    live: Live,
    line: Option<Line>,
    console: &'a Console,
    reports: &'a Reports,
    aborts: bool,
    /// The second after which it was last looked whether the run may go on.
    judged: Option<u64>,
}

impl Observer for View<'_> {
    fn progress(&mut self, progress: &Progress<'_>, so_far: &dyn Fn() -> Figures) -> bool {
        self.live.look(progress);
        if let Some(line) = &self.line {
            line.show(&self.live.line(progress));
        } else if self.live.is_due(progress) {
            self.console.notice(&self.live.line(progress));
        }
        let counted = progress.elapsed.unwrap_or_default().checked_sub(BEHIND);
        let second = counted.map(|elapsed| elapsed.as_secs());
        if !self.aborts || second == self.judged {
            return true;
        }
        self.judged = second;
        !self.reports.are_broken_for_good(&so_far())
    }
}

fn kind(method: &MethodDescriptor) -> MethodKind {
    match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => MethodKind::Unary,
        (false, true) => MethodKind::ServerStreaming,
        (true, false) => MethodKind::ClientStreaming,
        (true, true) => MethodKind::BidiStreaming,
    }
}

/// What follows from a run.
fn verdict(figures: &Figures) -> Result<()> {
    broken(&figures.thresholds).and_then(|()| succeeded(figures))
}

/// What follows from a search. If no call has succeeded, the conditions are not the reason.
fn found(search: &Search) -> Result<()> {
    if search.best().is_some() {
        return Ok(());
    }
    let has_success = search.steps.iter().any(|step| step.figures.has_success());
    if let Some(last) = search.steps.last().filter(|_| !has_success) {
        succeeded(&last.figures)?;
    }
    Err(Error::new(Kind::Unmet, "no rate meets the conditions"))
}

/// Thresholds that do not hold are an error.
fn broken(verdicts: &[Verdict]) -> Result<()> {
    let broken = verdicts.iter().filter(|verdict| !verdict.holds);
    let broken: Vec<String> = broken
        .map(|verdict| format!("{} ({})", verdict.threshold, verdict.shown()))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    let broken = broken.join(", ");
    Err(Error::new(Kind::Unmet, format!("does not hold: {broken}")))
}

/// Calls that fail are figures, unless all do.
fn succeeded(figures: &Figures) -> Result<()> {
    if figures.has_success() {
        return Ok(());
    }
    if figures.calls.ended() == 0 {
        return Err(Error::failed("no call has ended"));
    }
    let commonest = figures.codes.iter().max_by_key(|(_, count)| **count);
    let code = commonest.and_then(|(name, _)| {
        (0..=16)
            .map(Code::from_i32)
            .find(|code| crate::error::code_name(*code) == name)
    });
    let error = figures.errors.first().map_or("", |first| &first.error);
    Err(Error::status(
        code.unwrap_or(Code::Unknown),
        format!("no call succeeded; most often: {error}"),
    ))
}

/// What is counted in a second is known so long after it.
const BEHIND: Duration = Duration::from_millis(100);

/// How long a rate is tried by default, and how long a run lasts.
const DURATION: Duration = Duration::from_secs(10);
