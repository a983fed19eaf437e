//! What holds for whatever a peer sends as gRPC-Web or Connect. Fuzz targets use it too.

use bytes::Bytes;
use http::{StatusCode, Uri};
use routeguide::framing::{BadFrame, Cutter, Encoding};
use routeguide::protocol::Wire;
use routeguide::protocol::connect::{self, Get};
use routeguide::protocol::web::{self, BadText, TextDecoder};

/// As large as messages may be here.
const LIMIT: usize = 1 << 10;

/// A body as text says the same, or is no base64, whether it arrives at once or in parts of this size.
pub fn text_is_the_same_however_split(body: &[u8], size: usize) {
    assert_eq!(decode(body.chunks(size.max(1))), decode([body]));
}

fn decode<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BadText> {
    let mut decoder = TextDecoder::default();
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&decoder.push(part)?);
    }
    decoder.finish().map(|()| bytes)
}

/// Frames are cut the same, whether they arrive at once or in parts of this size, and whether messages are looked at
/// before they are taken.
pub fn frames_are_the_same_however_split(
    wire: Wire,
    encoding: Option<Encoding>,
    body: &[u8],
    size: usize,
) {
    let at_once = Cut::new(wire, encoding, [body], false);
    for looks in [false, true] {
        let in_parts = Cut::new(wire, encoding, body.chunks(size.max(1)), looks);
        assert_eq!(in_parts, at_once);
    }
}

/// What a cutter has found.
#[derive(Debug, Default, PartialEq)]
struct Cut {
    messages: Vec<Vec<u8>>,
    end: Option<Bytes>,
    /// The bytes of an incomplete frame, or why there are no more.
    rest: Option<Result<usize, BadFrame>>,
}

impl Cut {
    fn new<'a>(
        wire: Wire,
        encoding: Option<Encoding>,
        parts: impl IntoIterator<Item = &'a [u8]>,
        looks: bool,
    ) -> Self {
        let mut cutter = Cutter::new(LIMIT);
        if let Some(flag) = wire.end_flag() {
            cutter.set_end_flag(flag);
        }
        if let Some(encoding) = encoding {
            cutter.set_encoding(encoding);
        }
        let mut cut = Self::default();
        let (mut arrived, mut given_back) = (0, 0);
        for part in parts {
            cutter.push(Bytes::copy_from_slice(part));
            arrived += part.len();
            if let Err(error) = cut.take_all(&mut cutter, looks) {
                cut.rest = Some(Err(error));
                return cut;
            }
            given_back += cutter.take_consumed() + cutter.take_incomplete();
            assert_eq!(given_back, arrived, "the window is given back");
        }
        cut.rest = Some(Ok(cutter.len()));
        cut
    }

    fn take_all(&mut self, cutter: &mut Cutter, looks: bool) -> Result<(), BadFrame> {
        loop {
            if looks {
                while let Some(message) = cutter.peek()? {
                    self.messages.push(message.to_vec());
                    cutter.skip();
                }
            }
            while let Some(message) = cutter.next()? {
                self.messages.push(message.to_vec());
            }
            let Some(end) = cutter.take_end()? else {
                return Ok(());
            };
            assert_eq!(self.end, None, "a stream has one end");
            self.end = Some(end);
        }
    }
}

/// Trailers that can be read are the same once they are written, in the ways of both protocols.
pub fn trailers_come_back(frame: &[u8]) {
    let Ok(mut trailers) = web::read_trailers(frame) else {
        return;
    };
    let written = web::write_trailers(&trailers);
    assert_eq!(web::read_trailers(&written).as_ref(), Ok(&trailers));

    let among_headers = connect::split_trailers(&mut trailers);
    let mut joined = trailers.clone();
    connect::join_trailers(&mut joined, &among_headers);
    assert_eq!(connect::split_trailers(&mut joined), among_headers);
    assert_eq!(joined, trailers);
}

/// The end of a stream of Connect that can be read is the same once it is written. Details lose the host of their type, so
/// they are the same from then on.
pub fn end_comes_back(message: &[u8]) {
    let Ok(end) = connect::read_end(message) else {
        return;
    };
    let written = connect::write_end(end.error.as_ref(), &end.trailers);
    let again = connect::read_end(&written).expect("an end");
    let parts = |error: &Option<tonic::Status>| {
        error
            .as_ref()
            .map(|error| (error.code(), error.message().to_owned()))
    };
    assert_eq!(parts(&again.error), parts(&end.error));
    assert_eq!(again.trailers, end.trailers);
    let written_again = connect::write_end(again.error.as_ref(), &again.trailers);
    assert_eq!(written_again, written);
}

/// The same of the error of a unary response.
pub fn error_comes_back(body: &[u8], http: StatusCode) {
    let Some(error) = connect::read_error(body, http) else {
        return;
    };
    let written = connect::write_error(&error);
    let again = connect::read_error(&written, StatusCode::OK).expect("an error");
    assert_eq!(again.code(), error.code());
    assert_eq!(again.message(), error.message());
    assert_eq!(connect::write_error(&again), written);
}

/// A request in a URL that can be read is the same once it is written.
pub fn query_comes_back(query: &str) {
    if let Ok(get) = Get::read(query) {
        request_comes_back(&get);
    }
}

/// A request can be in a URL, and is the same there.
pub fn request_comes_back(get: &Get<'_>) {
    let query = get.query();
    assert!(format!("/a?{query}").parse::<Uri>().is_ok(), "{query}");
    assert_eq!(Get::read(&query).as_ref(), Ok(get));
}
