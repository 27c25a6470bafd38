//! Request bodies with a bound on their size and time.

use std::{
    error::Error as StdError,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::error::{ApiError, ErrorCode};

/// Why the reading of a body was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is larger than allowed.
    #[error("the body is too large")]
    TooLarge,
    /// It did not arrive in time.
    #[error("the body did not arrive in time")]
    TimedOut,
}

impl BodyError {
    /// Finds the reason in an error that other layers may have wrapped.
    pub fn find(error: &io::Error) -> Option<Self> {
        let mut inner: &(dyn StdError + 'static) = error.get_ref()?;
        loop {
            if let Some(found) = inner.downcast_ref::<Self>() {
                return Some(*found);
            }
            // `source` of an I/O error skips the error that it holds.
            inner = match inner.downcast_ref::<io::Error>() {
                Some(error) => error.get_ref()?,
                None => inner.source()?,
            };
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => ApiError::new(ErrorCode::PayloadTooLarge, "The body is too large"),
            BodyError::TimedOut => {
                ApiError::new(ErrorCode::RequestTimeout, "The body did not arrive in time")
            }
        }
    }
}

pin_project_lite::pin_project! {
    /// A body that fails once it is too large or too late. The time runs from the first wait for data.
    pub struct BoundedBody<B> {
        #[pin]
        inner: B,
        left: u64,
        timeout: Duration,
        deadline: Option<Pin<Box<Sleep>>>,
    }
}

impl<B: Body> BoundedBody<B> {
    /// Bounds `inner`; refused at once when it declares a larger size.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] if its declared size is.
    pub fn new(inner: B, max_bytes: u64, timeout: Duration) -> Result<Self, BodyError> {
        if inner.size_hint().lower() > max_bytes {
            return Err(BodyError::TooLarge);
        }
        Ok(Self { inner, left: max_bytes, timeout, deadline: None })
    }
}

impl<B> Body for BoundedBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn StdError + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.project();
        match this.inner.poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                let left = this.left.checked_sub(size);
                *this.left = left.unwrap_or(0);
                let checked = left.map(|_| frame).ok_or_else(|| io::Error::other(BodyError::TooLarge));
                Poll::Ready(Some(checked))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(io::Error::other(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let deadline = this.deadline.get_or_insert_with(|| Box::pin(sleep(*this.timeout)));
                deadline.as_mut().poll(cx).map(|()| Some(Err(io::Error::other(BodyError::TimedOut))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
