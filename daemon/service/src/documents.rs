//! Common part of the operations on health documents: who asks, who the patient is, which card is read for it.
//!
//! A request goes one way through these steps:
//!
//! ```text
//! Head::parse(...)            author, representative, dialect: judged before a card is touched
//! PatientSource::choose(...)  source of the patient's data: the card, or the caller
//! head.open(...)              card read for this document and proved; head begun, a citizen who asks being its holder
//! opened.patient(...)         the patient; a document that claims a card read gets the card's data and no other
//! warnings(&document)         remarks for a person, beside the finished document
//! ```
//!
//! `patient-mismatch` says that the card is not the patient's; `wrong-card` that it does not belong to the person who
//! asks or signs.

pub(crate) mod consents;
pub(crate) mod exclusions;
pub(crate) mod links;
pub(crate) mod shown;

use crate::Service;
use crate::cards::Insertion;
use crate::ceremony::PresentedCard;
use crate::patients::malformed;
use crate::reports::{CountFacts, CountedParty};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_card::{HolderKey, Identity};
use beid_protocol::ProtocolError;
use beid_protocol::author::Author;
use beid_protocol::codes::Proof;
use beid_protocol::dialect::Dialect;
use beid_protocol::document::Document;
use beid_protocol::numbers::{Nihii, Ssin};
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::representative::Representative;
use beid_protocol::request::Request;
use beid_protocol::therlink::ProofProfile;
use beid_settings::{AllowedProofs, Parties};
use beid_texts::Message;
use jiff::Timestamp;
use std::sync::Arc;

/// The members that a [`Head`] is made of, as far as an operation has them.
#[derive(Clone, Copy, Default)]
pub(crate) struct HeadMembers<'m> {
    pub(crate) author: Option<&'m t::AuthorMembers>,
    pub(crate) representative: Option<&'m t::RepresentativeMembers>,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) break_the_glass: Option<&'m str>,
}

/// Author, representative and dialect of a document.
#[derive(Clone)]
pub(crate) struct Head {
    parties: Vec<HcParty>,
    /// The citizen, if one asks with software of his own.
    citizen: Option<t::CitizenMembers>,
    representative: Option<Representative>,
    dialect: Dialect,
    break_the_glass: Option<String>,
    proof_profile: ProofProfile,
    proofs: AllowedProofs,
}

impl Head {
    /// Parses everything that can be judged before a card is read. The default author is the practice in the settings.
    ///
    /// # Errors
    /// `invalid-request` or `invalid-national-number` on the member at fault.
    pub(crate) fn parse(service: &Service, members: HeadMembers<'_>) -> Result<Self, ApiError> {
        let config = service.config();
        let settings = &config.settings;
        let practice = settings.provider.parties.as_ref().map(Parties::author);
        let author = members.author.or(practice.as_ref());
        let author =
            author.ok_or_else(|| ApiError::new(ErrorCode::InvalidRequest, Message::new("detail-no-author")))?;
        let parse = |(index, party): (usize, &t::PartyMembers)| {
            HcParty::parse(HcPartyFields::from(party)).map_err(|error| error.under(&format!("parties[{index}]")))
        };
        let parties: Result<Vec<_>, _> = author.parties.iter().enumerate().map(parse).collect();
        let representative = members
            .representative
            .map(|one| Representative::parse(one.into()).map_err(|error| error.under("representative")));
        if let Some(claimed) = author.patient.as_ref().and_then(|one| one.national_number.as_deref()) {
            must_be_possible(claimed)?;
        }
        let head = Self {
            parties: parties.map_err(|error| error.under("author"))?,
            citizen: author.patient.clone(),
            representative: representative.transpose()?,
            dialect: members.dialect.unwrap_or_default(),
            break_the_glass: members.break_the_glass.map(str::to_owned),
            proof_profile: settings.provider.proof_profile().0,
            proofs: settings.policy.proofs(),
        };
        // Made once in vain, so that its faults are told before a card is read.
        head.begin(None, service.now())?;
        Ok(head)
    }

    /// True if a citizen asks: then a card is read whatever else is wanted, for he is its holder.
    pub(crate) fn is_of_citizen(&self) -> bool {
        self.citizen.is_some()
    }

    /// The author's first party, if there is any.
    pub(crate) fn provider(&self) -> Option<&HcParty> {
        self.parties.first()
    }

    /// True if somebody acts for the patient.
    pub(crate) fn is_represented(&self) -> bool {
        self.representative.is_some()
    }

    /// What is counted of a document with this head.
    pub(crate) fn facts(&self) -> CountFacts {
        let parties = self.parties.iter();
        let parties = parties.map(|party| (party.party_type(), party.nihii().map(Nihii::as_str)));
        let party = if self.is_of_citizen() {
            CountedParty::citizen()
        } else {
            CountedParty::choose(parties)
        };
        CountFacts {
            party: Some(party),
            is_represented: self.is_represented(),
            ..CountFacts::default()
        }
    }

