//! Files that viewers saved, as pages for people.

use super::page::{Page, Paint};
use super::{joined, national_number, shown, text};
use beid_api::types as t;
use beid_api::words::{CheckOutcome, RootTrust};

/// Content of a file, below the line that says what it is worth.
pub(crate) fn exported_record(answer: &t::ExportedRecordAnswer, paint: &Paint) -> String {
    let mut page = Page::default();
    let identity = &answer.identity;
    let mut checks = answer.authenticity.checks.iter();
    let is_of_test_card = checks.any(|check| check.trust == RootTrust::Test);
    page.line(match answer.authenticity.outcome {
        CheckOutcome::Passed if is_of_test_card => paint.doubtful("A saved file of a TEST card; its signatures hold."),
        CheckOutcome::Passed => paint
            .doubtful("A saved file: the National Register signed these data. It does not show that the card is here."),
        CheckOutcome::Failed => paint.bad("A saved file: its signatures do NOT hold. Do not believe it."),
        CheckOutcome::Unknown | CheckOutcome::Other(_) => {
            paint.bad("A saved file, NOT VERIFIED: anybody could have changed it.")
        }
    });
    page.line(String::new());
    let given = identity.given_names.as_deref().unwrap_or_default();
    let given = given
        .iter()
        .map(String::as_str)
        .chain(identity.third_given_name_initial.as_deref());
    let name = [
        text(&identity.family_name).to_uppercase(),
        given.collect::<Vec<_>>().join(" "),
    ]
    .join("  ");
    page.line(format!("  {}", paint.bold(name.trim())));
    page.line(String::new());
    page.row(
        "Born",
        &joined([text(&identity.birth_date), text(&identity.birth_place)]),
    );
    page.row("National number", &national_number(text(&identity.national_number)));
    page.row("Gender", &shown(&identity.gender));
    page.row("Nationality", text(&identity.nationality));
    page.row("Title", text(&identity.noble_condition));
    page.row("Address", text(&answer.address.street_and_number));
    page.row("", &joined_by_blank(&answer.address));
    let kind = identity.document_type.as_ref().map_or("", |kind| kind.name.as_str());
    page.row("Card", &joined([text(&identity.card_number), kind]));
    page.row("Issued by", text(&identity.issuing_municipality));
    page.row(
        "Valid",
        &joined([text(&identity.valid_from), text(&identity.valid_until)]),
    );
    let names = answer.certificates.iter().map(|certificate| certificate.name.as_str());
    page.row("Certificates", &names.collect::<Vec<_>>().join(", "));
    if answer.photo.is_some() {
        page.row("Photo", "in the file; --json prints it");
    }
    if !answer.authenticity.checks.is_empty() {
        page.line(String::new());
        page.card_checks(&answer.authenticity.checks, *paint);
    }
    page.0
}

fn joined_by_blank(address: &t::ExportedAddress) -> String {
    format!("{} {}", text(&address.postal_code), text(&address.municipality))
        .trim()
        .to_owned()
}
