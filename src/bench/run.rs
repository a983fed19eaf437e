//! A run: workers on threads of their own, and what they have counted, put together while they work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use super::distribution::Distribution;
use super::figures::{ERRORS, ErrorCount, Figures, Load, Timeline, VERSION};
use super::history::History;
use super::numbers::real;
use super::plan::Plan;
use super::recorder::{Counted, Live, Recorder};
use super::stages::mean_rate;
use super::window::{Sampler, Window};
use super::work::{Target, Work};
use super::worker::{self, Times};
use crate::error::{Error, Result};

/// Workers begin this long after the last of them is ready, so that all of them begin together.
const LEAD: Duration = Duration::from_millis(5);

/// How often the observer hears of the run.
const TICK: Duration = Duration::from_millis(250);

/// How a run goes.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// Since what is counted began; none during the warm-up.
    pub elapsed: Option<Duration>,
    /// Calls that were sent, that have ended and that have failed, with those of the warm-up.
    pub started: u64,
    pub ended: u64,
    pub failed: u64,
    /// Calls a second that were due at this moment.
    pub asked: Option<f64>,
    /// The last second that is over.
    pub last: Option<&'a Distribution>,
    /// All of them.
    pub all: &'a Distribution,
}

/// A run that is over.
pub struct Outcome {
    pub figures: Figures,
    /// Why it was given up before its end, if it was.
    pub lost: Option<Error>,
}

/// Hears of a run while it goes on.
pub trait Observer {
    /// Returns whether the run may go on.
    fn progress(&mut self, progress: &Progress<'_>, so_far: &dyn Fn() -> Figures) -> bool;
}

/// Makes the load, until its end or until `interrupted` completes. Returns the figures, and whether it was interrupted.
///
/// # Errors
/// When the server cannot be reached at first, or the system refuses threads.
pub async fn run(
    plan: &Plan,
    target: &Target,
    observer: &mut dyn Observer,
    interrupted: impl Future<Output = ()>,
) -> Result<Outcome> {
    let work = Arc::new(Work::new(plan.clone(), target));
    // Ends the workers also when this future is dropped.
    let _stop = work.stop.clone().drop_guard();
    tokio::pin!(interrupted);

    let mut workers = Vec::new();
    for index in 0..plan.threads {
        workers.push(start_worker(&work, index)?);
    }
    let mut begins = Vec::new();
    let mut ends = Vec::new();
    for worker in workers {
        let ready = tokio::select! {
            ready = worker.ready => ready,
            () = &mut interrupted => return Err(Error::interrupted()),
        };
        ready.map_err(|_| Error::failed("a thread of the load has ended"))??;
        begins.push(worker.begin);
        ends.push(worker.end);
    }
    if let Some(at) = plan.start_at {
        let wait = at.duration_since(SystemTime::now()).unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = &mut interrupted => return Err(Error::interrupted()),
        }
    }

    let load = Instant::now() + LEAD;
    let start = load + plan.warmup;
    let times = Times {
        load,
        start,
        end: plan.length().and_then(|length| start.checked_add(length)),
    };
    let started = SystemTime::now() + LEAD + plan.warmup;
    let (to, windows) = unbounded_channel();
    let mut live = Vec::new();
    for begin in begins {
        let counts = Arc::new(Live::default());
        let is_open_loop = plan.stages().is_some();
        // Lanes never rest, so as many calls are under way at the start as are cut off at the end. Of a number of calls, all
        // are made from their start to their end; and in an open loop, what counts is what was due.
        let joins = !is_open_loop && plan.calls.is_none();
        let recorder = Recorder::new(
            start,
            times.end,
            is_open_loop,
            joins,
            to.clone(),
            Arc::clone(&counts),
        );
        live.push(counts);
        let _ = begin.send((times, recorder));
    }
    drop(to);
    let mut collector = Collector::new(plan, target, started, windows);
    let mut ended_early = false;
    let mut ticks = tokio::time::interval(TICK);
    // A terminal that is stopped may have held up the line.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ending = Box::pin(all(ends, start));
    let (samplers, end) = loop {
        tokio::select! {
            biased;
            () = &mut interrupted, if !ended_early => {
                ended_early = true;
                work.stop.cancel();
            }
            ended = &mut ending => {
                break ended.ok_or_else(|| Error::failed("a thread of the load has ended"))?;
            }
            _ = ticks.tick() => {
                collector.collect();
                let elapsed = Instant::now().checked_duration_since(start);
                if !ended_early && !collector.show(elapsed, &live, observer) {
                    ended_early = true;
                    work.stop.cancel();
                }
            }
        }
    };
    collector.collect();
    // It has not begun if the run was interrupted in its warm-up.
    collector.started = collector.started.min(SystemTime::now());
    let mut figures = collector.figures(end.saturating_duration_since(start));
    figures.samples = samplers.finish();
    let lost = work.lost().take();
    figures.ended_early = ended_early || lost.is_some();
    Ok(Outcome { figures, lost })
}

/// What all workers have sampled, and when the last of them ended its load, which is not when this thread hears of it. `None`
/// if one has no end.
async fn all(
    ends: Vec<oneshot::Receiver<Option<Counted>>>,
    start: Instant,
) -> Option<(Sampler, Instant)> {
    let (mut samplers, mut last) = (Sampler::default(), start);
    for end in ends {
        let Counted { sampler, ended } = end.await.ok().flatten()?;
        samplers.merge(sampler);
        last = last.max(ended);
    }
    Some((samplers, last))
}

