//! The state of a connection: the client's frames, and the windows of both sides (RFC 9113, section 6.9).

use std::cell::Cell;
use std::collections::HashMap;

use super::Terms;
use super::frame::{ACK, DATA, Frame, HEADERS, INITIAL_WINDOW_SIZE, SETTINGS, WINDOW_UPDATE};

/// A window before any SETTINGS or WINDOW_UPDATE.
pub const DEFAULT_WINDOW: u32 = 65_535;

pub struct State {
    /// The frames from the client, in order.
    pub frames: Vec<Frame>,
    /// The streams it opened, in order.
    pub opened: Vec<u32>,
    /// How many of them the test has taken.
    pub taken: Cell<usize>,
    /// Whether the client has acknowledged the first SETTINGS.
    pub settled: bool,
    pub closed: bool,
    /// The first violation by the client.
    pub violation: Option<String>,
    max_frame_size: usize,
    /// What the client may send.
    to_us: Windows,
    /// What the server may send.
    to_client: Windows,
    /// The INITIAL_WINDOW_SIZE that was sent. It takes effect when the client acknowledges it.
    pub next_window: u32,
}

/// Both levels of flow control in one direction.
pub struct Windows {
    pub initial: i64,
    connection: i64,
    /// What WINDOW_UPDATE and DATA add to `initial`.
    streams: HashMap<u32, i64>,
}

impl Windows {
    pub fn new() -> Self {
        Self {
            initial: DEFAULT_WINDOW.into(),
            connection: DEFAULT_WINDOW.into(),
            streams: HashMap::new(),
        }
    }

    pub fn add(&mut self, stream: u32, bytes: i64) {
        if stream == 0 {
            self.connection += bytes;
        } else {
            *self.streams.entry(stream).or_default() += bytes;
        }
    }

    pub fn use_up(&mut self, stream: u32, len: usize) {
        let len = i64::try_from(len).unwrap();
        self.add(0, -len);
        self.add(stream, -len);
    }

    pub fn room(&self, stream: u32) -> i64 {
        let own = self.initial + self.streams.get(&stream).copied().unwrap_or_default();
        own.min(self.connection)
    }
}

impl State {
    pub fn new(terms: Terms) -> Self {
        Self {
            frames: Vec::new(),
            opened: Vec::new(),
            taken: Cell::new(0),
            settled: false,
            closed: false,
            violation: None,
            max_frame_size: terms.max_frame_size as usize,
            to_us: Windows::new(),
            to_client: Windows::new(),
            next_window: terms.stream_window,
        }
    }

    /// Records a frame to the client before it is sent.
    pub fn sending(&mut self, frame: &Frame) {
        match frame.kind {
            WINDOW_UPDATE => self.to_us.add(frame.stream, frame.number().into()),
            DATA => self.to_client.use_up(frame.stream, frame.payload.len()),
            _ => {}
        }
    }

    pub fn received(&mut self, frame: Frame) {
        if frame.payload.len() > self.max_frame_size {
            self.broke(format!("a frame of {} bytes", frame.payload.len()));
        }
        match frame.kind {
            SETTINGS if frame.has(ACK) => {
                self.settled = true;
                self.to_us.initial = self.next_window.into();
            }
            SETTINGS => {
                for (id, value) in frame.values() {
                    if id == INITIAL_WINDOW_SIZE {
                        self.to_client.initial = value.into();
                    }
                }
            }
            WINDOW_UPDATE => self.to_client.add(frame.stream, frame.number().into()),
            DATA => {
                self.to_us.use_up(frame.stream, frame.payload.len());
                // An empty frame does not need a window.
                if self.to_us.room(frame.stream) < 0 && !frame.payload.is_empty() {
                    self.broke(format!(
                        "{} bytes beyond the window of stream {}",
                        -self.to_us.room(frame.stream),
                        frame.stream
                    ));
                }
                if !self.opened.contains(&frame.stream) {
                    self.broke("DATA before HEADERS".to_owned());
                }
            }
            HEADERS => self.opened.push(frame.stream),
            _ => {}
        }
        self.frames.push(frame);
    }

    fn broke(&mut self, rule: String) {
        self.violation.get_or_insert(rule);
    }

    /// How many bytes the server may send on this stream.
    pub fn room(&self, stream: u32) -> usize {
        usize::try_from(self.to_client.room(stream)).unwrap_or_default()
    }

    /// How many bytes the server may send on a new stream.
    pub fn initial_room(&self) -> usize {
        usize::try_from(self.to_client.initial).unwrap_or_default()
    }

    pub fn count(&self, which: impl Fn(&Frame) -> bool) -> usize {
        self.frames.iter().filter(|frame| which(frame)).count()
    }

    /// A summary for failed tests.
    pub fn summary(&self) -> String {
        let frames: Vec<String> = self
            .frames
            .iter()
            .map(|frame| {
                let Frame {
                    kind,
                    flags,
                    stream,
                    payload,
                } = frame;
                format!(
                    "kind {kind} flags {flags} stream {stream} len {}",
                    payload.len()
                )
            })
            .collect();
        let shown = frames.len().min(40);
        format!(
            "closed: {}, {} frames: {:#?}",
            self.closed,
            frames.len(),
            &frames[frames.len() - shown..]
        )
    }
}
