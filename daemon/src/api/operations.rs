//! The one table of operations. Both fronts, the OpenAPI document and the introspection data follow it.

use crate::api::types as t;
use crate::api::{ApiError, ErrorCode, Scope, refusals};
use crate::service::certificates::{self, DER, JPEG, OCTETS, PEM};
use crate::service::{
    Call, Context, admin, checks, consents, exclusions, links, patients, pin, readers, responses, roles, signatures,
    simulation,
};
use futures_util::future::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// One thing a caller can ask for.
pub struct Operation {
    /// Its name, also the `kind` of a running operation: `put-therapeutic-link`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Where it is on HTTPS; `None` for what only a local program on the bus may ask.
    pub http: Option<Route>,
    /// Where it is on D-Bus; `None` for what makes no sense there.
    pub dbus: Option<Member>,
    /// What the caller must be allowed; `None`: nothing.
    pub scope: Option<Scope>,
    /// Whether it may take long: it waits for a person, or for others' servers.
    pub human: bool,
    /// Errors it can answer besides those of any call, in groups.
    pub refuses: &'static [&'static [ErrorCode]],
    /// Shape of its members, those of the path included.
    pub request: fn(&mut SchemaGenerator) -> Schema,
    /// Shape of its answer; `None` for raw octets.
    pub answer: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// What it does.
    pub run: fn(Context, Value) -> BoxFuture<'static, Result<Answer, ApiError>>,
}

/// Verb and path; parts in braces are members of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Route {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// `/v1/cards/{cardId}/identity`.
    pub path: &'static str,
    /// Status of success.
    pub status: u16,
    /// Who may call: the order of checks is the same for all.
    pub open: Openness,
    /// The media types its answers can have; where there are several, a caller's `Accept` decides, and the first is the
    /// default if the caller sends no `Accept`.
    pub media: &'static [&'static str],
    /// How large a body may be, in bytes.
    pub body: usize,
}

/// How large a body may be that says what is wanted.
pub const BODY: usize = 64 * 1024;
/// How large one may be that brings an answer of the platform along: lists can be long.
pub const BODY_WITH_ANSWER: usize = 1024 * 1024;
/// How large one may be that brings the files along.
pub const BODY_WITH_FILES: usize = 8 * 1024 * 1024;

/// Who may come as far as a route's own checks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Openness {
    /// A known origin or program, with its token.
    Token,
    /// A known origin or program, without a token.
    KnownOrigin,
    /// Any https or loopback origin, without a token; with one the answer may say more.
    AnyOrigin,
}

/// Interface and method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Member {
    /// Which object has it.
    pub interface: Interface,
    /// `ReadIdentity`.
    pub method: &'static str,
}

/// The interfaces with methods of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interface {
    /// `org.beidd1.Manager`, at the root.
    Manager,
    /// `org.beidd1.Card`: the path says which card.
    Card,
}

/// What an operation answers.
#[derive(Debug)]
pub enum Answer {
    /// Members, as the table says.
    Members(Value),
    /// Octets of the card.
    Octets {
        /// The insertion they were read from.
        card_id: String,
        /// What they are: `image/jpeg`.
        media_type: &'static str,
        /// The octets.
        data: Vec<u8>,
    },
    /// The same in several forms, of which a front gives one.
    Forms {
        /// As members.
        members: Value,
        /// As octets, by media type.
        octets: Vec<(&'static str, Vec<u8>)>,
    },
}

/// What members are on HTTPS.
pub const JSON: &str = "application/json";

impl Operation {
    /// The operation called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }

