//! Binds each operation of the table to the function that does it.

use super::documents::{consents, exclusions, links};
use super::evidence::administration as records;
use super::evidence::{Departure, Outcome, head, patient};
use super::{
    Context, admin, authentications, certificates, checks, diagnostics, exports, forms, page, pairings, patients, pin,
    readers, readings, reports, responses, roles, signatures, simulation, tls, verifications,
};
use beid_api::operations as op;
use beid_api::parse::parse;
use beid_api::{AnswerForm, ApiError, Operation, OperationKey, TypedAnswer};
use futures_util::future::{BoxFuture, FutureExt, TryFutureExt};
use serde_json::Value;

/// Builds [`begin`] from the list. An operation that is forgotten, bound twice, or bound to a function with another
/// request or answer does not compile.
macro_rules! bindings {
    ($($operation:ident => $run:path $(, once $allowed:path)?;)*) => {
        /// Begins an operation with the members of a call that has passed its scope check.
        #[deny(unreachable_patterns)]
        pub(super) fn begin(
            key: OperationKey,
            context: Context,
            members: Value,
        ) -> BoxFuture<'static, Result<AnswerForm, ApiError>> {
            match key {
                $(OperationKey::$operation => {
                    $(
                        // Before the members are read: they are no business of a caller who may not call at all.
                        if let Err(error) = $allowed(&context) {
                            return std::future::ready(Err(error)).boxed();
                        }
                    )?
                    on::<op::$operation, _, _>($run, context, members)
                })*
            }
        }
    };
}

bindings! {
    Status => readers::status;
    ListReaders => readers::list_readers;
    ListCards => readers::list_cards;
    DescribeCard => readers::one_card;
    ReadIdentity => patients::identity;
    ReadAddress => patients::address;
    ReadPhoto => patients::photo;
    ReadSummary => patients::summary;
    ReadCertificates => certificates::certificates;
    ReadCertificate => certificates::certificate;
    ReadFile => certificates::file;
    ReadExport => exports::read_export;
    VerifyCard => checks::verify;
    RecordIdentityReading => readings::record;
    ListIdentityReadings => readings::list::readings;
    CountIdentityReadings => readings::list::counts;
    ListReadingCodes => readings::codes::codes;
    GetIdentityReading => readings::list::reading;
    TherapeuticLink => links::therapeutic_link;
    ListLinkTypes => forms::link_types;
    PreviewLinkPeriod => forms::link_period;
    PreviewConsent => forms::consent_rules;
    ReadConsentText => forms::consent_text;
    TherapeuticExclusion => exclusions::therapeutic_exclusion;
    Consent => consents::consent;
    ParseResponse => responses::parse_response, once responses::may_parse;
    VerifyFile => verifications::verify_file, once verifications::may_verify;
    Sign => signatures::sign;
    Authenticate => authentications::authenticate;
    PinOperation => pin::operation::pin_operation;
    GetOperation => readers::operation;
    CancelOperation => readers::cancel_operation;
    Pair => pairings::pair, once pairings::may_pair;
    GetPairing => pairings::pairing;
    ListPairings => pairings::administration::list_pairings;
    RevokePairing => pairings::administration::revoke_pairing;
    AllowOrigin => pairings::administration::allow_origin;
    RevokeOrigin => pairings::administration::revoke_origin;
    Silence => pairings::administration::silence;
    Unsilence => pairings::administration::unsilence;
    OpenPage => page::open_page;
    StartPageSession => page::start_page_session;
    ListReviews => signatures::list_reviews;
    ReadReviewedDocument => signatures::read_reviewed_document;
    CreateToken => admin::create_token;
    ListTokens => admin::list_tokens;
    RevokeToken => admin::revoke_token;
    SetReaderRole => roles::set_reader_role;
    Simulate => simulation::simulate;
    ReadDiagnostics => diagnostics::read_diagnostics;
    ReadTlsStatus => tls::read_tls_status;
    ListEvidence => records::list_evidence;
    ReadEvidence => records::read_evidence;
    ReadEvidenceContent => records::read_evidence_content;
    ExportEvidence => records::export_evidence;
    ExportPatientEvidence => patient::export_patient_evidence;
    VerifyEvidence => records::verify_evidence;
    SignEvidenceHead => head::sign_evidence_head;
    ReadReport => reports::read_report;
    PurgeEvidence => records::purge_evidence;
    RotateTlsCertificates => tls::rotate_tls_certificates;
}

