//! Memory and processor time of this process, as Linux tells them; absent on other systems.
//!
//! Sources: proc(5) for `/proc/self/status` and `/proc/self/stat`, the kernel's cgroup-v2 guide for
//! `memory.max`, and for the names of the instruments
//! <https://opentelemetry.io/docs/specs/semconv/system/process-metrics/>. The limit is that of the
//! container, which has no name in the conventions.

use std::fs;

use opentelemetry::metrics::Meter;

/// Clock ticks per second in `/proc/self/stat`: the kernel's interface says 100 on every machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// Observes the process whenever metrics are read.
pub(super) fn observe_process(meter: &Meter) {
    meter
        .u64_observable_gauge("process.memory.usage")
        .with_unit("By")
        .with_description("Physical memory that the process holds.")
        .with_callback(|observer| {
            if let Some(bytes) = read("/proc/self/status").as_deref().and_then(resident_bytes) {
                observer.observe(bytes, &[]);
            }
        })
        .build();
    meter
        .u64_observable_gauge("process.memory.limit")
        .with_unit("By")
        .with_description("Memory that the container may hold; absent where it has no limit.")
        .with_callback(|observer| {
            if let Some(bytes) = read("/sys/fs/cgroup/memory.max").as_deref().and_then(limit_bytes) {
                observer.observe(bytes, &[]);
            }
        })
        .build();
    meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_description("Processor time that the process has used.")
        .with_callback(|observer| {
            if let Some(seconds) = read("/proc/self/stat").as_deref().and_then(cpu_seconds) {
                observer.observe(seconds, &[]);
            }
        })
        .build();
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The `VmRSS` line, which is in units of 1,024 bytes.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// A number, or `max` where there is no limit.
fn limit_bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Fields 14 and 15, user and system time. The program's name before them may hold anything but is
/// in brackets.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t   10240 kB\nThreads:\t4\n"), Some(10_485_760));
        assert_eq!(resident_bytes("Name:\tzombie\n"), None);
        assert_eq!((limit_bytes("1073741824\n"), limit_bytes("max\n")), (Some(1 << 30), None));
    }

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 100 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("7 (a) S 1"), None);
    }
}
