//! Writers: each asks for one change after the other and notes what comes of it.

use serde_json::json;

use super::dice::Dice;
use super::ledger::{Ledger, Step};
use super::service::{ADMIN, Answer, Api, NoAnswer};

/// How many write at once.
pub(crate) const WRITERS: usize = 8;

/// A writer. It goes on where it stopped when the service is there again.
#[derive(Debug)]
pub(crate) struct Writer {
    number: usize,
    names: u64,
    dice: Dice,
    pub(crate) ledger: Ledger,
}

/// Why a writer stopped.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// No answer came: the service died, or the connection did.
    Lost,
    /// The service refused the change.
    Refused(Answer),
}

impl Writer {
    /// The writers of a test.
    pub(crate) fn team(seed: u64) -> Vec<Self> {
        let dice = |number: usize| Dice::new(seed.wrapping_mul(31).wrapping_add(number as u64));
        let writer = |number| Self { number, names: 0, dice: dice(number), ledger: Ledger::default() };
        (0..WRITERS).map(writer).collect()
    }

    /// One who comes when the others are there already.
    pub(crate) fn late() -> Self {
        Self { number: WRITERS, names: 0, dice: Dice::new(0), ledger: Ledger::default() }
    }

    /// Writes until something is not done.
    pub(crate) async fn write(&mut self, api: &Api) -> Stopped {
        loop {
            let step = self.next();
            self.ledger.doubt = Some(step.clone());
            match ask(api, &step).await {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    self.ledger.doubt = None;
                    self.ledger.acknowledge(&step, &answer.body);
                }
                Ok(answer) => return Stopped::Refused(answer),
                Err(NoAnswer) => return Stopped::Lost,
            }
        }
    }

    /// Something to do: mostly new records, and changes of what is there.
    pub(crate) fn next(&mut self) -> Step {
        let wanted = self.dice.below(100);
        let servers =
            self.ledger.servers.iter().filter(|(_, server)| !server.deleted).map(|(id, _)| id.clone());
        let keys = self.ledger.keys.iter().filter(|(_, key)| !key.revoked).map(|(id, _)| id.clone());
        let chosen = match wanted {
            0..30 => None,
            30..50 => Some(Step::CreateKey { name: self.name("key") }),
            50..65 => self.dice.pick(keys).map(|key| Step::Revoke { key }),
            65..75 => self.dice.pick(keys).map(|key| Step::Rotate { key }),
            75..90 => self.dice.pick(servers).map(|server| {
                let description = format!("change {wanted} of {}", self.names);
                Step::Update { server, description }
            }),
            _ => self.dice.pick(servers).map(|server| Step::Delete { server }),
        };
        chosen.unwrap_or_else(|| Step::Register { name: self.name("server") })
    }

    fn name(&mut self, noun: &str) -> String {
        self.names += 1;
        format!("{noun} {} of writer {}", self.names, self.number)
    }
}

/// Asks the service for one change.
pub(crate) async fn ask(api: &Api, step: &Step) -> Result<Answer, NoAnswer> {
    let (method, path, body) = match step {
        Step::Register { name } => ("POST", "/api/servers".to_owned(), Some(registration(name))),
        Step::Update { server, description } => {
            ("PUT", format!("/api/servers/{server}"), Some(json!({ "description": description })))
        }
        Step::Delete { server } => ("DELETE", format!("/api/servers/{server}"), None),
        Step::CreateKey { name } => ("POST", "/api/api-keys".to_owned(), Some(json!({ "name": name }))),
        Step::Rotate { key } => ("POST", format!("/api/api-keys/{key}/rotate"), None),
        Step::Revoke { key } => ("DELETE", format!("/api/api-keys/{key}"), None),
    };
    api.call(ADMIN, method, &path, body.as_ref()).await
}

fn registration(name: &str) -> serde_json::Value {
    json!({
        "name": name,
        "description": "as registered",
        "version": "1.0.0",
        "endpointUrl": "http://127.0.0.1:9/mcp",
        "authType": "bearer",
        "authConfig": { "bearerToken": "an upstream's token" },
        "autoHealthCheck": false,
        "validateConnection": false,
    })
}
