//! `beidctl tls rotate`: the new authority is trusted everywhere before the certificate changes, and the old one removed
//! from everywhere after that. Whatever ends it in between, the next one goes on from there.

use super::report::RotationReport;
use super::{home_missing, render};
use crate::CommandFailure;
use crate::failure::FailureKind;
use crate::input::{SMALL, read_file};
use crate::output::Printer;
use crate::session::Session;
use beid_api::operations::RotateTlsCertificates;
use beid_api::types::{
    StoredAuthorityAnswer, TlsAuthorityAnswer, TlsRotationAnswer, TlsRotationRequest, TlsRotationStage,
    TrustStoreAnswer,
};
use beid_api::words::TrustStoreState;
use beid_stores::report::survey_store;
use beid_stores::{CertificateStore, CreateDatabases, LocalAuthority, StoreAccount, StoreType};
use beid_texts::{Language, Message, Render};
use std::path::Path;
use std::process::ExitCode;

pub(super) async fn rotate(
    session: &Session,
    force: bool,
    printer: &Printer,
    language: Language,
) -> Result<ExitCode, CommandFailure> {
    let account = StoreAccount::from_environment().map_err(home_missing)?;
    let stores = beid_stores::find(&account, &StoreType::ALL, CreateDatabases::No);
    let mut rotation = stage(session, TlsRotationStage::Prepare).await?;
    if rotation.previous.is_none() {
        let (current, next) = (read(&rotation.authority)?, read(next(&rotation)?)?);
        let lacking = introduce(&stores, &current, &next);
        if !lacking.is_empty() && !force {
            return Err(incomplete(&lacking, next_file(&rotation), language));
        }
        rotation = stage(session, TlsRotationStage::Switch).await?;
    }
    let current = read(&rotation.authority)?;
    if let Some(previous) = &rotation.previous {
        let previous = read(previous)?;
        // A rotation that was forced, or asked for by another program, may have left stores behind.
        introduce(&stores, &previous, &current);
        let is_left = stores.iter().any(|store| still_trusts(store, &previous));
        // As long as a store trusts it that only root can change, its file is needed to name it.
        if !is_left {
            rotation = stage(session, TlsRotationStage::Finish).await?;
        }
    }
    let surveyed = stores.iter().map(|store| survey_store(store, Some(&current), None));
    let report = RotationReport {
        authority: report_of(&rotation.authority),
        previous: rotation.previous.as_ref().map(report_of),
        stores: surveyed
            .filter(|store| store.state == TrustStoreState::Trusted)
            .collect(),
    };
    printer.print_own(
        || serde_json::to_value(&report).map_err(Into::into),
        |paint| render::rotation(&report, *paint),
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn stage(session: &Session, stage: TlsRotationStage) -> Result<TlsRotationAnswer, CommandFailure> {
    let reply = session
        .call::<RotateTlsCertificates>(&TlsRotationRequest { stage })
        .await?;
    Ok(reply.answer)
}

fn next(rotation: &TlsRotationAnswer) -> Result<&TlsAuthorityAnswer, CommandFailure> {
    let next = rotation.next.as_ref();
    next.ok_or_else(|| CommandFailure::local("beidd has prepared no new authority"))
}

fn next_file(rotation: &TlsRotationAnswer) -> &str {
    rotation.next.as_ref().map_or("", |next| next.file.as_str())
}

fn read(authority: &TlsAuthorityAnswer) -> Result<LocalAuthority, CommandFailure> {
    let file = Path::new(&authority.file);
    LocalAuthority::parse(&read_file(file, SMALL)?).map_err(|error| CommandFailure::file(file, error))
}

/// Makes every store that trusts `current` trust `next` too; returns those that cannot be made to.
fn introduce(stores: &[CertificateStore], current: &LocalAuthority, next: &LocalAuthority) -> Vec<TrustStoreAnswer> {
    let trusting = stores
        .iter()
        .filter(|store| trusts(store, current) && !trusts(store, next));
    let refusals = trusting.filter_map(|store| {
        let fault = store.trust(next).err()?;
        Some(survey_store(store, Some(next), Some(fault)))
    });
    refusals.collect()
}

fn trusts(store: &CertificateStore, authority: &LocalAuthority) -> bool {
    let entries = store.entries().unwrap_or_default();
    entries
        .iter()
        .any(|entry| entry.trusted && entry.authority == *authority)
}

/// Removes `previous` from the store; returns true if it is still there.
fn still_trusts(store: &CertificateStore, previous: &LocalAuthority) -> bool {
    let entries = store.entries().unwrap_or_default();
    entries.iter().any(|entry| entry.authority == *previous) && store.forget(previous).is_err()
}

fn incomplete(lacking: &[TrustStoreAnswer], file: &str, language: Language) -> CommandFailure {
    let lines = lacking.iter().map(|store| {
        let name = render::store_name(store, language);
        let advice = render::advice(store, Some(file), language).unwrap_or_default();
        format!("\n  {name}: {advice}")
    });
    let text = Message::new("ctl-rotation-incomplete").arg("stores", lines.collect::<String>());
    CommandFailure::new(FailureKind::NotTrusted, text.render(language))
}

fn report_of(authority: &TlsAuthorityAnswer) -> StoredAuthorityAnswer {
    StoredAuthorityAnswer {
        name: authority.name.clone(),
        sha256: authority.sha256.clone(),
        not_after: authority.not_after.clone(),
        file: Some(authority.file.clone()),
    }
}
