//! What the operations on health documents share: who asks, who the patient is, and what is said besides the document.
//!
//! ```text
//! Head::of(...)        author, representative, dialect: judged before a card is touched
//! Subject              where the patient's data come from: the card, or the caller
//! Presented::of(...)   the card in the reader, read for this document, and proved
//! head.request(...)    the head of the document; a citizen who asks is the holder of that card
//! subject.patient(..)  the patient; who claims a card read gets the card's data and no other
//! ```
//!
//! `patient-mismatch` says that the card is not the patient's, `wrong-card` that it is not that of whoever asks or signs.

pub(crate) mod shown;

use crate::api::types as t;
use crate::api::{ApiError, ErrorCode};
use crate::config::Parties;
use crate::service::Service;
use crate::service::cards::{CardId, Insertion};
use crate::service::patients::malformed;
use crate::service::signing::Reading;
use crate::texts::Message;
use beid_card::Identity;
use beid_protocol::ProtocolError;
use beid_protocol::author::Author;
use beid_protocol::dialect::Dialect;
use beid_protocol::document::Document;
use beid_protocol::numbers::Ssin;
use beid_protocol::party::{HcParty, HcPartyFields};
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::representative::Representative;
use beid_protocol::request::Request;
use beid_protocol::therlink::ProofProfile;
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

/// The members that a [`Head`] is made of, as far as an operation has them.
#[derive(Clone, Copy, Default)]
pub(crate) struct HeadMembers<'m> {
    pub(crate) author: Option<&'m t::AuthorMembers>,
    pub(crate) representative: Option<&'m t::RepresentativeMembers>,
    pub(crate) dialect: Option<&'m str>,
    pub(crate) break_the_glass: Option<&'m str>,
}

/// Who asks, who acts for the patient, and what it is written in.
#[derive(Clone)]
pub(crate) struct Head {
    parties: Vec<HcParty>,
    /// There if a citizen asks with software of his own.
    citizen: Option<t::CitizenMembers>,
    representative: Option<Representative>,
    dialect: Dialect,
    break_the_glass: Option<String>,
    proof_profile: ProofProfile,
}

