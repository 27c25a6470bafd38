//! Metrics of the process, under the names that Prometheus has for them. Linux only: they come from `/proc`.

use metrics::{Gauge, Unit, describe_gauge, gauge};

const RESIDENT_MEMORY: &str = "process_resident_memory_bytes";
const OPEN_FDS: &str = "process_open_fds";
const MAX_FDS: &str = "process_max_fds";
const START_TIME: &str = "process_start_time_seconds";

/// The gauges of the process.
#[derive(Clone)]
pub(super) struct ProcessMetrics {
    resident_memory: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
    start_time: Gauge,
}

impl ProcessMetrics {
    pub(super) fn new() -> Self {
        describe_gauge!(RESIDENT_MEMORY, Unit::Bytes, "Memory of the process that is in RAM");
        describe_gauge!(OPEN_FDS, "Open file descriptors of the process");
        describe_gauge!(MAX_FDS, "The most file descriptors that the process may open");
        describe_gauge!(START_TIME, Unit::Seconds, "When the process started, as a Unix time");
        Self {
            resident_memory: gauge!(RESIDENT_MEMORY),
            open_fds: gauge!(OPEN_FDS),
            max_fds: gauge!(MAX_FDS),
            start_time: gauge!(START_TIME),
        }
    }

    /// Sets the gauges. What cannot be read stays as it was.
    pub(super) fn collect(&self) {
        #[cfg(target_os = "linux")]
        let _ = self.read();
    }

    #[cfg(target_os = "linux")]
    fn read(&self) -> procfs::ProcResult<()> {
        use procfs::process::{LimitValue, Process};
        use procfs::{WithCurrentSystemInfo, boot_time_secs, ticks_per_second};
        let process = Process::myself()?;
        let stat = process.stat()?;
        self.resident_memory.set(stat.rss_bytes().get() as f64);
        self.start_time.set(boot_time_secs()? as f64 + stat.starttime as f64 / ticks_per_second() as f64);
        self.open_fds.set(process.fd_count()? as f64);
        if let LimitValue::Value(limit) = process.limits()?.max_open_files.soft_limit {
            self.max_fds.set(limit as f64);
        }
        Ok(())
    }
}