    /// The schema that the document is written in.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Refuses a proof that the settings do not allow, before a card is read.
    ///
    /// # Errors
    /// `policy-denied`.
    pub(crate) fn must_allow(&self, proof: Option<Proof>) -> Result<(), ApiError> {
        let Some(proof) = proof.filter(|proof| !self.proofs.allow(*proof)) else {
            return Ok(());
        };
        let text = Message::new("detail-proof-not-allowed").arg("proof", proof.code());
        Err(ApiError::new(ErrorCode::PolicyDenied, text))
    }

    /// The profile of signed proofs in the settings, for requests that name none.
    pub(crate) fn proof_profile(&self) -> ProofProfile {
        self.proof_profile
    }

    /// Reads `card` for one document, the signature certificate too if it is for `signing`, and begins the document.
    ///
    /// # Errors
    /// `wrong-card` if a citizen asks and this is not his card; else as [`PresentedCard::read`] and [`Request`].
    pub(crate) async fn open(
        &self,
        service: &Service,
        card: Option<Arc<Insertion>>,
        signing: bool,
    ) -> Result<OpenedDocument, ApiError> {
        let (now, mut presented) = (service.now(), None);
        let key = signing.then_some(HolderKey::NonRepudiation);
        if let Some(card) = card {
            presented = Some(PresentedCard::read(service, card, key, now).await?);
        }
        let request = self.request(presented.as_ref().map(PresentedCard::holder), now)?;
        Ok(OpenedDocument { presented, request })
    }

    /// Begins one document, with an identifier that no other has. `holder` is that of the card that was read.
    fn request(&self, holder: Option<&Identity>, now: Timestamp) -> Result<Request, ApiError> {
        let citizen = match (&self.citizen, holder) {
            (None, _) => None,
            (Some(_), None) => return Err(ErrorCode::NoCard.into()),
            (Some(claimed), Some(holder)) => {
                let claimed = claimed.national_number.as_deref();
                if claimed.is_some_and(|number| !holder.has_national_number(Some(number))) {
                    return Err(ErrorCode::WrongCard.into());
                }
                Some(patient_on_card(holder)?)
            }
        };
        Ok(self.begin(citizen, now)?)
    }

    fn begin(&self, citizen: Option<Patient>, now: Timestamp) -> Result<Request, ProtocolError> {
        let author = Author::new(self.parties.clone(), citizen).map_err(|error| error.under("author"))?;
        let mut request = Request::new(author, now, &unique())?.in_dialect(self.dialect)?;
        if let Some(representative) = &self.representative {
            request = request.represented_by(representative.clone());
        }
        match &self.break_the_glass {
            Some(reason) => request.breaking_the_glass(reason),
            None => Ok(request),
        }
    }
}

/// Source of a patient's data in a document.
#[derive(Clone)]
pub(crate) enum PatientSource {
    /// The card; it must have this national number, if the caller gives one.
    OnCard(Option<String>),
    /// The caller; the document does not claim that a card was read.
    Stated(Box<Patient>),
}

impl PatientSource {
    /// Takes the card and nothing else: the caller may say whose card it must be.
    ///
    /// # Errors
    /// `invalid-request` on members that only a card can tell; `invalid-national-number` if no such number can exist.
    pub(crate) fn on_card(patient: Option<&t::PatientMembers>) -> Result<Self, ApiError> {
        let Some(patient) = patient else {
            return Ok(Self::OnCard(None));
        };
        let given = [
            ("patient.cardNumber", patient.card_number.is_some()),
            ("patient.isiCardNumber", patient.isi_card_number.is_some()),
            ("patient.familyName", patient.family_name.is_some()),
            ("patient.givenNames", patient.given_names.is_some()),
        ];
        refuse(&given, "is read from the card, not taken from a request")?;
        if let Some(claimed) = &patient.national_number {
            must_be_possible(claimed)?;
        }
        Ok(Self::OnCard(patient.national_number.clone()))
    }

    /// Takes the caller's data.
    ///
    /// # Errors
    /// `invalid-request` or `invalid-national-number` on the member at fault, `patient.nationalNumber` if it is missing.
    pub(crate) fn stated(patient: Option<&t::PatientMembers>) -> Result<Self, ApiError> {
        let patient = patient.and_then(|patient| Some((patient, patient.national_number.as_deref()?)));
        let (patient, national_number) =
            patient.ok_or_else(|| ApiError::invalid("patient.nationalNumber", "is needed when no card is read"))?;
        let given_names = patient.given_names.as_ref().map(t::TextOrList::whole);
        let fields = PatientFields {
            national_number,
            card_number: patient.card_number.as_deref(),
            isi_card_number: patient.isi_card_number.as_deref(),
            given_names: given_names.as_deref(),
            family_name: patient.family_name.as_deref(),
        };
        let parsed = Patient::parse(fields).map_err(|error| error.under("patient"))?;
        Ok(Self::Stated(Box::new(parsed)))
    }

