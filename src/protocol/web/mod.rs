//! What only gRPC-Web has (PROTOCOL-WEB): the frame with the trailers at the end of a response (`trailers`), and messages
//! as base64 (`text`).

mod text;
mod trailers;

pub use text::{BadText, TextDecoder, encode_text, text_room};
pub use trailers::{BadTrailers, read_trailers, write_trailers};
