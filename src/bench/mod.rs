//! `bench`: load on a method, and the figures of it.
//!
//! - `plan`: a run before it begins; `stages`: the rates of an open loop, `schedule`: when its calls are due, and
//!   `arrivals`: those that have not begun;
//! - `requests`: the messages of calls, `template`: what differs in them from call to call, with `rows` from a file;
//! - `work`: what workers need to know; `worker`: a thread of the load, with its `clock`, and `exchange`: one call;
//! - `recorder`: what a worker counts, in a `window` of a second each;
//! - `run`: all workers, and what they have counted, put together, with their `history`; `live`: how it goes;
//! - `figures`: what all reports are made from, with `distribution`: how long something took;
//! - `threshold`: what is asked of a run, of the figures in `named`; `search`: the highest rate at which it holds;
//! - `report`: figures → text, CSV, HTML and ghz's JSON, with `numbers` as people read them;
//! - `merge`: the parts of a distributed run; `compare`: two runs.

mod arrivals;
mod clock;
pub mod compare;
pub mod distribution;
mod exchange;
pub mod figures;
mod history;
pub mod live;
pub mod merge;
mod named;
mod numbers;
pub mod plan;
mod recorder;
pub mod report;
pub mod requests;
pub mod rows;
mod run;
pub mod schedule;
pub mod search;
pub mod stages;
pub mod template;
#[cfg(test)]
mod testing;
pub mod threshold;
mod window;
mod work;
mod worker;

pub use run::{Observer, Outcome, Progress, run};
pub use work::Target;
