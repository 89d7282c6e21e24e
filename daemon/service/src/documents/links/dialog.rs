//! Dialog of links: rendered from the very bytes that will be signed.
//!
//! Profile `connector` signs a throw-away link of today, so its dialog has two parts: the content that is signed, and
//! the link that is registered or ended with it. Profile `strict` signs the link itself.

use crate::ceremony::Dialog;
use crate::documents::shown::{author, in_language, patient, provider, section, show, stated_patient};
use crate::pin::Asking;
use beid_api::ApiError;
use beid_card::Identity;
use beid_prompt::layout::{paragraph, plain, quoted, wrapped};
use beid_protocol::codes::LinkType;
use beid_protocol::operation::PlatformOperation;
use beid_protocol::summary::{Action, LinkSummary, PartySummary, RequestSummary, SignedSummary};
use beid_protocol::therlink::ContentProfile;
use beid_texts::{Language, Message, Render};

/// Request and signed contents, as they were read back from their bytes.
pub(super) struct LinkSummaries {
    pub(super) request: RequestSummary,
    /// The content signed for each link, in the order of the links; none for a link that is proved otherwise.
    pub(super) signed: Vec<Option<SignedSummary>>,
}

/// Renders the caller, the holder of the card, and the meaning of each signature.
///
/// # Errors
/// `internal` if the bytes do not say one thing that can be shown.
pub(super) fn dialog(
    summaries: &LinkSummaries,
    asking: &Asking<'_>,
    holder: &Identity,
    signatures: usize,
) -> Result<Dialog, ApiError> {
    let (asked, title) = titles(&summaries.request);
    let mut parts = vec![asking.asks(asked, Some(holder))];
    parts.extend(meaning(summaries, asking.is_at_keypad(), asking.language())?);
    Ok(Dialog::new(signatures, parts.join("\n\n")).titled(title))
}

/// The first sentence and the title: a relation that ends has its own.
fn titles(request: &RequestSummary) -> (&'static str, &'static str) {
    if ends(request) {
        ("dialog-asked-to-end", "dialog-end-title")
    } else {
        ("dialog-asked", "dialog-title")
    }
}

fn ends(request: &RequestSummary) -> bool {
    request.operation == PlatformOperation::RevokeLink
}

/// Renders the content of all signatures, and the change that they prove.
fn meaning(summaries: &LinkSummaries, at_keypad: bool, language: Language) -> Result<Vec<String>, ApiError> {
    let request = &summaries.request;
    match &request.action {
        Action::Link(proved) => match summaries.signed.as_slice() {
            [Some(signed)] => {
                must_agree(signed, request, &proved.link)?;
                one_link("dialog-covered", signed, request, &proved.link, language)
            }
            _ => Err(ApiError::internal("not one signature for one link")),
        },
        Action::Links(links) if links.len() == summaries.signed.len() => {
            let links: Vec<_> = links
                .iter()
                .map(|one| &one.proved.link)
                .zip(&summaries.signed)
                .collect();
            several_links(&links, request, at_keypad, language)
        }
        Action::Links(_) | Action::Consent(_) | Action::Exclusion(_) | Action::Query(_) => Err(ApiError::internal(
            "a request that is not about the links that are signed",
        )),
    }
}

/// Refuses two parts of a dialog that differ in patient or parties: they speak of one link.
fn must_agree(signed: &SignedSummary, request: &RequestSummary, theirs: &LinkSummary) -> Result<(), ApiError> {
    let ours = &signed.link;
    let same = match signed.profile {
        ContentProfile::Connector => {
            // A throw-away link, whose type and end mean nothing. Every member is named here too: what is signed in this
            // profile is neither shown nor compared otherwise.
            let LinkSummary {
                patient: _,
                parties: _,
                link_type: _,
                start,
                end: _,
                comment,
            } = ours;
            *start == Some(request.date) && comment.is_none()
        }
        ContentProfile::Strict => ours == theirs,
    };
    if same && ours.patient == theirs.patient && ours.parties == theirs.parties {
        Ok(())
    } else {
        Err(ApiError::internal(
            "what is to be signed differs from what is requested",
        ))
    }
}

