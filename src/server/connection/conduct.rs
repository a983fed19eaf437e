//! What a client may do that costs the server work and the client nothing. h2 has limits for some of it; it does not
//! count what a client sends at a slow pace, and answers every PING.
//!
//! The allowances follow Envoy's for floods of frames (`http2_protocol_options`), and grpc-go's for PINGs
//! (`keepalive.EnforcementPolicy`).

use std::time::Duration;

use tokio::time::Instant;

use crate::server::metrics::Limit;

use super::frames::{
    ACK, CONTINUATION, DATA, Frame, GOAWAY, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS,
    WINDOW_UPDATE,
};

/// PINGs that come too early, after which the next one ends the connection.
const PING_STRIKES: u32 = 2;

/// SETTINGS beyond one a stream.
const SETTINGS_ALLOWED: u64 = 100;

/// PRIORITY frames for each stream, and one.
const PRIORITIES_PER_STREAM: u64 = 100;

/// CONTINUATION frames beyond ten a stream. A header list within the limit needs few.
const CONTINUATIONS_ALLOWED: u64 = 100;
const CONTINUATIONS_PER_STREAM: u64 = 10;

/// Answers to what the server has not sent. They are harmless, and h2 logs each.
const ANSWERS_ALLOWED: u64 = 10;

/// A client that leaves needs two.
const GOAWAYS_ALLOWED: u64 = 10;

/// Frames of types that are not known, beyond some for each stream.
const UNKNOWN_ALLOWED: u64 = 1000;
const UNKNOWN_PER_STREAM: u64 = 10;

/// WINDOW_UPDATE frames for each stream and for each DATA frame that was sent, and some.
const UPDATES_PER_FRAME: u64 = 10;
const UPDATES_ALLOWED: u64 = 1000;

/// Why a connection is ended. The text is the debug data of GOAWAY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misconduct {
    /// grpc-go's clients wait longer between PINGs when they see this text.
    Pings,
    Resets,
    Settings,
    Priorities,
    Continuations,
    WindowUpdates,
    /// GOAWAY frames, and those of types that are not known.
    Other,
    /// A header block or the head of a frame that is not completed in time.
    SlowHeaders,
}

impl Misconduct {
    pub fn limit(self) -> Limit {
        match self {
            Self::Pings => Limit::Pings,
            Self::Resets => Limit::Resets,
            Self::SlowHeaders => Limit::Handshake,
            Self::Settings
            | Self::Priorities
            | Self::Continuations
            | Self::WindowUpdates
            | Self::Other => Limit::Frames,
        }
    }

    pub fn debug_data(self) -> &'static str {
        match self {
            Self::Pings => "too_many_pings",
            Self::Resets => "too_many_resets",
            Self::Settings => "too_many_settings",
            Self::Priorities => "too_many_priority_frames",
            Self::Continuations => "too_many_continuations",
            Self::WindowUpdates => "too_many_window_updates",
            Self::Other => "too_many_frames",
            Self::SlowHeaders => "headers_too_slow",
        }
    }
}

/// Frames of a kind so far.
#[derive(Debug, Default)]
struct Count(u64);

impl Count {
    /// Counts one more.
    fn up_to(&mut self, allowed: u64, misconduct: Misconduct) -> Result<(), Misconduct> {
        self.0 += 1;
        if self.0 > allowed {
            return Err(misconduct);
        }
        Ok(())
    }
}

/// Counts the frames of a connection.
#[derive(Debug, Default)]
pub struct Conduct {
    max_resets: u64,
    ping_interval: Duration,
    streams: u64,
    data_sent: u64,
    pings_sent: u64,
    settings_sent: u64,
    resets: Count,
    settings: Count,
    priorities: Count,
    continuations: Count,
    updates: Count,
    pings_answered: Count,
    settings_answered: Count,
    goaways: Count,
    unknown: Count,
    strikes: u32,
    last_ping: Option<Instant>,
}

impl Conduct {
    /// `max_resets` is how many calls may be reset beyond as many as were completed.
    pub fn new(max_resets: u64, ping_interval: Duration) -> Self {
        Self {
            max_resets,
            ping_interval,
            ..Self::default()
        }
    }

