//! One of several concurrent calls of a batch: runs to its end, and is printed when it is its turn.

use std::collections::VecDeque;
use std::pin::pin;

use bytes::Bytes;
use tokio::time::{Instant, sleep};
use tokio_stream::{Once, once};
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;

use crate::call::{Call, End, Event, Origin};
use crate::error::{Error, Kind, Result};
use crate::output::{Attempt, NotCalled};
use crate::session::method::Method;
use crate::session::observer::{CallObserver as _, Then};
use crate::session::printer::CallPrinter;
use crate::session::retry::unconnected;
use crate::session::target::Session;
use crate::session::verbose::Timeline;

/// A call that is over, and is printed after those before it.
pub struct Exchange {
    pub index: u64,
    pub started: Instant,
    pub outcome: Outcome,
}

/// What came of a request.
pub enum Outcome {
    Called(Events),
    NotCalled(NotCalled, Error),
}

/// What happened on a call, and when.
pub type Events = VecDeque<(Instant, Happened)>;

/// What happened on a call, which may take several attempts.
pub enum Happened {
    Event(Event),
    /// An attempt ended, and another one follows.
    Retry(Attempt),
}

/// Runs the calls of a batch.
pub struct Caller<'a> {
    pub session: &'a Session,
    pub method: &'a Method,
    /// Whether to keep all events, not only the reply and the end.
    pub keeps_everything: bool,
    /// Ends the calls in flight.
    pub stop: CancellationToken,
}

impl Caller<'_> {
    /// Runs a call to its end. If the server did not process it because it is closing the connection, calls again on another
    /// one.
    pub async fn exchange(&self, index: u64, request: Result<Bytes>) -> Exchange {
        let started = Instant::now();
        let outcome = match request {
            Ok(message) => match self.call(&message, started).await {
                Ok(events) => Outcome::Called(events),
                Err(error) => Outcome::NotCalled(NotCalled::NoConnection, error),
            },
            Err(error) => Outcome::NotCalled(NotCalled::BadRequest, error),
        };
        Exchange {
            index,
            started,
            outcome,
        }
    }

    async fn call(&self, message: &Bytes, started: Instant) -> Result<Events> {
        let deadline = self.session.new_deadline();
        let mut retry = self.session.retry();
        let mut before = Events::new();
        loop {
            let mut events = match self.attempt(message, started, deadline).await {
                Ok(events) => events,
                Err(error) => match before.back() {
                    Some((_, Happened::Retry(attempt))) => {
                        let end = unconnected(attempt.end.clone(), &error);
                        let end = Happened::Event(Event::Ended(end));
                        before.push_back((Instant::now(), end));
                        return Ok(before);
                    }
                    _ => return Err(error),
                },
            };
            let has_reply = events
                .iter()
                .any(|(_, event)| matches!(event, Happened::Event(Event::Message(_))));
            let attempt = match events.back() {
                Some((_, Happened::Event(Event::Ended(end)))) => {
                    retry.after(end, has_reply, deadline)
                }
                _ => None,
            };
            let Some(attempt) = attempt else {
                before.append(&mut events);
                return Ok(before);
            };
            events.pop_back();
            if self.keeps_everything {
                before.append(&mut events);
            }
            let pause = attempt.pause;
            before.push_back((Instant::now(), Happened::Retry(attempt)));
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    let end = Happened::Event(Event::Ended(Box::new(End::cancelled())));
                    before.push_back((Instant::now(), end));
                    return Ok(before);
                }
                () = sleep(pause) => {}
            }
        }
    }

    async fn attempt(
        &self,
        message: &Bytes,
        started: Instant,
        deadline: Option<Instant>,
    ) -> Result<Events> {
        // On the heap, because the future of a call is moved when it is started.
        let connecting = Box::pin(self.session.call_by(
            self.method,
            once(message.clone()),
            deadline,
        ));
        let call = tokio::select! {
            biased;
            call = connecting => call?,
            () = self.stop.cancelled() => return Err(Error::interrupted()),
        };
        Ok(if self.keeps_everything {
            collect_until(call, &self.stop).await
        } else {
            collect(call, started).await
        })
    }
}

