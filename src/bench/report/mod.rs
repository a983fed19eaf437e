//! Figures → documents. Nothing is measured here, and nothing is written anywhere.
//!
//! - `text`: what `-o text` prints.
//! - `csv`: the time line.
//! - `ghz`: the JSON of ghz 0.121.
//! - `html/`: one page with tables and plots, which needs nothing else.
//! - `summary`: what `text` and `html` both say, as rows; `bars`: the histogram.

mod bars;
mod csv;
mod ghz;
mod html;
mod summary;
mod text;

pub use csv::csv;
pub use ghz::ghz;
pub use html::html;
pub use text::text;
