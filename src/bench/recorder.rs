//! What a worker counts, call by call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tonic::Code;

use super::figures::{Messages, Sample};
use super::window::{Sampler, Window, add};
use crate::error::code_name;

/// A call that starts this long after it was due is late.
pub const LATE: Duration = Duration::from_millis(10);

/// The last one of a run is in its last second.
const MOMENT: Duration = Duration::from_nanos(1);

/// What can be seen of a worker while it works. Only the worker writes.
#[derive(Debug, Default)]
pub struct Live {
    pub started: AtomicU64,
    pub ended: AtomicU64,
    pub failed: AtomicU64,
}

impl Live {
    fn count(counter: &AtomicU64) {
        // There is one writer, so this needs no locked instruction.
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

/// A call that has begun.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    /// When it was due; in a closed loop, when it was sent.
    pub due: Instant,
    pub sent: Instant,
    /// Whether it counts: it was due after the warm-up.
    pub counts: bool,
}

/// Calls of the warm-up that are under way when it ends.
#[derive(Clone, Copy, Debug)]
enum UnderWay {
    /// They are not counted.
    Leave,
    /// They are counted from then on; there are so many.
    Join(u64),
    Joined,
}

/// What a worker has counted, apart from its windows.
pub struct Counted {
    pub sampler: Sampler,
    /// When its load ended.
    pub ended: Instant,
}

/// Counts the calls of a worker, in windows of a second.
pub struct Recorder {
    /// When what is counted begins.
    start: Instant,
    /// When it ends. What is under way then is cut off, although the runtime's timer may be a millisecond late.
    end: Option<Instant>,
    is_open_loop: bool,
    /// What becomes of calls that are under way when the warm-up ends.
    under_way: UnderWay,
    window: Window,
    to: UnboundedSender<Window>,
    live: Arc<Live>,
    sampler: Sampler,
    rng: fastrand::Rng,
    /// Calls that count and have not ended.
    in_flight: u64,
    /// Streams that have had a reply and have not ended.
    answered: u64,
}

impl Recorder {
    pub fn new(
        start: Instant,
        end: Option<Instant>,
        is_open_loop: bool,
        joins: bool,
        to: UnboundedSender<Window>,
        live: Arc<Live>,
    ) -> Self {
        Self {
            start,
            end,
            is_open_loop,
            under_way: if joins {
                UnderWay::Join(0)
            } else {
                UnderWay::Leave
            },
            window: Window::default(),
            to,
            live,
            sampler: Sampler::default(),
            rng: fastrand::Rng::new(),
            in_flight: 0,
            answered: 0,
        }
    }

    /// The window of a time. Those before it are sent.
    fn at(&mut self, now: Instant) -> &mut Window {
        let second = now.saturating_duration_since(self.start).as_secs();
        if second > self.window.second {
            let full = std::mem::replace(&mut self.window, Window::of(second));
            // Nobody listens when the run is given up.
            let _ = self.to.send(full);
        }
        &mut self.window
    }

    /// Sends what was counted in seconds that are over, for a worker to which nothing happens.
    pub fn tick(&mut self, now: Instant) {
        self.join(now);
        if self.counts(now) {
            self.at(now);
        }
    }

    /// Counts the calls that are under way when the warm-up ends, if they are to count.
    fn join(&mut self, now: Instant) {
        if let UnderWay::Join(calls) = self.under_way
            && now >= self.start
        {
            self.under_way = UnderWay::Joined;
            self.window.calls.started += calls;
            self.in_flight += calls;
        }
    }

    /// Whether what happens now is counted.
    fn counts(&self, now: Instant) -> bool {
        now >= self.start && !self.is_over(now)
    }

    /// The load has ended: what comes now is not counted.
    pub fn over(&mut self, now: Instant) {
        self.join(now);
        self.end = Some(self.end.map_or(now, |end| end.min(now)));
    }

    fn is_over(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| now >= end)
    }

    /// A call is sent now, which was due at some time.
    pub fn begin(&mut self, due: Instant, sent: Instant, counts: bool) -> Begun {
        Live::count(&self.live.started);
        self.join(sent);
        if let UnderWay::Join(calls) = &mut self.under_way {
            *calls += 1;
        }
        let counts = counts || matches!(self.under_way, UnderWay::Joined);
        // The last calls of an open loop are due so shortly before the end that a timer may be too late for them.
        let counts = counts && (self.is_open_loop || !self.is_over(sent));
        if counts {
            self.in_flight += 1;
            let is_open_loop = self.is_open_loop;
            let last = self.end.and_then(|end| end.checked_sub(MOMENT));
            let window = self.at(last.map_or(sent, |last| sent.min(last)));
            window.calls.started += 1;
            if is_open_loop {
                let delay = sent.saturating_duration_since(due);
                add(&mut window.delay, delay);
                window.calls.late += u64::from(delay > LATE);
            }
        }
        Begun { due, sent, counts }
    }

