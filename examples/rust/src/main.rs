//! A patient at the desk, with `beid-client`: reads the patient, has a therapeutic link signed, makes a consent, and ends
//! both.
//!
//! It calls over D-Bus, or over HTTPS if `BEIDD_TOKEN_FILE` names the file of a token (`beidctl token create NAME --scope
//! identity.full,proof.therlink,proof.consent`). Ends with 3 if the person refuses, with 5 after a wrong PIN, with 1 for
//! anything else.

use beid_api::operations::{Consent, ReadIdentity, TherapeuticLink};
use beid_api::types::IdentityRequest;
use beid_api::{ErrorCode, Language};
use beid_client::{Client, ClientError, Discovery, MessageBus};
use serde_json::{from_value, json};
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Next step if nobody answers.
const START: &str = "Start it: systemctl --user start beidd, or beidd in another terminal.";
/// Next step if there is no token.
const MAKE_TOKEN: &str = "Make one, and name its file in BEIDD_TOKEN_FILE:
  (umask 077; beidctl token create example --scope identity.full,proof.therlink,proof.consent > token)
  export BEIDD_TOKEN_FILE=$PWD/token";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let (code, text) = match visit().await {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) => understand(error.as_ref()),
    };
    // Nobody to tell: the exit code still says it.
    drop(writeln!(io::stdout(), "{text}"));
    ExitCode::from(code)
}

/// Exit code for an error, and its text for the person at the desk.
fn understand(error: &(dyn Error + 'static)) -> (u8, String) {
    let refused = error.downcast_ref::<ClientError>();
    match refused.and_then(ClientError::code) {
        Some(ErrorCode::PinIncorrect) => (5, format!("wrong PIN, tries left: {}", tries_left(refused))),
        Some(ErrorCode::UserDeclined | ErrorCode::UserTimeout) => (3, "refused, nothing is signed".to_owned()),
        _ if matches!(refused, Some(ClientError::NotRunning | ClientError::Unreachable(_))) => {
            (1, format!("{error}. {START}"))
        }
        _ => (1, error.to_string()),
    }
}

fn tries_left(error: Option<&ClientError>) -> String {
    match error {
        Some(ClientError::Refused(problem)) => problem
            .tries_left
            .map_or_else(|| "?".to_owned(), |left| left.to_string()),
        _ => "?".to_owned(),
    }
}

async fn connect() -> Result<Client, Box<dyn Error>> {
    let Some(file) = std::env::var_os("BEIDD_TOKEN_FILE") else {
        return Ok(Client::on_bus(MessageBus::Session, Language::En).await?);
    };
    let file = Path::new(&file);
    let no_token = |fault: io::Error| format!("{}: {fault}. There is no token. {MAKE_TOKEN}", file.display());
    let token = std::fs::read_to_string(file).map_err(no_token)?.trim().to_owned();
    Ok(Client::over_https(&Discovery::of_this_user()?, token, Language::En)?)
}

async fn visit() -> Result<(), Box<dyn Error>> {
    let (client, mut out) = (connect().await?, io::stdout());
    let request = IdentityRequest {
        card_id: "current".to_owned(),
        fields: None,
    };
    let patient = client.call::<ReadIdentity>(&request).await?.answer.members;
    let (name, born) = (patient.family_name.as_deref(), patient.birth_date.as_deref());
    let outcome = patient.authenticity.outcome;
    writeln!(
        out,
        "patient: {} {} {outcome}",
        name.unwrap_or("?"),
        born.unwrap_or("?")
    )?;

    // From here on, this card or none: if it is changed, calls are refused (`card-removed`). Requests are types, which
    // can be read from the JSON of the documentation; a member that is not known is refused here.
    let card = patient.card_id;
    let link = from_value(json!({
        "operation": "put", "type": "gpconsultation", "proof": "eidsigning", "cardId": card,
    }))?;
    let link = client.call::<TherapeuticLink>(&link).await?.answer;
    let proof = link.proof.map(|proof| proof.proof_type.to_string());
    writeln!(out, "link: {}", proof.as_deref().unwrap_or("?"))?;
    let consent = from_value(json!({ "operation": "put", "cardId": card }))?;
    let consent = client.call::<Consent>(&consent).await?.answer;
    let made = consent.xml.contains("PutPatientConsentRequest");
    writeln!(out, "consent: {}", if made { "made" } else { "?" })?;

    // `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
    let period = link.period.ok_or("a link has a period")?;
    let end = from_value(json!({
        "operation": "revoke", "type": "gpconsultation", "proof": "eidreading", "cardId": card,
        "startDate": period.start, "endDate": period.end,
    }))?;
    let ended = client.call::<TherapeuticLink>(&end).await?.answer;
    let withdraw = from_value(json!({ "operation": "revoke", "cardId": card }))?;
    let withdrawn = client.call::<Consent>(&withdraw).await?.answer;
    let both = ended.xml.contains("Revoke") && withdrawn.xml.contains("Revoke");
    writeln!(out, "revoked: {}", if both { "both" } else { "?" })?;
    Ok(())
}
