//! The figures of the process that Prometheus' clients show, by their names:
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>.

use procfs::process::{LimitValue, Process};
use procfs::{CurrentSI as _, KernelStats};

use super::exposition::{Kind, Number, Page};

/// Shows what /proc says. A figure that cannot be read is left out.
pub fn families(page: &mut Page) {
    let Ok(process) = Process::myself() else {
        return;
    };
    if let Ok(stat) = process.stat() {
        page.family(
            "process_cpu_seconds",
            Kind::Counter,
            "CPU time of the process, of user and system.",
        );
        page.sample(&[], Number::Real(seconds(stat.utime + stat.stime)));
        page.family(
            "process_resident_memory_bytes",
            Kind::Gauge,
            "Memory of the process that is resident.",
        );
        page.sample(&[], Number::Whole(stat.rss * procfs::page_size()));
        if let Ok(kernel) = KernelStats::current() {
            page.family(
                "process_start_time_seconds",
                Kind::Gauge,
                "When the process started, in seconds since 1970.",
            );
            let started = real(kernel.btime) + seconds(stat.starttime);
            page.sample(&[], Number::Real(started));
        }
    }
    if let Ok(open) = process.fd_count() {
        page.family(
            "process_open_fds",
            Kind::Gauge,
            "File descriptors that are open.",
        );
        page.sample(&[], Number::Whole(open as u64));
    }
    if let Ok(limits) = process.limits()
        && let LimitValue::Value(most) = limits.max_open_files.soft_limit
    {
        page.family(
            "process_max_fds",
            Kind::Gauge,
            "File descriptors that may be open.",
        );
        page.sample(&[], Number::Whole(most));
    }
}

fn seconds(ticks: u64) -> f64 {
    real(ticks) / real(procfs::ticks_per_second())
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn real(number: u64) -> f64 {
    number as f64
}
