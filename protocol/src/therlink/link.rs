//! One link, checked and ready to be written.

use crate::author::Actor;
use crate::codes::{CardRequired, LinkFamily, LinkType, Proof};
use crate::document::{DocumentProof, LinkRecord};
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::name::text;
use crate::party::HcParty;
use crate::patient::Patient;
use crate::period::{LinkPeriod, PeriodRule};
use crate::request::Request;
use crate::therlink::LinkFields;
use crate::xml::{Vocabulary, XmlAttributes, XmlWriter};
use jiff::civil::Date;

/// Longest free text of a link, in characters.
const LONGEST_TEXT: usize = 500;

/// Finds a free text among the members of a link.
type FreeText = for<'f> fn(&LinkFields<'f>) -> Option<&'f str>;

/// Free texts that documents have, in the order in which they are written: the element, which is the member's name too, and
/// the member. Reading back (`summary/`) has an arm for each, so that none is signed that was not shown.
#[rustfmt::skip] // one row a line
const TEXTS: &[(&str, FreeText)] = &[
    ("comment", |fields| fields.comment),
];

/// A link that a request registers or revokes.
#[derive(Clone)]
pub(super) struct CheckedLink {
    pub(super) patient: Patient,
    pub(super) party: HcParty,
    pub(super) link_type: &'static LinkType,
    pub(super) period: LinkPeriod,
    rule: &'static PeriodRule,
    texts: Vec<(&'static str, String)>,
    proof_reason: Option<String>,
}

/// Change by which a link begins or ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    Put,
    Revoke,
}

impl CheckedLink {
    /// Checks what is asked, and fills in what is usual: the author's first party, today, the usual period.
    pub(super) fn parse(
        request: &Request,
        change: Change,
        patient: Patient,
        fields: LinkFields<'_>,
    ) -> Result<(Self, Vec<Warning>), ProtocolError> {
        request.check_citizen(&patient)?;
        let link_type = LinkType::parse(fields.link_type)?;
        let situation = fields.situation;
        let mut warnings: Vec<_> = fields
            .party
            .iter()
            .flat_map(HcParty::warnings)
            .map(|w| w.under("hcParty"))
            .collect();
        warnings.extend(patient.warnings().into_iter().map(|w| w.under("patient")));
        let party = concerned(request, fields.party.clone())?;
        let rule = PeriodRule::find(
            link_type,
            &[party.party_type(), request.author().provider().party_type()],
            situation,
        );
        let (start, end) = (fields.start_date, fields.end_date);
        let period = match (change, situation) {
            (Change::Put, _) => {
                let (period, of_period) = LinkPeriod::new(request.today(), start, end, rule)?;
                warnings.extend(of_period);
                period
            }
            (Change::Revoke, None) => {
                warnings.extend(dates_not_given(start, end, rule));
                LinkPeriod::registered(request.today(), start, end)?
            }
            (Change::Revoke, Some(_)) => return Err(ProtocolError::invalid("situation", "goes with put only")),
        };
        warnings.extend(party_warnings(request, link_type, &party));
        let texts = TEXTS.iter().filter_map(|(element, of)| Some((*element, of(&fields)?)));
        let texts = texts.map(|(element, value)| Ok((element, text(element, value, LONGEST_TEXT)?)));
        let reason = fields
            .proof_reason
            .map(|reason| text("proofReason", reason, LONGEST_TEXT));
        let link = Self {
            patient,
            party,
            link_type,
            period,
            rule,
            texts: texts.collect::<Result<_, ProtocolError>>()?,
            proof_reason: reason.transpose()?,
        };
        Ok((link, warnings))
    }

    /// Checks that this proof can be brought for this link, and returns the warnings about it.
    pub(super) fn check_proof(&self, change: Change, proof: Proof) -> Result<Vec<Warning>, ProtocolError> {
        let card = match proof {
            Proof::EidSigning => CardRequired::Eid,
            Proof::Plain(plain) => plain.card(),
        };
        must_have_card(&self.patient, card)?;
        if is_typed(proof) && self.proof_reason.is_none() {
            return Err(ProtocolError::invalid(
                "proofReason",
                "must say why no card was read, when its number is typed",
            ));
        }
        let mut warnings = proof_warnings(proof, self.link_type, &self.period, self.rule);
        if change == Change::Revoke {
            // A revocation repeats the period of a link that is there, so its length is no choice.
            warnings.retain(|warning| warning.kind != WarningKind::LongerThanProof);
        }
        Ok(warnings)
    }

    /// Record of the link, for use beside the document.
    pub(super) fn record(&self, id: Option<String>, proof: DocumentProof) -> LinkRecord {
        LinkRecord {
            id,
            period: self.period,
            proof,
            proof_reason: self.proof_reason.clone(),
        }
    }

    /// The link as it will be registered.
    pub(super) fn registered(&self, request: &Request) -> Result<WrittenLink<'_>, ProtocolError> {
        Ok(WrittenLink {
            code: self.link_type.code,
            table_version: request.dialect().rules().link_table,
            start: request.day(self.period.start())?,
            end: self.period.end().map(|end| request.day(end)).transpose()?,
            texts: &self.texts,
        })
    }

    /// Writes `therapeuticlink`.
    ///
    /// Source: hubservices core 2.3 and 3.5, `TherapeuticLinkType`.
    pub(super) fn write(
        &self,
        xml: &mut XmlWriter,
        attributes: XmlAttributes<'_>,
        request: &Request,
        link: &WrittenLink<'_>,
    ) -> Result<(), ProtocolError> {
        xml.element("therapeuticlink", attributes, |xml| {
            self.patient.write(xml, request.dialect())?;
            self.party.write(xml, Vocabulary::Core, request.dialect())?;
            let table = [("S", "CD-THERAPEUTICLINKTYPE"), ("SV", link.table_version)];
            xml.text("cd", &table, link.code)?;
            xml.text("startdate", &[], &link.start)?;
            link.end.as_ref().map_or(Ok(()), |end| xml.text("enddate", &[], end))?;
            let mut texts = link.texts.iter();
            texts.try_for_each(|(element, text)| xml.text(element, &[], text))
        })
    }
}

