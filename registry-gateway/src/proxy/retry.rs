//! Second tries: of connections that could not be made, and of calls that an upstream refused because its token was old.
//! Nothing that an upstream may have done already is asked for again.

use std::time::Duration;

use registry_core::clock::Clock;
use registry_core::model::settings::ServerSettings;
use tokio::time::Instant;

use super::verdict::find;
use crate::dial::{CallTime, DialError, UpstreamError};

/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The tries that a call has left.
#[derive(Debug)]
pub(super) struct Retries {
    left: u32,
    pause: Duration,
    /// That of the whole call.
    time: CallTime,
    /// Whether the credentials were renewed for this call.
    renewed: bool,
}

impl Retries {
    /// As the server's settings say, until the call's time is over.
    pub(super) fn new(settings: &ServerSettings, time: CallTime) -> Self {
        let pause = Duration::from_millis(settings.backoff_ms.into());
        Self { left: settings.max_retries, pause, time, renewed: false }
    }

    /// The time in which the call has to be answered.
    pub(super) fn time(&self) -> CallTime {
        self.time
    }

    /// How long to wait before a connection is tried again after this error, if it is: the pause doubles each time, and
    /// up to a half of it is left out by chance, so that callers do not come back all at once.
    pub(super) fn after(&mut self, error: &UpstreamError, clock: &dyn Clock) -> Option<Duration> {
        if self.left == 0 || !was_nothing_sent(error) {
            return None;
        }
        self.left -= 1;
        let pause = self.pause.min(MAX_PAUSE);
        self.pause = pause * 2;
        let mut random = [0; 2];
        clock.fill_random(&mut random);
        let left_out = pause / 2 * u32::from(u16::from_ne_bytes(random)) / u32::from(u16::MAX);
        Some(pause - left_out).filter(|pause| Instant::now() + *pause < self.time.end())
    }

    /// Whether the call may be made again with other credentials: once.
    pub(super) fn renew(&mut self) -> bool {
        !std::mem::replace(&mut self.renewed, true)
    }
}

/// Whether the upstream saw nothing of the request. (the pool itself takes another connection when a kept one
/// was closed before anything was written to it.)
fn was_nothing_sent(error: &UpstreamError) -> bool {
    match error {
        UpstreamError::Dial(DialError::Refused | DialError::InvalidUrl(_) | DialError::InsecureScheme) => {
            false
        }
        UpstreamError::Dial(_) => true,
        error => find::<hyper::Error>(error).is_some_and(hyper::Error::is_canceled),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use registry_core::clock::SystemClock;
    use registry_core::model::settings::ServerSettings;

    use super::{CallTime, Retries, UpstreamError};
    use crate::dial::DialError;

    fn retries(settings: &ServerSettings, seconds: u64) -> Retries {
        Retries::new(settings, CallTime::from_now(Duration::from_secs(seconds)))
    }

    fn unreachable() -> UpstreamError {
        DialError::Connect(Arc::new(std::io::ErrorKind::ConnectionRefused.into())).into()
    }

    #[test]
    fn a_connection_is_tried_again_as_often_as_the_settings_say_after_growing_pauses() {
        let settings = ServerSettings { max_retries: 3, backoff_ms: 100, ..ServerSettings::default() };
        let mut retries = retries(&settings, 30);
        for most in [100, 200, 400] {
            let most = Duration::from_millis(most);
            let pause = retries.after(&unreachable(), &SystemClock).unwrap();
            assert!(pause >= most / 2 && pause <= most, "{pause:?}");
        }
        assert_eq!(retries.after(&unreachable(), &SystemClock), None);
    }

    #[test]
    fn what_may_have_been_sent_and_what_is_refused_here_is_not_tried_again() {
        let mut retries = retries(&ServerSettings::default(), 30);
        for error in [UpstreamError::Timeout(Duration::ZERO), DialError::Refused.into()] {
            assert_eq!(retries.after(&error, &SystemClock), None);
        }
    }

    #[test]
    fn no_pause_is_longer_than_what_is_left_of_the_call() {
        let settings = ServerSettings { backoff_ms: 60_000, ..ServerSettings::default() };
        assert_eq!(retries(&settings, 1).after(&unreachable(), &SystemClock), None);
    }

    #[test]
    fn credentials_are_renewed_once() {
        let mut retries = retries(&ServerSettings::default(), 30);
        assert!(retries.renew() && !retries.renew());
    }
}