/// Runs a call with one reply to its end, and returns the events that are printed: the reply and the end.
///
/// The formats that print these events do not print times: all have that of the start.
async fn collect(mut call: Call<Once<Bytes>>, started: Instant) -> Events {
    let mut events = VecDeque::with_capacity(2);
    while let Some(event) = call.next().await {
        if matches!(event, Event::Message(_) | Event::Ended(_)) {
            events.push_back((started, Happened::Event(event)));
        }
    }
    events
}

/// Runs a call to its end, and returns all events, for formats that print them. If `stop` ends the call, that is an event
/// too.
async fn collect_until(mut call: Call<Once<Bytes>>, stop: &CancellationToken) -> Events {
    let mut events = VecDeque::with_capacity(4);
    let mut stopped = pin!(stop.cancelled());
    loop {
        let event = tokio::select! {
            biased;
            event = call.next() => event,
            () = &mut stopped => {
                call.cancel();
                let end = Box::new(End::cancelled());
                events.push_back((Instant::now(), Happened::Event(Event::Ended(end))));
                return events;
            }
        };
        match event {
            Some(event) => events.push_back((Instant::now(), Happened::Event(event))),
            None => return events,
        }
    }
}

/// The initial metadata and the end of a call that is over, as far as it has them.
pub fn headers_and_end(events: &Events) -> (Option<Box<MetadataMap>>, Option<Box<End>>) {
    let headers = events.iter().find_map(|(_, event)| match event {
        Happened::Event(Event::Headers(headers)) => Some(headers.clone()),
        _ => None,
    });
    let end = match events.back() {
        Some((_, Happened::Event(Event::Ended(end)))) => Some(end.clone()),
        _ => None,
    };
    (headers, end)
}

/// The times of a call that is over, for `-v`. Those of the last attempt, if there are several.
pub fn timeline(started: Instant, events: &Events) -> String {
    let mut timeline = Timeline::start(started);
    for (at, event) in events {
        match event {
            Happened::Event(Event::Sent(messages)) => timeline.sent(messages.size()),
            Happened::Event(Event::Headers(_)) => timeline.headers(*at),
            Happened::Event(Event::Message(message)) => timeline.received(message.len(), *at),
            Happened::Event(Event::Ended(_)) => timeline.ended(*at),
            Happened::Retry(_) => timeline = Timeline::start(*at),
        }
    }
    timeline.line()
}

/// The size of the replies in these events, in bytes.
pub fn reply_size(events: &Events) -> usize {
    let sizes = events.iter().map(|(_, event)| match event {
        Happened::Event(Event::Message(message)) => message.len(),
        _ => 0,
    });
    sizes.sum()
}

/// Prints the events of a call that is over. With `interrupted`, a cancelled call was ended by the user.
///
/// # Errors
/// The failure of the call, or of printing.
pub async fn print(
    events: Events,
    interrupted: bool,
    printer: &mut CallPrinter<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    for (at, happened) in events {
        printer.set_time(at);
        let event = match happened {
            Happened::Event(event) => event,
            Happened::Retry(attempt) => {
                printer.retrying(&attempt, out);
                continue;
            }
        };
        let handled = match event {
            Event::Sent(messages) => printer.sent(&messages, out).map(|()| Then::Continue),
            Event::Headers(headers) => {
                printer.headers(&headers, out);
                Ok(Then::Continue)
            }
            Event::Message(message) => loop {
                match printer.message(&message, out) {
                    Ok(Then::Resolve(types)) => printer.resolve(types).await,
                    then => break then,
                }
            },
            Event::Ended(end) => {
                let types = printer.unresolved(&end);
                if !types.is_empty() {
                    printer.resolve(types).await;
                }
                let interrupted = interrupted && end.origin == Origin::Cancelled;
                return printer.ended(&end, interrupted.then(Error::interrupted), out);
            }
        };
        if let Err(error) = handled {
            let end = match error.kind() {
                Kind::Status(code) => End::new(code, error.message(), Origin::Protocol),
                _ => End::cancelled(),
            };
            return printer.ended(&end, Some(error), out);
        }
    }
    Err(Error::failed("the call ended without a status"))
}
