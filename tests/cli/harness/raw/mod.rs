//! A server that is scripted frame by frame. It can do what libraries do not allow: windows that never open, frames split at
//! any byte, GOAWAY with any last stream. And it checks what libraries do not report: that the client respects the windows
//! and the frame size.
//!
//! The server does nothing by itself, except acknowledge SETTINGS and PING.

mod call;
pub mod frame;
pub mod state;

use std::io::Write as _;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use h2::Reason;

use super::{LIMIT, wait_for};
pub use call::{OK_HEADERS, RawCall};
use frame::{ACK, GOAWAY, PING, PREFACE, SETTINGS, WINDOW_UPDATE};
pub use frame::{END_STREAM, Frame};
use state::State;

/// The initial limits of the server.
#[derive(Clone, Copy)]
pub struct Terms {
    /// How many bytes a stream may carry before the test grants more.
    pub stream_window: u32,
    /// The same for all streams of a connection, at least 65,535.
    pub connection_window: u32,
    /// At least 16,384.
    pub max_frame_size: u32,
    pub max_concurrent_streams: Option<u32>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            stream_window: 1 << 30,
            connection_window: 1 << 30,
            max_frame_size: 1 << 14,
            max_concurrent_streams: None,
        }
    }
}

/// The listening side.
pub struct RawPeer {
    listener: TcpListener,
    terms: Terms,
}

impl RawPeer {
    pub fn start() -> Self {
        Self::with(Terms::default())
    }

    pub fn with(terms: Terms) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self { listener, terms }
    }

    /// With this window for each stream until the test grants more.
    pub fn with_window(stream_window: u32) -> Self {
        Self::with(Terms {
            stream_window,
            ..Terms::default()
        })
    }

    pub fn addr(&self) -> String {
        let addr: SocketAddr = self.listener.local_addr().unwrap();
        addr.to_string()
    }

    /// Waits for a connection, and until the client has acknowledged the terms.
    #[track_caller]
    pub fn accept(&self) -> RawConnection {
        let mut accepted = None;
        wait_for("a connection", || {
            accepted = self.listener.accept().ok();
            accepted.is_some()
        });
        let (stream, _) = accepted.unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_nodelay(true).unwrap();
        let connection = RawConnection::new(stream, self.terms);
        connection.wait("SETTINGS acknowledged", |state| state.settled.then_some(()));
        connection
    }

    /// Waits for a connection and its first call.
    #[track_caller]
    pub fn accept_call(&self) -> RawCall {
        self.accept().call()
    }
}

/// One connection; clones share it. It is closed when the last one is dropped.
#[derive(Clone)]
pub struct RawConnection(Arc<Inner>);

struct Inner {
    stream: Mutex<TcpStream>,
    state: Mutex<State>,
    changed: Condvar,
}

impl RawConnection {
    fn new(stream: TcpStream, terms: Terms) -> Self {
        let mut reader = stream.try_clone().unwrap();
        let connection = Self(Arc::new(Inner {
            stream: Mutex::new(stream),
            state: Mutex::new(State::new(terms)),
            changed: Condvar::new(),
        }));
        let mut settings = vec![
            (frame::INITIAL_WINDOW_SIZE, terms.stream_window),
            (frame::MAX_FRAME_SIZE, terms.max_frame_size),
        ];
        settings.extend(
            terms
                .max_concurrent_streams
                .map(|most| (frame::MAX_CONCURRENT_STREAMS, most)),
        );
        connection.send(&Frame::settings(&settings));
        let more = terms.connection_window - state::DEFAULT_WINDOW;
        if more > 0 {
            connection.send(&Frame::new(WINDOW_UPDATE, 0, 0, more.to_be_bytes()));
        }
        // Weak, so that the reader does not keep the connection open.
        let weak = Arc::downgrade(&connection.0);
        std::thread::spawn(move || {
            let mut preface = [0; PREFACE.len()];
            let greeted = std::io::Read::read_exact(&mut reader, &mut preface).is_ok();
            let mut next = || Frame::read(&mut reader).ok();
            // Reads to the end, even after the test: closing a socket with unread bytes resets the connection, and the
            // client would lose the last data sent to it.
            while let Some(frame) = greeted.then(&mut next).flatten() {
                if let Some(inner) = weak.upgrade() {
                    Self(inner).received(frame);
                }
            }
            if let Some(inner) = weak.upgrade() {
                inner.state.lock().unwrap().closed = true;
                inner.changed.notify_all();
            }
        });
        connection
    }

