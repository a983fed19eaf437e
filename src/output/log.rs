//! Prints what the server and libraries say through `tracing` as lines of the log.

use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::record::Record;
use super::terminal::Console;

/// The target of events about a call, which text marks like everything that `-v` shows.
const CALL: &str = concat!(env!("CARGO_CRATE_NAME"), "::call");

/// Prints what is said through `tracing` on this console, from now on and from every thread.
pub fn log_to(console: Console) {
    let level = LevelFilter::from_level(console.level());
    let subscriber = tracing_subscriber::registry().with(Printer(console).with_filter(level));
    // There is one already when two servers run in one process, as in tests.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

struct Printer(Console);

impl<S: Subscriber> Layer<S> for Printer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let target = event.metadata().target();
        let is_ours = target.split("::").next() == Some(env!("CARGO_CRATE_NAME"));
        self.0.record(&Record {
            level: *event.metadata().level(),
            mark: (target == CALL).then_some("*"),
            target: (!is_ours).then_some(target),
            message: &fields.message,
            fields: &fields.others,
        });
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.others.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.others.push((field.name(), value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.others.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.others.push((field.name(), value.into()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.others.push((name, value.into())),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
