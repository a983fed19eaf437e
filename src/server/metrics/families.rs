//! The families of metrics that the server shows: those of go-grpc-middleware, those of gRFC A66 as Prometheus names
//! them, and its own.
//!
//! - <https://github.com/grpc-ecosystem/go-grpc-middleware/tree/main/providers/prometheus>
//! - <https://github.com/grpc/proposal/blob/master/A66-otel-stats.md>

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tonic::Code;

use super::exposition::{Format, Kind, Labels, Number, Page};
use super::histogram::{Counter, GO_TIMES, Histogram, NOT_IN_A66, SIZES, TIMES, Totals};
use super::limit::Limit;
use super::methods::MethodIndex;
use super::shard::{CODES, OfCode, OfMethod, Shard};
use super::{Metrics, NEVER, UNCOUNTED};
use crate::error::code_name;

/// Which part of some counters.
type Pick<T, Part> = fn(&T) -> &Part;

/// Shows all of it.
pub fn page(metrics: &Metrics, format: Format) -> String {
    let mut page = Page::new(format);
    let shards = Shards(metrics.shards());
    middleware(&mut page, &shards);
    a66(&mut page, &shards);
    server(&mut page, &shards, metrics);
    #[cfg(target_os = "linux")]
    super::process::families(&mut page);
    page.finish()
}

/// Adds up shards.
struct Shards(Vec<Arc<Shard>>);

impl Shards {
    fn sum(&self, counter: impl Fn(&Shard) -> &Counter) -> u64 {
        self.0.iter().map(|shard| counter(shard).get()).sum()
    }

    fn of(&self, method: MethodIndex) -> impl Iterator<Item = &OfMethod> {
        let shards = self.0.iter();
        shards.filter_map(move |shard| shard.methods.get(method.get()))
    }

    fn sum_of(&self, method: MethodIndex, counter: impl Fn(&OfMethod) -> &Counter) -> u64 {
        self.of(method).map(|method| counter(method).get()).sum()
    }

    fn with_code(&self, method: MethodIndex, code: usize) -> impl Iterator<Item = &OfCode> {
        self.of(method).filter_map(move |it| it.codes.get(code))
    }

    fn handled(&self, method: MethodIndex, code: usize) -> u64 {
        self.with_code(method, code).map(|it| it.time.count()).sum()
    }

    /// Known methods are shown from the start, so that their first call is seen as an increase.
    fn shown(&self) -> impl Iterator<Item = MethodIndex> {
        MethodIndex::all().filter(|method| {
            *method != MethodIndex::UNKNOWN || self.sum_of(*method, |it| &it.started) > 0
        })
    }
}

fn middleware(page: &mut Page, shards: &Shards) {
    let counters: [(_, _, Pick<OfMethod, Counter>); 3] = [
        ("grpc_server_started", "Calls that have started.", |it| {
            &it.started
        }),
        (
            "grpc_server_msg_received",
            "Messages received from clients.",
            |it| &it.received,
        ),
        ("grpc_server_msg_sent", "Messages sent to clients.", |it| {
            &it.sent
        }),
    ];
    for (name, help, counter) in counters {
        page.family(name, Kind::Counter, help);
        for method in shards.shown() {
            let number = shards.sum_of(method, counter);
            page.sample(&method.middleware_labels(), Number::Whole(number));
        }
    }
    page.family(
        "grpc_server_handled",
        Kind::Counter,
        "Calls that have ended, by status code.",
    );
    for method in shards.shown() {
        let [kind, service, name] = method.middleware_labels();
        for code in 0..CODES {
            let number = shards.handled(method, code);
            if number > 0 || code == Code::Ok as usize {
                let labels = [kind, service, name, ("grpc_code", go_name(code))];
                page.sample(&labels, Number::Whole(number));
            }
        }
    }
    page.family(
        "grpc_server_handling_seconds",
        Kind::Histogram,
        "How long calls took.",
    );
    for method in shards.shown() {
        let mut totals = Totals::default();
        for code in 0..CODES {
            for it in shards.with_code(method, code) {
                it.time.add_to(&mut totals);
            }
        }
        let is_kept = |bound| GO_TIMES.contains(&bound);
        times(page, &method.middleware_labels(), &totals, is_kept);
    }
}

fn a66(page: &mut Page, shards: &Shards) {
    page.family(
        "grpc_server_call_started",
        Kind::Counter,
        "Calls that have started.",
    );
    for method in shards.shown() {
        let number = shards.sum_of(method, |it| &it.started);
        let labels = [("grpc_method", method.full_name())];
        page.sample(&labels, Number::Whole(number));
    }
    page.family(
        "grpc_server_call_duration_seconds",
        Kind::Histogram,
        "How long calls took.",
    );
    for (method, code) in ended(shards) {
        let mut totals = Totals::default();
        for it in shards.with_code(method, code) {
            it.time.add_to(&mut totals);
        }
        let is_kept = |bound| bound != NOT_IN_A66;
        times(page, &a66_labels(method, code), &totals, is_kept);
    }
    let sizes: [(_, _, Pick<OfCode, Histogram<{ SIZES.len() }>>); 2] = [
        (
            "grpc_server_call_sent_total_compressed_message_size_bytes",
            "Bytes sent in messages of a call, compressed and without framing.",
            |it| &it.bytes_out,
        ),
        (
            "grpc_server_call_rcvd_total_compressed_message_size_bytes",
            "Bytes received in messages of a call, compressed and without framing.",
            |it| &it.bytes_in,
        ),
    ];
    for (name, help, histogram) in sizes {
        page.family(name, Kind::Histogram, help);
        for (method, code) in ended(shards) {
            let mut totals = Totals::default();
            for it in shards.with_code(method, code) {
                histogram(it).add_to(&mut totals);
            }
            let buckets = totals.up_to(&SIZES, |_| true);
            let buckets = buckets.map(|(bound, count)| (real(bound), count));
            let labels = a66_labels(method, code);
            page.histogram(&labels, buckets, totals.count(), real(totals.sum));
        }
    }
}