    /// Chooses for documents that claim no card read. The caller's data are taken if the patient's number is given and
    /// no card is named besides; otherwise the patient is the holder of the card. A citizen is the patient himself,
    /// unless he says that he acts for another.
    ///
    /// # Errors
    /// As the others.
    pub(crate) fn choose(
        head: &Head,
        patient: Option<&t::PatientMembers>,
        card_id: Option<&str>,
    ) -> Result<Self, ApiError> {
        let stated = patient.is_some_and(|patient| patient.national_number.is_some());
        let theirs = if head.is_of_citizen() {
            head.is_represented()
        } else {
            stated && card_id.is_none()
        };
        if theirs {
            Self::stated(patient)
        } else {
            Self::on_card(patient)
        }
    }

    /// True if a card must be read for it.
    pub(crate) fn is_on_card(&self) -> bool {
        match self {
            Self::OnCard(_) => true,
            Self::Stated(_) => false,
        }
    }

    /// The patient; `holder` is that of the card that was read, if one was.
    ///
    /// # Errors
    /// `patient-mismatch` if the card is another's.
    pub(crate) fn patient(&self, holder: Option<&Identity>) -> Result<Patient, ApiError> {
        match (self, holder) {
            (Self::Stated(patient), _) => Ok(Patient::clone(patient)),
            (Self::OnCard(_), None) => Err(ErrorCode::NoCard.into()),
            (Self::OnCard(claimed), Some(holder)) => {
                let number = holder.complete().map_err(malformed)?.national_number.as_str();
                if claimed.as_deref().is_some_and(|claimed| claimed != number) {
                    return Err(ErrorCode::PatientMismatch.into());
                }
                patient_on_card(holder)
            }
        }
    }
}

/// A document that is begun: the card read for it, if one is needed, and its head.
pub(crate) struct OpenedDocument {
    pub(crate) presented: Option<PresentedCard>,
    pub(crate) request: Request,
}

impl OpenedDocument {
    /// The holder of the card that was read, if one was.
    pub(crate) fn holder(&self) -> Option<&Identity> {
        self.presented.as_ref().map(PresentedCard::holder)
    }

    /// The patient of `subject`.
    ///
    /// # Errors
    /// As [`PatientSource::patient`].
    pub(crate) fn patient(&self, subject: &PatientSource) -> Result<Patient, ApiError> {
        subject.patient(self.holder())
    }
}

/// The holder of a card, as a patient.
fn patient_on_card(identity: &Identity) -> Result<Patient, ApiError> {
    let identity = identity.complete().map_err(malformed)?;
    let fields = PatientFields {
        national_number: identity.national_number.as_str(),
        card_number: Some(identity.card_number.as_str()),
        isi_card_number: None,
        given_names: identity.given_names,
        family_name: Some(identity.family_name),
    };
    // A card's content is no fault of the caller.
    Patient::parse(fields).map_err(|error| {
        let wrong_number = matches!(error, ProtocolError::InvalidNationalNumber { .. });
        if wrong_number {
            ErrorCode::InvalidNationalNumber
        } else {
            ErrorCode::MalformedCardData
        }
        .into()
    })
}

/// Rejects malformed national numbers, so that they are not reported as a patient mismatch.
pub(crate) fn must_be_possible(claimed: &str) -> Result<(), ApiError> {
    let parsed = Ssin::parse(claimed);
    parsed
        .map(drop)
        .map_err(|_| ApiError::from(ErrorCode::InvalidNationalNumber))
}

/// Refuses members that mean nothing here, by name, because a caller who sends one expects an effect.
///
/// # Errors
/// `invalid-request` on the first that is given.
pub(crate) fn refuse(members: &[(&str, bool)], reason: &str) -> Result<(), ApiError> {
    match members.iter().find(|(_, given)| *given) {
        Some((member, _)) => Err(ApiError::invalid(*member, reason)),
        None => Ok(()),
    }
}

/// The provider concerned, if one is named.
///
/// # Errors
/// `invalid-request` or `invalid-national-number` on `hcParty.nihii` and the like.
pub(crate) fn party(members: Option<&t::PartyMembers>) -> Result<Option<HcParty>, ProtocolError> {
    let parse = |party: &t::PartyMembers| HcParty::parse(party.into()).map_err(|error| error.under("hcParty"));
    members.map(parse).transpose()
}

/// The warnings for a person, with their members.
pub(crate) fn warnings(document: &Document) -> Vec<t::WarningAnswer> {
    document.warnings().iter().map(warning).collect()
}

/// One warning.
pub(crate) fn warning(warning: &beid_protocol::Warning) -> t::WarningAnswer {
    t::WarningAnswer {
        code: warning.kind.code().to_owned(),
        field: warning.field.clone(),
    }
}

/// Six random digits behind the second: the author's system never uses a request id twice.
fn unique() -> String {
    let number = u32::from_be_bytes(beid_host::random::random_bytes()) % 1_000_000;
    format!("{number:06}")
}
