//! Parts of answers, as written there.

use jiff::civil::Date;

use super::reading::AnswerElement;
use super::refusal::AnswerRefusal;
use super::values::{self, Moment};
use crate::dialect::Dialect;
use crate::xml::KMEHR;

/// Attributes of an identifier and of a code.
const ID: &[&str] = &["S", "SV", "SL"];
const CD: &[&str] = &["S", "SV", "SL", "DN", "L"];

/// An `id`: scheme and number.
#[derive(Clone, Eq, PartialEq)]
pub struct Id {
    /// `S`: `INSS`, `ID-HCPARTY`, `EID-CARDNO`...
    pub scheme: String,
    /// `SL`: the local scheme, where the scheme is `LOCAL`.
    pub local: Option<String>,
    /// The number.
    pub value: String,
}

/// A `cd`: table and code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Code {
    /// `S`: `CD-HCPARTY`, `CD-ERROR`...
    pub scheme: String,
    /// `SV`: version of the table.
    pub version: Option<String>,
    /// `SL`: the local table, where the scheme is `LOCAL`.
    pub local: Option<String>,
    /// `DN`: the meaning, in words.
    pub meaning: Option<String>,
    /// `L`: language of those words.
    pub language: Option<String>,
    /// The code.
    pub value: String,
}

/// Name of a person, organisation or program; all of it may be absent.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct AnswerNames {
    /// Name of an organisation or program, or of a person who has one name only.
    pub name: Option<String>,
    /// Given names of a person.
    pub first: Option<String>,
    /// Family name of a person.
    pub family: Option<String>,
}

/// A patient.
#[derive(Clone, Eq, PartialEq)]
pub struct PatientId {
    /// National number first, then cards.
    pub ids: Vec<Id>,
    /// Name of the patient.
    pub names: AnswerNames,
}

/// A care provider, organisation or program.
#[derive(Clone, Eq, PartialEq)]
pub struct AnswerParty {
    /// Identifiers, in order.
    pub ids: Vec<Id>,
    /// Codes of CD-HCPARTY.
    pub codes: Vec<Code>,
    /// Name of the party.
    pub names: AnswerNames,
}

/// Somebody who is neither patient nor provider.
#[derive(Clone, Eq, PartialEq)]
pub struct AnswerPerson {
    /// Identifiers, in order.
    pub ids: Vec<Id>,
    /// Given names.
    pub first: Vec<String>,
    /// Family name.
    pub family: Option<String>,
}

/// Sender of a request, or of an answer.
#[derive(Clone, Eq, PartialEq)]
pub struct AnswerAuthor {
    /// Organisation and person, in order.
    pub parties: Vec<AnswerParty>,
    /// A citizen, with software of their own.
    pub patient: Option<PatientId>,
    /// A person who is neither patient nor provider.
    pub person: Option<AnswerPerson>,
}

/// Head of a request: the platform repeats it in its answer, and keeps it with each operation on a link.
#[derive(Clone, Eq, PartialEq)]
pub struct RequestHead {
    /// Its ID-KMEHR.
    pub id: String,
    /// The sender.
    pub author: AnswerAuthor,
    /// Time of the request.
    pub at: Moment,
    /// Most rows asked for, as written.
    pub max_rows: Option<String>,
    /// Reason for breaking the glass.
    pub break_the_glass: Option<String>,
}

/// A proof that came with an operation.
#[derive(Clone, Eq, PartialEq)]
pub struct RecordedProof {
    /// Code of CD-PROOFTYPE.
    pub code: Code,
    /// The signature of `eidsigning`.
    pub binary: Option<Binary>,
}

/// Octets in an answer.
#[derive(Clone, Eq, PartialEq)]
pub struct Binary {
    /// Code of CD-ENCRYPTION-METHOD: `CMS`.
    pub method: Code,
    /// The attribute `encoding`.
    pub encoding: Option<String>,
    /// The octets.
    pub octets: Vec<u8>,
}

/// Operation on a link or an exclusion, as the platform recorded it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RecordedOperation {
    /// It was registered.
    Declaration,
    /// It was withdrawn.
    Revocation,
    /// A word the schema does not have.
    Other(String),
}

/// Record of one operation on a link or an exclusion.
#[derive(Clone, Eq, PartialEq)]
pub struct OperationContext {
    /// The operation.
    pub operation: RecordedOperation,
    /// Time at which the platform recorded it.
    pub recorded_at: Moment,
    /// Head of the request; absent where an authentic source made the change.
    pub author: Option<RequestHead>,
    /// The proofs that came with it.
    pub proofs: Vec<RecordedProof>,
}

