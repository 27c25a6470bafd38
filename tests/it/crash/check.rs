//! Compares what the writers know with what the service shows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use futures::StreamExt as _;
use serde_json::Value;

use super::dice::Dice;
use super::ledger::{Key, Ledger, Server, Step};
use super::service::Api;
use super::view::{View, text};
use super::work::Writer;

/// How many secrets that nobody touched since the last check are tried, in each check.
const OLD_SECRETS: usize = 100;
/// How many secrets are tried at once.
const AT_ONCE: usize = 16;
/// How many differences a failed check prints.
const SHOWN: usize = 20;

/// How many changes in doubt were done, and how many were not.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Settled {
    pub(crate) done: u64,
    pub(crate) undone: u64,
}

impl AddAssign for Settled {
    fn add_assign(&mut self, more: Self) {
        self.done += more.done;
        self.undone += more.undone;
    }
}

/// Settles what was in doubt by what is there, and then wants all of it to be exactly as the writers know it.
pub(crate) async fn check(api: &Api, writers: &mut [Writer], before: &View) -> Settled {
    let view = View::read(api).await.without(before);
    let mut settled = Settled::default();
    for ledger in writers.iter_mut().map(|writer| &mut writer.ledger) {
        let (doubts, changes) = (u64::from(ledger.doubt.is_some()), ledger.changes());
        settle(ledger, &view);
        let done = ledger.changes() - changes;
        settled += Settled { done, undone: doubts - done };
    }
    let mut wrong = Vec::new();
    records(writers, &view, &mut wrong);
    entries(writers, &view, &mut wrong);
    secrets(api, writers, &mut wrong).await;
    let shown = wrong.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(wrong.is_empty(), "{} differences from what was acknowledged:\n  {shown}", wrong.len());
    settled
}

/// The step whose answer never came was done or was not: what is there says which. If half of it is there, the
/// comparison that follows finds that.
fn settle(ledger: &mut Ledger, view: &View) {
    if let Some(step) = ledger.doubt.take()
        && let Some(found) = trace(&step, ledger, view)
    {
        ledger.note(&step, &found);
    }
}

/// The record that shows that the step was done, if it was.
fn trace(step: &Step, ledger: &Ledger, view: &View) -> Option<Value> {
    let counts = |found: &&Value, field: &str, count: u64| found[field].as_u64() == Some(count);
    let found = match step {
        Step::Register { name } => view.servers.values().find(|server| text(server, "name") == *name),
        Step::CreateKey { name } => view.keys.values().find(|key| text(key, "name") == *name),
        Step::Update { server: id, .. } => {
            view.servers.get(id).filter(|found| counts(found, "revision", ledger.servers[id].revision + 1))
        }
        Step::Delete { server: id } => return (!view.servers.contains_key(id)).then_some(Value::Null),
        Step::Rotate { key: id } => {
            view.keys.get(id).filter(|found| counts(found, "rotationCount", ledger.keys[id].rotations + 1))
        }
        Step::Revoke { key: id } => view.keys.get(id).filter(|found| text(found, "status") == "revoked"),
    };
    found.cloned()
}

fn records(writers: &[Writer], view: &View, wrong: &mut Vec<String>) {
    let servers: BTreeMap<_, _> = writers.iter().flat_map(|writer| &writer.ledger.servers).collect();
    let keys: BTreeMap<_, _> = writers.iter().flat_map(|writer| &writer.ledger.keys).collect();
    wrong.extend(servers.iter().filter_map(|(id, server)| server_differs(id, server, view)));
    wrong.extend(keys.iter().filter_map(|(id, key)| key_differs(id, key, view)));
    let unknown = |id: &String| format!("{id} is there, and nobody asked for it");
    wrong.extend(view.servers.keys().filter(|id| !servers.contains_key(id)).map(unknown));
    wrong.extend(view.keys.keys().filter(|id| !keys.contains_key(id)).map(unknown));
}

