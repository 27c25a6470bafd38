//! The exchange with the upstream: one request, sent again only where that is safe.

use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use tokio::time::timeout_at;

use super::admission::Admission;
use super::guard::Seat;
use super::headers::{self, SESSION_ID};
use super::linger::LingeringBody;
use super::refusal::{Kind, Refusal};
use super::replay::{Home, MAX_KEPT_BYTES};
use super::retry::Retries;
use super::upstream::Upstream;
use super::{Failure, Proxy, RequestBody, UpstreamBody, answer, door, session};
use crate::credential::{Presented, TokenError};
use crate::dial::{CallTime, UpstreamError};

/// What came of one try.
enum Tried {
    Answered(Response<UpstreamBody>),
    /// The body is there again: try once more.
    Again,
}

impl Proxy {
    /// Waits for its turn, sends the request up and waits for the head of the answer.
    pub(super) async fn exchange(
        &self,
        parts: &Parts,
        mut body: LingeringBody,
        admission: &mut Admission,
    ) -> Result<Response<UpstreamBody>, Failure> {
        self.count(&mut body, admission)?;
        let timeout = admission.timeout();
        let bounds = door::Bounds { max_bytes: self.limits.max_request_bytes, timeout };
        let home = Home::of(door::pass(parts, body, admission.tools(), bounds).await?);
        admission.enter(if parts.method == Method::GET { Seat::Stream } else { Seat::Call }).await?;
        let mut response = self.send(parts, &home, admission, CallTime::from_now(timeout)).await?;
        answer::judge(&response)?;
        if headers::listens(&parts.method, &parts.headers) && headers::is_event_stream(response.headers()) {
            admission.listen()?;
        }
        self.seal_session(&mut response, admission)?;
        Ok(response)
    }

    /// Counts the body: by the length that it says, or else as it comes.
    fn count(&self, body: &mut LingeringBody, admission: &mut Admission) -> Result<(), Failure> {
        let size = http_body::Body::size_hint(body);
        if size.lower() > self.limits.max_request_bytes as u64 {
            return Err(Failure::TooLarge);
        }
        match size.exact() {
            Some(bytes) => admission.receives(bytes),
            None => admission.receives_as_it_comes(body.count()),
        }
        Ok(())
    }

    async fn send(
        &self,
        parts: &Parts,
        home: &Home,
        admission: &Admission,
        time: CallTime,
    ) -> Result<Response<UpstreamBody>, Failure> {
        let upstream = admission.upstream();
        if upstream.credentials.is_renewable() {
            home.keep(MAX_KEPT_BYTES);
        }
        let mut retries = Retries::new(&upstream.server.settings, time);
        loop {
            if let Tried::Answered(response) = self.attempt(parts, home, admission, &mut retries).await? {
                return Ok(response);
            }
        }
    }

    async fn attempt(
        &self,
        parts: &Parts,
        home: &Home,
        admission: &Admission,
        retries: &mut Retries,
    ) -> Result<Tried, Failure> {
        let upstream = admission.upstream();
        let http = upstream.http.as_ref().ok_or(Failure::Transport)?;
        let presented = match upstream.credentials.at_hand() {
            Some(presented) => presented,
            None => Box::pin(fetched(upstream, retries.time())).await?,
        };
        let mut request = self.upward(parts, home.send_out(), admission, &presented)?;
        *request.uri_mut() = http.uri.clone();
        let error = match http.pool.send(request, retries.time()).await {
            Ok(response) => return Ok(renewed(response, home, upstream, &presented, retries)),
            Err(error) => error,
        };
        let pause = retries.after(&error, self.registry.clock().as_ref());
        let (Some(pause), true) = (pause, home.rewind()) else {
            return Err(match error {
                UpstreamError::Timeout(_) if home.awaits_client() => {
                    Refusal::new(Kind::Late, "the body did not arrive in time").into()
                }
                UpstreamError::Timeout(_) => Failure::Timeout(admission.timeout()),
                error => error.into(),
            });
        };
        tokio::time::sleep(pause).await;
        Ok(Tried::Again)
    }

    fn upward(
        &self,
        parts: &Parts,
        body: RequestBody,
        admission: &Admission,
        presented: &Presented<'_>,
    ) -> Result<Request<RequestBody>, Failure> {
        let mut up = headers::upward(&parts.headers, presented);
        if let Some(handle) = parts.headers.get(SESSION_ID) {
            let session = session::open(self.registry.keyring(), admission.scope(), handle)?;
            up.insert(SESSION_ID, session);
        }
        let mut request = Request::new(body);
        *request.method_mut() = parts.method.clone();
        *request.headers_mut() = up;
        Ok(request)
    }

    /// The client gets a handle that only this key can use, with this server.
    fn seal_session(
        &self,
        response: &mut Response<UpstreamBody>,
        admission: &Admission,
    ) -> Result<(), Failure> {
        if let Some(session) = response.headers_mut().remove(SESSION_ID) {
            let (keyring, clock) = (self.registry.keyring(), self.registry.clock().as_ref());
            let handle = session::seal(keyring, clock, admission.scope(), &session)?;
            response.headers_mut().insert(SESSION_ID, handle);
        }
        Ok(())
    }
}

/// A token, which may have to be fetched first.
async fn fetched(upstream: &Upstream, time: CallTime) -> Result<Presented<'_>, Failure> {
    let late = |_| Failure::UpstreamToken(TokenError::Timeout);
    Ok(timeout_at(time.end(), upstream.credentials.headers()).await.map_err(late)??)
}

/// The answer; but when a token was refused, another one can be had and the body is still here, another try.
fn renewed(
    response: Response<UpstreamBody>,
    home: &Home,
    upstream: &Upstream,
    presented: &Presented<'_>,
    retries: &mut Retries,
) -> Tried {
    let is_refused = response.status() == StatusCode::UNAUTHORIZED;
    if is_refused && upstream.credentials.refused(presented) && retries.renew() && home.rewind() {
        return Tried::Again;
    }
    Tried::Answered(response)
}