    /// Messages count by their time, and not by that of their call: a stream may have begun in the warm-up and not end.
    fn messages(&mut self, call: &Begun) -> Option<&mut Messages> {
        if call.counts {
            // It began in the time that counts, and no look at the clock is needed.
            return Some(&mut self.window.messages);
        }
        let now = Instant::now();
        self.counts(now).then(|| &mut self.at(now).messages)
    }

    pub fn sent(&mut self, call: &Begun, messages: u64, bytes: u64) {
        if let Some(counts) = self.messages(call) {
            counts.sent += messages;
            counts.bytes_sent += bytes;
        }
    }

    pub fn received(&mut self, call: &Begun, messages: u64, bytes: u64) {
        if let Some(counts) = self.messages(call) {
            counts.received += messages;
            counts.bytes_received += bytes;
        }
    }

    /// The first reply of a stream.
    pub fn first_message(&mut self, call: &Begun, now: Instant) {
        if self.joins(call) && !self.is_over(now) {
            self.answered += 1;
        }
        if self.counts(now) {
            let time = now.saturating_duration_since(call.due);
            add(&mut self.at(now).first_message, time);
        }
    }

    /// Another reply of a stream.
    pub fn next_message(&mut self, since: Instant, now: Instant) {
        if self.counts(now) {
            let time = now.saturating_duration_since(since);
            add(&mut self.at(now).between_messages, time);
        }
    }

    /// A reply to a message that waited for it.
    pub fn answered(&mut self, since: Instant, now: Instant) {
        if self.counts(now) {
            let time = now.saturating_duration_since(since);
            add(&mut self.at(now).message, time);
        }
    }

    /// A stream that has had a reply has ended.
    pub fn stream_ended(&mut self, call: &Begun, now: Instant) {
        if self.joins(call) && !self.is_over(now) {
            self.answered = self.answered.saturating_sub(1);
        }
    }

    /// Whether a call counts if it is under way when the run ends.
    fn joins(&self, call: &Begun) -> bool {
        call.counts || !matches!(self.under_way, UnderWay::Leave)
    }

    pub fn end(&mut self, call: &Begun, now: Instant, code: Code, message: &str) {
        Live::count(&self.live.ended);
        if code != Code::Ok {
            Live::count(&self.live.failed);
        }
        self.join(now);
        if let UnderWay::Join(calls) = &mut self.under_way {
            *calls -= 1;
        }
        let counts = call.counts || matches!(self.under_way, UnderWay::Joined);
        if !counts || self.is_over(now) {
            return;
        }
        self.in_flight -= 1;
        let latency = now.saturating_duration_since(call.due);
        let is_open_loop = self.is_open_loop;
        let window = self.at(now);
        window.latency.add(latency);
        if is_open_loop {
            let time = now.saturating_duration_since(call.sent);
            add(&mut window.service_time, time);
        }
        window.ended(code, message);
        let (key, start) = (self.rng.u64(..), self.start);
        self.sampler.offer(key, || Sample {
            at: micros(now.saturating_duration_since(start)),
            latency: micros(latency),
            code: code_name(code).to_owned(),
            error: message.to_owned(),
        });
    }

    /// Calls that were due, and not sent when the run ended.
    pub fn dropped(&mut self, calls: u64) {
        self.window.calls.dropped += calls;
    }

    pub fn opened(&mut self) {
        self.window.connections.opened += 1;
    }

    pub fn lost(&mut self) {
        self.window.connections.lost += 1;
    }

    pub fn failed_to_connect(&mut self) {
        self.window.connections.failed += 1;
    }

