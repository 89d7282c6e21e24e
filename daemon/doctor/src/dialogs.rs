//! The program for dialogs: whether it starts and answers. No dialog is opened.

use beid_api::{DoctorFinding, FindingCode, PublicFact};
use beid_prompt::assuan::{AssuanError, Pinentry};

/// Starts the program and asks it about itself; `None` is no program.
pub async fn about_dialogs(pinentry: Option<&Pinentry>) -> Vec<DoctorFinding> {
    let Some(pinentry) = pinentry else {
        return vec![DoctorFinding::new(FindingCode::PinentryMissing)];
    };
    let program = pinentry.program.display().to_string();
    let first = match pinentry.examine().await {
        Ok(flavor) => DoctorFinding::new(FindingCode::PinentryAnswers)
            .name("program", program)
            .word("flavor", PublicFact::identifier(&flavor)),
        Err(AssuanError::NoScreen(_)) => return vec![DoctorFinding::new(FindingCode::PinentryNoScreen)],
        Err(error) => DoctorFinding::new(FindingCode::PinentryFails)
            .name("program", program)
            .name("reason", error.to_string()),
    };
    let mut findings = vec![first];
    if !pinentry.terminal.is_there() {
        findings.push(DoctorFinding::new(FindingCode::PinentryNoScreen));
    }
    findings
}
