//! Those who are told: WebSockets that are read, and from whose messages no more is taken than which server they are about.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use http::Request;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::fleet::STREAMS_OF_USER;
use super::tally::{Last, Tally};

/// How many are opened at the same time.
const OPENERS: usize = 32;
/// The bytes that are read at once. A message has about 500.
const BUFFER: usize = 4 * 1024;
/// What is subscribed to. It happens once with each change.
const PATH: &str = "/api/events?type=health_status_changed";
/// What stands before the id of the server that an event is about.
const SERVER: &str = "\"serverId\":\"";
/// The length of an id.
const ID: usize = 36;

type Socket = WebSocketStream<TcpStream>;

/// Opens so many subscriptions at the service at this address, which count in `tally` what they are told until the process
/// ends. Each has been greeted, so from now on it misses nothing.
pub(super) async fn open(address: SocketAddr, keys: &[String], count: usize, tally: &Tally) -> Result<()> {
    let sockets = (0..count).map(|number| subscribe(address, &keys[number / STREAMS_OF_USER]));
    let sockets: Vec<Socket> = stream::iter(sockets).buffer_unordered(OPENERS).try_collect().await?;
    for (number, socket) in sockets.into_iter().enumerate() {
        let tally = tally.clone();
        tokio::task::spawn_local(async move {
            if let Err(error) = listen(socket, &tally).await {
                eprintln!("  subscriber {number}: {error:#}");
            }
        });
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client of what is measured, on loopback; no dialer is in its way"
)]
async fn subscribe(address: SocketAddr, key: &str) -> Result<Socket> {
    ensure!(address.ip().is_loopback(), "only this machine is measured");
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    let request = Request::get(format!("ws://{address}{PATH}"))
        .header("host", address.to_string())
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", generate_key())
        .header("user-agent", "bench/1")
        .header("authorization", format!("Bearer {key}"))
        .body(())?;
    let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, tcp, Some(config)).await?;
    let hello = socket.next().await.context("no greeting")??;
    ensure!(hello.to_text()?.contains("\"hello\""), "no greeting but {hello}");
    Ok(socket)
}

/// Counts what it is told until the stream ends. Pings are answered by the socket itself.
async fn listen(mut socket: Socket, tally: &Tally) -> Result<()> {
    let mut last = Last::default();
    while let Some(message) = socket.next().await {
        match message? {
            Message::Text(text) => {
                if let Some(server) = server_of(&text) {
                    tally.note(server, &mut last);
                } else if !text.contains("\"heartbeat\"") {
                    bail!("told {text}");
                }
            }
            Message::Close(frame) => bail!("closed: {frame:?}"),
            _ => {}
        }
    }
    Ok(())
}

/// The server that a message is about.
fn server_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(SERVER)?;
    rest.get(..ID)
}