fn server_differs(id: &str, server: &Server, view: &View) -> Option<String> {
    let Server { name, description, revision, deleted, key } = server;
    match (view.servers.get(id), deleted) {
        (None, true) => None,
        (None, false) => Some(format!("server {id} ({name}) was acknowledged and is lost")),
        (Some(_), true) => Some(format!("server {id} ({name}) was deleted and is back")),
        (Some(found), false) => {
            let same = text(found, "name") == *name
                && text(found, "description") == *description
                && found["revision"].as_u64() == Some(*revision)
                && text(found, "apiKeyId") == *key;
            (!same).then(|| format!("server {id} is not as acknowledged ({server:?}): {found}"))
        }
    }
}

fn key_differs(id: &str, key: &Key, view: &View) -> Option<String> {
    let Some(found) = view.keys.get(id) else {
        return Some(format!("key {id} ({}) was acknowledged and is lost", key.name));
    };
    let status = if key.revoked { "revoked" } else { "active" };
    let changes = key.rotations + u64::from(key.revoked);
    let same = text(found, "name") == key.name
        && text(found, "status") == status
        && text(found, "serverId") == key.server.clone().unwrap_or_default()
        && found["rotationCount"].as_u64() == Some(key.rotations)
        && found["revision"].as_u64() == Some(1 + changes);
    (!same)
        .then(|| format!("key {id} is not as acknowledged ({status}, {} rotations): {found}", key.rotations))
}

/// One entry for each change that is there, none for what is not there (THREATS U3).
fn entries(writers: &[Writer], view: &View, wrong: &mut Vec<String>) {
    let expected: BTreeMap<_, _> = writers.iter().flat_map(|writer| writer.ledger.entries()).collect();
    // What the service tells of by itself is no change of the writers'.
    let found_out = ["authentication_failed", "alert_raised", "alert_resolved", "health_status_changed"];
    let audited = |(_, event): &&(String, String)| !found_out.contains(&event.as_str());
    let places: BTreeSet<_> = expected.keys().chain(view.entries.keys().filter(audited)).collect();
    for place in places {
        let [expected, found] =
            [&expected, &view.entries].map(|of| of.get(place).copied().unwrap_or_default());
        if expected != found {
            let (id, event) = place;
            wrong.push(format!("{event} of {id}: {found} audit entries for {expected} changes"));
        }
    }
}

/// Secrets of keys that were acknowledged work, those of revoked keys do not.
async fn secrets(api: &Api, writers: &mut [Writer], wrong: &mut Vec<String>) {
    let mut chosen: BTreeMap<String, bool> = BTreeMap::new();
    let mut dice = Dice::new(writers.iter().map(|writer| writer.ledger.acknowledged).sum());
    for writer in &mut *writers {
        let touched: BTreeSet<_> = std::mem::take(&mut writer.ledger.touched).into_iter().collect();
        let (new, old): (Vec<_>, Vec<_>) =
            writer.ledger.secrets().into_iter().partition(|(secret, _)| touched.contains(*secret));
        chosen.extend(new.into_iter().map(|(secret, works)| (secret.to_owned(), works)));
        for _ in 0..OLD_SECRETS / super::work::WRITERS {
            let picked = dice.pick(old.iter().copied());
            chosen.extend(picked.map(|(secret, works)| (secret.to_owned(), works)));
        }
    }
    let tried = futures::stream::iter(chosen).map(|(secret, works)| async move {
        let answer = api.call(&secret, "GET", "/api/servers?limit=1", None).await;
        let status = answer.expect("an answer").status;
        let expected = if works { 200 } else { 401 };
        (status != expected).then(|| format!("a key that has to answer {expected} answers {status}"))
    });
    let failed: Vec<_> = tried.buffer_unordered(AT_ONCE).collect().await;
    wrong.extend(failed.into_iter().flatten());
}
