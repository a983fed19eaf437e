//! One call on a connection that is scripted frame by frame.

use h2::Reason;
use prost::Message as _;
use routeguide::proto::Name;

use super::super::peer::{frame as message, person};
use super::RawConnection;
use super::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, HEADERS, RST_STREAM, WINDOW_UPDATE,
    header_block,
};
use super::state::State;

/// The response headers of gRPC.
pub const OK_HEADERS: [(&str, &str); 2] =
    [(":status", "200"), ("content-type", "application/grpc")];

/// A stream that the client opened.
pub struct RawCall {
    pub connection: RawConnection,
    pub stream: u32,
}

impl RawCall {
    pub fn new(connection: RawConnection, stream: u32) -> Self {
        Self { connection, stream }
    }

    /// Sends the response headers of gRPC.
    pub fn open(&self) {
        self.headers(&OK_HEADERS, 0);
    }

    /// Sends a HEADERS frame: response headers, or trailers.
    pub fn headers(&self, fields: &[(&str, &str)], flags: u8) {
        let flags = flags | END_HEADERS;
        self.send(HEADERS, flags, header_block(fields));
    }

    /// Sends the same in two frames, HEADERS and CONTINUATION.
    pub fn headers_in_two(&self, fields: &[(&str, &str)], flags: u8) {
        let block = header_block(fields);
        let (head, tail) = block.split_at(block.len() / 2);
        self.send(HEADERS, flags, head);
        self.send(CONTINUATION, END_HEADERS, tail);
    }

    /// Sends a DATA frame once the client's window has room for it.
    #[track_caller]
    pub fn data(&self, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        self.wait_for_room(bytes.len());
        self.send(DATA, 0, bytes);
    }

    /// Sends a DATA frame with this much padding, once the client's window has room for both.
    #[track_caller]
    pub fn padded(&self, bytes: &[u8], padding: u8) {
        let frame = Frame::padded(self.stream, bytes, padding);
        self.wait_for_room(frame.payload.len());
        self.connection.send(&frame);
    }

    /// Sends a person with this name in its own frame.
    #[track_caller]
    pub fn reply(&self, name: &str) {
        self.data(reply(name));
    }

    /// Ends the call with a status in the trailers.
    pub fn end(&self, code: u32) {
        self.headers(&[("grpc-status", &code.to_string())], END_STREAM);
    }

    /// Ends the response without trailers.
    #[allow(dead_code, reason = "only tests/cli uses it")]
    pub fn finish(&self) {
        self.send(DATA, END_STREAM, []);
    }

    /// Ends the call with response headers alone ("Trailers-Only").
    pub fn end_at_once(&self, code: u32) {
        let code = code.to_string();
        let mut fields = OK_HEADERS.to_vec();
        fields.push(("grpc-status", &code));
        self.headers(&fields, END_STREAM);
    }

    /// Answers a unary call with a person with this name.
    #[track_caller]
    pub fn answer(&self, name: &str) {
        self.open();
        self.reply(name);
        self.end(0);
    }

    pub fn reset(&self, reason: Reason) {
        self.send(RST_STREAM, 0, u32::from(reason).to_be_bytes());
    }

    /// Grants this many bytes more to the client.
    pub fn grant(&self, bytes: u32) {
        self.send(WINDOW_UPDATE, 0, bytes.to_be_bytes());
    }

    fn send(&self, kind: u8, flags: u8, payload: impl Into<Vec<u8>>) {
        self.connection
            .send(&Frame::new(kind, flags, self.stream, payload));
    }

    /// How many bytes the client's window has room for.
    pub fn room(&self) -> usize {
        self.connection.0.state.lock().unwrap().room(self.stream)
    }

    /// How many bytes its window has room for on a new stream.
    pub fn initial_room(&self) -> usize {
        self.connection.0.state.lock().unwrap().initial_room()
    }

    #[track_caller]
    fn wait_for_room(&self, len: usize) {
        let found = |state: &State| (state.room(self.stream) >= len).then_some(());
        self.connection.wait("room in the client's window", found);
    }

    /// The DATA frames received so far.
    pub fn frames(&self) -> Vec<Vec<u8>> {
        data(&self.connection.0.state.lock().unwrap(), self.stream)
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// The number of request bytes received so far.
    pub fn received(&self) -> usize {
        received(&self.connection.0.state.lock().unwrap(), self.stream)
    }

    /// Waits until this many request bytes have been received.
    #[track_caller]
    pub fn wait_for_bytes(&self, len: usize) {
        self.connection.wait(&format!("{len} bytes"), |state| {
            (received(state, self.stream) >= len).then_some(())
        });
    }

    /// The names in complete messages received so far.
    #[track_caller]
    pub fn names(&self) -> Vec<String> {
        names(&self.frames().concat())
    }

    /// Waits until this many names have been received.
    #[track_caller]
    pub fn wait_for_names(&self, count: usize) -> Vec<String> {
        self.connection.wait(&format!("{count} names"), |state| {
            let bytes: Vec<u8> = data(state, self.stream).flatten().copied().collect();
            let names = names(&bytes);
            (names.len() >= count).then_some(names)
        })
    }

    /// Waits until the client has half-closed the call.
    #[track_caller]
    pub fn wait_for_half_close(&self) {
        self.connection.wait("END_STREAM", |state| {
            let ends = |frame: &Frame| {
                frame.has(END_STREAM)
                    && (frame.is(DATA, self.stream) || frame.is(HEADERS, self.stream))
            };
            (state.count(ends) > 0).then_some(())
        });
    }

    /// Waits until the client has reset the call.
    #[track_caller]
    pub fn wait_for_reset(&self) -> Reason {
        self.connection.wait("RST_STREAM", |state| {
            let mut frames = state.frames.iter();
            let reset = frames.find(|frame| frame.is(RST_STREAM, self.stream))?;
            Some(Reason::from(reset.number()))
        })
    }
}

fn data(state: &State, stream: u32) -> impl Iterator<Item = &[u8]> {
    state
        .frames
        .iter()
        .filter(move |frame| frame.is(DATA, stream))
        .map(Frame::data)
}

fn received(state: &State, stream: u32) -> usize {
    data(state, stream).map(<[u8]>::len).sum()
}

/// The names in complete length-prefixed messages.
#[track_caller]
fn names(mut bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((prefix, rest)) = bytes.split_at_checked(5) {
        assert_eq!(prefix[0], 0, "no compression was agreed on");
        let len = u32::from_be_bytes(prefix[1..].try_into().unwrap()) as usize;
        let Some((name, rest)) = rest.split_at_checked(len) else {
            break;
        };
        names.push(Name::decode(name).unwrap().name);
        bytes = rest;
    }
    names
}

/// A person of this name as a length-prefixed message.
pub fn reply(name: &str) -> Vec<u8> {
    message(&person(name)).to_vec()
}
