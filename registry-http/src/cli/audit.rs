//! `audit`: the audit log, for the operator.

use std::process::ExitCode;

use clap::Subcommand;
use registry_core::chain::{self, Verdict};

use super::{Settings, complain, say, store};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Verifies every chain; exits with 1 and names the first bad entry of each that is broken.
    Verify,
}

/// Runs a command on the audit log.
pub(super) async fn run(settings: &Settings, command: &AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify = command;
    // No keys are needed, and none are made.
    let store = store::open_existing(settings).await?;
    let verdicts = chain::verify_all(&*store).await?;
    store.close().await?;
    Ok(tell(&verdicts))
}

fn tell(verdicts: &[Verdict]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    if verdicts.is_empty() {
        complain("the store has no audit log: is it the right one?");
        code = ExitCode::FAILURE;
    }
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
    code
}