/// Sections on the content signed for one link, and on the link that is registered or ended with it.
fn one_link(
    heading: &str,
    signed: &SignedSummary,
    request: &RequestSummary,
    requested: &LinkSummary,
    language: Language,
) -> Result<Vec<String>, ApiError> {
    let revoked = ends(request);
    let mut covered = covered(&signed.link, language)?;
    let mut beside = Vec::new();
    match signed.profile {
        ContentProfile::Connector => beside.extend(registered(requested, language)?),
        ContentProfile::Strict => covered.extend(registered(&signed.link, language)?),
    }
    beside.extend(rest_of_request(request, &requested.parties, language)?);
    let mut parts = vec![section(heading, covered, language)];
    if revoked && signed.profile == ContentProfile::Strict {
        parts.push(paragraph(&Message::new("dialog-strict-revoked").render(language)));
    }
    if !beside.is_empty() {
        let ends = revoked && signed.profile == ContentProfile::Connector;
        let heading = if ends { "dialog-revoked" } else { "dialog-registered" };
        parts.push(section(heading, beside, language));
    }
    Ok(parts)
}

/// All links of a list, each under its number.
fn several_links(
    links: &[(&LinkSummary, &Option<SignedSummary>)],
    request: &RequestSummary,
    at_keypad: bool,
    language: Language,
) -> Result<Vec<String>, ApiError> {
    let counted = |text: &str, count: usize| {
        let text = Message::new(text).arg("count", count.to_string());
        paragraph(&text.render(language))
    };
    let signatures = links.iter().filter(|(_, signed)| signed.is_some()).count();
    let heading = if signatures == 1 {
        "dialog-links-one"
    } else {
        "dialog-links"
    };
    let mut parts = vec![counted(heading, signatures)];
    for (index, (link, signed)) in links.iter().enumerate() {
        let number = Message::new("dialog-link-of")
            .arg("number", (index + 1).to_string())
            .arg("count", links.len().to_string());
        let mut lines = vec![wrapped(&number.render(language), 0)];
        match signed {
            Some(signed) => {
                must_agree(signed, request, link)?;
                lines.extend(one_link("dialog-signed-for-link", signed, request, link, language)?);
            }
            None => lines.push(unsigned(link, request, language)?),
        }
        parts.push(lines.join("\n"));
    }
    match (signatures, at_keypad) {
        (1, _) => {}
        (several, true) => parts.push(counted("dialog-pin-each", several)),
        (several, false) => parts.push(counted("dialog-pin-once", several)),
    }
    Ok(parts)
}

/// A link that is registered at the same time, and proved otherwise.
fn unsigned(link: &LinkSummary, request: &RequestSummary, language: Language) -> Result<String, ApiError> {
    let mut lines = vec![stated_patient(&link.patient, language)?];
    lines.extend(providers(link, language)?);
    lines.extend(registered(link, language)?);
    lines.extend(rest_of_request(request, &link.parties, language)?);
    Ok(section("dialog-unsigned-link", lines, language))
}

/// Lines on the content that is signed: patient, provider, and the day it is made.
fn covered(link: &LinkSummary, language: Language) -> Result<Vec<Message>, ApiError> {
    let mut lines = vec![patient(&link.patient, language)?];
    lines.extend(providers(link, language)?);
    lines.extend(
        link.start
            .map(|day| Message::new("dialog-day").arg("day", show(day, language))),
    );
    Ok(lines)
}

fn providers(link: &LinkSummary, language: Language) -> Result<Vec<Message>, ApiError> {
    link.parties.iter().map(|party| provider(party, language)).collect()
}

/// Lines on the rest of the request: an author who is no party, a representative, and the reason of forced access.
fn rest_of_request(
    request: &RequestSummary,
    providers: &[PartySummary],
    language: Language,
) -> Result<Vec<Message>, ApiError> {
    let mut lines = author(&request.author, providers, language)?;
    let forced = request.break_the_glass.as_ref();
    lines.extend(forced.map(|reason| Message::new("dialog-break-the-glass").arg("text", quoted(reason, language))));
    Ok(lines)
}