/// A therapeutic link.
#[derive(Clone, Eq, PartialEq)]
pub struct RegisteredLink {
    /// The patient.
    pub patient: PatientId,
    /// The providers.
    pub parties: Vec<AnswerParty>,
    /// Code of CD-THERAPEUTICLINKTYPE.
    pub code: Code,
    /// First day.
    pub start: Option<Date>,
    /// First day after.
    pub end: Option<Date>,
    /// Free text.
    pub comment: Option<String>,
    /// Operations on it.
    pub contexts: Vec<OperationContext>,
}

/// A provider who may not see a patient's data.
#[derive(Clone, Eq, PartialEq)]
pub struct RegisteredExclusion {
    /// The patient.
    pub patient: PatientId,
    /// The excluded provider.
    pub party: AnswerParty,
    /// Operations on it.
    pub contexts: Vec<OperationContext>,
}

/// Status of a consent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConsentStatus {
    /// `GIVEN`.
    Given,
    /// `REVOKED`.
    Revoked,
    /// `DECEASED`.
    Deceased,
    /// A word the schema does not have.
    Other(String),
}

/// A patient's consent.
#[derive(Clone, Eq, PartialEq)]
pub struct RegisteredConsent {
    /// The patient.
    pub patient: PatientId,
    /// Codes of CD-CONSENTTYPE.
    pub codes: Vec<Code>,
    /// The day it was given.
    pub sign_date: Option<Date>,
    /// The day it was withdrawn.
    pub revoke_date: Option<Date>,
    /// Its status, if that was asked.
    pub status: Option<ConsentStatus>,
    /// The sender who registered it.
    pub author: Option<AnswerAuthor>,
}

redacted_debug!(Id AnswerNames PatientId AnswerParty AnswerPerson AnswerAuthor RequestHead RecordedProof Binary OperationContext RegisteredLink RegisteredExclusion RegisteredConsent);

impl PatientId {
    /// The national number.
    #[must_use]
    pub fn ssin(&self) -> Option<&str> {
        let mut ids = self.ids.iter();
        ids.find(|id| id.scheme == "INSS").map(|id| id.value.as_str())
    }
}

/// Reads the parts of answers in one dialect.
#[derive(Clone, Copy)]
pub(super) struct PartReader {
    core: &'static str,
}

type Read<T> = Result<T, AnswerRefusal>;

