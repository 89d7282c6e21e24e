//! Judging a proof offline: nothing is asked of the service, so a proof can be checked where there is none.

use super::Failure;
use super::commands::{Output, config};
use super::render;
use crate::config::Config;
use crate::paths::Paths;
use crate::roots::read_roots;
use beid_pki::TrustStore;
use beid_protocol::therlink::Profile;
use beid_protocol::verify::{CheckName, Context, Outcome, Verification, verify_with};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What was named on the command line, besides what is trusted anyway.
#[derive(Clone, Copy)]
pub(super) struct Trusted<'a> {
    /// Roots of test cards.
    pub(super) root: &'a [PathBuf],
    /// Roots of time-stamping authorities.
    pub(super) tsa_root: &'a [PathBuf],
}

/// Prints every check on `file`, a signature over `content` if that is given; success only if none failed and
/// it is known what was signed.
pub(super) fn run(
    file: &Path,
    content: Option<&Path>,
    trusted: Trusted<'_>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let read = |file: &Path| std::fs::read(file).map_err(|error| Failure::file(file, error));
    let (input, content) = (read(file)?, content.map(read).transpose()?);
    let config = config()?;
    let roots = roots(&config, trusted.root)?;
    let tsa_roots = with(roots.clone(), config.timestamp_roots.iter().chain(trusted.tsa_root))?;
    let context = Context {
        content: content.as_deref(),
        tsa_roots: &tsa_roots,
        ..Context::new(&roots, Timestamp::now())
    };
    let verification = verify_with(&input, &context);
    let answer = to_json(&verification);
    output.print(&answer, render::proof)?;
    Ok(if render::any_failed(&answer) || render::lacks_content(&answer) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn to_json(verification: &Verification) -> Value {
    let checks = verification.checks().iter().map(|check| {
        let mut answer = Map::from_iter([
            ("name".to_owned(), check.name.name().into()),
            ("outcome".to_owned(), check.outcome.name().into()),
        ]);
        answer.extend(
            check
                .outcome
                .reason()
                .map(|reason| ("reason".to_owned(), reason.into())),
        );
        Value::Object(answer)
    });
    let mut answer = json!({"checks": checks.collect::<Vec<_>>(), "trust": verification.trust().name()});
    if let Some(members) = answer.as_object_mut() {
        let time = verification.signing_time().map(|time| time.to_string());
        let covers = verification.profile().map(|profile| match profile {
            Profile::Connector => "patient, provider, day",
            Profile::Strict => "patient, provider, type, period, remark",
        });
        let covers = covers.or_else(|| covered(verification));
        let stamped = verification.stamped_at().map(|time| time.to_string());
        members.extend(time.map(|time| ("signingTime".to_owned(), time.into())));
        members.extend(stamped.map(|time| ("stampedAt".to_owned(), time.into())));
        if !verification.links().is_empty() {
            let links: Vec<_> = verification.links().iter().map(to_json).collect();
            members.insert("links".to_owned(), links.into());
        }
        members.extend(covers.map(|covers| ("covers".to_owned(), covers.into())));
    }
    answer
}

/// What is covered of something that is no therapeutic link, or of a request it was not signed for.
fn covered(verification: &Verification) -> Option<&'static str> {
    let is_request = verification.outcome(CheckName::Proof).is_some();
    let is_whole = verification.outcome(CheckName::ContentDigest)? == Outcome::Passed;
    Some(if is_whole && !is_request {
        "the content"
    } else {
        "nothing"
    })
}

/// The pinned Belgian roots; as test roots those of this user's simulator, of the configuration, and `more`.
fn roots(config: &Config, more: &[PathBuf]) -> Result<TrustStore, Failure> {
    let simulator = Paths::of_environment().ok().map(|paths| paths.simulator());
    let simulated = simulator.map(|directory| ["rsa-root.pem", "ec-root.pem"].map(|name| directory.join(name)));
    let simulated: Vec<_> = simulated.into_iter().flatten().filter(|path| path.exists()).collect();
    let configured = config.extra_roots.iter();
    with(TrustStore::belgian(), simulated.iter().chain(configured).chain(more))
}

/// The store with all roots of these files.
fn with<'p>(mut store: TrustStore, files: impl Iterator<Item = &'p PathBuf>) -> Result<TrustStore, Failure> {
    for path in files {
        let roots = read_roots(path).map_err(|error| Failure::file(path, error))?;
        for root in roots.certificates {
            store = store.with_test_root(root);
        }
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_keep_name_outcome_and_reason() {
        let answer = to_json(&verify_with(
            b"<x/>",
            &Context::new(&TrustStore::belgian(), Timestamp::now()),
        ));
        assert_eq!(answer["trust"], "none");
        assert_eq!(answer["checks"][0]["name"], "structure");
        assert_eq!(answer["checks"][0]["outcome"], "failed");
        assert_eq!(answer["checks"][0]["reason"], "not-a-request");
        assert!(answer.get("covers").is_none(), "there is no signature");
    }
}
