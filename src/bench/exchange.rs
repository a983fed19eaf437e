//! One call of a load: made again on another connection if the server has not seen it, and counted once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::task::coop::consume_budget;
use tokio::time::timeout_at;

use super::recorder::{Begun, Recorder};
use super::requests::{PingPong, Requests};
use super::template::Values;
use super::work::Work;
use crate::call::{Call, End, Event, Origin, Processed, Start};
use crate::transport::{Connection, Connections, HttpVersion};

/// The pause before connecting again doubles from the first to the longest, until the server has answered a call.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What is kept of an error's message, in bytes. Servers may write much, and each one something else.
const LONGEST_ERROR: usize = 300;

/// One connection, which is replaced when it is lost.
pub struct Slot {
    connection: RefCell<Connection>,
    /// How often it was replaced. Calls on an earlier one may end later.
    generation: Cell<u64>,
    /// It takes no more calls.
    is_gone: Cell<bool>,
    /// Before it is replaced the next time.
    pause: Cell<Duration>,
    /// Wakes [`Caller::keep`] up.
    lost: Notify,
    /// Wakes the calls up that wait for the connection.
    replaced: Notify,
}

impl Slot {
    pub fn new(connection: Connection) -> Self {
        Self {
            connection: RefCell::new(connection),
            generation: Cell::new(0),
            is_gone: Cell::new(false),
            pause: Cell::new(Duration::ZERO),
            lost: Notify::new(),
            replaced: Notify::new(),
        }
    }

    /// Whether an attempt ended so because its connection is lost. Over HTTP/1.1, that is a pool, which is never lost, but
    /// may find that nobody is there.
    fn has_lost(&self, attempt: &Attempt, origin: &Origin) -> bool {
        let connection = self.connection.borrow();
        let is_unanswered = matches!(
            origin,
            Origin::Connection(Processed::No { is_closing: false })
        );
        match connection.http_version() {
            HttpVersion::Http1 => is_unanswered,
            HttpVersion::Http2 => {
                attempt.generation != self.generation.get() || !connection.is_usable()
            }
        }
    }

    /// Waits until there is a connection.
    async fn is_back(&self) {
        while self.is_gone.get() {
            self.replaced.notified().await;
        }
    }
}

/// A call that was sent.
pub struct UnderWay {
    begun: Begun,
    attempt: Attempt,
}

/// One attempt to make a call.
struct Attempt {
    /// That of its slot when it began.
    generation: u64,
    /// In a box, because it is large and is moved from where it is sent to where it is followed.
    call: Box<Call<Requests>>,
    ping_pong: Option<Rc<PingPong>>,
    /// What its first poll has returned.
    first: Option<Event>,
}

/// When a call is due.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// At a time of the schedule.
    At(Instant),
    /// When there is a connection for it: now, if there is.
    When(Instant),
}

/// A call that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The connection that it is made on.
    pub slot: usize,
    /// Among those of all workers, from 0.
    pub number: u64,
    /// Who makes it, among all.
    pub worker: u64,
    pub due: Due,
    /// Whether it counts: it is due after the warm-up.
    pub counts: bool,
}

/// Makes the calls of a worker.
pub struct Caller {
    pub work: Arc<Work>,
    pub connections: Connections,
    pub slots: Vec<Slot>,
    pub recorder: RefCell<Recorder>,
    pub random: RefCell<fastrand::Rng>,
}

impl Caller {
    /// Sends a call at once, unless it has to wait for its connection.
    pub fn send(&self, order: &Order) -> Option<UnderWay> {
        let slot = self.slots.get(order.slot).filter(|it| !it.is_gone.get())?;
        let now = match order.due {
            Due::At(_) => Instant::now(),
            Due::When(now) => now,
        };
        Some(self.begin(slot, order, now))
    }

    /// Sends a call when there is a connection for it.
    pub async fn send_later(&self, order: &Order) -> Option<UnderWay> {
        let slot = self.slots.get(order.slot)?;
        slot.is_back().await;
        Some(self.begin(slot, order, Instant::now()))
    }

    fn begin(&self, slot: &Slot, order: &Order, now: Instant) -> UnderWay {
        let due = match order.due {
            Due::At(due) => due,
            Due::When(_) => now,
        };
        let begun = self.recorder.borrow_mut().begin(due, now, order.counts);
        let attempt = self.attempt(slot, order, &begun);
        UnderWay { begun, attempt }
    }

    /// Waits for the end of a call, which is made again if the server has not acted on it, and counts it.
    pub async fn follow(&self, order: &Order, under_way: UnderWay) {
        let Some(slot) = self.slots.get(order.slot) else {
            return;
        };
        let UnderWay { begun, mut attempt } = under_way;
        while !self.exchange(slot, attempt, &begun).await {
            match self.deadline(&begun) {
                None => slot.is_back().await,
                Some(deadline) => {
                    if timeout_at(deadline, slot.is_back()).await.is_err() {
                        let end = End::deadline();
                        let (mut recorder, now) = (self.recorder.borrow_mut(), Instant::now());
                        recorder.end(&begun, now, end.code, &end.message);
                        return;
                    }
                }
            }
            attempt = self.attempt(slot, order, &begun);
        }
    }

    /// That of a call, from when it was sent first.
    fn deadline(&self, begun: &Begun) -> Option<tokio::time::Instant> {
        let timeout = self.work.plan.timeout?;
        begun.sent.checked_add(timeout).map(Into::into)
    }

