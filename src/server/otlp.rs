//! `--otlp`: sends a span and the metrics of gRFC A66 for every call to an OpenTelemetry collector, by OTLP over gRPC.
//! opentelemetry-otlp does the sending, on threads of its own; the sampler and the rest are set by its `OTEL_` variables.
//!
//! - <https://github.com/grpc/proposal/blob/master/A66-otel-stats.md>
//! - <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::metrics::{Histogram, Meter, MeterProvider as _};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tonic::Code;

use super::call_log::{CallLog, CallRecord, TraceContext};
use super::method::Method;
use super::metrics::{MethodIndex, Metrics, call_seconds, message_sizes};
use super::peer::Peer;
use crate::error::{BoxError, Error, Result, code_name};

const NAME: &str = env!("CARGO_PKG_NAME");

/// Sends until it is shut down.
pub struct Exporter {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Exporter {
    /// Sends to the collector at this URL. Connects when there is something to send; a failure then is logged, and does
    /// not affect calls.
    ///
    /// # Errors
    /// When the URL is not valid.
    pub fn new(url: &str) -> Result<Self> {
        let failed = |error: BoxError| {
            Error::usage(format!("cannot export to {url:?}"))
                .caused_by(error)
                .hinted("write --otlp http://HOST:4317")
        };
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(failed("the URL has no scheme".into()));
        }
        let resource = Resource::builder()
            .with_service_name(NAME)
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let spans = SpanExporter::builder().with_tonic().with_endpoint(url);
        let figures = MetricExporter::builder().with_tonic().with_endpoint(url);
        Ok(Self {
            traces: SdkTracerProvider::builder()
                .with_batch_exporter(spans.build().map_err(|error| failed(error.into()))?)
                .with_resource(resource.clone())
                .build(),
            metrics: SdkMeterProvider::builder()
                .with_periodic_exporter(figures.build().map_err(|error| failed(error.into()))?)
                .with_resource(resource)
                .build(),
        })
    }

    /// What hears of calls, and sends them; `metrics` are those of the same server.
    pub fn log(&self, metrics: &Arc<Metrics>) -> CallLog {
        let meter = self.metrics.meter(NAME);
        let counted = Arc::clone(metrics);
        meter
            .u64_observable_counter("grpc.server.call.started")
            .with_unit("{call}")
            .with_callback(move |observer| {
                for (method, number) in counted.calls_started() {
                    observer.observe(number, &[KeyValue::new("grpc.method", method)]);
                }
            })
            .build();
        let calls = Calls::new(self.traces.tracer(NAME), &meter);
        Arc::new(move |call| calls.record(call))
    }

    /// Sends what is left. On another thread, since the SDK blocks while connections of this one send.
    pub async fn shut_down(self) {
        let sending = tokio::task::spawn_blocking(move || {
            // What failed has been logged.
            let _ = self.traces.shutdown();
            let _ = self.metrics.shutdown();
        });
        let _ = sending.await;
    }
}

struct Calls {
    tracer: SdkTracer,
    duration: Histogram<f64>,
    sent: Histogram<u64>,
    received: Histogram<u64>,
}

impl Calls {
    fn new(tracer: SdkTracer, meter: &Meter) -> Self {
        let size = |name: &'static str| {
            meter
                .u64_histogram(name)
                .with_unit("By")
                .with_boundaries(message_sizes().collect())
                .build()
        };
        Self {
            tracer,
            duration: meter
                .f64_histogram("grpc.server.call.duration")
                .with_unit("s")
                .with_boundaries(call_seconds().collect())
                .build(),
            sent: size("grpc.server.call.sent_total_compressed_message_size"),
            received: size("grpc.server.call.rcvd_total_compressed_message_size"),
        }
    }

    fn record(&self, call: &CallRecord) {
        let code = call.code.unwrap_or(Code::Cancelled);
        let method = MethodIndex::of(Method::of(&call.path)).full_name();
        let labels = [
            KeyValue::new("grpc.method", method),
            KeyValue::new("grpc.status", code_name(code)),
        ];
        self.duration.record(call.elapsed.as_secs_f64(), &labels);
        self.sent.record(call.traffic.bytes_out, &labels);
        self.received.record(call.traffic.bytes_in, &labels);

        let end = SystemTime::now();
        let parent = call.trace.as_ref().and_then(parent);
        let mut span = self
            .tracer
            .span_builder(method)
            .with_kind(SpanKind::Server)
            .with_start_time(end - call.elapsed)
            .with_attributes(attributes(call, method, code))
            .start_with_context(&self.tracer, &parent.unwrap_or_default());
        if is_error_of_server(code) {
            span.set_status(Status::error(code_name(code)));
        }
        span.end_with_timestamp(end);
    }
}

fn attributes(call: &CallRecord, method: &'static str, code: Code) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("rpc.system", "grpc"),
        KeyValue::new("rpc.grpc.status_code", i64::from(i32::from(code))),
        KeyValue::new("routeguide.request_id", call.request_id.clone()),
    ];
    if let Some((service, name)) = method.rsplit_once('/') {
        attributes.push(KeyValue::new("rpc.service", service));
        attributes.push(KeyValue::new("rpc.method", name));
    }
    if let Peer::Tcp(address) = call.peer {
        let address: SocketAddr = address;
        attributes.push(KeyValue::new(
            "network.peer.address",
            address.ip().to_string(),
        ));
        attributes.push(KeyValue::new(
            "network.peer.port",
            i64::from(address.port()),
        ));
    }
    attributes
}

/// The client's span.
fn parent(trace: &TraceContext) -> Option<Context> {
    let flags = if trace.is_sampled() {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::NOT_SAMPLED
    };
    let span = SpanContext::new(
        TraceId::from_hex(trace.trace_id()).ok()?,
        SpanId::from_hex(trace.parent_id()).ok()?,
        flags,
        true,
        TraceState::NONE,
    );
    Some(Context::new().with_remote_span_context(span))
}

/// Which codes are errors of a server, by OpenTelemetry's conventions.
fn is_error_of_server(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}
