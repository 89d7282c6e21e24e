//! Answers of the platform, parsed for callers. No card is asked for anything, and nothing is kept.

use crate::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::words::{DialectWord, PlatformOutcome, SoapVersion};
use beid_api::{ApiError, Scope};
use beid_protocol::answer::{
    self, AnswerAuthor, AnswerNames, AnswerOutcome, AnswerParty, AnswerPerson, Code, ConsentStatus, Id, LanguageText,
    OperationContext, PatientId, Payload, PlatformAnswer, PlatformError, RecordedOperation, RecordedProof,
    RegisteredConsent, RegisteredExclusion, RegisteredLink, RequestHead, ServiceAnswer, Soap, SoapFault, UnknownPart,
};
use beid_protocol::dialect::Dialect;

/// Admits callers who may make the requests for links or for consents.
pub(crate) fn may_parse(context: &Context) -> Result<(), ApiError> {
    let may = |scope| context.caller.may(Some(scope));
    may(Scope::ProofTherlink).or_else(|_| may(Scope::ProofConsent))
}

pub(crate) async fn parse_response(_: Context, request: t::ResponseRequest) -> Result<t::ResponseAnswer, ApiError> {
    Ok(match answer::parse_text(&request.xml)? {
        PlatformAnswer::Answer(answer) => from_answer(*answer),
        PlatformAnswer::Fault(fault) => from_fault(fault),
    })
}

fn from_answer(answer: ServiceAnswer) -> t::ResponseAnswer {
    let outcome = match answer.outcome() {
        AnswerOutcome::Complete => PlatformOutcome::Complete,
        AnswerOutcome::NothingFound => PlatformOutcome::NothingFound,
        AnswerOutcome::Failed => PlatformOutcome::Failed,
    };
    let mut answered = t::ResponseAnswer {
        kind: Some(answer.operation.name().to_owned()),
        dialect: Some(match answer.dialect {
            Dialect::National => DialectWord::National,
            Dialect::Hub => DialectWord::Hub,
        }),
        complete: Some(answer.is_complete),
        errors: all(answer.errors, error),
        response: Some(t::ResponseHeaderAnswer {
            id: answer.header.id,
            author: author(answer.header.author),
            at: answer.header.at.to_string(),
            request: head(answer.header.request),
        }),
        other: all(answer.other, unknown),
        ..t::ResponseAnswer::new(outcome)
    };
    match answer.payload {
        Payload::Nothing => {}
        Payload::Consent(found) => answered.consent = Some(consent(*found)),
        Payload::Links(links) => answered.therapeutic_links = Some(all(links, link)),
        Payload::Value(value) => answered.value = Some(value),
        Payload::Exclusions(exclusions) => answered.therapeutic_exclusions = Some(all(exclusions, exclusion)),
    }
    answered
}

fn from_fault(fault: SoapFault) -> t::ResponseAnswer {
    t::ResponseAnswer {
        fault: Some(t::FaultAnswer {
            soap: match fault.soap {
                Soap::V1_1 => SoapVersion::Soap11,
                Soap::V1_2 => SoapVersion::Soap12,
            },
            codes: fault.codes,
            reasons: all(fault.reasons, words),
            actor: fault.actor,
            detail: fault.detail,
        }),
        other: all(fault.other, unknown),
        ..t::ResponseAnswer::new(PlatformOutcome::Fault)
    }
}

fn error(error: PlatformError) -> t::PlatformErrorAnswer {
    let mut codes = error.codes.into_iter();
    let mut descriptions = error.descriptions.into_iter();
    let (first, said) = (codes.next(), descriptions.next());
    let (scheme, code) = first.map(|first| (first.scheme, first.value)).unzip();
    let (language, description) = said.map(|said| (said.language, said.text)).unzip();
    t::PlatformErrorAnswer {
        code,
        scheme,
        description,
        language: language.flatten(),
        url: error.url,
        ids: all(error.ids, id),
        other_codes: codes.map(self::code).collect(),
        other_descriptions: descriptions.map(words).collect(),
    }
}

