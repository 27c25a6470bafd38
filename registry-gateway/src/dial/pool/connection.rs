//! One connection, driven by whoever uses it.

use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::unconstrained;
use tokio::time::Instant;

use super::super::timer::LazyTimer;
use super::super::{DialedStream, MAX_RESPONSE_HEAD_BYTES, UpstreamError};
use crate::wake::quietly;

/// A connection to an upstream. Nothing happens on it while nobody polls it.
pub(super) struct Connection<B: Body + 'static> {
    sender: SendRequest<B>,
    /// `None` once the connection has ended.
    driver: Option<http1::Connection<TokioIo<DialedStream>, B>>,
    timer: LazyTimer,
}

/// Why there is no response.
pub(super) enum Broken<B> {
    /// Nothing of the request was sent: here it is again.
    Unsent(Box<Request<B>>, hyper::Error),
    /// The connection ended.
    Lost(hyper::Error),
    /// The deadline passed.
    Late,
}

impl<B> Broken<B> {
    fn of(mut error: TrySendError<Request<B>>) -> Self {
        match error.take_message() {
            Some(request) => Self::Unsent(Box::new(request), error.into_error()),
            None => Self::Lost(error.into_error()),
        }
    }
}

impl<B> Connection<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Begins to speak HTTP/1.1 on a fresh stream.
    pub(super) async fn on(stream: DialedStream) -> Result<Box<Self>, UpstreamError> {
        let mut http = http1::Builder::new();
        http.max_buf_size(MAX_RESPONSE_HEAD_BYTES);
        let (sender, driver) = http
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| UpstreamError::Exchange(error.into()))?;
        Ok(Box::new(Self { sender, driver: Some(driver), timer: LazyTimer::new() }))
    }

    /// Sends `request`; the future waits for the head of the response.
    pub(super) fn exchange(
        &mut self,
        request: Request<B>,
        deadline: Instant,
    ) -> impl Future<Output = Result<Response<Incoming>, Broken<B>>> {
        // It is the driver who brings the response, in its own poll: so the response need wake nobody. A share of the
        // task's time is not asked for, as whoever has none left relies on being woken.
        // Nor need whoever used the connection before hear of the request.
        let (response, _) = quietly(|| self.sender.try_send_request(request));
        let (driver, timer) = (&mut self.driver, &mut self.timer);
        async move {
            let mut response = pin!(unconstrained(response));
            poll_fn(|cx| {
                let _ = drive(driver, cx);
                if let Poll::Ready(response) = response.as_mut().poll(&mut Context::from_waker(Waker::noop()))
                {
                    return Poll::Ready(response.map_err(Broken::of));
                }
                timer.poll(cx, deadline).map(|()| Err(Broken::Late))
            })
            .await
        }
    }

    /// Goes on with what was begun: reads what the peer has sent, and writes what is to be sent.
    pub(super) fn go_on(&mut self, cx: &mut Context<'_>) {
        let _ = drive(&mut self.driver, cx);
    }

    /// Whether the last exchange is over and the connection can take the next.
    pub(super) fn is_ready(&mut self) -> bool {
        // The driver may have the end of the last exchange to note.
        self.driver.is_some() && (self.sender.is_ready() || (self.is_open() && self.sender.is_ready()))
    }

    /// Whether the peer has not closed the connection.
    pub(super) fn is_open(&mut self) -> bool {
        drive(&mut self.driver, &mut Context::from_waker(Waker::noop())).is_pending()
    }
}

/// Ready when the connection has ended.
fn drive<B>(
    driver: &mut Option<http1::Connection<TokioIo<DialedStream>, B>>,
    cx: &mut Context<'_>,
) -> Poll<()>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let Some(running) = driver else { return Poll::Ready(()) };
    // An error is told to whoever waits for the response or its body. With the driver its socket goes, and whoever
    // still waits for something of it is told so.
    Pin::new(running).poll(cx).map(|_| *driver = None)
}

impl<B: Body> std::fmt::Debug for Connection<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("has_ended", &self.driver.is_none()).finish_non_exhaustive()
    }
}