    /// The run is over: what is under way is cut off.
    pub fn finish(mut self) -> Counted {
        self.window.calls.cut_off += self.in_flight;
        self.window.calls.answered += self.answered;
        let _ = self.to.send(self.window);
        Counted {
            sampler: self.sampler,
            ended: self.end.unwrap_or_else(Instant::now),
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    /// A recorder of one second of an open loop, and its windows.
    fn recorder(start: Instant) -> (Recorder, UnboundedReceiver<Window>) {
        let (to, windows) = unbounded_channel();
        let end = Some(start + Duration::from_secs(1));
        let recorder = Recorder::new(start, end, true, false, to, Arc::default());
        (recorder, windows)
    }

    #[test]
    fn what_ends_after_the_end_is_cut_off() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let (mut recorder, mut windows) = recorder(start);
        let (first, second) = (
            recorder.begin(start, start, true),
            recorder.begin(start, start, true),
        );
        recorder.end(&first, after(999), Code::Ok, "");
        recorder.end(&second, after(1001), Code::Ok, "");
        recorder.over(after(1002));
        let ended = recorder.finish().ended;
        let window = windows.try_recv().unwrap();
        assert_eq!(
            (window.second, window.calls.ok, window.calls.cut_off),
            (0, 1, 1)
        );
        assert_eq!(window.latency.count(), 1);
        assert_eq!(ended, after(1000));
        assert!(windows.try_recv().is_err());
    }

    #[test]
    fn what_was_due_and_is_sent_just_after_the_end_is_of_the_last_second() {
        let start = Instant::now();
        let (mut recorder, mut windows) = recorder(start);
        let late = start + Duration::from_millis(1001);
        let begun = recorder.begin(start, late, true);
        recorder.end(&begun, late, Code::Ok, "");
        recorder.finish();
        let window = windows.try_recv().unwrap();
        let calls = window.calls;
        assert_eq!((window.second, calls.started, calls.cut_off), (0, 1, 1));
        assert_eq!((calls.ok, calls.dropped), (0, 0));
        assert!(windows.try_recv().is_err());
    }

    #[test]
    fn a_lane_begins_no_call_after_the_end() {
        let start = Instant::now();
        let (to, mut windows) = unbounded_channel();
        let mut recorder = Recorder::new(start, Some(start), false, true, to, Arc::default());
        recorder.begin(start, start, true);
        recorder.finish();
        let calls = windows.try_recv().unwrap().calls;
        assert_eq!((calls.started, calls.cut_off), (0, 0));
    }

    #[test]
    fn a_second_is_sent_when_it_is_over_also_if_nothing_happens() {
        let start = Instant::now();
        let (to, mut windows) = unbounded_channel();
        let mut recorder = Recorder::new(start, None, false, false, to, Arc::default());
        recorder.begin(start, start, true);
        recorder.tick(start + Duration::from_millis(999));
        assert!(windows.try_recv().is_err());
        recorder.tick(start + Duration::from_secs(1));
        assert_eq!(windows.try_recv().unwrap().calls.started, 1);
    }

    #[test]
    fn messages_count_by_their_time_and_not_by_that_of_their_call() {
        let start = Instant::now();
        let (mut recorder, mut windows) = recorder(start);
        let before = start.checked_sub(Duration::from_millis(5)).unwrap();
        let begun = recorder.begin(before, before, false);
        recorder.received(&begun, 2, 20);
        recorder.first_message(&begun, start + Duration::from_millis(1));
        recorder.finish();
        let window = windows.try_recv().unwrap();
        let calls = window.calls;
        assert_eq!(
            (window.messages.received, calls.started, calls.answered),
            (2, 0, 0)
        );
        assert_eq!(window.first_message.unwrap().count(), 1);
    }

    #[test]
    fn a_stream_that_is_quiet_after_the_warm_up_has_had_its_reply() {
        let start = Instant::now();
        let before = start.checked_sub(Duration::from_millis(5)).unwrap();
        let (to, mut windows) = unbounded_channel();
        let mut recorder = Recorder::new(start, None, false, true, to, Arc::default());
        let calls = [(); 3].map(|()| recorder.begin(before, before, false));
        let [first, second, _] = &calls;
        recorder.first_message(first, before);
        recorder.first_message(second, before);
        recorder.stream_ended(second, before);
        recorder.end(second, before, Code::Ok, "");
        recorder.over(start + Duration::from_secs(1));
        recorder.finish();
        let calls = windows.try_recv().unwrap().calls;
        assert_eq!((calls.started, calls.answered, calls.cut_off), (2, 1, 2));
    }

    /// As many calls end in a time as start in it, so the rate is neither too high nor too low.
    #[test]
    fn calls_that_are_under_way_when_the_warm_up_ends_may_count() {
        let start = Instant::now();
        let before = start.checked_sub(Duration::from_millis(5)).unwrap();
        let after = |millis| start + Duration::from_millis(millis);
        let (to, mut windows) = unbounded_channel();
        let end = Some(after(1000));
        let mut recorder = Recorder::new(start, end, false, true, to, Arc::default());
        let calls = [(); 3].map(|()| recorder.begin(before, before, false));
        let [first, second, _] = &calls;
        recorder.end(first, before, Code::Ok, "");
        recorder.end(second, after(45), Code::Ok, "");
        recorder.over(after(1000));
        recorder.finish();
        let window = windows.try_recv().unwrap();
        let calls = window.calls;
        assert_eq!((calls.started, calls.ok, calls.cut_off), (2, 1, 1));
        assert_eq!(window.latency.count(), 1);
    }
}
