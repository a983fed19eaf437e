//! The calls of an open loop that have not begun yet.

use std::time::Instant;

use super::figures::Shape;
use super::plan::Plan;
use super::schedule::{Part, Schedule};
use super::stages::{Arrival, Stage};

/// What a worker still has to begin, in the order of the schedule.
pub struct Arrivals {
    schedule: Schedule,
    stages: Vec<Stage>,
    /// What the schedule counts from.
    load: Instant,
    /// Taken from the schedule, and not begun.
    next: Option<Instant>,
    is_complete: bool,
}

impl Arrivals {
    /// Those of a part of the load. A closed loop has none.
    pub fn new(plan: &Plan, part: Part, load: Instant) -> Self {
        let (arrival, stages) = match &plan.shape {
            Shape::Closed { .. } => (Arrival::Uniform, Vec::new()),
            Shape::Open {
                arrival, stages, ..
            } => (*arrival, plan.schedule(stages)),
        };
        Self {
            schedule: Schedule::new(&stages, arrival, part, plan.seed),
            stages,
            load,
            next: None,
            is_complete: false,
        }
    }

    /// When the next call is due.
    pub fn due(&mut self) -> Option<Instant> {
        if self.next.is_none() {
            let after = self.schedule.next()?;
            self.next = self.load.checked_add(after);
        }
        self.next
    }

    /// The call that was due begins.
    pub fn take(&mut self) {
        self.next = None;
    }

    /// No more calls are due: all that were asked for have begun.
    pub fn complete(&mut self) {
        self.next = None;
        self.stages.clear();
        self.schedule = Schedule::new(&[], Arrival::Uniform, Part::WHOLE, 0);
        self.is_complete = true;
    }

    /// Whether all calls that were asked for have begun. The stages may end before.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many calls that were due between two times have not begun.
    pub fn missed(&self, from: Instant, to: Instant) -> u64 {
        let since = |time: Instant| time.saturating_duration_since(self.load).as_secs_f64();
        let is_missed = |due: &Instant| (from..=to).contains(due);
        let next = u64::from(self.next.as_ref().is_some_and(is_missed));
        next + self.schedule.due(&self.stages, since(from), since(to))
    }
}
