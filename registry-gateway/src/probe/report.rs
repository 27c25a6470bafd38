//! The report of a probe, from what it found out.

use std::time::Duration;

use registry_core::model::capability::CapabilityKind;
use registry_core::model::health::{CheckError, CheckReport, CheckStatus};
use registry_core::model::inventory::FoundList;
use rmcp::model::{ProtocolVersion, ServerCapabilities};

use super::{
    fault::Fault,
    list::{List, MAX_ITEMS},
    session::Refusal,
};

/// The longest protocol version that is reported; the real ones are dates.
pub const MAX_VERSION_BYTES: usize = 32;

/// A report of this status that says nothing more.
pub(super) fn blank(status: CheckStatus, took: Duration) -> CheckReport {
    CheckReport {
        status,
        response_time_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        connectivity: false,
        authentication: false,
        capabilities: Vec::new(),
        protocol_version: None,
        tools_count: None,
        resources_count: None,
        prompts_count: None,
        error: None,
    }
}

/// The report of a handshake that failed.
pub(super) fn failed(refusal: &Refusal, took: Duration) -> CheckReport {
    let fault = refusal.fault;
    CheckReport {
        connectivity: refusal.answered || fault.is_answer(),
        authentication: matches!(fault, Fault::ModernRefusal(_) | Fault::NoCommonVersion),
        error: Some(fault.error()),
        ..blank(fault.status(), took)
    }
}

/// The report of a handshake that went well, before anything more is asked.
pub(super) fn connected(
    version: &ProtocolVersion,
    capabilities: &ServerCapabilities,
    took: Duration,
) -> CheckReport {
    CheckReport {
        connectivity: true,
        authentication: true,
        capabilities: declared(capabilities),
        protocol_version: presentable(version),
        ..blank(CheckStatus::Healthy, took)
    }
}

/// Notes what came of reading a list.
pub(super) fn note_list(report: &mut CheckReport, list: List, outcome: &Result<FoundList, Fault>) {
    match (outcome, list.kind()) {
        (Ok(found), CapabilityKind::Tool) => report.tools_count = Some(found.count().min(MAX_ITEMS)),
        (Ok(found), CapabilityKind::Resource) => report.resources_count = Some(found.count().min(MAX_ITEMS)),
        (Ok(found), CapabilityKind::Prompt) => report.prompts_count = Some(found.count().min(MAX_ITEMS)),
        (Ok(_), CapabilityKind::ResourceTemplate) => {}
        (Err(fault), _) => note_fault(report, list.method(), *fault),
    }
}

/// Notes that a request failed in a session that was opened well. The first fault of the gravest kind stays.
pub(super) fn note_fault(report: &mut CheckReport, method: &str, fault: Fault) {
    let status = fault.status_in_use();
    if report.error.is_none() || (status == CheckStatus::Unhealthy && report.status != status) {
        let message = format!("{method}: {fault}");
        report.error = Some(CheckError { code: fault.code().to_owned(), message });
        report.status = status;
    }
    report.authentication &= !fault.is_about_credentials();
}

/// The names of the declared capabilities; extensions count as one, as their names are the server's own.
fn declared(capabilities: &ServerCapabilities) -> Vec<String> {
    let declared = [
        ("completions", capabilities.completions.is_some()),
        ("experimental", capabilities.experimental.is_some()),
        ("extensions", capabilities.extensions.is_some()),
        ("logging", capabilities.logging.is_some()),
        ("prompts", capabilities.prompts.is_some()),
        ("resources", capabilities.resources.is_some()),
        ("tools", capabilities.tools.is_some()),
    ];
    declared.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect()
}

/// The version, if it is one: the server may put any text there.
fn presentable(version: &ProtocolVersion) -> Option<String> {
    let text = version.as_str();
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    (plain && (1..=MAX_VERSION_BYTES).contains(&text.len())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{MAX_VERSION_BYTES, presentable};

    #[test]
    fn a_version_that_is_no_version_is_left_out() {
        let version = |text: &str| presentable(&serde_json::from_value(text.into()).unwrap());
        assert_eq!(version("2026-07-28").as_deref(), Some("2026-07-28"));
        for text in ["", "<script>", "2026\n", &"1".repeat(MAX_VERSION_BYTES + 1)] {
            assert_eq!(version(text), None, "{text}");
        }
    }
}
