//! A client whose frames the test writes. It follows no rule that the test does not follow.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use prost::Message as _;
use routeguide::proto::Name;

use super::harness::raw::frame::{
    ACK, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, INITIAL_WINDOW_SIZE, PING, PREFACE,
    RST_STREAM, SETTINGS, WINDOW_UPDATE, header_block,
};
use super::harness::raw::state::Windows;
use super::harness::{LIMIT, frame};

/// A write that takes longer is taken for a server that does not read: the attack is bounded.
const STALLED: Duration = Duration::from_secs(5);

pub const GET_PERSON: &str = "/RouteGuide/GetPerson";
pub const GET_PEOPLE: &str = "/RouteGuide/GetPeople";

/// A type of frame (RFC 9113, section 6.3).
pub const PRIORITY: u8 = 2;

/// An error code of HTTP/2 (RFC 9113, section 7).
pub const REFUSED_STREAM: u32 = 7;
pub const CANCEL: u32 = 8;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// A connection, closed when dropped.
pub struct Attacker {
    socket: TcpStream,
    inbox: Arc<Inbox>,
    next_stream: u32,
}

#[derive(Default)]
struct Inbox {
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// What the server has sent.
pub struct Seen {
    /// Whether the server has ended the connection.
    pub closed: bool,
    /// The last GOAWAY: its code and its debug data.
    pub goaway: Option<(u32, String)>,
    /// Streams that it has reset, with the codes.
    pub resets: BTreeMap<u32, u32>,
    /// Streams on which HEADERS, and DATA, have arrived.
    pub opened: BTreeSet<u32>,
    pub answered: BTreeSet<u32>,
    /// Streams that it has half-closed.
    pub ended: BTreeSet<u32>,
    /// PINGs that have no answer yet, in order.
    pub pings: Vec<Vec<u8>>,
    /// How many PINGs, and how many SETTINGS, it has answered.
    pub pongs: usize,
    pub acknowledged: usize,
    has_settings: bool,
    /// Nothing more is read.
    is_deaf: bool,
    /// What we may send.
    windows: Windows,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            closed: false,
            goaway: None,
            resets: BTreeMap::new(),
            opened: BTreeSet::new(),
            answered: BTreeSet::new(),
            ended: BTreeSet::new(),
            pings: Vec::new(),
            pongs: 0,
            acknowledged: 0,
            has_settings: false,
            is_deaf: false,
            windows: Windows::new(),
        }
    }
}

impl Seen {
    fn received(&mut self, frame: &Frame) {
        let Frame { kind, stream, .. } = *frame;
        if matches!(kind, HEADERS | DATA) && frame.has(END_STREAM) {
            self.ended.insert(stream);
        }
        match (kind, frame.has(ACK)) {
            (HEADERS, _) => _ = self.opened.insert(stream),
            (DATA, _) if !frame.data().is_empty() => _ = self.answered.insert(stream),
            (RST_STREAM, _) => _ = self.resets.insert(stream, frame.number()),
            (WINDOW_UPDATE, _) => self.windows.add(stream, frame.number().into()),
            (PING, true) => self.pongs += 1,
            (PING, false) => self.pings.push(frame.payload.clone()),
            (SETTINGS, true) => self.acknowledged += 1,
            (SETTINGS, false) => {
                self.has_settings = true;
                for (id, value) in frame.values() {
                    if id == INITIAL_WINDOW_SIZE {
                        self.windows.initial = value.into();
                    }
                }
            }
            (GOAWAY, _) => {
                let code = u32::from_be_bytes(frame.payload[4..8].try_into().unwrap());
                let debug = String::from_utf8_lossy(&frame.payload[8..]).into_owned();
                self.goaway = Some((code, debug));
            }
            _ => {}
        }
    }

    /// Whether the server has ended the stream, in any way.
    pub fn is_over(&self, stream: u32) -> bool {
        self.closed || self.ended.contains(&stream) || self.resets.contains_key(&stream)
    }
}

