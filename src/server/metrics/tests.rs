//! What the figures say after calls, on the page.

use std::time::Duration;

use tonic::Code;

use super::exposition::Format;
use super::families::page;
use super::{Limit, MethodIndex, Metrics, Reload, Traffic};
use crate::server::method::Method;

const TRAFFIC: Traffic = Traffic {
    messages_in: 1,
    messages_out: 1,
    bytes_in: 7,
    bytes_out: 2000,
};

/// Whether the page has this line.
#[track_caller]
fn shows(metrics: &Metrics, line: &str) {
    let page = page(metrics, Format::Prometheus);
    assert!(page.lines().any(|it| it == line), "no {line}\n{page}");
}

#[test]
fn a_call_is_in_the_figures_of_both_conventions() {
    let metrics = Metrics::default();
    let shard = metrics.shard();
    let method = MethodIndex::of(Some(Method::GetPerson));
    shard.started(method);
    shard.received(method, 1);
    shard.sent(method, 1);
    shows(&metrics, "routeguide_streams 1");
    shard.handled(method, Code::NotFound, Duration::from_millis(3), &TRAFFIC);
    shows(&metrics, "routeguide_streams 0");
    let middleware = r#"grpc_type="unary",grpc_service="RouteGuide",grpc_method="GetPerson""#;
    let a66 = r#"grpc_method="RouteGuide/GetPerson",grpc_status="NOT_FOUND""#;
    for line in [
        format!("grpc_server_started_total{{{middleware}}} 1"),
        format!("grpc_server_msg_received_total{{{middleware}}} 1"),
        format!("grpc_server_msg_sent_total{{{middleware}}} 1"),
        format!("grpc_server_handled_total{{{middleware},grpc_code=\"OK\"}} 0"),
        format!("grpc_server_handled_total{{{middleware},grpc_code=\"NotFound\"}} 1"),
        format!("grpc_server_handling_seconds_bucket{{{middleware},le=\"0.005\"}} 1"),
        format!("grpc_server_handling_seconds_sum{{{middleware}}} 0.003"),
        "grpc_server_call_started_total{grpc_method=\"RouteGuide/GetPerson\"} 1".to_owned(),
        format!("grpc_server_call_duration_seconds_bucket{{{a66},le=\"0.002\"}} 0"),
        format!("grpc_server_call_duration_seconds_bucket{{{a66},le=\"0.003\"}} 1"),
        format!("grpc_server_call_duration_seconds_count{{{a66}}} 1"),
        format!("grpc_server_call_sent_total_compressed_message_size_bytes_sum{{{a66}}} 2000"),
        format!(
            "grpc_server_call_rcvd_total_compressed_message_size_bytes_bucket{{{a66},le=\"1024\"}} 1"
        ),
    ] {
        shows(&metrics, &line);
    }
}

#[test]
fn shards_are_added_up() {
    let metrics = Metrics::default();
    let method = MethodIndex::of(Some(Method::GetPeople));
    for _ in 0..3 {
        let shard = metrics.shard();
        shard.started(method);
        shard.connection_opened();
        shard.handled(method, Code::Ok, Duration::ZERO, &TRAFFIC);
        shard.limit_hit(Limit::Pings);
    }
    metrics.shard().connection_closed();
    let labels = r#"grpc_type="bidi_stream",grpc_service="RouteGuide",grpc_method="GetPeople""#;
    shows(
        &metrics,
        &format!("grpc_server_started_total{{{labels}}} 3"),
    );
    shows(&metrics, "routeguide_connections 2");
    shows(&metrics, "routeguide_connections_accepted_total 3");
    shows(&metrics, "routeguide_limits_hit_total{limit=\"pings\"} 3");
}

#[test]
fn unknown_methods_are_one_series() {
    let metrics = Metrics::default();
    let shard = metrics.shard();
    let before = page(&metrics, Format::Prometheus);
    assert!(!before.contains("unknown") && !before.contains("other"));
    for _ in 0..3 {
        shard.started(MethodIndex::UNKNOWN);
        shard.handled(
            MethodIndex::UNKNOWN,
            Code::Unimplemented,
            Duration::ZERO,
            &TRAFFIC,
        );
    }
    let labels = r#"grpc_type="unknown",grpc_service="unknown",grpc_method="unknown""#;
    shows(
        &metrics,
        &format!("grpc_server_started_total{{{labels}}} 3"),
    );
    shows(
        &metrics,
        "grpc_server_call_started_total{grpc_method=\"other\"} 3",
    );
    let started = |page: &str| page.matches("\ngrpc_server_started_total").count();
    let after = page(&metrics, Format::Prometheus);
    assert_eq!(started(&after), started(&before) + 1);
}

#[test]
fn reloads_people_and_the_certificate_are_shown() {
    let metrics = Metrics::default();
    metrics.set_people(5);
    metrics.reloaded(Reload::People, true);
    metrics.reloaded(Reload::Certificate, false);
    assert!(!page(&metrics, Format::Prometheus).contains("expiry"));
    metrics.certificate_expires(1_800_000_000);
    for line in [
        "routeguide_people 5",
        r#"routeguide_reloads_total{what="people",result="ok"} 1"#,
        r#"routeguide_reloads_total{what="certificate",result="failed"} 1"#,
        r#"routeguide_reloads_total{what="certificate",result="ok"} 0"#,
        "routeguide_certificate_expiry_timestamp_seconds 1800000000",
    ] {
        shows(&metrics, line);
    }
}