    fn received(&self, frame: Frame) {
        match (frame.kind, frame.has(ACK)) {
            (SETTINGS, false) => self.send(&Frame::new(SETTINGS, ACK, 0, [])),
            (PING, false) => self.send(&Frame::new(PING, ACK, 0, frame.payload.clone())),
            _ => {}
        }
        self.0.state.lock().unwrap().received(frame);
        self.0.changed.notify_all();
    }

    /// Sends a frame unchanged. The client may have closed the connection: the test checks that.
    pub fn send(&self, frame: &Frame) {
        self.0.state.lock().unwrap().sending(frame);
        self.send_bytes(&frame.encode());
    }

    pub fn send_bytes(&self, bytes: &[u8]) {
        let _ = self.0.stream.lock().unwrap().write_all(bytes);
    }

    /// Waits until `look` finds something in the state.
    #[track_caller]
    fn wait<T>(&self, what: &str, mut look: impl FnMut(&State) -> Option<T>) -> T {
        let give_up = Instant::now() + LIMIT;
        let mut state = self.0.state.lock().unwrap();
        loop {
            assert!(state.violation.is_none(), "{:?}", state.violation);
            if let Some(found) = look(&state) {
                return found;
            }
            let left = give_up.saturating_duration_since(Instant::now());
            assert!(
                !state.closed && !left.is_zero(),
                "timed out waiting for {what}; {}",
                state.summary()
            );
            state = self.0.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits for the next call.
    #[track_caller]
    pub fn call(&self) -> RawCall {
        let stream = self.wait("a call", |state| {
            state.opened.get(state.taken.get()).copied()
        });
        let state = self.0.state.lock().unwrap();
        state.taken.set(state.taken.get() + 1);
        drop(state);
        RawCall::new(self.clone(), stream)
    }

    /// Grants this many bytes more for all streams together.
    pub fn grant(&self, bytes: u32) {
        self.send(&Frame::new(WINDOW_UPDATE, 0, 0, bytes.to_be_bytes()));
    }

    /// Changes the window of every stream. It may become negative (RFC 9113, section 6.9.2).
    pub fn set_stream_window(&self, bytes: u32) {
        self.0.state.lock().unwrap().next_window = bytes;
        self.send(&Frame::settings(&[(frame::INITIAL_WINDOW_SIZE, bytes)]));
    }

    /// Sends GOAWAY: no stream above `last` was or will be processed.
    pub fn go_away(&self, last: u32, reason: Reason) {
        let mut payload = last.to_be_bytes().to_vec();
        payload.extend(u32::from(reason).to_be_bytes());
        self.send(&Frame::new(GOAWAY, 0, 0, payload));
    }

    /// Waits until the client has read everything sent so far, that is, has answered a PING or closed the connection.
    #[track_caller]
    pub fn sync(&self) {
        let answers = |state: &State| state.count(|frame| frame.kind == PING && frame.has(ACK));
        let before = answers(&self.0.state.lock().unwrap());
        self.send(&Frame::new(PING, 0, 0, [7; 8]));
        self.wait("the answer to a PING", |state| {
            (answers(state) > before || state.closed).then_some(())
        });
    }

    /// Waits until the client has closed the connection.
    #[track_caller]
    pub fn wait_for_close(&self) {
        self.wait("the end of the connection", |state| {
            state.closed.then_some(())
        });
    }

    /// Closes our side without GOAWAY.
    pub fn close(&self) {
        let _ = self.0.stream.lock().unwrap().shutdown(Shutdown::Write);
    }

    /// Streams that the client has opened so far.
    pub fn calls(&self) -> usize {
        self.0.state.lock().unwrap().opened.len()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.stream.lock().unwrap().shutdown(Shutdown::Write);
    }
}
