//! `beidctl doctor`: the findings of the daemon, or where none runs, those that can be made without it.

mod local;

use super::CommandFailure;
use super::arguments::{Arguments, DoctorArguments};
use super::failure::FailureKind;
use super::output::Printer;
use super::place::OutputPlace;
use super::render;
use super::session::{self, Session};
use beid_api::operations::ReadDiagnostics;
use beid_api::types::{DiagnosticsAnswer, DiagnosticsRequest, FindingAnswer};
use beid_api::words::FindingOutcome;
use beid_api::{DoctorFinding, FindingCode, PublicFact};
use beid_doctor::SupportBundle;
use beid_settings::Config;
use beid_texts::{Language, Message, Render};
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

/// Exit code of a person who did not want the bundle written, as [`EXIT_CODES`](super::failure::EXIT_CODES) says.
const DECLINED: u8 = 3;

/// Prints the findings, or writes the bundle. Fails if something does not work; what is only noticed or unknown is no
/// failure.
pub(super) async fn run(
    doctor: &DoctorArguments,
    arguments: &Arguments,
    printer: &Printer,
) -> Result<ExitCode, CommandFailure> {
    let language = arguments.language();
    let place = OutputPlace::maybe(doctor.bundle.as_deref(), doctor.writing.force)?;
    if place.as_ref().is_some_and(|place| !place.is_stdout()) && !doctor.yes && !io::stdin().is_terminal() {
        return Err(CommandFailure::usage(
            "there is no terminal to ask on; --yes writes the bundle without asking",
        ));
    }
    let config = session::config();
    let answer = examine(doctor, arguments, config.as_ref()).await;
    match place {
        None => printer.print_own(
            || serde_json::to_value(&answer).map_err(Into::into),
            |paint| render::doctor(&answer, *paint),
        )?,
        Some(place) => {
            let settings = config.as_ref().map(Config::names_set).unwrap_or_default();
            let bundle = SupportBundle::new(&answer, &settings, |message| message.render(language));
            if !write(&bundle, place, doctor.yes, language)? {
                return Ok(ExitCode::from(DECLINED));
            }
        }
    }
    Ok(if answer.outcome == FindingOutcome::Problem {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Asks the daemon; looks here if it does not answer.
async fn examine(
    doctor: &DoctorArguments,
    arguments: &Arguments,
    config: Result<&Config, &CommandFailure>,
) -> DiagnosticsAnswer {
    let language = arguments.language();
    let answers = |findings: Vec<DoctorFinding>| -> Vec<FindingAnswer> {
        let answer = |finding: &DoctorFinding| finding.to_answer(|message| message.render(language));
        findings.iter().map(answer).collect()
    };
    let asked = match config {
        Ok(_) => ask(doctor, arguments)
            .await
            .map_err(|failure| refusal(&failure, language)),
        Err(failure) => Err(DoctorFinding::new(FindingCode::SettingsUnusable).name("reason", failure.detail(language))),
    };
    let (own, others) = match asked {
        Ok(answer) => (answering(&answer, arguments.https), answer.findings),
        Err(why) => {
            let found = local::findings(config.ok(), language).await;
            (vec![why], answers(found))
        }
    };
    DiagnosticsAnswer::new([answers(own), others].concat())
}

async fn ask(doctor: &DoctorArguments, arguments: &Arguments) -> Result<DiagnosticsAnswer, CommandFailure> {
    let session = Session::connect(arguments).await?;
    let request = DiagnosticsRequest {
        network: doctor.network.then_some(true),
    };
    Ok(session.call::<ReadDiagnostics>(&request).await?.answer)
}

/// Finding about a call that had no answer.
fn refusal(failure: &CommandFailure, language: Language) -> DoctorFinding {
    let absent = [FailureKind::NotRunning, FailureKind::AnotherProgram];
    if absent.iter().any(|kind| kind.code() == failure.code()) {
        DoctorFinding::new(FindingCode::ServiceNotRunning)
    } else {
        DoctorFinding::new(FindingCode::ServiceRefuses).name("reason", failure.detail(language))
    }
}

/// Findings about the call itself, which has been answered.
fn answering(answer: &DiagnosticsAnswer, over_https: bool) -> Vec<DoctorFinding> {
    let own = env!("CARGO_PKG_VERSION");
    let mut findings = answer.findings.iter();
    let versions = findings.find(|finding| finding.code == FindingCode::Versions.code());
    let facts = versions.map(|finding| finding.facts.as_slice()).unwrap_or_default();
    let version = facts.iter().find(|fact| fact.name == "version");
    let version = version.map(|fact| fact.value.as_str()).unwrap_or_default();
    let mut own_findings = vec![
        DoctorFinding::new(FindingCode::ServiceAnswers)
            .word("version", PublicFact::identifier(version))
            .word("way", if over_https { "HTTPS" } else { "D-Bus" }),
    ];
    if version != own {
        own_findings.push(
            DoctorFinding::new(FindingCode::VersionsDiffer)
                .word("version", PublicFact::identifier(version))
                .word("own", own),
        );
    }
    own_findings
}

/// Shows the bundle and writes it; returns false if the person does not want it written.
fn write(bundle: &SupportBundle, place: OutputPlace, yes: bool, language: Language) -> Result<bool, CommandFailure> {
    let text = serde_json::to_string_pretty(bundle).map_err(io::Error::other)? + "\n";
    if place.is_stdout() {
        place.fill(text.as_bytes())?;
        return Ok(true);
    }
    let say = |id: &str| {
        Message::new(id)
            .arg("file", place.path().display().to_string())
            .render(language)
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    writeln!(stdout, "{}", say("ctl-bundle-shown"))?;
    stdout.flush()?;
    if !yes && !agrees(&say("ctl-bundle-question"))? {
        writeln!(stdout, "{}", say("ctl-bundle-not-written"))?;
        return Ok(false);
    }
    let written: Vec<_> = place.fill(text.as_bytes())?.into_iter().collect();
    stdout.write_all(render::written(&written).as_bytes())?;
    Ok(true)
}

/// Asks on the terminal; only a word for yes in one of our languages is one.
fn agrees(question: &str) -> Result<bool, CommandFailure> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} ")?;
    stderr.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let word = line.trim().to_lowercase();
    Ok(["y", "yes", "j", "ja", "o", "oui"].contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::types::FactAnswer;

    #[test]
    fn versions_that_differ_are_noticed() {
        for (version, expected) in [(env!("CARGO_PKG_VERSION"), 1), ("0.0.9", 2)] {
            let versions = DoctorFinding::new(FindingCode::Versions).word("version", PublicFact::identifier(version));
            let answer = DiagnosticsAnswer::new(vec![versions.to_answer(|_| String::new())]);
            assert_eq!(answering(&answer, false).len(), expected, "{version}");
        }
        let silent = DiagnosticsAnswer::new(Vec::<FindingAnswer>::new());
        assert_eq!(answering(&silent, true).len(), 2);
    }

    #[test]
    fn what_names_a_person_is_in_no_bundle() {
        let planted = [
            "Anna TESTAERT",
            "85051402418",
            "592012345678",
            "/home/anna",
            "beidd_secret_token",
        ];
        let fact = |name: &str, value: &str, private| FactAnswer {
            name: name.to_owned(),
            value: value.to_owned(),
            private,
        };
        // As a daemon sends it, and as one that is not ours might.
        let findings = FindingCode::ALL.iter().flat_map(|code| {
            planted.iter().map(move |secret| FindingAnswer {
                code: code.code().to_owned(),
                area: code.area(),
                outcome: code.outcome(),
                text: format!("About {secret}"),
                next: Some(format!("Ask {secret}")),
                facts: code.facts().iter().map(|name| fact(name, secret, true)).collect(),
            })
        });
        let mut findings: Vec<_> = findings.collect();
        let mut unknown = findings[0].clone();
        unknown.code = "85051402418".to_owned();
        findings.push(unknown);
        let answer = DiagnosticsAnswer::new(findings);
        for language in Language::ALL {
            let bundle = SupportBundle::new(&answer, &[("https", "port")], |message| message.render(language));
            let text = serde_json::to_string(&bundle).unwrap();
            for secret in planted {
                assert!(!text.contains(secret), "{}: {secret}", language.tag());
            }
            assert!(text.contains("https.port") && text.contains("reader-found"));
            assert_eq!(bundle.findings.len(), FindingCode::ALL.len() * planted.len());
        }
    }
}