fn consent(consent: RegisteredConsent) -> t::PlatformConsentAnswer {
    t::PlatformConsentAnswer {
        patient: patient(consent.patient),
        codes: all(consent.codes, code),
        status: consent.status.map(|status| match status {
            ConsentStatus::Given => "GIVEN".to_owned(),
            ConsentStatus::Revoked => "REVOKED".to_owned(),
            ConsentStatus::Deceased => "DECEASED".to_owned(),
            ConsentStatus::Other(word) => word,
        }),
        sign_date: consent.sign_date.map(|day| day.to_string()),
        revoke_date: consent.revoke_date.map(|day| day.to_string()),
        author: consent.author.map(author),
    }
}

fn link(link: RegisteredLink) -> t::PlatformLinkAnswer {
    t::PlatformLinkAnswer {
        patient: patient(link.patient),
        parties: all(link.parties, party),
        link_type: code(link.code),
        start_date: link.start.map(|day| day.to_string()),
        end_date: link.end.map(|day| day.to_string()),
        comment: link.comment,
        operations: all(link.contexts, operation),
    }
}

fn exclusion(exclusion: RegisteredExclusion) -> t::PlatformExclusionAnswer {
    t::PlatformExclusionAnswer {
        patient: patient(exclusion.patient),
        hc_party: party(exclusion.party),
        operations: all(exclusion.contexts, operation),
    }
}

fn operation(context: OperationContext) -> t::OperationContextAnswer {
    t::OperationContextAnswer {
        operation: match context.operation {
            RecordedOperation::Declaration => "declaration".to_owned(),
            RecordedOperation::Revocation => "revocation".to_owned(),
            RecordedOperation::Other(word) => word,
        },
        recorded_at: context.recorded_at.to_string(),
        request: context.author.map(head),
        proofs: all(context.proofs, proof),
    }
}

fn proof(proof: RecordedProof) -> t::PlatformProofAnswer {
    let octets = proof.binary.as_ref().map(|binary| BASE64.encode(&binary.octets));
    let (method, encoding) = proof.binary.map(|binary| (binary.method, binary.encoding)).unzip();
    t::PlatformProofAnswer {
        proof_type: code(proof.code),
        method: method.map(code),
        encoding: encoding.flatten(),
        data: octets,
    }
}

fn head(head: RequestHead) -> t::RequestHeadAnswer {
    t::RequestHeadAnswer {
        id: head.id,
        author: author(head.author),
        at: head.at.to_string(),
        max_rows: head.max_rows,
        break_the_glass: head.break_the_glass,
    }
}

fn author(author: AnswerAuthor) -> t::PlatformAuthorAnswer {
    t::PlatformAuthorAnswer {
        parties: all(author.parties, party),
        patient: author.patient.map(patient),
        person: author.person.map(person),
    }
}

fn party(party: AnswerParty) -> t::PlatformPartyAnswer {
    t::PlatformPartyAnswer {
        ids: all(party.ids, id),
        codes: all(party.codes, code),
        names: names(party.names),
    }
}

fn patient(patient: PatientId) -> t::PlatformPatientAnswer {
    t::PlatformPatientAnswer {
        national_number: patient.ssin().map(str::to_owned),
        ids: all(patient.ids, id),
        names: names(patient.names),
    }
}

fn person(person: AnswerPerson) -> t::PlatformPersonAnswer {
    t::PlatformPersonAnswer {
        ids: all(person.ids, id),
        first_names: person.first,
        family_name: person.family,
    }
}

fn names(names: AnswerNames) -> t::NamesAnswer {
    t::NamesAnswer {
        name: names.name,
        first_name: names.first,
        family_name: names.family,
    }
}

fn id(id: Id) -> t::IdAnswer {
    t::IdAnswer {
        scheme: id.scheme,
        local: id.local,
        value: id.value,
    }
}

fn code(code: Code) -> t::CodeAnswer {
    t::CodeAnswer {
        scheme: code.scheme,
        version: code.version,
        local: code.local,
        value: code.value,
        meaning: code.meaning,
        language: code.language,
    }
}

fn words(words: LanguageText) -> t::WordsAnswer {
    t::WordsAnswer {
        language: words.language,
        text: words.text,
    }
}

fn unknown(unknown: UnknownPart) -> t::UnknownAnswer {
    t::UnknownAnswer {
        path: unknown.path,
        namespace: unknown.namespace,
        xml: unknown.xml,
    }
}

fn all<T, A>(items: Vec<T>, each: impl Fn(T) -> A) -> Vec<A> {
    items.into_iter().map(each).collect()
}