/// Lists warnings about a proof that is weaker than this type of link or this period asks for.
#[must_use]
pub fn proof_warnings(proof: Proof, link_type: &LinkType, period: &LinkPeriod, rule: &PeriodRule) -> Vec<Warning> {
    let typed = is_typed(proof);
    let longest = rule.longest_typed_months.filter(|_| typed);
    let too_long = longest.is_some_and(|months| period.is_longer_than(months));
    let weak = link_type.family == LinkFamily::Referral && proof != Proof::EidSigning;
    let warnings = [
        (typed, "proof", WarningKind::CardNotRead),
        (too_long, "endDate", WarningKind::LongerThanProof),
        (weak, "proof", WarningKind::StrongerProofExpected),
    ];
    let holding = warnings.into_iter().filter(|(holds, ..)| *holds);
    holding.map(|(_, field, kind)| Warning::new(field, kind)).collect()
}

/// Returns true if the number of a card was typed for this proof.
fn is_typed(proof: Proof) -> bool {
    match proof {
        Proof::EidSigning => false,
        Proof::Plain(plain) => plain.is_typed(),
    }
}

/// Warns about dates of registration that are not given. Without them today and no end are written, which is another
/// link than the one meant; only a type without a usual period is registered without an end.
fn dates_not_given(start: Option<Date>, end: Option<Date>, rule: &PeriodRule) -> impl Iterator<Item = Warning> {
    let without_end = end.is_none() && rule.usual_months.is_some();
    let missing = [(start.is_none(), "startDate"), (without_end, "endDate")];
    let missing = missing.into_iter().filter(|(missing, _)| *missing);
    missing.map(|(_, field)| Warning::new(field, WarningKind::DatesNotGiven))
}

/// Values in which a link as registered differs from one as signed.
pub(super) struct WrittenLink<'a> {
    pub(super) code: &'static str,
    pub(super) table_version: &'static str,
    pub(super) start: String,
    pub(super) end: Option<String>,
    pub(super) texts: &'a [(&'static str, String)],
}

/// Refuses a proof about a card whose number is not known.
pub(super) fn must_have_card(patient: &Patient, required: CardRequired) -> Result<(), ProtocolError> {
    let (known, reason) = match required {
        CardRequired::Eid => (patient.card_number().is_some(), "needs the number of the patient's eID"),
        CardRequired::Isi => (
            patient.isi_card_number().is_some(),
            "needs the number of the patient's ISI+ card",
        ),
        CardRequired::Sis => (false, "SIS cards no longer exist"),
        CardRequired::No => (true, ""),
    };
    if known {
        Ok(())
    } else {
        Err(ProtocolError::ProofNotAllowed { reason })
    }
}

/// The provider concerned: the author's first that is no program, unless another is named. A citizen's is a program.
pub(super) fn concerned(request: &Request, party: Option<HcParty>) -> Result<HcParty, ProtocolError> {
    match (party, request.author().actor()) {
        (Some(party), _) => Ok(party),
        (None, Actor::Citizen) => Err(ProtocolError::invalid("hcParty", "is needed when a citizen asks")),
        (None, Actor::Professional | Actor::Pharmacy | Actor::Organisation | Actor::Mutuality | Actor::Other) => {
            Ok(request.author().provider().clone())
        }
    }
}

/// Warns if author or provider are not those whom the platform's use cases list for such a link.
///
/// They say that organisations other than pharmacies may only verify links, and that in a referral the author introduces
/// another; they do not say what the platform does with the rest, so nothing is refused.
fn party_warnings(request: &Request, link_type: &LinkType, party: &HcParty) -> Vec<Warning> {
    let author = request.author();
    let citizen = author.actor() == Actor::Citizen;
    let of_citizens = link_type.family == LinkFamily::Citizen;
    let listed = citizen || author.member().is_some_and(|first| first.party_type().has_links());
    let is_author = author.parties().any(|one| one.is_same(party));
    let unusual = match link_type.family {
        LinkFamily::Own => !citizen && !is_author,
        LinkFamily::Referral => is_author,
        LinkFamily::AuthenticSource | LinkFamily::SourceDependent | LinkFamily::Hospital | LinkFamily::Citizen => false,
    };
    // Hospitals are not listed for links, though the types of this family are theirs.
    let unlisted = !is_author && link_type.family != LinkFamily::Hospital && !party.party_type().has_links();
    let warnings = [
        (!listed, "author", WarningKind::AuthorNotListed),
        (citizen != of_citizens, "type", WarningKind::AuthorNotListed),
        (unusual || unlisted, "hcParty", WarningKind::UnusualParty),
    ];
    let holding = warnings.into_iter().filter(|(holds, ..)| *holds);
    holding.map(|(_, field, kind)| Warning::new(field, kind)).collect()
}