    /// Starts an attempt, and sends what can be sent at once.
    fn attempt(&self, slot: &Slot, order: &Order, begun: &Begun) -> Attempt {
        let Work { plan, target, .. } = &*self.work;
        let mut values = Values {
            call: order.number,
            worker: order.worker,
            random: self.random.borrow_mut().fork(),
        };
        let mut start = Start {
            deadline: self.deadline(begun),
            ..target.start.clone()
        };
        for (name, templates) in &target.headers {
            start.headers.remove(name);
            for template in templates {
                // A template was checked to have only values that a header can have.
                if let Ok(value) = template.render(&mut values).parse() {
                    start.headers.append(name.clone(), value);
                }
            }
        }
        let requests = Requests::new(Arc::clone(&target.messages), values, plan.messages);
        let (requests, ping_pong) = if plan.ping_pong {
            let (requests, ping_pong) = requests.with_ping_pong();
            (requests, Some(ping_pong))
        } else {
            (requests, None)
        };
        let mut call = Box::new(Call::start(&slot.connection.borrow(), start, requests));
        Attempt {
            // Nobody has to be woken up yet: it is polled again.
            first: call.next().now_or_never().flatten(),
            generation: slot.generation.get(),
            call,
            ping_pong,
        }
    }

    /// One attempt, to its end. `false` if the server has not acted on it, because it closes the connection.
    async fn exchange(&self, slot: &Slot, mut attempt: Attempt, begun: &Begun) -> bool {
        let streams = self.work.plan.has_many_replies();
        let (mut last_reply, mut is_sent) = (None, false);
        loop {
            let event = match attempt.first.take() {
                Some(event) => event,
                None => match attempt.call.next().await {
                    Some(event) => event,
                    None => return true,
                },
            };
            let (call, ping_pong) = (&mut attempt.call, &attempt.ping_pong);
            match event {
                // The server has acted on a stream, though no message may have been sent yet.
                Event::Headers(_) => is_sent = true,
                Event::Sent(sent) => {
                    let (messages, bytes) = (sent.len() as u64, sent.size() as u64);
                    is_sent = true;
                    self.recorder.borrow_mut().sent(begun, messages, bytes);
                }
                Event::Message(message) => {
                    is_sent = true;
                    let mut recorder = self.recorder.borrow_mut();
                    let (mut messages, mut bytes) = (1, message.len() as u64);
                    if streams {
                        let now = Instant::now();
                        match last_reply.replace(now) {
                            None => recorder.first_message(begun, now),
                            Some(last) => recorder.next_message(last, now),
                        }
                        let answered = ping_pong.as_ref().and_then(|it| it.answered());
                        if let Some(sent) = answered {
                            recorder.answered(sent, now);
                        }
                        // They have arrived together.
                        while let Some(message) = call.at_hand() {
                            messages += 1;
                            bytes += message.len() as u64;
                            call.take_at_hand();
                            recorder.next_message(now, now);
                            let answered = ping_pong.as_ref().and_then(|it| it.answered());
                            if let Some(sent) = answered {
                                recorder.answered(sent, now);
                            }
                        }
                    }
                    recorder.received(begun, messages, bytes);
                }
                Event::Ended(end) => {
                    let now = Instant::now();
                    if last_reply.is_some() {
                        self.recorder.borrow_mut().stream_ended(begun, now);
                    }
                    return self
                        .ended(slot, &attempt, (begun, now), &end, is_sent)
                        .await;
                }
            }
        }
    }

    /// Counts the end of an attempt, unless it is no end: the server has not acted on it, and the connection is lost.
    async fn ended(
        &self,
        slot: &Slot,
        attempt: &Attempt,
        (begun, now): (&Begun, Instant),
        end: &End,
        is_sent: bool,
    ) -> bool {
        match &end.origin {
            Origin::Server | Origin::Encoding => slot.pause.set(Duration::ZERO),
            Origin::Deadline | Origin::TooLarge | Origin::OtherAnswer(..) => {}
            origin => {
                let is_lost = slot.has_lost(attempt, origin);
                let is_current = attempt.generation == slot.generation.get();
                if is_lost && is_current && !slot.is_gone.replace(true) {
                    self.recorder.borrow_mut().lost();
                    slot.lost.notify_one();
                }
                let is_unseen = matches!(origin, Origin::Connection(Processed::No { .. }));
                if is_lost && (is_unseen || !is_sent) {
                    return false;
                }
            }
        }
        let message = &end.message;
        let shown = message.get(..message.floor_char_boundary(LONGEST_ERROR));
        let shown = shown.unwrap_or(message);
        self.recorder.borrow_mut().end(begun, now, end.code, shown);
        // It may have ended without a wait, and others are to have their turn.
        consume_budget().await;
        true
    }

    /// Connects again whenever the connection is lost, for as long as it takes. A task of its own, because calls have
    /// deadlines.
    pub async fn keep(&self, slot: usize) {
        let Some(slot) = self.slots.get(slot) else {
            return;
        };
        let mut since = Instant::now();
        loop {
            if !slot.is_gone.get() {
                slot.lost.notified().await;
                since = Instant::now();
                continue;
            }
            let pause = slot.pause.get();
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            slot.pause
                .set((pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE));
            let patience = self.work.patience();
            let opened = self
                .connections
                .open(&self.work.target.endpoint, &patience)
                .await;
            match opened {
                Ok(connection) => {
                    *slot.connection.borrow_mut() = connection;
                    slot.generation.set(slot.generation.get() + 1);
                    slot.is_gone.set(false);
                    slot.replaced.notify_waiters();
                    self.recorder.borrow_mut().opened();
                }
                Err(error) => {
                    self.recorder.borrow_mut().failed_to_connect();
                    self.work.cannot_connect(since, error);
                }
            }
        }
    }
}