/// How a flood went.
#[derive(Debug, PartialEq, Eq)]
pub enum Flood {
    /// The server ended the connection.
    CutOff,
    /// The server does not read any more.
    Stalled,
    /// The server has taken everything.
    Taken,
}

impl Attacker {
    /// A connection that has greeted the server and been greeted.
    #[track_caller]
    pub fn connect(addr: &str) -> Self {
        Self::with_settings(addr, &[])
    }

    /// Greets with these settings.
    #[track_caller]
    pub fn with_settings(addr: &str, settings: &[(u16, u32)]) -> Self {
        let attacker = Self::greeting(addr, settings);
        attacker.wait("SETTINGS", |seen| seen.has_settings || seen.closed);
        attacker.send(&Frame::new(SETTINGS, ACK, 0, []));
        // Only the windows of streams are to stop replies, if anything.
        attacker.send(&Frame::new(
            WINDOW_UPDATE,
            0,
            0,
            (1_u32 << 30).to_be_bytes(),
        ));
        attacker
    }

    /// Greets, and does not wait for an answer.
    #[track_caller]
    pub fn greeting(addr: &str, settings: &[(u16, u32)]) -> Self {
        let attacker = Self::deaf(addr, settings);
        let mut reader = attacker.socket.try_clone().unwrap();
        let inbox = Arc::clone(&attacker.inbox);
        std::thread::spawn(move || {
            while let Ok(frame) = Frame::read(&mut reader) {
                let mut seen = inbox.seen.lock().unwrap();
                seen.received(&frame);
                let is_deaf = seen.is_deaf;
                drop(seen);
                inbox.changed.notify_all();
                if is_deaf {
                    return;
                }
            }
            inbox.seen.lock().unwrap().closed = true;
            inbox.changed.notify_all();
        });
        attacker
    }

    /// Greets, and never reads.
    #[track_caller]
    pub fn deaf(addr: &str, settings: &[(u16, u32)]) -> Self {
        let socket = TcpStream::connect(addr).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_write_timeout(Some(STALLED)).unwrap();
        let attacker = Self {
            socket,
            inbox: Arc::default(),
            next_stream: 1,
        };
        attacker.send_bytes(PREFACE);
        attacker.send(&Frame::settings(settings));
        attacker
    }

    /// Sends a frame. `false` when the connection has ended, or does not take it.
    pub fn send(&self, frame: &Frame) -> bool {
        self.send_bytes(&frame.encode())
    }

    pub fn send_bytes(&self, bytes: &[u8]) -> bool {
        (&self.socket).write_all(bytes).is_ok()
    }

    /// Sends these frames `times` times, as fast as the server reads.
    pub fn flood(&self, frames: &[Frame], times: usize) -> Flood {
        let once: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        let batch = (1 << 16) / once.len() + 1;
        let (many, mut left) = (once.repeat(batch), times);
        while left > 0 {
            let now = batch.min(left);
            if let Err(error) = (&self.socket).write_all(&many[..now * once.len()]) {
                return match error.kind() {
                    std::io::ErrorKind::WouldBlock => Flood::Stalled,
                    _ => Flood::CutOff,
                };
            }
            left -= now;
        }
        Flood::Taken
    }

    /// The number of the next stream.
    pub fn new_stream(&mut self) -> u32 {
        let stream = self.next_stream;
        self.next_stream += 2;
        stream
    }

    /// The HEADERS of a request on the next stream.
    pub fn headers(&mut self, path: &str, flags: u8) -> Frame {
        let block = header_block(&request(path));
        Frame::new(HEADERS, flags | END_HEADERS, self.new_stream(), block)
    }

    /// Opens a stream with a POST of this content type.
    pub fn begin_post(&mut self, path: &str, content_type: &str) -> u32 {
        let fields = request(path).map(|(name, value)| match name {
            "content-type" => (name, content_type),
            _ => (name, value),
        });
        let stream = self.new_stream();
        let block = header_block(&fields);
        self.send(&Frame::new(HEADERS, END_HEADERS, stream, block));
        stream
    }