/// Lines on the link that the platform will register: kind and period. Documents name the first day after a link;
/// people are told its last.
///
/// # Errors
/// `internal` for a link that ends before it begins.
fn registered(link: &LinkSummary, language: Language) -> Result<Vec<Message>, ApiError> {
    // Every member is named here, so that the build stops at a new one until it is shown.
    let LinkSummary {
        patient: _,
        parties: _,
        link_type,
        start,
        end,
        comment,
    } = link;
    let mut lines = vec![Message::new("dialog-type").arg("type", type_name(link_type, language))];
    match (*start, *end) {
        (Some(start), Some(end)) => {
            let last = end.yesterday().ok().filter(|last| *last >= start);
            let last = last.ok_or_else(|| ApiError::internal("a link that ends before it begins"))?;
            lines.push(
                Message::new("dialog-period")
                    .arg("start", show(start, language))
                    .arg("end", show(last, language)),
            );
        }
        (Some(start), None) => lines.push(Message::new("dialog-period-open").arg("start", show(start, language))),
        (None, _) => {}
    }
    lines.extend(
        comment
            .as_ref()
            .map(|text| Message::new("dialog-comment").arg("text", quoted(text, language))),
    );
    Ok(lines)
}

fn type_name(code: &str, language: Language) -> String {
    let Ok(kind) = LinkType::parse(code) else {
        return plain(code);
    };
    in_language(kind.names, language).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Asker;
    use crate::pin::tries_left_text;
    use beid_prompt::layout::{COLUMNS, columns};
    use beid_prompt::pages::{LINES, Room};
    use beid_protocol::dialect::Dialect;
    use beid_protocol::name::Name;
    use beid_protocol::operation::PlatformOperation;
    use beid_protocol::summary::{
        AuthorSummary, BulkLinkSummary, IdentifierSummary, PatientSummary, PersonSummary, ProvedLink,
    };
    use jiff::civil::{Time, date};

    fn id(scheme: &str, value: &str) -> IdentifierSummary {
        IdentifierSummary {
            scheme: scheme.to_owned(),
            value: value.to_owned(),
        }
    }

    fn physician(family: &str) -> PartySummary {
        PartySummary {
            ids: vec![id("ID-HCPARTY", "19999816004"), id("INSS", "85061599888")],
            codes: vec!["persphysician".to_owned()],
            name: Some(Name::Person {
                first: "Testo".to_owned(),
                family: family.to_owned(),
            }),
        }
    }

    fn link(party: PartySummary, link_type: &str, comment: Option<&str>) -> LinkSummary {
        LinkSummary {
            patient: PatientSummary {
                ids: vec![id("INSS", "79010199757"), id("EID-CARDNO", "591000000106")],
                name: Some(Name::Single("PATIENT".to_owned())),
            },
            parties: vec![party],
            link_type: link_type.to_owned(),
            start: Some(date(2026, 11, 20)),
            end: Some(date(2028, 2, 20)),
            comment: comment.map(str::to_owned),
        }
    }

    fn summaries(party: &PartySummary, comment: Option<&str>) -> (SignedSummary, RequestSummary) {
        let signed = SignedSummary {
            link: link(party.clone(), "ignored", None),
            profile: ContentProfile::Connector,
        };
        let request = RequestSummary {
            dialect: Dialect::National,
            operation: PlatformOperation::PutLink,
            request_id: "1".to_owned(),
            author: AuthorSummary {
                parties: Vec::new(),
                patient: None,
                person: None,
            },
            date: date(2026, 11, 20),
            time: Time::midnight(),
            max_rows: None,
            break_the_glass: None,
            action: Action::Link(ProvedLink {
                link: link(party.clone(), "gpconsultation", comment),
                proofs: Vec::new(),
            }),
        };
        (signed, request)
    }

    fn requested(request: &RequestSummary) -> &LinkSummary {
        &request.link().unwrap().link
    }

    /// All parts but those about asker and holder.
    fn parts((signed, request): (SignedSummary, RequestSummary), language: Language) -> Vec<String> {
        let shown = LinkSummaries {
            request,
            signed: vec![Some(signed)],
        };
        meaning(&shown, false, language).unwrap()
    }

    /// The parts joined, in English.
    fn shown(party: &PartySummary, comment: Option<&str>) -> String {
        parts(summaries(party, comment), Language::En).join("\n\n")
    }

    #[test]
    fn everything_signed_is_shown() {
        let expected = "With your PIN you sign:
  patient: PATIENT, INSS 79010199757, card number 591000000106
  care provider (as stated): “Dr. Testo ARTS”, general practitioner,
      NIHII 19999816004
  date: 20 November 2026";
        assert!(
            shown(&physician("ARTS"), None).starts_with(expected),
            "{}",
            shown(&physician("ARTS"), None)
        );
        for language in Language::ALL {
            let lines = parts(summaries(&physician("ARTS"), None), language).remove(0);
            for said in ["79010199757", "591000000106", "Testo ARTS", "19999816004"] {
                assert!(lines.contains(said), "{said}: {lines}");
            }
            assert!(!lines.contains("85061599888"), "the doctor's own number: {lines}");
            assert!(!lines.contains("persphysician"), "{lines}");
        }
    }

    #[test]
    fn an_ordinary_link_takes_one_page_in_every_language() {
        for language in Language::ALL {
            let said = parts(summaries(&physician("VAN DEN BERGHE"), None), language).join("\n\n");
            let asker = Asker::Origin("https://practice.example.org".to_owned());
            let asks = wrapped(&asker.asks("dialog-asked", language), 0);
            let holder = Message::new("dialog-holder").arg("name", "Anna Petronella Testaert");
            let holder = wrapped(&holder.render(language), 0);
            let tries = paragraph(&tries_left_text(3).render(language));
            let text = [format!("{asks}\n{holder}"), said, tries].join("\n\n");
            assert!(Room::new(LINES[0]).fits(&text), "{text}");
        }
    }

    #[test]
    fn parts_that_speak_of_others_are_not_asked_about() {
        let (signed, request) = summaries(&physician("ARTS"), None);
        let link = requested(&request);
        assert!(must_agree(&signed, &request, link).is_ok());
        let mut other = link.clone();
        other.parties = vec![physician("ANDERS")];
        assert!(must_agree(&signed, &request, &other).is_err());
        let mut other = link.clone();
        other.patient.ids.pop();
        assert!(must_agree(&signed, &request, &other).is_err());
        let strict = SignedSummary {
            profile: ContentProfile::Strict,
            ..signed
        };
        assert!(must_agree(&strict, &request, link).is_err(), "another type");
    }

    #[test]
    fn callers_text_cannot_begin_where_our_labels_do() {
        let forged = "x".repeat(40) + " patient: Somebody ELSE date: 01.01.1999 " + &"y".repeat(300);
        for text in [
            shown(&physician(&forged), Some(&forged)),
            shown(&physician(&"x".repeat(120)), Some(&"patient: ".repeat(50))),
            shown(&physician(&"王".repeat(120)), None),
        ] {
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines.iter().all(|line| columns(line) <= COLUMNS), "{text}");
            let labelled = lines
                .iter()
                .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
            let ours = [
                "patient:",
                "care provider (",
                "date:",
                "care relation:",
                "from ",
                "remark (",
            ];
            let labels: Vec<_> = labelled
                .map(|line| ours.iter().position(|ours| line.trim_start().starts_with(ours)))
                .collect();
            assert!(labels.is_sorted() && labels.len() <= ours.len(), "{text}");
            assert!(labels.iter().all(Option::is_some), "{text}");
        }
    }

    fn revoked(profile: ContentProfile) -> (SignedSummary, RequestSummary) {
        let (mut signed, mut request) = summaries(&physician("ARTS"), None);
        request.operation = PlatformOperation::RevokeLink;
        if profile == ContentProfile::Strict {
            signed.link = requested(&request).clone();
        }
        signed.profile = profile;
        (signed, request)
    }

    #[test]
    fn the_last_day_is_the_one_that_still_counts_in_every_language() {
        for (language, period) in [
            (Language::Nl, "van 20 november 2026 tot en met 19 februari 2028"),
            (Language::Fr, "du 20 novembre 2026 au 19 février 2028 inclus"),
            (
                Language::De,
                "vom 20. November 2026 bis einschließlich 19. Februar 2028",
            ),
            (
                Language::En,
                "from 20 November 2026 up to and including 19 February 2028",
            ),
        ] {
            let said = parts(summaries(&physician("ARTS"), None), language).join("\n\n");
            assert!(said.contains(&format!("\n  {period}")), "{said}");
        }
        let (_, request) = summaries(&physician("ARTS"), None);
        let mut never = requested(&request).clone();
        never.end = never.start;
        assert!(registered(&never, Language::En).is_err(), "it holds on no day");
    }

    #[test]
    fn a_link_that_ends_has_a_heading_of_its_own() {
        let titled = |(_, request): (SignedSummary, RequestSummary)| titles(&request).1;
        assert_eq!(titled(revoked(ContentProfile::Connector)), "dialog-end-title");
        assert_eq!(titled(summaries(&physician("ARTS"), None)), "dialog-title");
        for language in Language::ALL {
            let asker = Asker::Program("emr".to_owned());
            let (usual, ends) = (
                asker.asks("dialog-asked", language),
                asker.asks("dialog-asked-to-end", language),
            );
            assert!(ends != usual && !ends.contains("dialog-"), "{ends}");
        }
    }

    #[test]
    fn a_link_that_ends_is_said_to_end_in_both_profiles_and_every_language() {
        for language in Language::ALL {
            let said = parts(revoked(ContentProfile::Connector), language).join("\n\n");
            let heading = Message::new("dialog-revoked").render(language);
            assert!(said.contains(&wrapped(&heading, 0)), "{said}");
            let said = parts(revoked(ContentProfile::Strict), language).join("\n\n");
            let sentence = Message::new("dialog-strict-revoked").render(language);
            assert!(said.contains(&paragraph(&sentence)), "{said}");
        }
        let said = parts(summaries(&physician("ARTS"), None), Language::En).join("\n\n");
        assert!(!said.contains("ended"), "{said}");
    }

    #[test]
    fn who_acts_and_why_access_is_forced_is_said_beside() {
        let (signed, mut request) = summaries(&physician("ARTS"), None);
        request.author.person = Some(PersonSummary {
            ids: vec![id("INSS", "85061599888")],
            name: Some(Name::Single("VADER".to_owned())),
        });
        request.break_the_glass = Some("unconscious patient".to_owned());
        let parts = parts((signed, request), Language::En);
        assert_eq!(
            parts[1],
            "Will be registered with it, not covered by the signature:
  care relation: GP consultation
  from 20 November 2026 up to and including 19 February 2028
  acts for the patient (as stated): “VADER”, INSS 85061599888
  reason for access without a care relation (as stated): “unconscious
      patient”"
        );
    }

    /// Links with these providers, of which those with a `true` are signed.
    fn several(links: &[(&str, bool)]) -> LinkSummaries {
        let (signed, mut request) = summaries(&physician("ARTS"), None);
        let one = |(index, (family, _)): (usize, &(&str, bool))| BulkLinkSummary {
            id: format!("1-{index}"),
            proved: ProvedLink {
                link: link(physician(family), "gpconsultation", None),
                proofs: Vec::new(),
            },
        };
        request.operation = PlatformOperation::PutLinks;
        request.action = Action::Links(links.iter().enumerate().map(one).collect());
        let summary = |(family, is_signed): &(&str, bool)| {
            is_signed.then(|| SignedSummary {
                link: link(physician(family), "ignored", None),
                ..signed.clone()
            })
        };
        LinkSummaries {
            request,
            signed: links.iter().map(summary).collect(),
        }
    }

    #[test]
    fn every_link_of_a_list_is_shown_with_what_is_signed_for_it() {
        let shown = several(&[("EEN", true), ("TWEE", false), ("DRIE", true)]);
        let parts = meaning(&shown, false, Language::En).unwrap();
        assert_eq!(parts[0], "With your PIN you sign for 2 care relations.");
        for (part, (number, name)) in parts[1..].iter().zip([(1, "EEN"), (2, "TWEE"), (3, "DRIE")]) {
            assert!(part.starts_with(&format!("Care relation {number} of 3\n")), "{part}");
            assert!(part.contains(&format!("“Dr. Testo {name}”")), "{part}");
            assert_eq!(part.contains("without your signature"), number == 2, "{part}");
        }
        assert_eq!(parts[4], "You type your PIN once; the card then makes 2 signatures.");
        let at_keypad = meaning(&shown, true, Language::En).unwrap();
        assert!(at_keypad[4].contains("asks for your PIN 2 times"), "{at_keypad:?}");
        for language in Language::ALL {
            let text = meaning(&shown, false, language).unwrap().join("\n\n");
            assert!(text.lines().all(|line| columns(line) <= COLUMNS), "{text}");
        }
    }

    #[test]
    fn a_list_whose_signatures_are_for_others_is_not_asked_about() {
        let (mut shown, other) = (several(&[("EEN", true), ("TWEE", true)]), several(&[("DRIE", true)]));
        shown.signed[1] = other.signed.into_iter().next().unwrap();
        assert!(meaning(&shown, false, Language::En).is_err());
        shown.signed.pop();
        assert!(meaning(&shown, false, Language::En).is_err());
    }
}
