//! gRPC's messages inside HTTP/2, for client and server: how they are packed into DATA and cut out again (`message`), and
//! the encodings that compress them (`encoding`).

mod encoding;
mod message;

pub use encoding::{ACCEPTED, Encoding};
pub use message::{BadFrame, Cutter, PREFIX, Packer, Sent};
