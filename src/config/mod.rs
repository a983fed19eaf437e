//! Settings: from the environment and from profiles in the configuration file, and where each came from.
//!
//! - `key`: which settings there are;
//! - `setting`: one of them, and where it was made;
//! - `file`: the configuration file → profiles;
//! - `elsewhere`: values in files, and those that commands print;
//! - `near`: the name that was meant;
//! - `settings`: what holds.

mod elsewhere;
mod file;
mod key;
mod near;
mod setting;
mod settings;

pub use elsewhere::{read as read_text, shell};
pub use file::File;
pub use key::{KEYS, Key};
pub use setting::{Origin, Setting, Source};
pub use settings::{Settings, path, profiles};