/// Reads the members into the request of `O`, runs it, has its answer recorded if the table says so, and gives it the form
/// in which fronts take it.
fn on<O, R, W>(
    run: impl FnOnce(Context, O::Request) -> W,
    context: Context,
    members: Value,
) -> BoxFuture<'static, Result<AnswerForm, ApiError>>
where
    O: Operation,
    R: Outcome<O::Answer>,
    W: Future<Output = Result<R, ApiError>> + Send + 'static,
{
    const {
        assert!(
            O::ROW.recorded == R::IS_RECORDED,
            "the table of operations says otherwise whether this is recorded",
        );
    }
    let departure = Departure {
        service: context.service.clone(),
        progress: context.progress.clone(),
        operation: O::ROW,
    };
    match parse(members) {
        Err(error) => std::future::ready(Err(error)).boxed(),
        Ok(request) => run(context, request)
            .and_then(|outcome| outcome.release(departure))
            .map(|answer| answer.and_then(TypedAnswer::into_form))
            .boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::types::{SignRequest, TherapeuticLinkRequest};
    use beid_api::{ErrorCode, names};
    use beid_texts::{ErrorTexts, Language};
    use serde_json::json;

    fn link(more: Value) -> Result<TherapeuticLinkRequest, ApiError> {
        let mut members = json!({"operation": "put"});
        members
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        parse(members)
    }

    #[test]
    fn values_without_names_are_no_members() {
        let party = json!({"type": "persphysician", "nihii": "19999816004"});
        assert!(link(json!({"author": {"parties": [party]}, "types": ["gpconsultation"]})).is_ok());
        assert!(link(json!({"patient": {"givenNames": ["Anna", "Maria"]}, "links": [{"type": "delivery"}]})).is_ok());
        for (path, nameless) in [
            ("patient", json!({"patient": ["85051402418"]})),
            (
                "author",
                json!({"author": [[["19999816004", null, null, null, "persphysician"]]]}),
            ),
            (
                "author.parties[0]",
                json!({"author": {"parties": [["19999816004", null, null, null, "persphysician"]]}}),
            ),
            ("links[0]", json!({"links": [["delivery"]]})),
        ] {
            let error = link(nameless.clone()).err().unwrap_or_else(|| panic!("{nameless}"));
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{nameless}");
            let said = error.detail(Language::En);
            assert!(said.starts_with(&format!("{path}: ")), "{nameless}: {said}");
        }
        let digest =
            json!({"format": "raw", "documents": [{"name": "a", "mediaType": "b", "digest": ["SHA-256", "AA=="]}]});
        assert!(parse::<SignRequest>(digest).is_err());
    }

    #[test]
    fn one_shape_may_need_another() {
        let some = json!({"cardId": "current", "fields": ["gender"]});
        let parsed = parse::<beid_api::types::IdentityRequest>(some).unwrap();
        assert_eq!(parsed.fields.unwrap(), ["gender"]);
    }

    #[test]
    fn the_member_at_fault_is_named_and_its_value_is_not() {
        for (wrong, said) in [
            (json!({"maxRows": "85051402418"}), "maxRows: must be a whole number"),
            (json!({"maxRows": -1}), "maxRows: must be a whole number"),
            (json!({"maxRows": null}), "maxRows: must be a whole number"),
            (json!({"patient": null}), "patient: must be "),
            (json!({"links": [{"comment": null}]}), "links[0].comment: must be text"),
            (
                json!({"patient": {"nationalNumber": 85_051_402_418_u64}}),
                "patient.nationalNumber: must be text",
            ),
            (
                json!({"author": {"parties": [{"nihii": "1"}]}}),
                "author.parties[0].type: is needed",
            ),
            (
                json!({"author": {"parties": [{"type": "persphysician"}, {"type": 7}]}}),
                "author.parties[1].type: must be text",
            ),
            (json!({"author": {}}), "author.parties: is needed"),
            (json!({"author": {"parties": 1}}), "author.parties: must be a list"),
            (
                json!({"operation": "85051402418"}),
                "operation: must be one of put, revoke, get, has, put-bulk",
            ),
            (
                json!({"types": ["gmd", "gpconsult"]}),
                "types[1]: unknown code, expected one of gpconsultation, ",
            ),
            (
                json!({"status": "actief"}),
                "status: unknown code, did you mean active?",
            ),
            (
                json!({"links": [{"situation": "85051402418"}]}),
                "links[0].situation: unknown code, expected one of long-term, occasional, emergency",
            ),
            (
                json!({"author": {"parties": [{"type": "persfysician"}]}}),
                "author.parties[0].type: unknown code, did you mean persphysician or ",
            ),
            (json!({"dialect": 7}), "dialect: must be text"),
            (json!({"dialect": "vitalink"}), "dialect: must be national or hub"),
            (
                json!({"endDate": "21-11-2026"}),
                "endDate: must be a date such as 2026-11-21",
            ),
            (
                json!({"links": [{"proofs": 1}]}),
                "links[0].proofs: is no member here; there are hcParty, patient, type, ",
            ),
        ] {
            let error = link(wrong.clone()).err().unwrap_or_else(|| panic!("{wrong}"));
            let found = error.detail(Language::En);
            assert!(found.starts_with(said), "{wrong}: {found}");
            for language in Language::ALL {
                let found = error.detail(language);
                assert!(!found.contains("85051402418"), "{found}");
                let name = said.split(':').next().unwrap();
                assert!(found.starts_with(name), "{found}");
            }
        }
    }

    #[test]
    fn a_proof_that_clients_do_not_send_is_not_allowed() {
        for wrong in [
            json!({"proof": "sisreading"}),
            json!({"links": [{"proof": "sisreading"}]}),
        ] {
            let error = link(wrong).err().unwrap();
            assert_eq!(error.code, ErrorCode::ProofNotAllowed);
            assert_eq!(error.detail(Language::En), "SIS cards no longer exist");
        }
    }

    #[test]
    fn names_of_the_contract_are_those_of_the_card_and_the_simulator() {
        use beid_card::{CERTIFICATES, FILES};
        let certificates: Vec<_> = CERTIFICATES.into_iter().map(|file| file.name).collect();
        assert_eq!(names::CARD_CERTIFICATES, certificates);
        let algorithms = beid_card::SignatureAlgorithm::ALL.map(|algorithm| (algorithm.name(), algorithm.hash()));
        assert_eq!(names::SIGNATURE_ALGORITHMS, algorithms);
        let files = FILES.iter().filter(|file| !CERTIFICATES.contains(file));
        assert_eq!(names::CARD_FILES, files.map(|file| file.name).collect::<Vec<_>>());
        let citizens: Vec<_> = beid_simulator::CITIZENS.iter().map(|citizen| citizen.id).collect();
        assert_eq!(names::CITIZENS, citizens);
    }
}
