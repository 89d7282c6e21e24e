//! The program for dialogs: whether it starts and answers. No dialog is opened.

use beid_api::{DoctorFinding, FindingCode, PublicFact};
use beid_prompt::assuan::Pinentry;

/// Starts the program and asks it about itself; `None` is no program.
pub async fn about_dialogs(pinentry: Option<&Pinentry>) -> DoctorFinding {
    let Some(pinentry) = pinentry else {
        return DoctorFinding::new(FindingCode::PinentryMissing);
    };
    let program = pinentry.program.display().to_string();
    match pinentry.examine().await {
        Ok(flavor) => DoctorFinding::new(FindingCode::PinentryAnswers)
            .name("program", program)
            .word("flavor", PublicFact::identifier(&flavor)),
        Err(error) => DoctorFinding::new(FindingCode::PinentryFails)
            .name("program", program)
            .name("reason", error.to_string()),
    }
}

/// Finding about the screen for dialogs, if the daemon that is asked has none.
#[must_use]
pub fn about_screen(pinentry: Option<&Pinentry>) -> Option<DoctorFinding> {
    let has_none = pinentry.is_some_and(|pinentry| !pinentry.terminal.is_there());
    has_none.then(|| DoctorFinding::new(FindingCode::PinentryNoScreen))
}