    /// Counts a frame of the client; `completed` is the number of calls that have ended with a status.
    pub fn received(
        &mut self,
        frame: Frame,
        completed: u64,
        now: impl FnOnce() -> Instant,
    ) -> Result<(), Misconduct> {
        let is_answer = frame.flags & ACK != 0;
        let streams = self.streams;
        match frame.kind {
            DATA => Ok(()),
            HEADERS => {
                self.streams += 1;
                Ok(())
            }
            RST_STREAM => {
                let allowed = self.max_resets.saturating_add(completed);
                self.resets.up_to(allowed, Misconduct::Resets)
            }
            PRIORITY => {
                let allowed = PRIORITIES_PER_STREAM * (1 + streams);
                self.priorities.up_to(allowed, Misconduct::Priorities)
            }
            CONTINUATION => {
                let allowed = CONTINUATIONS_ALLOWED + CONTINUATIONS_PER_STREAM * streams;
                self.continuations.up_to(allowed, Misconduct::Continuations)
            }
            WINDOW_UPDATE => {
                let frames = streams + self.data_sent;
                let allowed = UPDATES_ALLOWED + UPDATES_PER_FRAME * frames;
                self.updates.up_to(allowed, Misconduct::WindowUpdates)
            }
            PING if !is_answer => self.pinged(now()),
            PING => {
                let allowed = self.pings_sent + ANSWERS_ALLOWED;
                self.pings_answered.up_to(allowed, Misconduct::Pings)
            }
            SETTINGS if !is_answer => {
                let allowed = SETTINGS_ALLOWED + streams;
                self.settings.up_to(allowed, Misconduct::Settings)
            }
            SETTINGS => {
                let allowed = self.settings_sent + ANSWERS_ALLOWED;
                self.settings_answered.up_to(allowed, Misconduct::Settings)
            }
            GOAWAY => self.goaways.up_to(GOAWAYS_ALLOWED, Misconduct::Other),
            _ => {
                let allowed = UNKNOWN_ALLOWED + UNKNOWN_PER_STREAM * streams;
                self.unknown.up_to(allowed, Misconduct::Other)
            }
        }
    }

    fn pinged(&mut self, now: Instant) -> Result<(), Misconduct> {
        let is_early = |last: Instant| now.duration_since(last) < self.ping_interval;
        if self.last_ping.is_some_and(is_early) {
            self.strikes += 1;
        }
        self.last_ping = Some(now);
        if self.strikes > PING_STRIKES {
            return Err(Misconduct::Pings);
        }
        Ok(())
    }

    /// Counts a frame of the server. A client that measures the connection sends a PING when it receives data, so each
    /// response allows more of them.
    pub fn sent(&mut self, frame: Frame) {
        if frame.flags & ACK == 0 {
            self.pings_sent += u64::from(frame.kind == PING);
            self.settings_sent += u64::from(frame.kind == SETTINGS);
        }
        if matches!(frame.kind, HEADERS | DATA) {
            self.data_sent += u64::from(frame.kind == DATA);
            self.strikes = 0;
            self.last_ping = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8) -> Frame {
        Frame {
            len: 0,
            kind,
            flags: 0,
            stream: 1,
        }
    }

    /// How many frames of a kind are allowed, one every `every`.
    fn allowed(conduct: &mut Conduct, kind: u8, every: Duration) -> Result<u64, Misconduct> {
        let mut now = Instant::now();
        for _ in 0..100_000 {
            now += every;
            conduct.received(frame(kind), 0, || now)?;
        }
        Ok(100_000)
    }

    #[test]
    fn floods_are_misconduct_at_any_pace() {
        for (kind, misconduct) in [
            (RST_STREAM, Misconduct::Resets),
            (SETTINGS, Misconduct::Settings),
            (PRIORITY, Misconduct::Priorities),
            (CONTINUATION, Misconduct::Continuations),
            (WINDOW_UPDATE, Misconduct::WindowUpdates),
        ] {
            let mut conduct = Conduct::new(500, Duration::from_secs(10));
            let every = Duration::from_mins(1);
            assert_eq!(allowed(&mut conduct, kind, every), Err(misconduct));
        }
    }

    #[test]
    fn pings_are_allowed_at_their_interval() {
        let interval = Duration::from_secs(10);
        let mut conduct = Conduct::new(500, interval);
        assert_eq!(allowed(&mut conduct, PING, interval), Ok(100_000));
        let early = Duration::from_millis(9_999);
        assert_eq!(allowed(&mut conduct, PING, early), Err(Misconduct::Pings));
    }

    #[test]
    fn each_response_allows_pings() {
        let mut conduct = Conduct::new(500, Duration::from_secs(10));
        let now = Instant::now();
        for _ in 0..1000 {
            conduct.received(frame(PING), 0, || now).unwrap();
            conduct.received(frame(PING), 0, || now).unwrap();
            conduct.sent(frame(DATA));
        }
    }

    #[test]
    fn calls_may_be_reset_as_long_as_as_many_are_completed() {
        let mut conduct = Conduct::new(5, Duration::from_secs(10));
        let now = Instant::now();
        for completed in 0..1000 {
            conduct
                .received(frame(RST_STREAM), completed, || now)
                .unwrap();
        }
        let mut last = Ok(());
        for _ in 0..6 {
            last = conduct.received(frame(RST_STREAM), 999, || now);
        }
        assert_eq!(last, Err(Misconduct::Resets));
    }
}
