//! The one table of operations. Both fronts, the OpenAPI document and the introspection data follow it; `service/bindings.rs`
//! binds each operation to the function that does it.

use super::answer::{DoneOrBegun, InForms, Octets};
use super::description::OperationDescription;
use super::refusals::{
    CARD, CERTIFICATE, DOCUMENT, EXPORT, IDENTITY_READING, NAMED, NO_TOKEN, NUMBER, PAIRING, PERIOD, PERSON, PIN,
    POLICY, PROVIDER, READING, RECORDING, SERVICE, SIGNING, SIMULATION, SIZE, TEXT, TLS, WAITING,
};
use super::row::{BODY_WITH_ANSWER, BODY_WITH_FILES, CSV, DER, EID_XML, FHIR, JPEG, JSON, OCTETS, Openness, PEM};
use super::row::{Operation, OperationRow};
use super::scope::Scope;
use super::types::*;

macro_rules! operations {
    ($($(#[doc = $summary:literal])+ $operation:ident($request:ty) -> $answer:ty
        = $name:literal $(.$part:ident($($value:expr),*))*;)*) => {
        $(
            $(#[doc = $summary])+
            #[derive(Debug)]
            pub enum $operation {}

            impl Operation for $operation {
                type Request = $request;
                type Answer = $answer;
                const ROW: &'static OperationRow = &OperationRow::new::<Self>(
                    OperationKey::$operation,
                    $name,
                    concat!($($summary),+).trim_ascii(),
                )$(.$part($($value),*))*;
            }
        )*

        /// One of the operations, for tables that must have an entry for each.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum OperationKey { $($(#[doc = $summary])+ $operation,)* }

        /// Every operation.
        pub static OPERATIONS: &[&OperationRow] = &[$($operation::ROW,)*];

        /// Description of each operation, in the order of [`OPERATIONS`].
        pub(super) static DESCRIPTIONS: &[OperationDescription] = &[
            // An operation without an example does not compile.
            $(OperationDescription::new::<$operation>(include_str!(concat!("../examples/", $name, ".json"))),)*
        ];

        #[cfg(test)]
        mod examples {
            use super::*;

            $(#[test]
            #[expect(non_snake_case, reason = "named as the operation")]
            fn $operation() {
                crate::example::check::<$request, $answer>($operation::ROW);
            })*
        }
    };
}

// One row: what integrators read about it, the operation with its request and its answer, its stable name, and then its
// places on HTTPS and D-Bus, its permission, and its errors. Each has an example in `examples/{name}.json`.
operations! {
    /// Says what this service is; with a token also its version and its features.
    Status(NoMembers) -> StatusAnswer
        = "status".get("/v1/status").open(Openness::AnyOrigin).manager("Status");

    /// Lists the readers, and the card in each.
    ListReaders(NoMembers) -> ReadersAnswer
        = "list-readers".get("/v1/readers").manager("ListReaders").scope(Scope::Readers).refuses(&[SERVICE]);

    /// Lists the cards in all readers.
    ListCards(NoMembers) -> CardsAnswer
        = "list-cards".get("/v1/cards").manager("ListCards").scope(Scope::Readers).refuses(&[SERVICE]);

    /// Describes one card, without its holder.
    // Not on D-Bus: the properties of the card's object say the same.
    DescribeCard(CardRequest) -> OneCardAnswer
        = "card".get("/v1/cards/{cardId}").scope(Scope::Readers).refuses(&[CARD]);

    /// Reads the holder's identity, and says whether the National Register wrote it.
    ReadIdentity(IdentityRequest) -> InForms<IdentityAnswer>
        = "read-identity".get("/v1/cards/{cardId}/identity").media(&[JSON, FHIR]).card("ReadIdentity")
            .scope(Scope::IdentityBasic).recorded().refuses(&[CARD, READING, EXPORT, RECORDING]);

    /// Reads the holder's address, as printed.
    ReadAddress(CardRequest) -> AddressAnswer
        = "read-address".get("/v1/cards/{cardId}/address").card("ReadAddress").scope(Scope::IdentityFull)
            .recorded().refuses(&[CARD, READING, RECORDING]);

    /// Reads the holder's photo, the card's own bytes.
    ReadPhoto(CardRequest) -> Octets
        = "read-photo".get("/v1/cards/{cardId}/photo").media(&[JPEG]).card("ReadPhoto").scope(Scope::IdentityPhoto)
            .recorded().refuses(&[CARD, READING, POLICY, RECORDING]);

    /// Reads every certificate on the card; the holder's own only with identity.full.
    ReadCertificates(CardRequest) -> CertificatesAnswer
        = "read-certificates".get("/v1/cards/{cardId}/certificates").card("ReadCertificates")
            .scope(Scope::Certificates).refuses(&[CARD, READING]);

    /// Reads one certificate of the card; the holder's own need identity.full.
    ReadCertificate(CertificateRequest) -> InForms<OneCertificateAnswer>
        = "read-certificate".get("/v1/cards/{cardId}/certificates/{name}").media(&[JSON, DER, PEM])
            .card("ReadCertificate").scope(Scope::Certificates).refuses(&[CARD, READING, CERTIFICATE]);

    /// Reads a file of the card, its own octets: needs identity.full, the photo identity.photo.
    // No scope in the row: the file decides.
    ReadFile(FileRequest) -> Octets
        = "read-file".get("/v1/cards/{cardId}/files/{name}").media(&[OCTETS, JPEG]).card("ReadFile")
            .recorded().refuses(&[CARD, READING, POLICY, RECORDING]);

    /// Reads identity and address and makes every check, in one call: the verified patient.
    // The viewer's forms hold photo and certificates too, and so need their scopes besides.
    ReadSummary(CardRequest) -> InForms<SummaryAnswer>
        = "read-summary".get("/v1/cards/{cardId}/summary").media(&[JSON, FHIR, EID_XML, CSV]).card("ReadSummary")
            .scope(Scope::IdentityFull).recorded().refuses(&[CARD, READING, EXPORT, RECORDING]);

    /// Reads a file that a viewer of eID cards saved (.eid, .xml, .csv). Nobody vouches for it: it is for showing, and no proof.
    ReadExport(ExportRequest) -> ExportedRecordAnswer
        = "read-export".post("/v1/exported-records").body(BODY_WITH_ANSWER).manager("ReadExport")
            .scope(Scope::IdentityFull).refuses(&[SIZE]);

    /// Checks the card's data, each check by name.
    VerifyCard(VerificationsRequest) -> VerificationsAnswer
        = "verify-card".post("/v1/cards/{cardId}/verifications").card("VerifyCard").scope(Scope::IdentityBasic)
            .long_running().refuses(&[CARD, READING, WAITING]);

    /// Records how a patient was identified, for the sickness insurance: the chip of a card is read and checked now, every other way is the caller's word.
    RecordIdentityReading(IdentityReadingRequest) -> IdentityReadingAnswer
        = "record-identity-reading".post("/v1/identity-readings").manager("RecordIdentityReading")
            .scope(Scope::IdentityReading).long_running().keyed().recorded()
            .refuses(&[CARD, READING, IDENTITY_READING, WAITING, RECORDING]);

    /// Lists the caller's own identity readings, the latest first; the daemon's own page and programs on the bus see those of every caller.
    ListIdentityReadings(IdentityReadingsRequest) -> IdentityReadingsAnswer
        = "list-identity-readings".get("/v1/identity-readings").manager("ListIdentityReadings")
            .scope(Scope::IdentityReading).refuses(&[RECORDING]);

    /// Counts identity readings by month, provider and caller, with the share that was not electronic.
    CountIdentityReadings(ReadingCountsRequest) -> ReadingCountsAnswer
        = "count-identity-readings".get("/v1/identity-readings/counts").manager("CountIdentityReadings")
            .scope(Scope::IdentityReading);

    /// Lists the codes of identity readings, and which of them go together.
    ListReadingCodes(NoMembers) -> ReadingCodesAnswer
        = "list-reading-codes".get("/v1/identity-readings/codes").manager("ListReadingCodes")
            .scope(Scope::IdentityReading);

    /// Returns one identity reading.
    GetIdentityReading(IdentityReadingIdRequest) -> IdentityReadingAnswer
        = "identity-reading".get("/v1/identity-readings/{id}").manager("GetIdentityReading")
            .scope(Scope::IdentityReading).refuses(&[NAMED, RECORDING]);

    /// Builds the request that registers, ends or asks for therapeutic links, with the proofs from patients' cards.
    TherapeuticLink(TherapeuticLinkRequest) -> TherapeuticLinkAnswer
        = "therapeutic-link".post("/v1/therapeutic-links").manager("TherapeuticLink").scope(Scope::ProofTherlink)
            .long_running().keyed().recorded().refuses(&[CARD, READING, DOCUMENT, PERSON, PIN, SIGNING, RECORDING]);

    /// Lists the types of therapeutic links and of the providers that have them, with their names in four languages.
    ListLinkTypes(NoMembers) -> LinkTypesAnswer
        = "list-link-types".get("/v1/therapeutic-links/types").manager("ListLinkTypes").scope(Scope::ProofTherlink);

    /// Says which period a link of the practice would be registered for, without making it.
    PreviewLinkPeriod(LinkPeriodRequest) -> LinkPeriodAnswer
        = "preview-link-period".get("/v1/therapeutic-links/period").manager("PreviewLinkPeriod")
            .scope(Scope::ProofTherlink).refuses(&[PERIOD]);

    /// Says who has to decide about a patient's consent, by the patient's age, without making it.
    PreviewConsent(ConsentPreviewRequest) -> ConsentPreviewAnswer
        = "preview-consent".post("/v1/consents/preview").manager("PreviewConsent").scope(Scope::ProofConsent)
            .refuses(&[CARD, READING, NUMBER]);

    /// Builds the request with which a citizen excludes a provider, takes that back, or asks about it.
    TherapeuticExclusion(TherapeuticExclusionRequest) -> ExclusionAnswer
        = "therapeutic-exclusion".post("/v1/therapeutic-exclusions").manager("TherapeuticExclusion")
            .scope(Scope::ProofConsent).long_running().keyed().recorded().refuses(&[CARD, READING, DOCUMENT, WAITING, RECORDING]);

    /// Builds the request that registers, withdraws or looks for a consent, with evidence that is signed.
    Consent(ConsentRequest) -> ConsentAnswer
        = "consent".post("/v1/consents").manager("Consent").scope(Scope::ProofConsent).long_running().keyed()
            .recorded().refuses(&[TEXT, CARD, READING, DOCUMENT, PERSON, PIN, SIGNING, RECORDING]);

    /// Reads an official text of the consent, and the explanations beside it.
    ReadConsentText(ConsentTextRequest) -> OfficialTextAnswer
        = "read-consent-text".get("/v1/consent-texts/{textLanguage}").manager("ReadConsentText")
            .scope(Scope::ProofConsent).refuses(&[TEXT]);

    /// Parses an answer of the platform; needs proof.therlink or proof.consent, and no card.
    // No scope in the row: either of two is enough.
    ParseResponse(ResponseRequest) -> ResponseAnswer
        = "parse-response".post("/v1/responses").body(BODY_WITH_ANSWER).manager("ParseResponse").refuses(&[SIZE]);

    /// Verifies a file that anybody signed; needs sign, proof.therlink or proof.consent, and no card.
    // No scope in the row: one of three is enough.
    VerifyFile(FileVerificationRequest) -> FileVerificationAnswer
        = "verify-file".post("/v1/verifications").body(BODY_WITH_FILES).manager("VerifyFile").refuses(&[SIZE]);

    /// Asks the holder to sign files: one PIN for a list that is shown whole, and that nothing is added to afterwards.
    // No scope in the row: sign, or sign.digest where nobody can show what is signed.
    Sign(SignRequest) -> SignAnswer
        = "sign".post("/v1/signatures").body(BODY_WITH_FILES).manager("Sign").long_running().keyed()
            .recorded().refuses(&[CARD, READING, PERSON, PIN, SIGNING, SIZE, RECORDING]);

    /// Asks the holder to log in to the web page that calls, and answers a Web eID authentication token.
    Authenticate(AuthenticationRequest) -> AuthenticationAnswer
        = "authenticate".post("/v1/authentications").manager("Authenticate").scope(Scope::Authenticate).long_running()
            .keyed().refuses(&[CARD, READING, PERSON, PIN, SIGNING]);

    /// Asks the holder to check or change the PIN, typed on the reader or in a dialog of this computer.
    PinOperation(PinOperationRequest) -> PinOperationAnswer
        = "pin-operation".post("/v1/cards/{cardId}/pin-operations").card("PinOperation").scope(Scope::PinManage)
            .long_running().keyed().refuses(&[CARD, READING, PERSON, PIN]);

    /// Says how far a long-running call is; its result is kept for ten minutes.
    GetOperation(OperationRequest) -> OperationAnswer
        = "operation".get("/v1/operations/{id}").manager("GetOperation").refuses(&[NAMED]);

    /// Cancels a long-running call and closes its dialog.
    // Not on D-Bus: org.beidd1.Operation has Cancel.
    CancelOperation(OperationRequest) -> OperationAnswer
        = "cancel-operation".delete("/v1/operations/{id}").refuses(&[NAMED]);

    /// Asks for access for a web page: given at once to a listed website, and to others once a person agrees on this computer.
    // Not on D-Bus: callers there need no token.
    Pair(PairingRequest) -> DoneOrBegun<PairingAnswer, PairingStateAnswer>
        = "pair".post("/v1/pairings").status(201).open(Openness::AnyOrigin).refuses(&[PAIRING]);

    /// Says how far a request for access is, and gives its token once a person has agreed; to the same origin only.
    GetPairing(PairingIdRequest) -> PairingStateAnswer
        = "pairing".get("/v1/pairings/{id}").open(Openness::AnyOrigin).refuses(&[NAMED]);

    /// Lists the pairings of the calling website; on the bus those of every website.
    ListPairings(NoMembers) -> PairingsAnswer
        = "list-pairings".get("/v1/pairings").manager("ListPairings");

    /// Ends a pairing and what its page waits for, or takes a request for access back, which needs no token.
    RevokePairing(PairingIdRequest) -> Done
        = "revoke-pairing".delete("/v1/pairings/{id}").open(Openness::AnyOrigin).manager("RevokePairing")
            .refuses(&[NAMED, NO_TOKEN]);

    /// Lets a website in without asking from now on, as if the settings listed it.
    AllowOrigin(AllowOriginRequest) -> Done
        = "allow-origin".manager("AllowOrigin").refuses(&[POLICY]);

    /// Ends every pairing of a website, and its permission to be let in without asking.
    RevokeOrigin(OriginRequest) -> Done
        = "revoke-origin".manager("RevokeOrigin").refuses(&[NAMED]);

    /// Lets a caller open no more dialogs.
    Silence(SilenceRequest) -> Done
        = "silence".manager("Silence").refuses(&[NAMED]);

    /// Lets a silenced caller open dialogs again.
    Unsilence(SilenceRequest) -> Done
        = "unsilence".delete("/v1/silenced/{caller}").open(Openness::OwnPageSession).manager("Unsilence")
            .refuses(&[NAMED]);

    /// Makes the address at which a browser opens the daemon's own page, good once and for one minute.
    // Not on HTTPS: only a program of this user may open the page.
    OpenPage(NoMembers) -> OpenPageAnswer
        = "open-page".manager("OpenPage").refuses(&[NAMED]);

    /// Begins the session of the daemon's own page with the code from its address; other callers are refused.
    StartPageSession(PageSessionRequest) -> PageSessionAnswer
        = "start-page-session".post("/v1/page-sessions").status(201).open(Openness::OwnPage);

    /// Lists the files about which a dialog is open, for the daemon's own page; other callers are refused.
    ListReviews(NoMembers) -> ReviewsAnswer
        = "list-reviews".get("/v1/reviews").open(Openness::OwnPageSession);

    /// Reads one of these files, so that a person can look at it before it is signed.
    ReadReviewedDocument(ReviewedDocumentRequest) -> ReviewedContentAnswer
        = "read-reviewed-document".get("/v1/reviews/{id}/documents/{number}").open(Openness::OwnPageSession)
            .refuses(&[NAMED]);

    /// Makes a token for a native program that calls over HTTPS.
    CreateToken(TokenCreateRequest) -> TokenCreateAnswer
        = "create-token".manager("CreateToken");

    /// Lists the tokens of native programs, without the tokens themselves.
    ListTokens(NoMembers) -> TokensAnswer
        = "list-tokens".get("/v1/tokens").open(Openness::OwnPageSession).manager("ListTokens");

    /// Revokes a token, and cancels what its program waits for.
    RevokeToken(TokenRevokeRequest) -> Done
        = "revoke-token".delete("/v1/tokens/{name}").open(Openness::OwnPageSession).manager("RevokeToken")
            .refuses(&[NAMED]);

    /// Changes the role of a reader, once a person has said yes.
    SetReaderRole(ReaderRoleRequest) -> ReaderRoleAnswer
        = "set-reader-role".manager("SetReaderRole").long_running().refuses(&[NAMED, PERSON]);

    /// Puts a simulated card in or takes it out; refused where readers are real.
    // Not on HTTPS: a page must not move cards, and a tester has the bus beside it.
    Simulate(SimulateRequest) -> SimulateAnswer
        = "simulate".manager("Simulate").refuses(&[SIMULATION]);

    /// Looks at everything that beidd needs on this computer, and says what is well, what is not, and what to do about it.
    ReadDiagnostics(DiagnosticsRequest) -> DiagnosticsAnswer
        = "read-diagnostics".get("/v1/diagnostics").manager("Diagnostics").scope(Scope::Diagnostics);

    /// Tells which browsers and stores of this user trust the daemon's certificate, by a look into each and a handshake.
    ReadTlsStatus(NoMembers) -> TlsStatusAnswer
        = "read-tls-status".get("/v1/tls").open(Openness::OwnPageSession).manager("ReadTlsStatus")
            .refuses(&[NAMED]);

    /// Lists the records of what the caller was given, the latest first; on the bus those of every caller.
    ListEvidence(EvidenceSearchRequest) -> EvidenceListAnswer
        = "list-evidence".get("/v1/evidence").manager("ListEvidence").scope(Scope::Evidence)
            .refuses(&[POLICY, RECORDING]);

    /// Reads a record, without its content.
    ReadEvidence(EvidenceRequest) -> EvidenceRecordAnswer
        = "read-evidence".get("/v1/evidence/{id}").manager("ReadEvidence").scope(Scope::Evidence)
            .refuses(&[NAMED, POLICY, RECORDING]);

    /// Reads the content of a record: request, proof, checks and circumstances.
    ReadEvidenceContent(EvidenceRequest) -> EvidenceContentAnswer
        = "read-evidence-content".get("/v1/evidence/{id}/content").manager("ReadEvidenceContent")
            .scope(Scope::Evidence).refuses(&[NAMED, POLICY, RECORDING]);

    /// Exports all chains of records, as lines that others can verify.
    // No website: the headers of all records are in it.
    ExportEvidence(EvidenceExportRequest) -> EvidenceExportAnswer
        = "export-evidence".post("/v1/evidence-exports").open(Openness::OwnPageSession).manager("ExportEvidence")
            .scope(Scope::Evidence).refuses(&[POLICY, RECORDING, NUMBER, SIZE]);

    /// Exports the records about one patient, for the patient who asks for them: one signed container that others can read.
    // No website: the headers of all records are in it.
    ExportPatientEvidence(PatientEvidenceRequest) -> PatientEvidenceAnswer
        = "export-patient-evidence".post("/v1/patient-evidence-exports").open(Openness::OwnPageSession)
            .manager("ExportPatientEvidence").scope(Scope::Evidence).refuses(&[POLICY, RECORDING, NUMBER, SIZE]);

    /// Verifies all chains of records, and names the first link of each that breaks.
    VerifyEvidence(EvidenceVerificationRequest) -> EvidenceVerificationAnswer
        = "verify-evidence".post("/v1/evidence-verifications").open(Openness::OwnPageSession)
            .manager("VerifyEvidence").scope(Scope::Evidence).refuses(&[POLICY, RECORDING]);

    /// Has the care provider sign the end of the chain with the eID in the reader for providers; the head becomes a record.
    // No website: what is signed is about the records of all callers.
    SignEvidenceHead(NoMembers) -> EvidenceHeadAnswer
        = "sign-evidence-head".post("/v1/evidence-heads").open(Openness::OwnPageSession).manager("SignEvidenceHead")
            .scope(Scope::Evidence).long_running().keyed().recorded()
            .refuses(&[CARD, READING, PERSON, PIN, SIGNING, PROVIDER, POLICY, RECORDING]);

    /// Reads numbers of what was done, by month, profession and caller; small ones are suppressed.
    // No website: the numbers of all callers are in it.
    ReadReport(ReportRequest) -> ReportAnswer
        = "read-report".get("/v1/reports").open(Openness::OwnPageSession).manager("ReadReport").scope(Scope::Evidence)
            .refuses(&[POLICY, RECORDING]);

    /// Drops contents of records for good; their headers stay, and a record says what was dropped and why.
    // Not on HTTPS: no page drops evidence.
    PurgeEvidence(EvidencePurgeRequest) -> EvidencePurgeAnswer
        = "purge-evidence".manager("PurgeEvidence").refuses(&[POLICY, RECORDING, NUMBER]);

    /// Replaces the certificates with which HTTPS is served, in stages that leave time to trust the new authority.
    // Not on HTTPS: no page decides whom browsers trust.
    RotateTlsCertificates(TlsRotationRequest) -> TlsRotationAnswer
        = "rotate-tls-certificates".manager("RotateTlsCertificates").refuses(&[TLS]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Interface;
    use OperationKey as Key;

    #[test]
    fn both_fronts_offer_the_same_operations_but_for_these() {
        #[rustfmt::skip] // one row a line
        let on_one_front = [
            (Key::DescribeCard, "GET", "properties of the card's object say the same"),
            (Key::CancelOperation, "DELETE", "org.beidd1.Operation has Cancel"),
            (Key::Pair, "POST", "callers on the bus need no token"),
            (Key::GetPairing, "GET", "nor do they wait for one"),
            (Key::AllowOrigin, "Manager", "no website lets others in"),
            (Key::RevokeOrigin, "Manager", "a website ends its own pairings one by one"),
            (Key::Silence, "Manager", "no website silences others"),
            (Key::OpenPage, "Manager", "only a program of this user may open the page"),
            (Key::StartPageSession, "POST", "a program on the bus has no page"),
            (Key::ListReviews, "GET", "programs on the bus see no files of others"),
            (Key::ReadReviewedDocument, "GET", "nor their contents"),
            (Key::CreateToken, "Manager", "a token must not make others"),
            (Key::SetReaderRole, "Manager", "a page must not change what a reader is for"),
            (Key::Simulate, "Manager", "a page must not move cards"),
            (Key::PurgeEvidence, "Manager", "no page drops evidence"),
            (Key::RotateTlsCertificates, "Manager", "no page decides whom browsers trust"),
        ];
        let found = OPERATIONS.iter().filter_map(|row| match (row.http, row.dbus) {
            (Some(_), Some(_)) => None,
            (Some(route), None) => Some((row.key, route.method)),
            (None, Some(member)) => Some((
                row.key,
                if member.interface == Interface::Manager {
                    "Manager"
                } else {
                    "Card"
                },
            )),
            (None, None) => panic!("{} is nowhere", row.name),
        });
        let expected = on_one_front.map(|(key, place, _)| (key, place));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn calls_that_take_long_answer_members_and_those_with_a_key_can_ask_for_a_pin() {
        for row in OPERATIONS {
            let media = row.http.map(|route| route.media);
            assert!(
                !row.long_running || media.is_none_or(|media| *media == [JSON]),
                "{}",
                row.name
            );
            let post = row.http.is_some_and(|route| route.method == "POST");
            assert!(!row.keyed || (row.long_running && post), "{}", row.name);
            assert!(row.keyed || !row.refuses.contains(&PIN), "{}", row.name);
        }
    }
}
