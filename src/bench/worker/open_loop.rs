//! An open loop: calls are sent when they are due, however long those before them take.
//!
//! A task waits for the clock. Each call is then followed by a task of its own, its seat, which makes further calls when that
//! has ended: one that is due already, or one that the clock gives it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};

use super::Worker;
use crate::bench::exchange::{Due, Order, UnderWay};

/// After this many calls that the clock starts without waiting, the connections send them.
const AT_ONCE: u32 = 16;

/// What comes next in an open loop.
enum Next {
    Call(Order),
    /// Nothing is due until then.
    At(Instant),
    /// As many calls are under way as there may be.
    Full,
    /// There are no more.
    Over,
}

/// A call of an open loop. It was sent, unless it has to wait for its connection.
type Given = (Order, Option<UnderWay>);

/// A task of an open loop, and the call that it is to follow next.
#[derive(Default)]
pub(super) struct Seat {
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

impl Worker {
    /// Calls when they are due.
    pub(super) async fn by_the_clock(self: &Rc<Self>, tasks: &mut JoinSet<()>) {
        let mut at_once = 0;
        loop {
            if at_once >= AT_ONCE {
                at_once = 0;
                yield_now().await;
            }
            match self.next_due() {
                Next::Call(order) => {
                    at_once += 1;
                    let given = self.begin(order);
                    let idle = self.idle.borrow_mut().pop();
                    match idle {
                        Some(seat) => seat.give(given),
                        None => _ = tasks.spawn_local(Rc::clone(self).seat(given)),
                    }
                }
                Next::At(due) => {
                    at_once = 0;
                    self.clock.sleep_until(due).await;
                }
                Next::Full => self.has_room.notified().await,
                Next::Over => break,
            }
        }
        let ends_by_itself = self.times.end.is_none() || self.arrivals.borrow().is_complete();
        if !ends_by_itself {
            // The stages have not ended with the last call that is due in them.
            return std::future::pending().await;
        }
        while self.in_flight.get() > 0 {
            self.has_room.notified().await;
        }
    }

    /// What comes next in an open loop. A call is under way from here on.
    fn next_due(&self) -> Next {
        let mut arrivals = self.arrivals.borrow_mut();
        let Some(due) = arrivals.due() else {
            return Next::Over;
        };
        if due > Instant::now() {
            return Next::At(due);
        }
        let in_flight = self.in_flight.get();
        if in_flight >= self.most_in_flight {
            return Next::Full;
        }
        let counts = due >= self.times.start;
        let Some(number) = self.take(counts) else {
            arrivals.complete();
            return Next::Over;
        };
        arrivals.take();
        self.in_flight.set(in_flight + 1);
        let slot = self.next_slot.get();
        let slots = self.caller.slots.len().max(1);
        self.next_slot.set((slot + 1) % slots);
        Next::Call(Order {
            slot,
            number,
            worker: self.among_all(slot as u64),
            due: Due::At(due),
            counts,
        })
    }

    /// Sends a call of an open loop at once, unless it has to wait for its connection.
    fn begin(&self, order: Order) -> Given {
        let under_way = self.caller.send(&order);
        if under_way.is_none() {
            self.unsent.set(self.unsent.get() + u64::from(order.counts));
        }
        (order, under_way)
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
            // The turn of the clock comes after those of all calls that have replies, and what is due should not wait for them.
            given = if let Next::Call(order) = self.next_due() {
                self.begin(order)
            } else {
                self.has_room.notify_one();
                self.idle.borrow_mut().push(Rc::clone(&seat));
                seat.next().await
            };
        }
    }

    /// Counts the calls of an open loop that were due and were not sent.
    pub(super) fn count_dropped(&self) {
        let now = Instant::now();
        let end = self.times.end.map_or(now, |end| end.min(now));
        let mut unsent = self.arrivals.borrow().missed(self.times.start, end);
        if let Some(calls) = self.work.plan.calls {
            // Of those that were asked for, no more than the other workers have left.
            let taken = self.work.taken.fetch_add(unsent, Ordering::Relaxed);
            unsent = unsent.min(calls.saturating_sub(taken));
        }
        let dropped = unsent + self.unsent.get();
        self.caller.recorder.borrow_mut().dropped(dropped);
    }
}
