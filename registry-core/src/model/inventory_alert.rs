//! What an inventory means for a server's alerts. A tool that is not what somebody once agreed to is a matter of security:
//! whoever calls it may be made to do something else.

use super::alert::{AlertCause, AlertSubject, Severity};
use super::alert_step::{AlertEnd, AlertSignal, AlertStep, tidy};
use super::capability::{Capability, CapabilityChange, CapabilityKind, ChangeNature, ToolChanges};
use super::id::{AlertId, derived_id};
use super::inventory::{Conclusion, Inventory};

const CAUSE: AlertCause = AlertCause::CapabilitiesChanged;
/// How many tools a message names.
const MAX_NAMES: usize = 5;
/// How much of a name it has, in bytes.
const MAX_NAME: usize = 64;

impl Inventory {
    /// A tool that changed raises an alert; where changes are held, one that is new too, since it waits for somebody. There
    /// the alert is over when nothing is held any more, because tools went away or are again what was approved.
    pub(super) fn alerts(&self, policy: ToolChanges, conclusion: &Conclusion) -> Vec<AlertStep> {
        let tools = conclusion.changes.iter().filter(|change| change.kind == CapabilityKind::Tool);
        let tools: Vec<_> = tools.collect();
        let is_grave = |change: &&&CapabilityChange| match policy {
            ToolChanges::Accept => change.nature == ChangeNature::Changed,
            ToolChanges::Hold => change.held,
        };
        let grave: Vec<_> = tools.iter().filter(is_grave).map(|change| change.name.as_str()).collect();
        let mut lists = conclusion.lists.iter().filter(|list| list.kind == CapabilityKind::Tool);
        let is_held = lists.any(|list| list.items.iter().any(Capability::is_held));
        match policy {
            _ if !grave.is_empty() => vec![AlertStep::Raise(self.signal(policy, &grave))],
            ToolChanges::Hold if !tools.is_empty() && !is_held => vec![AlertStep::End(self.end())],
            _ => Vec::new(),
        }
    }

    fn signal(&self, policy: ToolChanges, tools: &[&str]) -> AlertSignal {
        let (severity, what) = match policy {
            ToolChanges::Accept => (Severity::Medium, "tools are defined otherwise than before"),
            ToolChanges::Hold => (Severity::High, "tools are withheld until somebody approves them"),
        };
        AlertSignal {
            id: AlertId(derived_id(self.id, "alert")),
            event_id: derived_id(self.id, CAUSE.as_str()),
            at: self.at,
            tenant_id: self.tenant_id,
            cause: CAUSE,
            severity,
            subject: AlertSubject::Server(self.server_id),
            message: tidy(&format!("{what}: {}", named(tools))),
            count: 1,
        }
    }

    fn end(&self) -> AlertEnd {
        AlertEnd {
            event_id: derived_id(self.id, CAUSE.as_str()),
            at: self.at,
            tenant_id: self.tenant_id,
            key: AlertSubject::Server(self.server_id).key(CAUSE),
            quiet_since: None,
        }
    }
}

/// The names of the first tools, and how many more there are.
fn named(tools: &[&str]) -> String {
    let names = tools.iter().take(MAX_NAMES).map(|name| &name[..name.floor_char_boundary(MAX_NAME)]);
    let names = names.collect::<Vec<_>>().join(", ");
    match tools.len().saturating_sub(MAX_NAMES) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
