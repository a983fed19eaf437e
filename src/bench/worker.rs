//! A thread of the load: its connections, and the calls on them. Workers share nothing while they work.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinSet, LocalSet, yield_now};

use super::clock::Clock;
use super::exchange::{Caller, Due, Order, Slot, UnderWay};
use super::figures::Shape;
use super::plan::share;
use super::recorder::{Counted, Recorder};
use super::schedule::{Part, Schedule};
use super::stages::{Arrival, Stage};
use super::work::Work;
use crate::error::{Error, Result};
use crate::transport::Connections;

/// After this many calls that start without waiting, the connections send them.
const AT_ONCE: u32 = 16;

/// When things happen.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The first call.
    pub load: Instant,
    /// What is counted begins.
    pub start: Instant,
    /// The end, if it is known.
    pub end: Option<Instant>,
}

/// A thread of the load.
struct Worker {
    work: Arc<Work>,
    caller: Caller,
    part: Part,
    times: Times,
    /// Calls that count, and wait for a connection.
    unsent: Cell<u64>,
    in_flight: Cell<usize>,
    /// Tasks of an open loop that wait for a call to make.
    idle: RefCell<Vec<Rc<Seat>>>,
    clock: Clock,
    /// A call has ended.
    has_room: Notify,
}

/// Opens the connections of a worker, then waits until it is told when to begin, and works. Blocks the thread.
///
/// # Errors
/// When a connection cannot be opened at first, or the system refuses.
pub fn run(
    work: Arc<Work>,
    index: usize,
    ready: oneshot::Sender<Result<()>>,
    begin: oneshot::Receiver<(Times, Recorder)>,
) -> Option<Counted> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(no_thread(error)));
            return None;
        }
    };
    let counted = LocalSet::new().block_on(&runtime, async {
        let connections = Connections::default();
        let opened = open(&work, index, &connections).await.and_then(|slots| {
            let clock = Clock::new().map_err(no_thread)?;
            Ok((slots, clock))
        });
        let (slots, clock) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let _ = ready.send(Err(error));
                return None;
            }
        };
        let _ = ready.send(Ok(()));
        let (times, mut recorder) = begin.await.ok()?;
        for _ in &slots {
            recorder.opened();
        }
        let threads = work.plan.threads as u64;
        let part = work.plan.part().split(index as u64, threads);
        let worker = Rc::new(Worker {
            caller: Caller {
                work: Arc::clone(&work),
                connections,
                slots,
                recorder: RefCell::new(recorder),
                random: RefCell::default(),
            },
            part,
            times,
            unsent: Cell::new(0),
            in_flight: Cell::new(0),
            idle: RefCell::default(),
            clock,
            has_room: Notify::new(),
            work,
        });
        worker.load(index).await;
        let closing = worker.caller.connections.clone();
        let recorder = Rc::into_inner(worker).map(|worker| worker.caller.recorder.into_inner());
        closing.close().await;
        recorder.map(Recorder::finish)
    });
    // What is left is a name lookup, at most.
    runtime.shutdown_background();
    counted
}

pub fn no_thread(error: std::io::Error) -> Error {
    Error::failed("cannot start a thread").caused_by(error)
}

async fn open(work: &Work, index: usize, connections: &Connections) -> Result<Vec<Slot>> {
    let mut slots = Vec::new();
    for _ in 0..work.plan.connections_of(index) {
        let connection = connections.open(&work.endpoint, &work.patience()).await?;
        slots.push(Slot::new(connection));
    }
    Ok(slots)
}

