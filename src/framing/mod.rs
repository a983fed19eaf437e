//! The messages of gRPC, gRPC-Web and Connect inside HTTP/2, for client and server: how they are packed into DATA
//! (`packer`) and cut out again (`cutter`), what is in front of each (`prefix`), the encodings that compress them
//! (`encoding`), and what writes them in another form (`transcoder`). A message can span frames, and a frame can hold many
//! messages.

mod cutter;
mod encoding;
mod packer;
mod prefix;
mod transcoder;

pub use cutter::{BadFrame, Cutter};
pub use encoding::{ACCEPTED, Encoding};
pub use packer::{Packer, Sent};
pub use prefix::{COMPRESSED, PREFIX, prefix_of};
pub use transcoder::Transcoder;