/// The pairs of method and code that calls have ended with.
fn ended(shards: &Shards) -> impl Iterator<Item = (MethodIndex, usize)> {
    MethodIndex::all()
        .flat_map(|method| (0..CODES).map(move |code| (method, code)))
        .filter(|(method, code)| shards.handled(*method, *code) > 0)
}

fn a66_labels(method: MethodIndex, code: usize) -> [(&'static str, &'static str); 2] {
    [
        ("grpc_method", method.full_name()),
        ("grpc_status", code_name(code_of(code))),
    ]
}

fn times(
    page: &mut Page,
    labels: Labels<'_>,
    totals: &Totals<{ TIMES.len() }>,
    is_kept: impl Fn(u64) -> bool,
) {
    let buckets = totals.up_to(&TIMES, is_kept);
    let buckets = buckets.map(|(bound, count)| (seconds(bound), count));
    page.histogram(labels, buckets, totals.count(), seconds(totals.sum));
}

fn server(page: &mut Page, shards: &Shards, metrics: &Metrics) {
    // What has ended is read first, so that it is never more than what has started.
    let closed = shards.sum(|it| &it.closed);
    let opened = shards.sum(|it| &it.opened);
    page.family(
        "routeguide_connections",
        Kind::Gauge,
        "Connections that are open.",
    );
    page.sample(&[], Number::Whole(opened.saturating_sub(closed)));
    page.family(
        "routeguide_connections_accepted",
        Kind::Counter,
        "Connections that were served.",
    );
    page.sample(&[], Number::Whole(opened));
    page.family(
        "routeguide_connections_refused",
        Kind::Counter,
        "Connections that were closed before they were served.",
    );
    page.sample(&[], Number::Whole(shards.sum(|it| &it.refused)));
    let all = || MethodIndex::all().flat_map(|method| (0..CODES).map(move |code| (method, code)));
    let ended: u64 = all()
        .map(|(method, code)| shards.handled(method, code))
        .sum();
    let started: u64 = MethodIndex::all()
        .map(|method| shards.sum_of(method, |it| &it.started))
        .sum();
    page.family(
        "routeguide_streams",
        Kind::Gauge,
        "Calls that are in flight.",
    );
    page.sample(&[], Number::Whole(started.saturating_sub(ended)));
    page.family(
        "routeguide_limits_hit",
        Kind::Counter,
        "How often peers reached a limit.",
    );
    for limit in Limit::ALL {
        let number = shards.0.iter();
        let number = number.filter_map(|shard| shard.limits.get(limit.index()));
        let number = number.map(Counter::get).sum();
        page.sample(&[("limit", limit.name())], Number::Whole(number));
    }
    let people = metrics.people.load(Ordering::Relaxed);
    if people != UNCOUNTED {
        page.family("routeguide_people", Kind::Gauge, "People that are served.");
        page.sample(&[], Number::Whole(people));
    }
    page.family(
        "routeguide_reloads",
        Kind::Counter,
        "Files that were loaded again while serving.",
    );
    for (what, results) in ["people", "certificate"].into_iter().zip(&metrics.reloads) {
        for (result, number) in ["ok", "failed"].into_iter().zip(results) {
            let labels = [("what", what), ("result", result)];
            page.sample(&labels, Number::Whole(number.get()));
        }
    }
    let expiry = metrics.certificate_expiry.load(Ordering::Relaxed);
    if expiry != NEVER {
        page.family(
            "routeguide_certificate_expiry_timestamp_seconds",
            Kind::Gauge,
            "When the certificate that is served expires.",
        );
        #[expect(clippy::cast_precision_loss, reason = "2^53 seconds are enough")]
        page.sample(&[], Number::Real(expiry as f64));
    }
    page.family("routeguide_build", Kind::Info, "The program.");
    page.sample(&[("version", env!("CARGO_PKG_VERSION"))], Number::Whole(1));
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 104 days")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 8 PiB")]
fn real(bytes: u64) -> f64 {
    bytes as f64
}

/// For each method that has calls: how many have started.
#[cfg(feature = "otlp")]
pub fn calls_started(metrics: &Metrics) -> Vec<(&'static str, u64)> {
    let shards = Shards(metrics.shards());
    let number = |method| shards.sum_of(method, |it| &it.started);
    let methods = shards.shown();
    methods
        .map(|method| (method.full_name(), number(method)))
        .collect()
}

/// The latency buckets of gRFC A66.
#[cfg(feature = "otlp")]
pub fn call_seconds() -> impl Iterator<Item = f64> {
    let bounds = TIMES.into_iter();
    bounds.filter(|bound| *bound != NOT_IN_A66).map(seconds)
}

/// The size buckets of gRFC A66.
#[cfg(feature = "otlp")]
pub fn message_sizes() -> impl Iterator<Item = f64> {
    SIZES.into_iter().map(real)
}

fn code_of(index: usize) -> Code {
    i32::try_from(index).map_or(Code::Unknown, Code::from_i32)
}

/// The name of a code in Go, which go-grpc-middleware uses.
fn go_name(index: usize) -> &'static str {
    match code_of(index) {
        Code::Ok => "OK",
        Code::Cancelled => "Canceled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
    }
}