impl Head {
    /// Judges what can be judged before a card is read. Without an author it is the practice of the settings.
    ///
    /// # Errors
    /// `invalid-request` or `invalid-national-number` on the member at fault.
    pub(crate) fn of(service: &Service, members: HeadMembers<'_>) -> Result<Self, ApiError> {
        let practice = service.config.settings.provider.parties.as_ref().map(Parties::author);
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
            dialect: members.dialect.map_or(Ok(Dialect::National), Dialect::parse)?,
            break_the_glass: members.break_the_glass.map(str::to_owned),
            proof_profile: service.config.settings.provider.proof_profile().0,
        };
        // Made once in vain, so that what is wrong with it is told before a card is read.
        head.begin(None, service.now())?;
        Ok(head)
    }

    /// Whether a citizen asks: then a card is read whatever else is wanted, for he is its holder.
    pub(crate) fn is_of_citizen(&self) -> bool {
        self.citizen.is_some()
    }

    /// Whether somebody acts for the patient.
    pub(crate) fn is_represented(&self) -> bool {
        self.representative.is_some()
    }

    /// What it is written in.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How signed proofs are made where a request says nothing: what the settings say.
    pub(crate) fn proof_profile(&self) -> ProofProfile {
        self.proof_profile
    }

    /// The head of one document, with an identifier that no other has. `holder` is whose card was read, if one was.
    ///
    /// # Errors
    /// `wrong-card` if a citizen asks and this is not his card; else as [`Request`].
    pub(crate) fn request(&self, holder: Option<&Identity>, now: Timestamp) -> Result<Request, ApiError> {
        let citizen = match (&self.citizen, holder) {
            (None, _) => None,
            (Some(_), None) => return Err(ErrorCode::NoCard.into()),
            (Some(claimed), Some(holder)) => {
                let claimed = claimed.national_number.as_deref();
                if claimed.is_some_and(|number| !holder.has_national_number(Some(number))) {
                    return Err(ErrorCode::WrongCard.into());
                }
                Some(of_card(holder)?)
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

/// Where what a document says of its patient comes from.
#[derive(Clone)]
pub(crate) enum Subject {
    /// From the card. Whose it must be, if the caller says.
    OnCard(Option<String>),
    /// From the caller: nobody claims that a card was read.
    Stated(Box<Patient>),
}

impl Subject {
    /// From the card and nothing else: the caller may say whose card it must be.
    ///
    /// # Errors
    /// `invalid-request` on what only a card can say; `invalid-national-number` if nobody can have that number.
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

    /// From the caller.
    ///
    /// # Errors
    /// `invalid-request` or `invalid-national-number` on the member at fault, `patient.nationalNumber` if it is missing.
    pub(crate) fn stated(patient: Option<&t::PatientMembers>) -> Result<Self, ApiError> {
        let patient = patient.and_then(|patient| Some((patient, patient.national_number.as_deref()?)));
        let (patient, national_number) =
            patient.ok_or_else(|| ApiError::invalid("patient.nationalNumber", "is needed when no card is read"))?;
        let given_names = patient.given_names.as_ref().map(t::GivenNames::whole);
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

    /// For documents that claim no card read. A patient whose number is given is the caller's, unless a card is named
    /// besides; whose number is not given is the holder of the card. A citizen is the patient himself, unless he says
    /// that he acts for another.
    ///
    /// # Errors
    /// As the others.
    pub(crate) fn of(
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

    /// Whether a card must be read for it.
    pub(crate) fn is_on_card(&self) -> bool {
        match self {
            Self::OnCard(_) => true,
            Self::Stated(_) => false,
        }
    }

    /// The patient; `holder` is whose card was read, if one was.
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
                of_card(holder)
            }
        }
    }
}

/// The card in the reader, read for this document and no other, and proved.
pub(crate) struct Presented {
    pub(crate) card: Arc<Insertion>,
    pub(crate) card_id: CardId,
    pub(crate) reading: Reading,
}

impl Presented {
    /// Resolves the card once and reads it; `signing` also the certificate for signatures.
    ///
    /// # Errors
    /// As [`Registry::resolve`](crate::service::cards::Registry::resolve) and [`Reading::of`].
    pub(crate) async fn of(
        service: &Service,
        card_id: Option<&str>,
        signing: bool,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let card = service.registry.resolve(card_id.unwrap_or("current"))?;
        let (card_id, reading) = Reading::of(service, &card, signing, now).await?;
        Ok(Self { card, card_id, reading })
    }

    /// Whose card it is.
    pub(crate) fn holder(&self) -> &Identity {
        &self.reading.holder.identity
    }
}

/// The person whom a card names.
fn of_card(identity: &Identity) -> Result<Patient, ApiError> {
    let identity = identity.complete().map_err(malformed)?;
    let fields = PatientFields {
        national_number: identity.national_number.as_str(),
        card_number: Some(identity.card_number.as_str()),
        isi_card_number: None,
        given_names: identity.given_names,
        family_name: Some(identity.family_name),
    };
    // What the card says is no fault of the caller's.
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

/// A number nobody can have is the caller's slip, not another patient's.
fn must_be_possible(claimed: &str) -> Result<(), ApiError> {
    let parsed = Ssin::parse(claimed);
    parsed
        .map(drop)
        .map_err(|_| ApiError::from(ErrorCode::InvalidNationalNumber))
}

/// Refuses members that mean nothing here, by name: whoever sends one expects something of it.
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

/// The day in the member called `member`.
///
/// # Errors
/// `invalid-request` if it is none.
pub(crate) fn day(member: &str, text: Option<&str>) -> Result<Option<Date>, ApiError> {
    text.map(|text| {
        beid_protocol::period::parse_day(text)
            .ok_or_else(|| ApiError::invalid(member, "must be a date such as 2026-11-21"))
    })
    .transpose()
}

/// What a person should look at.
pub(crate) fn warnings(document: &Document) -> Vec<t::WarningAnswer> {
    document.warnings().iter().map(warning).collect()
}

/// One of them.
pub(crate) fn warning(warning: &beid_protocol::Warning) -> t::WarningAnswer {
    t::WarningAnswer {
        code: warning.kind.code().to_owned(),
        field: warning.field.clone(),
    }
}

/// Six random digits behind the second: the author's system never uses a request id twice.
fn unique() -> String {
    let number = u32::from_be_bytes(crate::host::random::random_bytes()) % 1_000_000;
    format!("{number:06}")
}
