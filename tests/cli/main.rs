//! Runs the real binary against real servers on free ports. Each module covers a command or a topic, and each test is named
//! after the behavior that it specifies.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod harness;

#[cfg(target_os = "linux")]
mod bench;
mod bounds;
mod call;
mod call_batch;
mod call_concurrency;
mod call_end;
mod call_input;
mod call_output;
mod call_status;
mod call_without_input;
#[cfg(target_os = "linux")]
mod completion_in_shells;
mod completions;
mod compression;
mod config;
mod connecting;
mod deadlines;
mod describe;
mod envelope;
mod envelope_batch;
mod envelope_status;
mod error_format;
mod get_people;
mod get_person;
mod headers;
mod health;
mod help;
mod hostile;
mod list;
mod load;
mod man;
#[cfg(unix)]
mod messages;
mod names;
mod newer_descriptor;
mod output;
#[cfg(unix)]
#[cfg(target_os = "linux")]
mod packaging;
mod people;
mod people_engines;
mod people_locks;
mod people_secrets;
mod progress;
mod protocols;
mod readme;
mod reflection;
#[cfg(target_os = "linux")]
mod replicas;
mod retries;
mod routes;
mod schema_files;
mod serve;
#[cfg(unix)]
mod serve_authority;
mod serve_check;
mod serve_database;
mod serve_database_changes;
#[cfg(unix)]
mod serve_log;
#[cfg(target_os = "linux")]
mod serve_metrics;
mod serve_otlp;
mod serve_people;
#[cfg(target_os = "linux")]
mod serve_protocols;
mod serve_services;
#[cfg(unix)]
mod serve_stop;
#[cfg(target_os = "linux")]
mod serve_systemd;
#[cfg(unix)]
mod serve_tls;
#[cfg(unix)]
mod serve_tokens;
#[cfg(unix)]
mod shell_script;
mod signals;
mod status;
mod streams;
#[cfg(unix)]
mod terminal;
mod tls;
mod verbose;
mod waiting;
mod wire;
