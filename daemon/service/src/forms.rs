//! Facts for forms, told before a document is made: names of codes, periods, and the texts that a person agrees to.

use crate::Context;
use crate::documents::consents::must_be_installed;
use crate::documents::{Head, HeadMembers, warning};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_protocol::codes::LINK_TYPES;
use beid_protocol::consent_text::{ConsentText, explanation};
use beid_protocol::period::{LinkPeriod, PeriodRule, brussels_day};
use beid_texts::Language;

/// Lists the types of links.
pub(crate) async fn link_types(_: Context, t::NoMembers {}: t::NoMembers) -> Result<t::LinkTypesAnswer, ApiError> {
    let answer = |row: &beid_protocol::codes::LinkType| t::LinkTypeAnswer {
        code: row.code.to_owned(),
        names: t::NamesInLanguages {
            nl: row.names.nl.to_owned(),
            fr: row.names.fr.to_owned(),
            de: row.names.de.to_owned(),
            en: row.names.en.to_owned(),
        },
    };
    Ok(t::LinkTypesAnswer {
        link_types: LINK_TYPES.iter().map(answer).collect(),
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
            dialect: None,
            break_the_glass: None,
        },
    )?;
    let parties: Vec<_> = head.provider().map(|party| party.party_type()).into_iter().collect();
    let situation = request.situation.map(|situation| situation.0);
    let rule = PeriodRule::find(request.link_type.0, &parties, situation);
    let today = brussels_day(service.now())?;
    let (start, end) = (request.start_date.map(|day| day.0), request.end_date.map(|day| day.0));
    let (period, warnings) = LinkPeriod::new(today, start, end, rule)?;
    Ok(t::LinkPeriodAnswer {
        period: t::PeriodAnswer {
            start: period.start().to_string(),
            end: period.end().map(|end| end.to_string()),
        },
        warnings: warnings.iter().map(warning).collect(),
    })
}

/// Finds an official text, and what explains it in other languages.
pub(crate) async fn consent_text(
    context: Context,
    request: t::ConsentTextRequest,
) -> Result<t::OfficialTextAnswer, ApiError> {
    let service = &context.service;
    let asked = request.text_language.as_str();
    must_be_installed(Some(asked), service)?;
    let texts = &service.config.consent_texts;
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
