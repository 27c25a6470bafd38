//! MCP over the standard input and output of a process: one JSON-RPC message in a line.
//!
//! Only a launcher of the operator's file is started. The process and its children are a group of their own, which
//! ends with the channel.

mod group;
mod notes;
mod system;

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use tokio::{
    io::AsyncWriteExt,
    process::{ChildStdin, ChildStdout},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

pub use self::group::{GRACE, START_WAIT};
use self::group::{Group, Started};
use super::channel::{
    Backend, Channel, ChannelError, Delivery, MAX_MESSAGE_BYTES, carry, deliver, on_one_line, pair,
};
use super::channels::Tasks;
use crate::launcher::Launcher;

/// How long the process may take to read a message.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How long what a process wrote before it ended is still waited for.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// Starts a process of `launcher`, which is this channel's own.
pub(super) async fn open(tasks: &Tasks, launcher: &Launcher) -> Result<Channel, ChannelError> {
    let Started { mut group, stdin, stdout, stderr } = group::start(launcher).await?;
    let (channel, Backend { outgoing, incoming, dropped }) = pair(tasks);
    let reader = incoming.clone();
    tasks.spawn(notes::keep(stderr, launcher, dropped.clone().cancelled_owned()));
    tasks.spawn(async move {
        let conversation = async {
            tokio::select! {
                end = receive(stdout, reader) => end,
                end = send_all(stdin, outgoing) => end,
                end = leader_ends(&mut group) => end,
            }
        };
        carry(incoming, dropped, conversation).await;
        group.end().await;
    });
    Ok(channel)
}

async fn receive(stdout: ChildStdout, incoming: Delivery) -> Result<(), ChannelError> {
    let mut lines = FramedRead::new(stdout, LinesCodec::new_with_max_length(MAX_MESSAGE_BYTES));
    while let Some(line) = lines.next().await {
        let line = line.map_err(|error| match error {
            LinesCodecError::MaxLineLengthExceeded => ChannelError::Protocol("a line is too long"),
            LinesCodecError::Io(_) => ChannelError::Protocol("a line is no text"),
        })?;
        // Some servers write other things there too, which no client minds.
        if line.trim_start().starts_with(['{', '[']) {
            deliver(&incoming, line.into()).await?;
        }
    }
    Ok(())
}

async fn send_all(mut stdin: ChildStdin, mut outgoing: mpsc::Receiver<Bytes>) -> Result<(), ChannelError> {
    while let Some(message) = outgoing.recv().await {
        let sent = timeout(SEND_TIMEOUT, stdin.write_all(&line(message))).await;
        if sent.map_err(|_| ChannelError::Timeout("a message is sent"))?.is_err() {
            // The process reads no more, but may have said something before that is not read yet.
            sleep(DRAIN_TIMEOUT).await;
            return Err(ChannelError::Closed);
        }
    }
    // Nothing more is sent, and the end of its input tells the process so; answers still come.
    drop(stdin);
    std::future::pending().await
}

/// The message as one line.
fn line(message: Bytes) -> Vec<u8> {
    let mut line = Vec::from(on_one_line(message));
    line.push(b'\n');
    line
}

/// Ends the conversation also when a child of the process that ended keeps its output open.
async fn leader_ends(group: &mut Group) -> Result<(), ChannelError> {
    group.exited().await;
    sleep(DRAIN_TIMEOUT).await;
    Err(ChannelError::Closed)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::line;

    #[test]
    fn a_message_is_one_line_whatever_is_in_it() {
        assert_eq!(line(Bytes::from_static(b"{\r\n \"a\": 1\n}\n")), b"{   \"a\": 1 } \n");
        assert_eq!(line(Bytes::from_static(b"{}\n{\"evil\":1}")), b"{} {\"evil\":1}\n");
    }
}