impl PartReader {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            core: dialect.rules().core,
        }
    }

    pub(super) fn consent(self, element: &mut AnswerElement<'_, '_, '_>, with_status: bool) -> Read<RegisteredConsent> {
        let core = self.core;
        let status = |element: &mut AnswerElement<'_, '_, '_>| Ok(status(element.text()));
        Ok(RegisteredConsent {
            patient: element.one(core, "patient", &[], |patient| self.patient(patient))?,
            codes: element.many(core, "cd", CD, code)?,
            sign_date: element.optional(core, "signdate", &[], |day| values::date("signdate", day))?,
            revoke_date: element.optional(core, "revokedate", &[], |day| values::date("revokedate", day))?,
            // The status is what that operation asks for, so an answer to it must have one.
            status: if with_status {
                Some(element.one(core, "status", &[], status)?)
            } else {
                None
            },
            author: element.optional(core, "author", &[], |author| self.author(author))?,
        })
    }

    pub(super) fn link(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<RegisteredLink> {
        let core = self.core;
        Ok(RegisteredLink {
            patient: element.one(core, "patient", &[], |patient| self.patient(patient))?,
            parties: element.many(core, "hcparty", &[], |one| party(one, core))?,
            code: element.one(core, "cd", CD, code)?,
            start: element.optional(core, "startdate", &[], |day| values::date("startdate", day))?,
            end: element.optional(core, "enddate", &[], |day| values::date("enddate", day))?,
            comment: element.optional(core, "comment", &[], text)?,
            contexts: self.contexts(element)?,
        })
    }

    pub(super) fn exclusion(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<RegisteredExclusion> {
        Ok(RegisteredExclusion {
            patient: element.one(self.core, "patient", &[], |patient| self.patient(patient))?,
            // The element is hubservices' own, its children are KMEHR's.
            party: element.one(self.core, "hcparty", &[], |one| party(one, KMEHR))?,
            contexts: self.contexts(element)?,
        })
    }

    /// Reads the head of a request: in the answer's own head, and in the record of an operation.
    pub(super) fn head(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<RequestHead> {
        let core = self.core;
        Ok(RequestHead {
            id: element.one(core, "id", ID, text)?,
            author: element.one(core, "author", &[], |author| self.author(author))?,
            at: self.moment(element)?,
            max_rows: element.optional(core, "maxrows", &[], text)?,
            break_the_glass: element.optional(core, "breaktheglass", &[], text)?,
        })
    }

    pub(super) fn author(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<AnswerAuthor> {
        Ok(AnswerAuthor {
            parties: element.many(KMEHR, "hcparty", &[], |one| party(one, KMEHR))?,
            patient: element.optional(self.core, "patient", &[], |patient| self.patient(patient))?,
            person: element.optional(self.core, "person", &[], person)?,
        })
    }

    /// Reads `date` and `time`, which stand beside each other.
    pub(super) fn moment(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<Moment> {
        let day = element.one(self.core, "date", &[], |day| values::date("date", day))?;
        let (time, offset) = element.one(self.core, "time", &[], |time| values::time("time", time))?;
        Ok(Moment {
            local: day.to_datetime(time),
            offset,
        })
    }

    fn patient(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<PatientId> {
        Ok(PatientId {
            ids: element.many(self.core, "id", ID, id)?,
            names: names(element, self.core)?,
        })
    }

    fn contexts(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<Vec<OperationContext>> {
        element.many(self.core, "operationcontext", &[], |context| self.context(context))
    }

    fn context(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<OperationContext> {
        let core = self.core;
        let operation = |element: &mut AnswerElement<'_, '_, '_>| Ok(operation(element.text()));
        let recorded = |element: &mut AnswerElement<'_, '_, '_>| values::date_time("recorddatetime", element);
        Ok(OperationContext {
            operation: element.one(core, "operation", &[], operation)?,
            recorded_at: element.one(core, "recorddatetime", &[], recorded)?,
            author: element.optional(core, "author", &[], |head| self.head(head))?,
            proofs: element.many(core, "proof", &[], |proof| self.proof(proof))?,
        })
    }

    fn proof(self, element: &mut AnswerElement<'_, '_, '_>) -> Read<RecordedProof> {
        Ok(RecordedProof {
            code: element.one(self.core, "cd", CD, code)?,
            binary: element.optional(self.core, "binaryproof", &[], binary)?,
        })
    }
}

pub(super) fn id(element: &mut AnswerElement<'_, '_, '_>) -> Read<Id> {
    Ok(Id {
        scheme: element.attribute("S").unwrap_or_default(),
        local: element.attribute("SL"),
        value: element.text(),
    })
}

pub(super) fn code(element: &mut AnswerElement<'_, '_, '_>) -> Read<Code> {
    Ok(Code {
        scheme: element.attribute("S").unwrap_or_default(),
        version: element.attribute("SV"),
        local: element.attribute("SL"),
        meaning: element.attribute("DN"),
        language: element.attribute("L"),
        value: element.text(),
    })
}

pub(super) fn text(element: &mut AnswerElement<'_, '_, '_>) -> Read<String> {
    Ok(element.text())
}

fn names(element: &mut AnswerElement<'_, '_, '_>, namespace: &str) -> Read<AnswerNames> {
    Ok(AnswerNames {
        name: element.optional(namespace, "name", &[], text)?,
        first: element.optional(namespace, "firstname", &[], text)?,
        family: element.optional(namespace, "familyname", &[], text)?,
    })
}

fn party(element: &mut AnswerElement<'_, '_, '_>, namespace: &str) -> Read<AnswerParty> {
    Ok(AnswerParty {
        ids: element.many(namespace, "id", ID, id)?,
        codes: element.many(namespace, "cd", CD, code)?,
        names: names(element, namespace)?,
    })
}

fn person(element: &mut AnswerElement<'_, '_, '_>) -> Read<AnswerPerson> {
    Ok(AnswerPerson {
        ids: element.many(KMEHR, "id", ID, id)?,
        first: element.many(KMEHR, "firstname", &[], text)?,
        family: element.optional(KMEHR, "familyname", &[], text)?,
    })
}

fn binary(element: &mut AnswerElement<'_, '_, '_>) -> Read<Binary> {
    let value = "Base64EncryptedValue";
    let octets =
        |element: &mut AnswerElement<'_, '_, '_>| Ok((element.attribute("encoding"), values::base64(value, element)?));
    let method = element.one(KMEHR, "cd", CD, code)?;
    let (encoding, octets) = element.one(KMEHR, value, &["encoding"], octets)?;
    Ok(Binary {
        method,
        encoding,
        octets,
    })
}

fn status(word: String) -> ConsentStatus {
    match word.trim_ascii() {
        "GIVEN" => ConsentStatus::Given,
        "REVOKED" => ConsentStatus::Revoked,
        "DECEASED" => ConsentStatus::Deceased,
        _ => ConsentStatus::Other(word),
    }
}

fn operation(word: String) -> RecordedOperation {
    match word.trim_ascii() {
        "declaration" => RecordedOperation::Declaration,
        "revocation" => RecordedOperation::Revocation,
        _ => RecordedOperation::Other(word),
    }
}
