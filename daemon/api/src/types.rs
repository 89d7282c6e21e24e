//! The members of requests and answers, once for both fronts.

mod answers;
mod authentications;
mod certificates;
mod checks;
mod consents;
mod diagnostics;
mod documents;
mod evidence;
mod exclusions;
mod exports;
mod forms;
mod identity;
mod identity_readings;
mod links;
mod page;
mod pairings;
mod pin;
mod readers;
mod reports;
mod reviews;
mod signatures;
mod simulation;
mod tls;
mod tokens;
mod verifications;
mod waiting;

pub use answers::{
    CodeAnswer, FaultAnswer, IdAnswer, NamesAnswer, OperationContextAnswer, PlatformAuthorAnswer,
    PlatformConsentAnswer, PlatformErrorAnswer, PlatformExclusionAnswer, PlatformLinkAnswer, PlatformPartyAnswer,
    PlatformPatientAnswer, PlatformPersonAnswer, PlatformProofAnswer, RequestHeadAnswer, ResponseAnswer,
    ResponseHeaderAnswer, ResponseRequest, UnknownAnswer, WordsAnswer,
};
pub use authentications::{AuthenticationAnswer, AuthenticationRequest};
pub use certificates::{CertificateAnswer, CertificateRequest, CertificatesAnswer, FileRequest, OneCertificateAnswer};
pub use checks::{AuthenticityAnswer, CheckAnswer, VerificationsAnswer, VerificationsRequest};
pub use consents::{
    ConsentAnswer, ConsentEvidence, ConsentOperation, ConsentRequest, ConsentSigner, ConsentTextAnswer, EvidenceAnswer,
    SignedRepresentative, SignedText,
};
pub use diagnostics::{DiagnosticsAnswer, DiagnosticsRequest, FactAnswer, FindingAnswer};
pub use documents::{
    AuthorMembers, CitizenMembers, PartyMembers, PatientMembers, RepresentativeMembers, TextOrList, WarningAnswer,
};
pub use evidence::{
    EvidenceBreakAnswer, EvidenceCallerAnswer, EvidenceChainAnswer, EvidenceContentAnswer, EvidenceEndMembers,
    EvidenceEntryAnswer, EvidenceExportAnswer, EvidenceExportRequest, EvidenceHeadAnswer, EvidenceListAnswer,
    EvidenceProviderHeadAnswer, EvidencePurgeAnswer, EvidencePurgeRequest, EvidenceRecordAnswer, EvidenceRequest,
    EvidenceSearchRequest, EvidenceVerificationAnswer, EvidenceVerificationRequest, PatientEvidenceAnswer,
    PatientEvidenceRequest,
};
pub use exclusions::{ExclusionAnswer, ExclusionOperation, TherapeuticExclusionRequest};
pub use exports::{ExportFormat, ExportRequest, ExportedAddress, ExportedIdentity, ExportedRecordAnswer};
pub use forms::{
    ConsentPreviewAnswer, ConsentPreviewRequest, ConsentTextRequest, ExplanationAnswer, LinkPeriodAnswer,
    LinkPeriodRequest, LinkTypeAnswer, LinkTypesAnswer, NamesInLanguages, OfficialTextAnswer, PartyTypeAnswer,
    PatientAge,
};
pub use identity::{
    AddressAnswer, DigestAnswer, DocumentTypeAnswer, IDENTITY_MEMBERS, IdentityAnswer, IdentityRequest,
    MalformedFieldAnswer, OtherField, SpecialStatusAnswer, SummaryAnswer,
};
pub use identity_readings::{
    EattestCardReading, EattestCode, EfactZones, IdentityReadingAnswer, IdentityReadingIdRequest,
    IdentityReadingRequest, IdentityReadingsAnswer, IdentityReadingsRequest, ManualReasonAnswer, MonthlyReadings,
    ReadingCodesAnswer, ReadingCountsAnswer, ReadingCountsRequest, ReadingEncoding, ReadingEncodings, ReadingPatient,
    ReadingProvider, ReadingShare, ReadingSupportAnswer, ReadingWayAnswer, VignetteReasonAnswer,
};
pub use links::{
    LinkAnswer, LinkMembers, LinkOperation, PeriodAnswer, ProofAnswer, TherapeuticLinkAnswer, TherapeuticLinkRequest,
};
pub use page::{OpenPageAnswer, PageSessionAnswer, PageSessionRequest};
pub use pairings::{
    AllowOriginRequest, AllowedOriginAnswer, OriginRequest, PairedPageAnswer, PairingAnswer, PairingIdRequest,
    PairingRequest, PairingStateAnswer, PairingsAnswer, SilenceRequest, SilencedCallerAnswer,
};
pub use pin::{
    PinOperationAnswer, PinOperationRequest, PinOperationType, ReaderRoleAnswer, ReaderRoleRequest, RoleChoice,
};
pub use readers::{CardAnswer, CardsAnswer, OneCardAnswer, ReaderAnswer, ReadersAnswer, StatusAnswer};
pub use reports::{ReportAnswer, ReportCell, ReportGroup, ReportRequest};
pub use reviews::{
    ReviewAnswer, ReviewedContentAnswer, ReviewedDocumentAnswer, ReviewedDocumentRequest, ReviewsAnswer,
};
pub use signatures::{
    ContainerSignature, DigestMembers, DocumentMembers, LeftOutDocument, SignAnswer, SignRequest, SignatureAnswer,
    SignatureFormat,
};
pub use simulation::{SimulateAnswer, SimulateRequest, SimulatedAction};
pub use tls::{
    EndpointAnswer, MissingToolAnswer, StoredAuthorityAnswer, TlsAuthorityAnswer, TlsRotationAnswer,
    TlsRotationRequest, TlsRotationStage, TlsStatusAnswer, TrustStoreAnswer,
};
pub use tokens::{TokenAnswer, TokenCreateAnswer, TokenCreateRequest, TokenRevokeRequest, TokensAnswer};
pub use verifications::{
    DocumentContentAnswer, FileCheckAnswer, FileVerificationAnswer, FileVerificationRequest, NamedPartyAnswer,
    SignerAnswer,
};
pub use waiting::{OperationAnswer, OperationRequest};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request without members.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoMembers {}

/// A request about one card.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CardRequest {
    /// The insertion, 32 lower-case hex digits; or `current`, the only usable card in a reader that is not a provider's.
    #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
    pub card_id: String,
}

/// Answer without members: the call succeeded.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
pub struct Done {}
