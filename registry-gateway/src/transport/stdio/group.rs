//! A process of a launcher and its children: started, bounded, ended together.

use std::{io, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::ExposeSecret;
use tokio::{
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::OwnedSemaphorePermit,
    time::timeout,
};

use super::system::{Watch, bound};
use crate::{launcher::Launcher, transport::channel::ChannelError};

/// How long a start waits while the launcher runs as many processes as it may.
pub const START_WAIT: Duration = Duration::from_secs(5);

/// How long the processes have between the request to end and the end.
pub const GRACE: Duration = Duration::from_secs(2);

/// How long the system may take to clear away what was killed.
const REAP_TIMEOUT: Duration = Duration::from_secs(5);

/// A process that was started, and its pipes.
pub(super) struct Started {
    pub(super) group: Group,
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

/// The process group that a started process leads. Dropping it kills every process in it.
pub(super) struct Group {
    leader: Child,
    id: Pid,
    watch: Watch,
    is_over: bool,
    /// The launcher's bound counts it until it has ended.
    _slot: OwnedSemaphorePermit,
}

/// Starts the launcher's command: no shell, no environment but its own, a group of its own.
pub(super) async fn start(launcher: &Launcher) -> Result<Started, ChannelError> {
    let slot = timeout(START_WAIT, launcher.slots.clone().acquire_owned()).await;
    let Ok(Ok(slot)) = slot else { return Err(ChannelError::Busy) };
    let mut leader = command(launcher).spawn().map_err(ChannelError::Start)?;
    let pipes = (leader.stdin.take(), leader.stdout.take(), leader.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else { return Err(gone()) };
    let id = leader.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).ok_or_else(gone)?;
    let watch = Watch::of(id).map_err(ChannelError::Start)?;
    // From here on whatever fails ends the whole group, and not the leader alone.
    let group = Group { leader, id, watch, is_over: false, _slot: slot };
    bound(id, launcher.limits).map_err(ChannelError::Start)?;
    tracing::debug!(launcher = launcher.name, pid = id.as_raw_pid(), "a process was started");
    Ok(Started { group, stdin, stdout, stderr })
}

fn gone() -> ChannelError {
    ChannelError::Start(io::Error::other("the process was gone at once"))
}

fn command(launcher: &Launcher) -> Command {
    let mut command = Command::new(&launcher.command);
    command
        .args(&launcher.args)
        .env_clear()
        .envs(launcher.env.iter().map(|(name, value)| (name, value.expose_secret())))
        .current_dir(&launcher.working_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

impl Group {
    /// Waits until the leader has ended. It is not cleared away by that, so that its number still stands for the group
    /// and for nobody else.
    pub(super) async fn exited(&mut self) {
        self.watch.exited().await;
    }

    /// Asks all of its processes to end, and ends those that do not.
    pub(super) async fn end(mut self) {
        self.signal(Signal::TERM);
        let _ = timeout(GRACE, self.exited()).await;
        self.signal(Signal::KILL);
        let reaped = timeout(REAP_TIMEOUT, self.leader.wait()).await;
        self.is_over = matches!(reaped, Ok(Ok(_)));
        tracing::debug!(pid = self.id.as_raw_pid(), is_over = self.is_over, "a process was ended");
    }

    fn signal(&self, signal: Signal) {
        // A group that is gone already needs no signal.
        let _ = kill_process_group(self.id, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_over {
            self.signal(Signal::KILL);
        }
    }
}
