//! What the operating system does for processes: limits, and word of their end.

use std::io;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::launcher::Limits;

/// Bounds what the process, and each child that it starts from now on, may use.
#[cfg(target_os = "linux")]
pub(super) fn bound(process: Pid, limits: Limits) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, prlimit};
    // Not the address space: runtimes reserve far more of that than they use.
    let bounds = [
        (Resource::Data, Some(limits.memory)),
        (Resource::Cpu, Some(limits.cpu_seconds)),
        (Resource::Nofile, Some(limits.open_files)),
        (Resource::Nproc, limits.processes),
        (Resource::Core, Some(0)),
    ];
    for (resource, most) in bounds {
        if most.is_some() {
            prlimit(Some(process), resource, Rlimit { current: most, maximum: most })?;
        }
    }
    Ok(())
}

/// Other systems cannot bound a process that runs, so none runs there.
#[cfg(not(target_os = "linux"))]
pub(super) fn bound(_: Pid, _: Limits) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sees a process end without clearing it away.
pub(super) struct Watch {
    process: Pid,
    ends_of_children: Signal,
}

impl Watch {
    pub(super) fn of(process: Pid) -> io::Result<Self> {
        Ok(Self { process, ends_of_children: signal(SignalKind::child())? })
    }

    /// Ends when the process has.
    pub(super) async fn exited(&mut self) {
        while !has_ended(self.process) {
            self.ends_of_children.recv().await;
        }
    }
}

/// A process that cannot be asked about is none of ours any more.
fn has_ended(process: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(process), options), Ok(None))
}