struct Started {
    ready: oneshot::Receiver<Result<()>>,
    begin: oneshot::Sender<(Times, Recorder)>,
    end: oneshot::Receiver<Option<Counted>>,
}

fn start_worker(work: &Arc<Work>, index: usize) -> Result<Started> {
    let (tell_ready, ready) = oneshot::channel();
    let (begin, hear_begin) = oneshot::channel();
    let (tell_end, end) = oneshot::channel();
    let work = Arc::clone(work);
    std::thread::Builder::new()
        .name(format!("load-{index}"))
        .spawn(move || {
            let counted = worker::run(work, index, tell_ready, hear_begin);
            let _ = tell_end.send(counted);
        })
        .map_err(worker::no_thread)?;
    Ok(Started { ready, begin, end })
}

/// Puts together what workers have counted.
struct Collector<'a> {
    plan: &'a Plan,
    target: &'a Target,
    started: SystemTime,
    windows: UnboundedReceiver<Window>,
    total: Window,
    history: History,
}

impl<'a> Collector<'a> {
    fn new(
        plan: &'a Plan,
        target: &'a Target,
        started: SystemTime,
        windows: UnboundedReceiver<Window>,
    ) -> Self {
        Self {
            plan,
            target,
            started,
            windows,
            total: Window::default(),
            history: History::default(),
        }
    }

    /// Takes what has come.
    fn collect(&mut self) {
        while let Ok(window) = self.windows.try_recv() {
            self.history.add(&window);
            self.total.merge(window);
        }
    }

    fn show(
        &self,
        elapsed: Option<Duration>,
        live: &[Arc<Live>],
        observer: &mut dyn Observer,
    ) -> bool {
        let sum = |counter: fn(&Live) -> &AtomicU64| {
            let counts = live
                .iter()
                .map(|live| counter(live).load(Ordering::Relaxed));
            counts.sum()
        };
        let at = elapsed.unwrap_or_default().as_secs_f64();
        let progress = Progress {
            elapsed,
            started: sum(|live| &live.started),
            ended: sum(|live| &live.ended),
            failed: sum(|live| &live.failed),
            asked: self.asked(at, at + 0.001),
            last: self.history.last(elapsed.unwrap_or_default().as_secs()),
            all: &self.total.latency,
        };
        observer.progress(&progress, &|| self.totals(elapsed.unwrap_or_default()))
    }

    /// Calls a second that are asked of this part of the load, between two times.
    fn asked(&self, from: f64, to: f64) -> Option<f64> {
        let part = self.plan.part();
        let whole = self.plan.stages().map(|stages| mean_rate(stages, from, to));
        whole.map(|rate| rate / real(part.of))
    }

    /// The figures of so much time.
    fn figures(&self, elapsed: Duration) -> Figures {
        let seconds = elapsed.as_secs_f64();
        let asked = |from, to| self.asked(from, to);
        Figures {
            timeline: self.history.timeline(seconds, asked),
            ..self.totals(elapsed)
        }
    }

    /// The figures without their time line.
    fn totals(&self, elapsed: Duration) -> Figures {
        let (plan, total) = (self.plan, &self.total);
        let (errors, other_errors) = total.errors(ERRORS);
        let errors = errors.into_iter().map(|(error, count)| ErrorCount {
            error: error.to_owned(),
            count,
        });
        let mut connections = total.connections;
        connections.asked = plan.connections as u64;
        let seconds = elapsed.as_secs_f64();
        Figures {
            version: VERSION,
            program: concat!("routeguide ", env!("CARGO_PKG_VERSION")).to_owned(),
            target: self.target.server.clone(),
            method: self.target.method.clone(),
            kind: plan.kind,
            started: humantime::format_rfc3339_millis(self.started).to_string(),
            elapsed: seconds,
            ended_early: false,
            load: Load {
                shape: plan.shape.clone(),
                protocol: self.target.start.wire.protocol().name().to_owned(),
                codec: self.target.start.codec().name().to_owned(),
                connections: plan.connections,
                threads: plan.threads,
                duration: plan.duration.map(|duration| duration.as_secs_f64()),
                calls: plan.calls,
                warmup: plan.warmup.as_secs_f64(),
                timeout: plan.timeout.map(|timeout| timeout.as_secs_f64()),
                messages: plan.has_many_requests().then_some(plan.messages),
                ping_pong: plan.ping_pong,
                segments: plan.segments(),
            },
            calls: total.calls,
            rate: if seconds > 0.0 {
                real(total.calls.ended()) / seconds
            } else {
                0.0
            },
            latency: total.latency.clone(),
            service_time: total.service_time.clone(),
            delay: total.delay.clone(),
            first_message: total.first_message.clone(),
            between_messages: total.between_messages.clone(),
            message: total.message.clone(),
            messages: total.messages,
            codes: total
                .codes()
                .map(|(code, count)| (code.to_owned(), count))
                .collect(),
            errors: errors.collect(),
            other_errors,
            connections,
            timeline: Timeline::default(),
            samples: Vec::new(),
            thresholds: Vec::new(),
        }
    }
}
