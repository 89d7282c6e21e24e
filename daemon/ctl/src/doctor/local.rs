//! Findings without a daemon: all that this user can see on the computer.

use crate::tls;
use beid_api::types::TlsStatusAnswer;
use beid_api::words::EndpointState;
use beid_api::{DoctorFinding, FindingCode};
use beid_doctor::{
    ClockWitness, Machine, PortUse, about_card_service, about_clock, about_dialogs, about_drivers, about_permissions,
    about_port, about_trust, about_versions,
};
use beid_host::paths::Paths;
use beid_host::terminal::Terminal;
use beid_prompt::assuan::{Pinentry, default_program};
use beid_settings::roots::read_roots;
use beid_settings::{Config, Https};
use beid_texts::Language;
use jiff::Timestamp;

/// Looks at the computer as the daemon would find it; `config` is absent if the settings cannot be read.
pub(super) async fn findings(config: Option<&Config>, language: Language) -> Vec<DoctorFinding> {
    let machine = Machine::this();
    let mut findings = vec![
        about_versions(&machine),
        about_card_service(&machine),
        about_drivers(&machine),
    ];
    let status = tls::own_status(language).await;
    findings.extend(match &status {
        Ok(status) => about_trust(status),
        Err(failure) => vec![DoctorFinding::new(FindingCode::TrustUnknown).name("reason", failure.detail(language))],
    });
    findings.extend(about_permissions(&machine));
    findings.push(about_dialogs(pinentry(config).as_ref()).await);
    findings.push(about_port(&machine, ports(config, status.ok().as_ref())));
    findings.push(about_clock(Timestamp::now(), &witnesses()));
    findings
}

/// The program that a daemon started from here would ask with.
fn pinentry(config: Option<&Config>) -> Option<Pinentry> {
    let set = config.and_then(|config| config.settings.prompt.pinentry.clone());
    set.or_else(default_program).map(|program| Pinentry {
        program,
        terminal: Terminal::from_this_process(),
    })
}

fn ports(config: Option<&Config>, status: Option<&TlsStatusAnswer>) -> PortUse {
    let unset = Https::default();
    let https = config.map_or(&unset, |config| &config.settings.https);
    let endpoint = status.and_then(|status| status.endpoint.as_ref());
    PortUse {
        wanted: https.port(),
        fixed: https.port.is_some(),
        taken: endpoint
            .filter(|endpoint| endpoint.state == EndpointState::Trusted)
            .and_then(|endpoint| endpoint.port),
    }
}

/// Certificates of authorities that earlier cards have brought to this user's daemon; none if it never met a card.
fn witnesses() -> Vec<ClockWitness> {
    let file = Paths::from_environment().map(|paths| paths.authorities());
    let kept = file.ok().and_then(|file| read_roots(&file).ok());
    let certificates = kept.map(|kept| kept.certificates).unwrap_or_default().into_iter();
    let witness = |certificate: beid_pki::Certificate| ClockWitness {
        not_before: certificate.not_before(),
        not_after: None,
    };
    certificates.map(witness).collect()
}
