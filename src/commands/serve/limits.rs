//! The limits that `serve` is given, and those that the system gives to the process.

use crate::cli::LimitArgs;
use crate::output::Console;
use crate::server::Limits;

pub fn limits(args: &LimitArgs) -> Limits {
    let defaults = Limits::default();
    Limits {
        connections: args.max_connections,
        connections_per_peer: args.max_connections_per_peer,
        streams: args.max_streams,
        message: args.max_message_size.unwrap_or(defaults.message),
        header_list: u32::try_from(args.max_header_list).unwrap_or(u32::MAX),
        handshake: args.handshake_timeout,
        keepalive_interval: args.keepalive_interval,
        keepalive_timeout: args.keepalive_timeout,
        ping_interval: args.min_ping_interval,
        stream_idle: args.max_stream_idle.0,
        call: args.max_call_time.0,
        connection_age: args.max_connection_age.0,
        connection_grace: args.max_connection_age_grace.0,
        resets: args.max_resets,
    }
}

/// Descriptors beside those of connections: files, listeners, and the runtimes' own.
#[cfg(unix)]
const OTHER_DESCRIPTORS: u64 = 32;

/// Raises the limit of descriptors as far as the system lets it, and warns if connections do not fit into it. systemd and
/// many shells start with 1024, which is for programs that use select().
#[cfg(unix)]
pub fn raise_descriptors(connections: usize, console: &Console) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    let needed = (connections as u64).saturating_add(OTHER_DESCRIPTORS);
    if let Some(current) = current.filter(|current| *current < needed) {
        console.warning(&format!(
            "the system allows this process {current} open files, which is too few for --max-connections {connections}"
        ));
    }
}

#[cfg(not(unix))]
pub fn raise_descriptors(_: usize, _: &Console) {}