impl Worker {
    /// Makes the load until its end.
    async fn load(self: &Rc<Self>, index: usize) {
        let plan = &self.work.plan;
        let mut tasks = JoinSet::new();
        let mut keepers = JoinSet::new();
        for slot in 0..self.caller.slots.len() {
            let worker = Rc::clone(self);
            keepers.spawn_local(async move { worker.caller.keep(slot).await });
        }
        self.clock.sleep_until(self.times.load).await;
        let work = async {
            match &plan.shape {
                Shape::Closed { concurrency } => {
                    let ours = share(*concurrency, index, plan.threads);
                    for lane in 0..ours {
                        tasks.spawn_local(Rc::clone(self).lane(lane));
                    }
                    while tasks.join_next().await.is_some() {}
                }
                Shape::Open {
                    arrival,
                    stages,
                    max_in_flight,
                } => {
                    let most = share(*max_in_flight, index, plan.threads).max(1);
                    self.by_the_clock(*arrival, stages, most, &mut tasks).await;
                }
            }
        };
        let end = async {
            match self.times.end {
                Some(end) => tokio::time::sleep_until(end.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.work.stop.cancelled() => {}
            () = end => {}
            () = self.tick() => {}
            () = work => {}
        }
        self.caller.recorder.borrow_mut().over(Instant::now());
        // Resets the calls that are under way.
        tasks.shutdown().await;
        keepers.shutdown().await;
    }

    /// Has every second counted when it is over, whatever the server does.
    async fn tick(&self) {
        let mut second = self.times.start;
        while let Some(next) = second.checked_add(Duration::from_secs(1)) {
            second = next;
            tokio::time::sleep_until(second.into()).await;
            self.caller.recorder.borrow_mut().tick(Instant::now());
        }
    }

    /// One call after another.
    async fn lane(self: Rc<Self>, lane: usize) {
        let slot = lane % self.caller.slots.len().max(1);
        loop {
            let now = Instant::now();
            let counts = now >= self.times.start;
            let Some(number) = self.take(counts) else {
                return;
            };
            let order = Order {
                slot,
                number,
                worker: self.among_all(lane as u64),
                due: Due::When(now),
                counts,
            };
            let under_way = match self.caller.send(&order) {
                None => self.caller.send_later(&order).await,
                under_way => under_way,
            };
            if let Some(under_way) = under_way {
                self.caller.follow(&order, under_way).await;
            }
        }
    }

    /// Calls when they are due.
    async fn by_the_clock(
        self: &Rc<Self>,
        arrival: Arrival,
        stages: &[Stage],
        most: usize,
        tasks: &mut JoinSet<()>,
    ) {
        let plan = &self.work.plan;
        let stages = plan.schedule(stages);
        let mut waiting = Waiting {
            worker: self,
            schedule: Schedule::new(&stages, arrival, self.part, plan.seed),
            next: None,
            stages,
        };
        let (mut at_once, mut next_slot) = (0, 0);
        while let Some(due) = waiting.due() {
            if due > Instant::now() {
                at_once = 0;
                self.clock.sleep_until(due).await;
            } else if at_once >= AT_ONCE {
                at_once = 0;
                yield_now().await;
            }
            while self.in_flight.get() >= most {
                self.has_room.notified().await;
            }
            let counts = due >= self.times.start;
            let Some(number) = self.take(counts) else {
                waiting.end();
                return self.calls_end().await;
            };
            waiting.next = None;
            at_once += 1;
            let slot = next_slot;
            next_slot = (slot + 1) % self.caller.slots.len().max(1);
            let order = Order {
                slot,
                number,
                worker: self.among_all(slot as u64),
                due: Due::At(due),
                counts,
            };
            self.in_flight.set(self.in_flight.get() + 1);
            // At once: the turn of a task comes after those of all calls that have something to do.
            let under_way = self.caller.send(&order);
            if under_way.is_none() {
                self.unsent.set(self.unsent.get() + u64::from(counts));
            }
            let idle = self.idle.borrow_mut().pop();
            match idle {
                Some(seat) => seat.give((order, under_way)),
                None => _ = tasks.spawn_local(Rc::clone(self).seat((order, under_way))),
            }
        }
        match self.times.end {
            // The stages have not ended with the last call that is due in them.
            Some(_) => std::future::pending().await,
            None => self.calls_end().await,
        }
    }

    /// Waits for the calls under way, the last of an open loop.
    async fn calls_end(&self) {
        while self.in_flight.get() > 0 {
            self.has_room.notified().await;
        }
    }

    /// Makes a call of an open loop, and then those that it is given: a task for each call would cost more.
    async fn seat(self: Rc<Self>, first: Given) {
        let seat = Rc::new(Seat::default());
        let mut given = first;
        loop {
            let (order, mut under_way) = given;
            if under_way.is_none() {
                under_way = self.caller.send_later(&order).await;
                self.unsent.set(self.unsent.get() - u64::from(order.counts));
            }
            if let Some(under_way) = under_way {
                self.caller.follow(&order, under_way).await;
            }
            self.in_flight.set(self.in_flight.get() - 1);
            self.has_room.notify_one();
            self.idle.borrow_mut().push(Rc::clone(&seat));
            given = seat.next().await;
        }
    }

    /// The number of the next call; `None` if all that were asked for have begun.
    fn take(&self, counts: bool) -> Option<u64> {
        let Work {
            plan,
            numbers,
            taken,
            ..
        } = &*self.work;
        if counts
            && let Some(most) = plan.calls
            && taken.fetch_add(1, Ordering::Relaxed) >= most
        {
            return None;
        }
        // Of the process and not of the thread, because the parts of a distributed run may differ in their threads.
        let (number, part) = (numbers.fetch_add(1, Ordering::Relaxed), plan.part());
        Some(number.wrapping_mul(part.of) + part.index)
    }

    /// The number of a lane among those of all workers.
    fn among_all(&self, number: u64) -> u64 {
        number.wrapping_mul(self.part.of) + self.part.index
    }
}

/// A call of an open loop. It was sent, unless it has to wait for its connection.
type Given = (Order, Option<UnderWay>);

/// A task of an open loop, and the call that it is to follow next.
#[derive(Default)]
struct Seat {
    given: Cell<Option<Given>>,
    is_given: Notify,
}

impl Seat {
    fn give(&self, call: Given) {
        self.given.set(Some(call));
        self.is_given.notify_one();
    }

    async fn next(&self) -> Given {
        loop {
            if let Some(call) = self.given.take() {
                return call;
            }
            self.is_given.notified().await;
        }
    }
}

/// The calls that have not been sent yet. When this is dropped, those that were due are counted.
struct Waiting<'a> {
    worker: &'a Worker,
    schedule: Schedule,
    /// Taken from the schedule, and not sent.
    next: Option<Instant>,
    stages: Vec<Stage>,
}

impl Waiting<'_> {
    /// When the next call is due.
    fn due(&mut self) -> Option<Instant> {
        if self.next.is_none() {
            let after = self.schedule.next()?;
            self.next = self.worker.times.load.checked_add(after);
        }
        self.next
    }

    /// No more calls are due: all that were asked for are sent.
    fn end(&mut self) {
        self.next = None;
        self.stages.clear();
        self.schedule = Schedule::new(&[], Arrival::Uniform, Part::WHOLE, 0);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Worker { times, work, .. } = self.worker;
        let now = Instant::now().min(times.end.unwrap_or_else(Instant::now));
        let since = |time: Instant| time.saturating_duration_since(times.load).as_secs_f64();
        let counts = |due: &Instant| (times.start..=now).contains(due);
        let next = u64::from(self.next.as_ref().is_some_and(counts));
        let rest = self
            .schedule
            .due(&self.stages, since(times.start), since(now));
        let mut unsent = next + rest;
        if let Some(calls) = work.plan.calls {
            // Of those that were asked for, no more than the other workers have left.
            let taken = work.taken.fetch_add(unsent, Ordering::Relaxed);
            unsent = unsent.min(calls.saturating_sub(taken));
        }
        let dropped = unsent + self.worker.unsent.get();
        self.worker.caller.recorder.borrow_mut().dropped(dropped);
    }
}
