//! Processes that are measured from outside.

use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result};

/// Linux counts a process's CPU time in these.
const TICKS_PER_SECOND: f64 = 100.0;
/// Where `utime` and `stime` stand after the name in `/proc/PID/stat` (`proc(5)`).
const UTIME: usize = 11;

/// A child process, which ends with this value.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        Ok(Self(command.spawn().with_context(|| format!("{command:?} cannot be started"))?))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// The CPU time that it has used, in user space and in the kernel.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        let (_, fields) = stat.rsplit_once(')').context("stat has a name")?;
        let ticks = fields.split_whitespace().skip(UTIME).take(2).map(str::parse::<u32>);
        let ticks = ticks.sum::<Result<u32, _>>()?;
        Ok(Duration::from_secs_f64(f64::from(ticks) / TICKS_PER_SECOND))
    }

    /// Its resident memory, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("status has VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Neither can fail but for a child that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
