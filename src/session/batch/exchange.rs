//! One of several concurrent calls of a batch: runs to its end, and is printed when it is its turn.

use std::collections::VecDeque;
use std::pin::pin;

use bytes::Bytes;
use tokio::time::Instant;
use tokio_stream::{Once, once};
use tokio_util::sync::CancellationToken;

use crate::call::{Call, End, Event, Origin, Processed};
use crate::error::{Error, Kind, Result};
use crate::output::NotCalled;
use crate::session::drive::{CallObserver as _, Then};
use crate::session::printer::CallPrinter;
use crate::session::target::{Method, Session};

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
pub type Events = VecDeque<(Instant, Event)>;

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
        let mut events = self.attempt(message, started).await;
        if let Ok(events) = &mut events
            && let Some((_, Event::Ended(end))) = events.back()
            && end.origin == Origin::Connection(Processed::No)
            && self.session.can_call_again()
        {
            // If that fails, the first attempt has the reason.
            if let Ok(second) = Box::pin(self.attempt(message, started)).await {
                *events = second;
            }
        }
        events
    }

    async fn attempt(&self, message: &Bytes, started: Instant) -> Result<Events> {
        let connecting = self.session.one_of_many(self.method, once(message.clone()));
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
            events.push_back((started, event));
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
                events.push_back((Instant::now(), Event::Ended(Box::new(End::cancelled()))));
                return events;
            }
        };
        match event {
            Some(event) => events.push_back((Instant::now(), event)),
            None => return events,
        }
    }
}

/// The size of the replies in these events, in bytes.
pub fn reply_size(events: &Events) -> usize {
    let sizes = events.iter().map(|(_, event)| match event {
        Event::Message(message) => message.len(),
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
    for (at, event) in events {
        printer.set_time(at);
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
