//! The body of a response, with the connection that it comes on.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Response, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::Pool;
use super::connection::Connection;
use crate::wake::quietly;

/// The body of a response. At its end the connection goes back to its pool; when it is dropped before, the connection
/// is closed.
#[derive(Debug)]
pub struct PooledBody<B: Body + 'static> {
    body: Incoming,
    /// `None` once the body has ended.
    lease: Option<Lease<B>>,
}

#[derive(Debug)]
struct Lease<B: Body + 'static> {
    connection: Box<Connection<B>>,
    pool: Arc<Pool<B>>,
    is_reusable: bool,
}

impl<B> PooledBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    pub(super) fn of(
        response: Response<Incoming>,
        connection: Box<Connection<B>>,
        pool: Arc<Pool<B>>,
    ) -> Response<Self> {
        // To a peer of HTTP/1.0 no body of unknown length could be sent the next time.
        let is_reusable = response.version() != Version::HTTP_10;
        response.map(|body| {
            let mut body = Self { body, lease: Some(Lease { connection, pool, is_reusable }) };
            body.release_at_end();
            body
        })
    }

    /// A frame that is there. Frames come when the connection is driven, which is in `poll_frame`: so the body need wake
    /// nobody, and nobody need wake the connection.
    fn take_frame(&mut self) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let body = Pin::new(&mut self.body);
        quietly(|| body.poll_frame(&mut Context::from_waker(Waker::noop()))).0
    }

    fn release_at_end(&mut self) {
        if self.body.is_end_stream() {
            self.release();
        }
    }

    fn release(&mut self) {
        if let Some(Lease { mut connection, pool, is_reusable }) = self.lease.take()
            && is_reusable
            && connection.is_ready()
        {
            pool.idle.push(connection);
        }
    }
}

impl<B> Body for PooledBody<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // What is there already comes first, for reading on may find the connection closed.
        let mut frame = self.take_frame();
        if let (Poll::Pending, Some(lease)) = (&frame, &mut self.lease) {
            lease.connection.go_on(cx);
            frame = self.take_frame();
        }
        match &frame {
            Poll::Ready(Some(Ok(_))) => self.release_at_end(),
            Poll::Ready(None) => self.release(),
            Poll::Ready(Some(Err(_))) => self.lease = None,
            Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