    /// Runs a call that has passed its scope check. Use [`Service::call`](crate::service::Service::call).
    pub(crate) fn begin(&self, context: Context, call: Call) -> BoxFuture<'static, Result<Answer, ApiError>> {
        (self.run)(context, Value::Object(call.members))
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const fn get(path: &'static str) -> Option<Route> {
    Some(Route {
        method: "GET",
        path,
        status: 200,
        open: Openness::Token,
        media: &[JSON],
        body: BODY,
    })
}

const fn get_as(path: &'static str, media: &'static [&'static str]) -> Option<Route> {
    Some(Route {
        method: "GET",
        path,
        status: 200,
        open: Openness::Token,
        media,
        body: BODY,
    })
}

const fn post(path: &'static str) -> Option<Route> {
    Some(Route {
        method: "POST",
        path,
        status: 200,
        open: Openness::Token,
        media: &[JSON],
        body: BODY,
    })
}

const fn manager(method: &'static str) -> Option<Member> {
    Some(Member {
        interface: Interface::Manager,
        method,
    })
}

const fn card(method: &'static str) -> Option<Member> {
    Some(Member {
        interface: Interface::Card,
        method,
    })
}

/// Everything that can be asked.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "status",
        summary: "What this service is; with a token also its version and what it can do.",
        http: Some(Route {
            method: "GET",
            path: "/v1/status",
            status: 200,
            open: Openness::AnyOrigin,
            media: &[JSON],
            body: BODY,
        }),
        dbus: manager("Status"),
        scope: None,
        human: false,
        refuses: &[],
        request: schema::<t::NoMembers>,
        answer: Some(schema::<t::StatusAnswer>),
        run: |context, members| Box::pin(readers::status(context, members)),
    },
    Operation {
        name: "list-readers",
        summary: "Every reader, and what is in it.",
        http: get("/v1/readers"),
        dbus: manager("ListReaders"),
        scope: Some(Scope::Readers),
        human: false,
        refuses: &[refusals::SERVICE],
        request: schema::<t::NoMembers>,
        answer: Some(schema::<t::ReadersAnswer>),
        run: |context, members| Box::pin(readers::list_readers(context, members)),
    },
    Operation {
        name: "list-cards",
        summary: "Every card in a reader.",
        http: get("/v1/cards"),
        dbus: manager("ListCards"),
        scope: Some(Scope::Readers),
        human: false,
        refuses: &[refusals::SERVICE],
        request: schema::<t::NoMembers>,
        answer: Some(schema::<t::CardsAnswer>),
        run: |context, members| Box::pin(readers::list_cards(context, members)),
    },
    Operation {
        name: "card",
        summary: "One card, without its holder.",
        http: get("/v1/cards/{cardId}"),
        dbus: None, // its properties say the same
        scope: Some(Scope::Readers),
        human: false,
        refuses: &[refusals::CARD],
        request: schema::<t::CardRequest>,
        answer: Some(schema::<t::OneCardAnswer>),
        run: |context, members| Box::pin(readers::one_card(context, members)),
    },
    Operation {
        name: "read-identity",
        summary: "Who the holder is, and whether the National Register wrote it.",
        http: get("/v1/cards/{cardId}/identity"),
        dbus: card("ReadIdentity"),
        scope: Some(Scope::IdentityBasic),
        human: false,
        refuses: &[refusals::CARD, refusals::READING],
        request: schema::<t::IdentityRequest>,
        answer: Some(schema::<t::IdentityAnswer>),
        run: |context, members| Box::pin(patients::identity(context, members)),
    },
    Operation {
        name: "read-address",
        summary: "Where the holder lives, as printed.",
        http: get("/v1/cards/{cardId}/address"),
        dbus: card("ReadAddress"),
        scope: Some(Scope::IdentityFull),
        human: false,
        refuses: &[refusals::CARD, refusals::READING],
        request: schema::<t::CardRequest>,
        answer: Some(schema::<t::AddressAnswer>),
        run: |context, members| Box::pin(patients::address(context, members)),
    },
    Operation {
        name: "read-photo",
        summary: "The holder's photo, the card's own bytes.",
        http: get_as("/v1/cards/{cardId}/photo", &[JPEG]),
        dbus: card("ReadPhoto"),
        scope: Some(Scope::IdentityPhoto),
        human: false,
        refuses: &[refusals::CARD, refusals::READING],
        request: schema::<t::CardRequest>,
        answer: None,
        run: |context, members| Box::pin(patients::photo(context, members)),
    },
    Operation {
        name: "read-certificates",
        summary: "Every certificate on the card; the holder's own only with identity.full.",
        http: get("/v1/cards/{cardId}/certificates"),
        dbus: card("ReadCertificates"),
        scope: Some(Scope::Certificates),
        human: false,
        refuses: &[refusals::CARD, refusals::READING],
        request: schema::<t::CardRequest>,
        answer: Some(schema::<t::CertificatesAnswer>),
        run: |context, members| Box::pin(certificates::certificates(context, members)),
    },
    Operation {
        name: "read-certificate",
        summary: "One certificate of the card; the holder's own need identity.full.",
        http: get_as("/v1/cards/{cardId}/certificates/{name}", &[JSON, DER, PEM]),
        dbus: card("ReadCertificate"),
        scope: Some(Scope::Certificates),
        human: false,
        refuses: &[refusals::CARD, refusals::READING, refusals::CERTIFICATE],
        request: schema::<t::CertificateRequest>,
        answer: Some(schema::<t::OneCertificateAnswer>),
        run: |context, members| Box::pin(certificates::certificate(context, members)),
    },
    Operation {
        name: "read-file",
        summary: "A file of the card, its own octets: needs identity.full, the photo identity.photo.",
        http: get_as("/v1/cards/{cardId}/files/{name}", &[OCTETS, JPEG]),
        dbus: card("ReadFile"),
        scope: None, // the file decides
        human: false,
        refuses: &[refusals::CARD, refusals::READING],
        request: schema::<t::FileRequest>,
        answer: None,
        run: |context, members| Box::pin(certificates::file(context, members)),
    },
    Operation {
        name: "read-summary",
        summary: "Identity, address and every check, in one call: the verified patient.",
        http: get("/v1/cards/{cardId}/summary"),
        dbus: card("ReadSummary"),
        scope: Some(Scope::IdentityFull),
        human: false,
        refuses: &[refusals::CARD, refusals::READING],
        request: schema::<t::CardRequest>,
        answer: Some(schema::<t::SummaryAnswer>),
        run: |context, members| Box::pin(patients::summary(context, members)),
    },
    Operation {
        name: "verify-card",
        summary: "Checks the card's data, each check by name.",
        http: post("/v1/cards/{cardId}/verifications"),
        dbus: card("VerifyCard"),
        scope: Some(Scope::IdentityBasic),
        human: true,
        refuses: &[refusals::CARD, refusals::READING, refusals::WAITING],
        request: schema::<t::VerificationsRequest>,
        answer: Some(schema::<t::VerificationsAnswer>),
        run: |context, members| Box::pin(checks::verify(context, members)),
    },
    Operation {
        name: "therapeutic-link",
        summary: "Builds the request that registers, ends or asks for therapeutic links, with the proofs from patients' cards.",
        http: post("/v1/therapeutic-links"),
        dbus: manager("TherapeuticLink"),
        scope: Some(Scope::ProofTherlink),
        human: true,
        refuses: &[
            refusals::CARD,
            refusals::READING,
            refusals::DOCUMENT,
            refusals::PERSON,
            refusals::PIN,
            refusals::SIGNING,
        ],
        request: schema::<t::TherapeuticLinkRequest>,
        answer: Some(schema::<t::TherapeuticLinkAnswer>),
        run: |context, members| Box::pin(links::therapeutic_link(context, members)),
    },
    Operation {
        name: "therapeutic-exclusion",
        summary: "Builds the request with which a citizen excludes a provider, takes that back, or asks about it.",
        http: post("/v1/therapeutic-exclusions"),
        dbus: manager("TherapeuticExclusion"),
        scope: Some(Scope::ProofConsent),
        human: true,
        refuses: &[refusals::CARD, refusals::READING, refusals::DOCUMENT, refusals::WAITING],
        request: schema::<t::TherapeuticExclusionRequest>,
        answer: Some(schema::<t::ExclusionAnswer>),
        run: |context, members| Box::pin(exclusions::therapeutic_exclusion(context, members)),
    },
    Operation {
        name: "consent",
        summary: "Builds the request that registers, withdraws or looks for a consent, with evidence that is signed.",
        http: post("/v1/consents"),
        dbus: manager("Consent"),
        scope: Some(Scope::ProofConsent),
        human: true,
        refuses: &[
            refusals::TEXT,
            refusals::CARD,
            refusals::READING,
            refusals::DOCUMENT,
            refusals::PERSON,
            refusals::PIN,
            refusals::SIGNING,
        ],
        request: schema::<t::ConsentRequest>,
        answer: Some(schema::<t::ConsentAnswer>),
        run: |context, members| Box::pin(consents::consent(context, members)),
    },
    Operation {
        name: "parse-response",
        summary: "Reads an answer of the platform; needs proof.therlink or proof.consent, and no card.",
        http: Some(Route {
            method: "POST",
            path: "/v1/responses",
            status: 200,
            open: Openness::Token,
            media: &[JSON],
            body: BODY_WITH_ANSWER,
        }),
        dbus: manager("ParseResponse"),
        scope: None, // either of two will do
        human: false,
        refuses: &[refusals::SIZE],
        request: schema::<t::ResponseRequest>,
        answer: Some(schema::<t::ResponseAnswer>),
        run: |context, members| Box::pin(responses::parse_response(context, members)),
    },
    Operation {
        name: "sign",
        summary: "Has the holder sign files: one PIN for a list that is shown whole and closed before.",
        http: Some(Route {
            method: "POST",
            path: "/v1/signatures",
            status: 200,
            open: Openness::Token,
            media: &[JSON],
            body: BODY_WITH_FILES,
        }),
        dbus: manager("Sign"),
        scope: None, // sign, or sign.digest where nobody can show what is signed
        human: true,
        refuses: &[
            refusals::CARD,
            refusals::READING,
            refusals::PERSON,
            refusals::PIN,
            refusals::SIGNING,
            refusals::SIZE,
        ],
        request: schema::<t::SignRequest>,
        answer: Some(schema::<t::SignAnswer>),
        run: |context, members| Box::pin(signatures::sign(context, members)),
    },
    Operation {
        name: "pin-operation",
        summary: "Has the holder check or change the PIN, typed on the reader or in a dialog of this computer.",
        http: post("/v1/cards/{cardId}/pin-operations"),
        dbus: card("PinOperation"),
        scope: Some(Scope::PinManage),
        human: true,
        refuses: &[refusals::CARD, refusals::READING, refusals::PERSON, refusals::PIN],
        request: schema::<t::PinOperationRequest>,
        answer: Some(schema::<t::PinOperationAnswer>),
        run: |context, members| Box::pin(pin::operation::pin_operation(context, members)),
    },
    Operation {
        name: "operation",
        summary: "How far a call is that waits for a person; its result is kept for ten minutes.",
        http: get("/v1/operations/{id}"),
        dbus: manager("GetOperation"),
        scope: None,
        human: false,
        refuses: &[refusals::NAMED],
        request: schema::<t::OperationRequest>,
        answer: Some(schema::<t::OperationAnswer>),
        run: |context, members| Box::pin(readers::operation(context, members)),
    },
    Operation {
        name: "cancel-operation",
        summary: "Cancels a call that waits for a person and closes its dialog.",
        http: Some(Route {
            method: "DELETE",
            path: "/v1/operations/{id}",
            status: 200,
            open: Openness::Token,
            media: &[JSON],
            body: BODY,
        }),
        dbus: None, // org.beidd1.Operation.Cancel
        scope: None,
        human: false,
        refuses: &[refusals::NAMED],
        request: schema::<t::OperationRequest>,
        answer: Some(schema::<t::OperationAnswer>),
        run: |context, members| Box::pin(readers::cancel_operation(context, members)),
    },
    Operation {
        name: "pair",
        summary: "Lets a listed web page in, with a token for at most twelve hours.",
        http: Some(Route {
            method: "POST",
            path: "/v1/pairings",
            status: 201,
            open: Openness::AnyOrigin,
            media: &[JSON],
            body: BODY,
        }),
        dbus: None, // bus callers need no token
        scope: None,
        human: false,
        refuses: &[refusals::PAIRING],
        request: schema::<t::PairingRequest>,
        answer: Some(schema::<t::PairingAnswer>),
        run: |context, members| Box::pin(admin::pair(context, members)),
    },
    Operation {
        name: "create-token",
        summary: "Makes a token for a native program that calls over HTTPS.",
        http: None,
        dbus: manager("CreateToken"),
        scope: None,
        human: false,
        refuses: &[],
        request: schema::<t::TokenCreateRequest>,
        answer: Some(schema::<t::TokenCreateAnswer>),
        run: |context, members| Box::pin(admin::create_token(context, members)),
    },
    Operation {
        name: "list-tokens",
        summary: "Every token for native programs, without the tokens themselves.",
        http: None,
        dbus: manager("ListTokens"),
        scope: None,
        human: false,
        refuses: &[],
        request: schema::<t::NoMembers>,
        answer: Some(schema::<t::TokensAnswer>),
        run: |context, members| Box::pin(admin::list_tokens(context, members)),
    },
    Operation {
        name: "revoke-token",
        summary: "Makes a token worthless.",
        http: None,
        dbus: manager("RevokeToken"),
        scope: None,
        human: false,
        refuses: &[refusals::NAMED],
        request: schema::<t::TokenRevokeRequest>,
        answer: Some(schema::<t::Done>),
        run: |context, members| Box::pin(admin::revoke_token(context, members)),
    },
    Operation {
        name: "set-reader-role",
        summary: "Changes what a reader is for, once a person has said yes.",
        http: None,
        dbus: manager("SetReaderRole"),
        scope: None,
        human: true,
        refuses: &[refusals::NAMED, refusals::PERSON],
        request: schema::<t::ReaderRoleRequest>,
        answer: Some(schema::<t::ReaderRoleAnswer>),
        run: |context, members| Box::pin(roles::set_reader_role(context, members)),
    },
    Operation {
        name: "simulate",
        summary: "Puts a simulated card in or takes it out; refused where readers are real.",
        http: None, // a page must not move cards; whoever tests one has the bus beside it
        dbus: manager("Simulate"),
        scope: None,
        human: false,
        refuses: &[refusals::SIMULATION],
        request: schema::<t::SimulateRequest>,
        answer: Some(schema::<t::SimulateAnswer>),
        run: |context, members| Box::pin(simulation::simulate(context, members)),
    },
];
