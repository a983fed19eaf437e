//! A thread of the load: its connections, and the calls on them. Workers share nothing while they work.

mod open_loop;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinSet, LocalSet};

use self::open_loop::Seat;
use super::arrivals::Arrivals;
use super::clock::Clock;
use super::exchange::{Caller, Due, Order, Slot};
use super::figures::Shape;
use super::plan::share;
use super::recorder::{Counted, Recorder};
use super::schedule::Part;
use super::work::Work;
use crate::error::{Error, Result};
use crate::transport::Connections;

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
    /// How many calls of an open loop may be under way.
    most_in_flight: usize,
    /// What an open loop still has to begin.
    arrivals: RefCell<Arrivals>,
    /// The connection that its next call is made on.
    next_slot: Cell<usize>,
    /// Tasks of an open loop that wait for a call to make.
    idle: RefCell<Vec<Rc<Seat>>>,
    clock: Clock,
    /// A call of an open loop has ended, and its task has begun no other.
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
            most_in_flight: match work.plan.shape {
                Shape::Closed { .. } => 0,
                Shape::Open { max_in_flight, .. } => {
                    share(max_in_flight, index, work.plan.threads).max(1)
                }
            },
            arrivals: RefCell::new(Arrivals::new(&work.plan, part, times.load)),
            next_slot: Cell::new(0),
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
        let connection = connections
            .open(&work.target.endpoint, &work.patience())
            .await?;
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
                Shape::Open { .. } => self.by_the_clock(&mut tasks).await,
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
        self.count_dropped();
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