    /// Opens a stream with a POST of this body.
    pub fn post(&mut self, path: &str, content_type: &str, body: &str) -> u32 {
        let stream = self.begin_post(path, content_type);
        self.data(stream, body, END_STREAM);
        stream
    }

    /// Opens a stream.
    pub fn open(&mut self, path: &str) -> u32 {
        let headers = self.headers(path, 0);
        self.send(&headers);
        headers.stream
    }

    pub fn data(&self, stream: u32, bytes: impl Into<Vec<u8>>, flags: u8) -> bool {
        let frame = Frame::new(DATA, flags, stream, bytes);
        self.use_up(stream, frame.payload.len());
        self.send(&frame)
    }

    /// Notes that so many bytes of DATA are on their way.
    pub fn use_up(&self, stream: u32, len: usize) {
        self.look(|seen| seen.windows.use_up(stream, len));
    }

    pub fn reset(&self, stream: u32) -> bool {
        self.send(&Frame::new(RST_STREAM, 0, stream, CANCEL.to_be_bytes()))
    }

    /// Makes a unary call, and waits for its end. `false` when the server ends the connection instead.
    ///
    /// Frames are processed in order: when it returns, everything before it has been.
    #[track_caller]
    pub fn call(&mut self) -> bool {
        let stream = self.open(GET_PERSON);
        self.data(stream, name("Alice"), END_STREAM);
        self.wait("the end of a call", |seen| seen.is_over(stream));
        self.look(|seen| seen.ended.contains(&stream))
    }

    /// How many bytes the server's windows have room for.
    pub fn room(&self, stream: u32) -> usize {
        self.look(|seen| usize::try_from(seen.windows.room(stream)).unwrap_or_default())
    }

    /// Stops reading, but for one more frame.
    pub fn stop_reading(&self) {
        self.look(|seen| seen.is_deaf = true);
    }

    /// Answers all PINGs so far.
    pub fn answer_pings(&self) {
        for payload in self.look(|seen| std::mem::take(&mut seen.pings)) {
            self.send(&Frame::new(PING, ACK, 0, payload));
        }
    }

    /// Looks at what the server has sent so far.
    pub fn look<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.inbox.seen.lock().unwrap())
    }

    /// Waits until `condition` holds for what the server has sent.
    #[track_caller]
    pub fn wait(&self, what: &str, condition: impl Fn(&Seen) -> bool) {
        let give_up = Instant::now() + LIMIT;
        let mut seen = self.inbox.seen.lock().unwrap();
        while !condition(&seen) {
            let left = give_up.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(seen);
                panic!("timed out waiting for {what}");
            }
            seen = self.inbox.changed.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Waits until the server has ended the connection; its last GOAWAY.
    #[track_caller]
    pub fn wait_for_end(&self) -> Option<(u32, String)> {
        self.wait("the end of the connection", |seen| seen.closed);
        self.look(|seen| seen.goaway.clone())
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// The header fields of a request.
pub fn request(path: &str) -> [(&str, &str); 6] {
    [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]
}

/// A name as a length-prefixed message.
pub fn name(name: &str) -> Vec<u8> {
    let name = Name {
        name: name.to_owned(),
    };
    frame(&name.encode_to_vec()).to_vec()
}

/// Waits until the server has closed a socket. What it sends before is ignored.
#[track_caller]
pub fn wait_for_close(mut socket: &TcpStream) {
    let give_up = Instant::now() + LIMIT;
    let mut buffer = [0; 4096];
    loop {
        let left = give_up.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "the server has not closed the connection");
        socket.set_read_timeout(Some(left)).unwrap();
        match socket.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return,
            Err(error) => panic!("the server has not closed the connection: {error}"),
        }
    }
}
