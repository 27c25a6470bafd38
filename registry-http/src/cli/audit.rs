//! `audit`: the audit log, for the operator.

use std::process::ExitCode;

use clap::Subcommand;
use registry_core::chain::Verdict;

use super::{Settings, complain, say};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Verifies every chain; exits with 1 and names the first bad entry of each that is broken.
    Verify,
}

/// Runs a command on the audit log.
pub(super) async fn run(settings: &Settings, command: &AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify = command;
    let registry = settings.registry(&settings.dialer()?).await?;
    let verdicts = registry.audit.verify().await?;
    registry.close().await?;
    let mut code = ExitCode::SUCCESS;
    for verdict in verdicts {
        match verdict {
            Verdict::Whole(head) => {
                say(&format!(
                    "tenant {}: {} entries, head {}",
                    head.tenant_id,
                    head.seq,
                    hex::encode(head.hash)
                ));
            }
            Verdict::Broken(broken) => {
                complain(&broken.to_string());
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
