//! What only Connect has: names and HTTP statuses of codes (`code`), errors and the end of a stream as JSON (`error`,
//! `end`), trailers of a unary response among its headers (`trailers`), the version in requests (`version`), and requests
//! in URLs (`get`).

mod code;
mod end;
mod error;
mod get;
mod trailers;
mod version;

pub use code::{code_named, http_status, name_of_code};
pub use end::{BadEnd, EndOfStream, read_end, write_end};
pub use error::{read_error, write_error};
pub use get::{BadQuery, Get};
pub use trailers::{join_trailers, split_trailers};
pub use version::{BadVersion, VERSION, VERSION_HEADER, has_version};
