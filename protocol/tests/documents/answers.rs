//! Answers of the platform, in both dialects and for every operation: read whole, and valid by the platform's own
//! schema.

use std::path::{Path, PathBuf};
use std::process::Command;

use beid_protocol::ProtocolError;
use beid_protocol::answer::{
    AnswerOutcome, AnswerRefusal, ConsentStatus, LONGEST, Payload, PlatformAnswer, RecordedOperation, ServiceAnswer,
    parse, parse_text,
};
use beid_protocol::dialect::Dialect;
use beid_protocol::operation::PlatformOperation;

use crate::tools::{ehealth_xsd, sample};
use beid_testkit::run;

fn folder(generation: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/answers")
        .join(generation)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn read(bytes: &[u8]) -> ServiceAnswer {
    match parse(bytes).unwrap() {
        PlatformAnswer::Answer(answer) => *answer,
        PlatformAnswer::Fault(fault) => panic!("{fault:?}"),
    }
}

fn fixture(name: &str) -> ServiceAnswer {
    let bytes = std::fs::read(folder(name).with_extension("xml")).unwrap();
    read(&bytes)
}

fn hostile(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/answer");
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn refused(bytes: &[u8], what: &str) -> AnswerRefusal {
    match parse(bytes) {
        Err(ProtocolError::RefusedAnswer(refusal)) => refusal,
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn every_kind_of_answer_is_read_and_nothing_of_it_is_left() {
    let mut seen = Vec::new();
    for (dialect, name) in [(Dialect::National, "v2"), (Dialect::Hub, "v3")] {
        for file in files(&folder(name)) {
            let answer = read(&std::fs::read(&file).unwrap());
            assert_eq!(answer.dialect, dialect);
            let left: Vec<_> = answer.other.iter().map(|unknown| &unknown.path).collect();
            assert!(left.is_empty(), "{}: {left:?}", file.display());
            assert!(answer.header.request.id.starts_with("19999816004.2026"));
            seen.push((dialect, answer.operation));
        }
    }
    for operation in PlatformOperation::all() {
        for dialect in Dialect::ALL {
            let expected = dialect.has(operation);
            assert_eq!(
                seen.contains(&(dialect, operation)),
                expected,
                "{operation:?} {dialect:?}"
            );
        }
    }
}

#[test]
fn every_kind_of_answer_is_valid() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    for (generation, schema) in [
        ("v2", "hubservices_protocol-2_3.xsd"),
        ("v3", "hubservices_protocol-3_5.xsd"),
    ] {
        run(Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(xsd.join("ehealth-hubservices/XSD").join(schema))
            .args(files(&folder(generation))))
        .ok();
    }
}

#[test]
fn the_samples_are_read() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let status = read(&sample(&xsd, "08-get-patient-consent-status.response.xml"));
    assert_eq!(
        (status.operation.name(), status.outcome()),
        ("consent-status", AnswerOutcome::Complete)
    );
    assert_eq!(status.header.at.to_string(), "2026-11-20T10:07:01");
    assert_eq!(status.header.request.id, "19999816004.20261120100700");
    let Payload::Consent(consent) = status.payload else {
        panic!()
    };
    assert_eq!(consent.status, Some(ConsentStatus::Given));
    assert_eq!(consent.patient.ssin(), Some("79010199757"));

    let error = read(&sample(&xsd, "09-put-therapeutic-link.error.response.xml"));
    // On put it is an error like any other: the link was not registered.
    assert_eq!((error.is_complete, error.outcome()), (false, AnswerOutcome::Failed));
    assert_eq!(error.errors[0].codes[0].value, "NIP.META.TlServiceBean");
    let description = &error.errors[0].descriptions[0];
    assert_eq!(description.language.as_deref(), Some("en"));
    assert_eq!(description.text, "TEST text: no therapeutic link found");
    assert!(error.other.is_empty());
}

#[test]
fn a_consent_is_read_with_dates_status_and_author() {
    let Payload::Consent(consent) = fixture("v2/get-consent").payload else {
        panic!()
    };
    assert_eq!(consent.sign_date.unwrap().to_string(), "2025-03-01");
    assert_eq!(consent.revoke_date.unwrap().to_string(), "2026-11-19");
    assert_eq!(
        (consent.status, consent.codes[0].value.as_str()),
        (None, "retrospective")
    );
    let author = consent.author.unwrap();
    assert_eq!(author.parties[0].names.family.as_deref(), Some("ARTS"));
    assert_eq!(author.patient.unwrap().ssin(), Some("79010199757"));

    let Payload::Consent(consent) = fixture("v2/consent-status").payload else {
        panic!()
    };
    assert_eq!((consent.status, consent.codes.len()), (Some(ConsentStatus::Revoked), 2));
    assert_eq!(consent.author.unwrap().person.unwrap().first, ["Testa", "Maria"]);

    let Payload::Consent(consent) = fixture("v2/consent-status-deceased").payload else {
        panic!()
    };
    assert_eq!(consent.status, Some(ConsentStatus::Deceased));

    let hub = fixture("v3/get-consent");
    assert_eq!(hub.header.request.max_rows.as_deref(), Some("5"));
    let Payload::Consent(consent) = hub.payload else {
        panic!()
    };
    assert_eq!(consent.patient.names.family, None);
}

#[test]
fn links_are_read_with_what_was_done_to_them() {
    let Payload::Links(links) = fixture("v2/get-therapeutic-link").payload else {
        panic!()
    };
    let [first, second] = &links[..] else { panic!() };
    assert_eq!(first.code.value, "gpconsultation");
    assert_eq!(
        (first.code.meaning.as_deref(), first.code.language.as_deref()),
        (Some("huisarts"), Some("nl"))
    );
    assert_eq!(first.start.unwrap().to_string(), "2026-01-05");
    assert_eq!(first.comment.as_deref(), Some("eerste raadpleging & dossier"));
    let [declared, revoked] = &first.contexts[..] else {
        panic!()
    };
    assert_eq!(declared.operation, RecordedOperation::Declaration);
    assert_eq!(declared.recorded_at.to_string(), "2026-01-05T09:30:00.123+01:00");
    assert_eq!(declared.author.as_ref().unwrap().id, "19999816004.20260105093000");
    assert_eq!(declared.proofs[0].binary.as_ref().unwrap().octets, b"a signature");
    assert_eq!(
        (declared.proofs[1].code.value.as_str(), &declared.proofs[1].binary),
        ("eidreading", &None)
    );
    assert_eq!(
        (&revoked.operation, &revoked.author),
        (&RecordedOperation::Revocation, &None)
    );
    assert_eq!(revoked.recorded_at.to_string(), "2026-02-05T09:30:00+00:00");
    assert_eq!(
        (second.code.value.as_str(), second.start, second.contexts.len()),
        ("gmd", None, 0)
    );

    let Payload::Links(links) = fixture("v3/get-therapeutic-link").payload else {
        panic!()
    };
    assert_eq!(links.len(), 2);
    assert!(links.iter().all(|link| link.parties[0].codes.is_empty()));
    let glass = fixture("v3/put-therapeutic-link").header.request.break_the_glass;
    assert_eq!(glass.as_deref(), Some("opname op spoed"));
}

#[test]
fn no_link_is_an_empty_list_where_links_are_looked_up() {
    let answer = fixture("v2/nothing-found");
    assert_eq!(
        (answer.is_complete, answer.outcome()),
        (false, AnswerOutcome::NothingFound)
    );
    assert_eq!(answer.payload, Payload::Links(Vec::new()));
    for revoked in ["v2/revoke-therapeutic-link", "v3/revoke-therapeutic-link"] {
        assert_eq!(fixture(revoked).outcome(), AnswerOutcome::NothingFound);
    }
}

#[test]
fn whatever_else_is_wrong_is_a_failure_complete_or_not() {
    let errors = fixture("v2/put-therapeutic-link-bulk");
    assert_eq!(errors.outcome(), AnswerOutcome::Failed);
    let [period, patient] = &errors.errors[..] else {
        panic!()
    };
    assert_eq!(period.ids[0].value, "19999816004.2");
    assert_eq!(period.url.as_deref(), Some("https://test.example/errors/period"));
    assert_eq!(patient.descriptions[0].language.as_deref(), Some("fr"));

    let local = fixture("v2/revoke-therapeutic-exclusion");
    assert_eq!((local.is_complete, local.outcome()), (true, AnswerOutcome::Failed));
    assert_eq!(local.errors[0].codes[0].scheme, "LOCAL");
    assert_eq!(local.errors[0].codes[0].local.as_deref(), Some("hub-errors"));
    assert_eq!(fixture("v3/failed").outcome(), AnswerOutcome::Failed);

    let silent = std::fs::read_to_string(folder("v2/put-consent.xml"))
        .unwrap()
        .replace(">true<", ">false<");
    assert_eq!(read(silent.as_bytes()).outcome(), AnswerOutcome::Failed);
    let both = std::fs::read_to_string(folder("v2/nothing-found.xml")).unwrap();
    let (head, error) = both.split_at(both.find("<error>").unwrap());
    let error = &error[..error.find("</error>").unwrap() + "</error>".len()];
    let other = error.replace("NIP.META.TlServiceBean", "OTHER");
    let both = format!("{head}{other}{}", &both[head.len()..]);
    assert_eq!(read(both.as_bytes()).outcome(), AnswerOutcome::Failed);
}

#[test]
fn values_and_exclusions_are_read() {
    assert_eq!(fixture("v2/has-therapeutic-link").payload, Payload::Value(true));
    assert_eq!(fixture("v2/has-no-therapeutic-link").payload, Payload::Value(false));
    for name in ["v2/get-therapeutic-exclusion", "v2/therapeutic-exclusion-history"] {
        let Payload::Exclusions(exclusions) = fixture(name).payload else {
            panic!()
        };
        assert_eq!(exclusions[0].party.names.family.as_deref(), Some("ARTS"));
        assert_eq!(exclusions[0].contexts[0].recorded_at.to_string(), "2026-05-01T12:00:00");
    }
}

#[test]
fn an_envelope_is_looked_into() {
    for name in ["envelope-1-1", "envelope-1-2", "byte-order-mark", "complete-in-cdata"] {
        let answer = read(&hostile(name));
        assert_eq!(
            (answer.operation.name(), answer.outcome()),
            ("consent-status", AnswerOutcome::Complete),
            "{name}"
        );
    }
}

#[test]
fn a_fault_is_an_outcome_of_its_own() {
    let PlatformAnswer::Fault(fault) = parse(&hostile("fault-1-1")).unwrap() else {
        panic!()
    };
    assert_eq!(fault.codes, ["s:Server"]);
    assert_eq!(
        (fault.reasons[0].language.as_deref(), fault.reasons[0].text.as_str()),
        (Some("en"), "SOA-00001")
    );
    assert_eq!(fault.actor.as_deref(), Some("urn:test:gateway"));
    let detail = fault.detail.unwrap();
    assert!(
        detail.starts_with("<detail><e:SystemError") && detail.ends_with("</detail>"),
        "{detail}"
    );

    let PlatformAnswer::Fault(fault) = parse(&hostile("fault-1-2")).unwrap() else {
        panic!()
    };
    assert_eq!(fault.codes, ["s:Sender", "t:A", "t:B"]);
    assert_eq!(fault.reasons[1].language.as_deref(), Some("nl"));
    assert_eq!(fault.actor.as_deref(), Some("urn:test:role"));
    assert!(fault.other.is_empty());
}

#[test]
fn what_is_not_known_is_kept_as_it_was() {
    let answer = read(&hostile("unknown-everywhere"));
    let kept: Vec<_> = answer
        .other
        .iter()
        .map(|unknown| {
            (
                unknown.path.as_str(),
                unknown.namespace.as_deref(),
                unknown.xml.as_str(),
            )
        })
        .collect();
    let core = Some("http://www.ehealth.fgov.be/hubservices/core/v2");
    assert_eq!(
        kept,
        [
            ("response/@new", Some("urn:new"), "x:new=\"1\""),
            ("response/extra", core, "<extra a=\"b\">deep <b>er</b></extra>"),
            ("acknowledge/text()", None, "stray"),
            ("acknowledge/comment()", None, "<!-- a remark -->"),
            ("acknowledge/processing-instruction()", None, "<?keep me?>"),
            (
                "consent/valid",
                Some("urn:new"),
                "<valid xmlns=\"urn:new\">until</valid>"
            ),
        ]
    );
    let Payload::Consent(consent) = answer.payload else {
        panic!()
    };
    assert_eq!(consent.status, Some(ConsentStatus::Other("MISSING".to_owned())));
    let mixed = read(&hostile("complete-with-element"));
    assert_eq!(
        (mixed.is_complete, mixed.other[0].path.as_str()),
        (true, "acknowledge/iscomplete/x")
    );
}

#[test]
fn words_between_quotes_are_no_attributes() {
    let quotes = "'a' \"b\" ".repeat(100);
    let answer = std::fs::read_to_string(folder("v2/get-therapeutic-link.xml")).unwrap();
    let answer = answer.replace(
        "eerste raadpleging",
        &format!("{quotes}<!-- {quotes} --><![CDATA[{quotes}]]>"),
    );
    let Payload::Links(links) = read(answer.as_bytes()).payload else {
        panic!()
    };
    assert!(links[0].comment.as_ref().unwrap().starts_with(&quotes.repeat(2)));
}

#[test]
fn a_comment_does_not_cut_a_value() {
    let answer = read(&hostile("complete-cut-by-comment"));
    assert!(!answer.is_complete);
    assert_eq!(answer.other[0].path, "acknowledge/iscomplete/comment()");
}

/// The reason for each file of the corpus that is not read.
const HOSTILE: &[(&str, AnswerRefusal)] = &[
    ("doctype", AnswerRefusal::DocumentType),
    ("entity-bomb", AnswerRefusal::DocumentType),
    ("external-entity", AnswerRefusal::DocumentType),
    ("entity-without-declaration", AnswerRefusal::NotWellFormed),
    ("deep", AnswerRefusal::TooDeep),
    ("deep-in-comments", AnswerRefusal::TooDeep),
    ("attributes", AnswerRefusal::TooManyAttributes),
    ("attributes-between-quotes", AnswerRefusal::TooManyAttributes),
    ("namespaces", AnswerRefusal::TooManyNamespaces),
    ("long-namespace", AnswerRefusal::TooManyNamespaces),
    ("repeated-id", AnswerRefusal::RepeatedIdentifier),
    ("repeated-id-in-header", AnswerRefusal::RepeatedIdentifier),
    ("foreign-acknowledge", wrong_namespace("acknowledge")),
    ("foreign-error", wrong_namespace("error")),
    ("foreign-patient-number", wrong_namespace("id")),
    ("other-generation-inside", wrong_namespace("response")),
    ("no-namespace", AnswerRefusal::NotAnAnswer),
    ("kmehr-root", AnswerRefusal::NotAnAnswer),
    ("request", AnswerRefusal::NotAnAnswer),
    ("status-from-a-hub", AnswerRefusal::NotAnAnswer),
    ("envelope-in-envelope", AnswerRefusal::NotAnAnswer),
    ("two-in-body", AnswerRefusal::NotOneBody),
    ("two-bodies", AnswerRefusal::NotOneBody),
    ("empty-body", AnswerRefusal::NotOneBody),
    ("complete-twice", repeated("iscomplete")),
    ("acknowledge-twice", repeated("acknowledge")),
    ("status-twice", repeated("status")),
    ("no-acknowledge", missing("acknowledge")),
    ("no-response", missing("response")),
    ("no-status", missing("status")),
    ("complete-maybe", malformed("iscomplete", "boolean")),
    ("bad-date", malformed("signdate", "date")),
    ("bad-time", malformed("time", "time")),
    ("bad-moment", malformed("recorddatetime", "date and time")),
    ("bad-base64", malformed("Base64EncryptedValue", "base64 value")),
    ("utf-16", AnswerRefusal::NotUtf8),
    ("utf-16-without-mark", AnswerRefusal::NotWellFormed),
    ("latin-1", AnswerRefusal::NotUtf8),
    ("latin-1-that-is-ascii", AnswerRefusal::NotUtf8),
    ("truncated", AnswerRefusal::NotWellFormed),
    ("two-roots", AnswerRefusal::NotWellFormed),
    ("nothing", AnswerRefusal::NotWellFormed),
    ("comment-only", AnswerRefusal::NotWellFormed),
    ("nul", AnswerRefusal::NotWellFormed),
];

const fn wrong_namespace(element: &'static str) -> AnswerRefusal {
    AnswerRefusal::WrongNamespace { element }
}

const fn missing(element: &'static str) -> AnswerRefusal {
    AnswerRefusal::Missing { element }
}

const fn repeated(element: &'static str) -> AnswerRefusal {
    AnswerRefusal::Repeated { element }
}

const fn malformed(element: &'static str, kind: &'static str) -> AnswerRefusal {
    AnswerRefusal::Malformed { element, kind }
}

#[test]
fn hostile_answers_are_refused_each_for_its_own_reason() {
    for (name, refusal) in HOSTILE {
        assert_eq!(refused(&hostile(name), name), *refusal, "{name}");
    }
}

#[test]
fn what_is_text_already_need_not_say_how_it_was_encoded() {
    let text = String::from_utf8(hostile("latin-1-that-is-ascii")).unwrap();
    assert!(parse_text(&text).is_ok());
    assert_eq!(parse_text(&text.repeat(1000)), Err(AnswerRefusal::TooLong.into()));
}

#[test]
fn endless_answers_are_refused() {
    let status = std::fs::read_to_string(folder("v2/put-consent.xml")).unwrap();
    let filled = |piece: &str, length: usize| {
        let (head, tail) = status.split_at(status.find("</acknowledge>").unwrap());
        format!("{head}{}{tail}", piece.repeat(length / piece.len()))
    };
    for (piece, refusal) in [
        ("<a/>", AnswerRefusal::TooManyNodes),
        ("<!---->", AnswerRefusal::TooManyNodes),
        ("<a>", AnswerRefusal::TooManyNodes),
        (" ", AnswerRefusal::TooLong),
    ] {
        let length = if piece == " " { LONGEST } else { LONGEST - 10_000 };
        assert_eq!(refused(filled(piece, length).as_bytes(), piece), refusal, "{piece}");
    }
    // The largest answer that is read.
    let kept = read(filled("<a xmlns=\"urn:a\"/>", 900_000).as_bytes());
    assert_eq!(kept.other.len(), 50_000);
    let words = read(filled("&#x61;", 900_000).as_bytes());
    assert_eq!(words.other.len(), 1);
    // Each of these elements costs the parser all namespaces in scope.
    let declared = |from: usize| -> String { (from..from + 28).map(|n| format!(" xmlns:n{n}=\"urn:n\"")).collect() };
    let inside = format!(
        "<a{}><a{}>{}</a></a>",
        declared(0),
        declared(28),
        "<a xmlns:n0=\"urn:n\"/>".repeat(30_000)
    );
    let (head, tail) = status.split_at(status.find("</acknowledge>").unwrap());
    assert_eq!(read(format!("{head}{inside}{tail}").as_bytes()).other.len(), 1);
}
