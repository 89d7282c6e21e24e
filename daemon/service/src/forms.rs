//! Facts for forms, told before a document is made: names of codes, periods, and the texts that a person agrees to.

use crate::Context;
use crate::documents::consents::{born, must_be_installed};
use crate::documents::links::must_fit;
use crate::documents::{Head, HeadMembers, refuse, warning};
use crate::patients::read;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_card::{Identity, Wanted};
use beid_protocol::codes::{Capacity, HC_PARTY_TYPES, LINK_TYPES, PartyKind};
use beid_protocol::consent_text::{ConsentText, explanation};
use beid_protocol::numbers::Ssin;
use beid_protocol::period::{LinkPeriod, PeriodRule, brussels_day};
use beid_protocol::representative::{AgeGroup, is_newborn};
use beid_protocol::therlink::proof_warnings;
use beid_texts::Language;
use jiff::civil::Date;

/// Lists the types of links, of providers that have them, and of the proofs that the settings allow.
pub(crate) async fn link_types(
    context: Context,
    t::NoMembers {}: t::NoMembers,
) -> Result<t::LinkTypesAnswer, ApiError> {
    let allowed = context.service.config().settings.policy.proofs();
    let link_types = LINK_TYPES.iter().map(|row| t::LinkTypeAnswer {
        code: row.code.to_owned(),
        names: row.names.into(),
    });
    let with_links = HC_PARTY_TYPES.iter().filter(|row| row.has_links());
    let party_types = with_links.map(|row| t::PartyTypeAnswer {
        code: row.code.to_owned(),
        names: row.names.into(),
        organisation: row.kind == PartyKind::Organisation,
    });
    Ok(t::LinkTypesAnswer {
        link_types: link_types.collect(),
        party_types: party_types.collect(),
        proofs: allowed.codes().into_iter().map(str::to_owned).collect(),
    })
}

/// Finds the period of a link of the practice: by the same rule and checks as for a link that is registered.
pub(crate) async fn link_period(
    context: Context,
    request: t::LinkPeriodRequest,
) -> Result<t::LinkPeriodAnswer, ApiError> {
    let service = &context.service;
    let head = Head::parse(
        service,
        HeadMembers {
            author: None,
            representative: None,
            dialect: request.dialect.map(|dialect| dialect.0),
            break_the_glass: None,
        },
    )?;
    let proof = request.proof.map(|proof| proof.0);
    if proof.is_some() {
        must_fit(&head, proof)?;
    }
    let parties: Vec<_> = head.provider().map(|party| party.party_type()).into_iter().collect();
    let situation = request.situation.map(|situation| situation.0);
    let rule = PeriodRule::find(request.link_type.0, &parties, situation);
    let today = brussels_day(service.now());
    let (start, end) = (request.start_date.map(|day| day.0), request.end_date.map(|day| day.0));
    let (period, mut warnings) = LinkPeriod::new(today, start, end, rule)?;
    warnings.extend(
        proof
            .iter()
            .flat_map(|proof| proof_warnings(*proof, request.link_type.0, &period, rule)),
    );
    Ok(t::LinkPeriodAnswer {
        period: t::PeriodAnswer {
            start: period.start().to_string(),
            end: period.end().map(|end| end.to_string()),
        },
        warnings: warnings.iter().map(warning).collect(),
    })
}

/// Finds the rules for a patient's consent: by the day of birth on the card, or else in the national number.
pub(crate) async fn consent_rules(
    context: Context,
    request: t::ConsentPreviewRequest,
) -> Result<t::ConsentPreviewAnswer, ApiError> {
    let service = &context.service;
    if request.national_number.is_some() {
        refuse(&[("cardId", request.card_id.is_some())], "does not go with a number")?;
    }
    let born = match request.national_number {
        Some(number) => {
            let number = Ssin::parse(&number).map_err(|_| ErrorCode::InvalidNationalNumber)?;
            number.birth_date()
        }
        None => {
            let card = service
                .registry
                .resolve(request.card_id.as_deref().unwrap_or("current"))?;
            birth_date(&read(service, &card, Wanted::default()).await?.into_parts().1.identity)
        }
    };
    let today = brussels_day(service.now());
    let age = AgeGroup::new(born, today);
    let capacities = Capacity::all().filter(|capacity| age.admits(*capacity));
    Ok(t::ConsentPreviewAnswer {
        age: match age {
            AgeGroup::UnderSixteen => t::PatientAge::UnderSixteen,
            AgeGroup::UnderEighteen => t::PatientAge::UnderEighteen,
            AgeGroup::Adult => t::PatientAge::Adult,
            AgeGroup::Unknown => t::PatientAge::Unknown,
        },
        representative_needed: age.needs_representative(),
        capacities: capacities.map(|capacity| capacity.code().to_owned()).collect(),
        newborn: born.is_some_and(|born| is_newborn(born, today)),
    })
}

/// Day of birth by the card, or else by the holder's number.
fn birth_date(holder: &Identity) -> Option<Date> {
    let number = || {
        Ssin::parse(holder.national_number.as_ref()?.as_str())
            .ok()?
            .birth_date()
    };
    born(holder).or_else(number)
}

/// Finds an official text, and what explains it in other languages.
pub(crate) async fn consent_text(
    context: Context,
    request: t::ConsentTextRequest,
) -> Result<t::OfficialTextAnswer, ApiError> {
    let service = &context.service;
    let asked = request.text_language.as_str();
    must_be_installed(Some(asked), service)?;
    let config = service.config();
    let texts = &config.consent_texts;
    let text = texts.in_language(asked).ok_or(ErrorCode::NoOfficialText)?;
    let explanations = Language::ALL.iter().filter_map(|language| explanation(language.tag()));
    Ok(t::OfficialTextAnswer {
        id: text.id().to_owned(),
        language: text.language().to_owned(),
        version: text.version().to_owned(),
        sha256: text.sha256().to_owned(),
        text: text.plain_text().to_owned(),
        installed: texts.texts().map(ConsentText::language).map(str::to_owned).collect(),
        explanations: explanations
            .filter(|one| one.language != text.language())
            .map(|one| t::ExplanationAnswer {
                language: one.language.to_owned(),
                mark: one.mark.to_owned(),
                text: one.text.to_owned(),
            })
            .collect(),
    })
}
