/** Table of operations, and one method for each. Generated from docs/openapi.json: `make api-docs` writes it anew. */
/** @typedef {import("./calls.js").CallOptions} CallOptions */
/** Operations by their name. See `OperationRow` in calls.js for the members. */
export const OPERATIONS: {
    readonly status: {
        readonly method: "GET";
        readonly path: "/v1/status";
        readonly query: readonly [];
        readonly body: false;
        readonly open: true;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "list-readers": {
        readonly method: "GET";
        readonly path: "/v1/readers";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "list-cards": {
        readonly method: "GET";
        readonly path: "/v1/cards";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly card: {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-identity": {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}/identity";
        readonly query: readonly ["fields"];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-address": {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}/address";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-photo": {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}/photo";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "image/jpeg";
    };
    readonly "read-certificates": {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}/certificates";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-certificate": {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}/certificates/{name}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-file": {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}/files/{name}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/octet-stream";
    };
    readonly "read-summary": {
        readonly method: "GET";
        readonly path: "/v1/cards/{cardId}/summary";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-export": {
        readonly method: "POST";
        readonly path: "/v1/exported-records";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "verify-card": {
        readonly method: "POST";
        readonly path: "/v1/cards/{cardId}/verifications";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "record-identity-reading": {
        readonly method: "POST";
        readonly path: "/v1/identity-readings";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly "list-identity-readings": {
        readonly method: "GET";
        readonly path: "/v1/identity-readings";
        readonly query: readonly ["from", "to", "after"];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "count-identity-readings": {
        readonly method: "GET";
        readonly path: "/v1/identity-readings/counts";
        readonly query: readonly ["from", "to"];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "list-reading-codes": {
        readonly method: "GET";
        readonly path: "/v1/identity-readings/codes";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "identity-reading": {
        readonly method: "GET";
        readonly path: "/v1/identity-readings/{id}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "therapeutic-link": {
        readonly method: "POST";
        readonly path: "/v1/therapeutic-links";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly "list-link-types": {
        readonly method: "GET";
        readonly path: "/v1/therapeutic-links/types";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "preview-link-period": {
        readonly method: "GET";
        readonly path: "/v1/therapeutic-links/period";
        readonly query: readonly ["type", "situation", "startDate", "endDate", "proof", "dialect"];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "preview-consent": {
        readonly method: "POST";
        readonly path: "/v1/consents/preview";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "therapeutic-exclusion": {
        readonly method: "POST";
        readonly path: "/v1/therapeutic-exclusions";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly consent: {
        readonly method: "POST";
        readonly path: "/v1/consents";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly "read-consent-text": {
        readonly method: "GET";
        readonly path: "/v1/consent-texts/{textLanguage}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "parse-response": {
        readonly method: "POST";
        readonly path: "/v1/responses";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "verify-file": {
        readonly method: "POST";
        readonly path: "/v1/verifications";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly sign: {
        readonly method: "POST";
        readonly path: "/v1/signatures";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly authenticate: {
        readonly method: "POST";
        readonly path: "/v1/authentications";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly "pin-operation": {
        readonly method: "POST";
        readonly path: "/v1/cards/{cardId}/pin-operations";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly operation: {
        readonly method: "GET";
        readonly path: "/v1/operations/{id}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "cancel-operation": {
        readonly method: "DELETE";
        readonly path: "/v1/operations/{id}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly pair: {
        readonly method: "POST";
        readonly path: "/v1/pairings";
        readonly query: readonly [];
        readonly body: true;
        readonly open: true;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "list-pairings": {
        readonly method: "GET";
        readonly path: "/v1/pairings";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly pairing: {
        readonly method: "GET";
        readonly path: "/v1/pairings/{id}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: true;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "revoke-pairing": {
        readonly method: "DELETE";
        readonly path: "/v1/pairings/{id}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: true;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly unsilence: {
        readonly method: "DELETE";
        readonly path: "/v1/silenced/{caller}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "start-page-session": {
        readonly method: "POST";
        readonly path: "/v1/page-sessions";
        readonly query: readonly [];
        readonly body: true;
        readonly open: true;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "list-reviews": {
        readonly method: "GET";
        readonly path: "/v1/reviews";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-reviewed-document": {
        readonly method: "GET";
        readonly path: "/v1/reviews/{id}/documents/{number}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "list-tokens": {
        readonly method: "GET";
        readonly path: "/v1/tokens";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "revoke-token": {
        readonly method: "DELETE";
        readonly path: "/v1/tokens/{name}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-diagnostics": {
        readonly method: "GET";
        readonly path: "/v1/diagnostics";
        readonly query: readonly ["network"];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-tls-status": {
        readonly method: "GET";
        readonly path: "/v1/tls";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "list-evidence": {
        readonly method: "GET";
        readonly path: "/v1/evidence";
        readonly query: readonly ["kind", "from", "to", "reference", "after"];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-evidence": {
        readonly method: "GET";
        readonly path: "/v1/evidence/{id}";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "read-evidence-content": {
        readonly method: "GET";
        readonly path: "/v1/evidence/{id}/content";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "export-evidence": {
        readonly method: "POST";
        readonly path: "/v1/evidence-exports";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "export-patient-evidence": {
        readonly method: "POST";
        readonly path: "/v1/patient-evidence-exports";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "verify-evidence": {
        readonly method: "POST";
        readonly path: "/v1/evidence-verifications";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly "sign-evidence-head": {
        readonly method: "POST";
        readonly path: "/v1/evidence-heads";
        readonly query: readonly [];
        readonly body: true;
        readonly open: false;
        readonly waits: true;
        readonly keyed: true;
        readonly answer: "application/json";
    };
    readonly "read-report": {
        readonly method: "GET";
        readonly path: "/v1/reports";
        readonly query: readonly ["from", "to"];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
    readonly events: {
        readonly method: "GET";
        readonly path: "/v1/events";
        readonly query: readonly [];
        readonly body: false;
        readonly open: false;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "text/event-stream";
    };
    readonly openapi: {
        readonly method: "GET";
        readonly path: "/v1/openapi.json";
        readonly query: readonly [];
        readonly body: false;
        readonly open: true;
        readonly waits: false;
        readonly keyed: false;
        readonly answer: "application/json";
    };
};
/** One method for each operation, with the members of its path, its query and its body side by side. */
export class OperationCalls {
    /**
     * Calls an operation by its name.
     * @template {import("./calls.js").OperationId} K
     * @param {K} _id
     * @param {import("./calls.js").OperationInput<K>} _input
     * @param {CallOptions} [_options]
     * @returns {Promise<import("./calls.js").OperationAnswer<K>>}
     */
    call<K extends import("./calls.js").OperationId>(_id: K, _input: import("./calls.js").OperationInput<K>, _options?: CallOptions): Promise<import("./calls.js").OperationAnswer<K>>;
    /**
     * Says what this service is; with a token also its version and its features.
     * @param {import("./calls.js").OperationArguments<"status">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"status">>}
     */
    status(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"status">>;
    /**
     * Lists the readers, and the card in each. Scope: `readers`.
     * @param {import("./calls.js").OperationArguments<"list-readers">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-readers">>}
     */
    listReaders(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-readers">>;
    /**
     * Lists the cards in all readers. Scope: `readers`.
     * @param {import("./calls.js").OperationArguments<"list-cards">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-cards">>}
     */
    listCards(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-cards">>;
    /**
     * Describes one card, without its holder. Scope: `readers`.
     * @param {import("./calls.js").OperationArguments<"card">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"card">>}
     */
    card(input?: import("./calls.js").OperationInput<"card"> | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"card">>;
    /**
     * Reads the holder's identity, and says whether the National Register wrote it. Scope: `identity.basic`.
     * @param {import("./calls.js").OperationArguments<"read-identity">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-identity">>}
     */
    readIdentity(input?: import("./calls.js").OperationInput<"read-identity"> | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-identity">>;
    /**
     * Reads the holder's address, as printed. Scope: `identity.full`.
     * @param {import("./calls.js").OperationArguments<"read-address">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-address">>}
     */
    readAddress(input?: import("./calls.js").OperationInput<"read-address"> | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-address">>;
    /**
     * Reads the holder's photo, the card's own bytes. Scope: `identity.photo`.
     * @param {import("./calls.js").OperationArguments<"read-photo">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-photo">>}
     */
    readPhoto(input?: import("./calls.js").OperationInput<"read-photo"> | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-photo">>;
    /**
     * Reads every certificate on the card; the holder's own only with identity.full. Scope: `certificates`.
     * @param {import("./calls.js").OperationArguments<"read-certificates">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-certificates">>}
     */
    readCertificates(input?: import("./calls.js").OperationInput<"read-certificates"> | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-certificates">>;
    /**
     * Reads one certificate of the card; the holder's own need identity.full. Scope: `certificates`.
     * @param {import("./calls.js").OperationArguments<"read-certificate">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-certificate">>}
     */
    readCertificate(input: import("./calls.js").OperationInput<"read-certificate">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-certificate">>;
    /**
     * Reads a file of the card, its own octets: needs identity.full, the photo identity.photo.
     * @param {import("./calls.js").OperationArguments<"read-file">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-file">>}
     */
    readFile(input: import("./calls.js").OperationInput<"read-file">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-file">>;
    /**
     * Reads identity and address and makes every check, in one call: the verified patient. Scope: `identity.full`.
     * @param {import("./calls.js").OperationArguments<"read-summary">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-summary">>}
     */
    readSummary(input?: import("./calls.js").OperationInput<"read-summary"> | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-summary">>;
    /**
     * Reads a file that a viewer of eID cards saved (.eid, .xml, .csv). Nobody vouches for it: it is for showing, and no proof. Scope: `identity.full`.
     * @param {import("./calls.js").OperationArguments<"read-export">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-export">>}
     */
    readExport(input: {
        language?: string;
        content: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-export">>;
    /**
     * Checks the card's data, each check by name. Scope: `identity.basic`.
     * @param {import("./calls.js").OperationArguments<"verify-card">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"verify-card">>}
     */
    verifyCard(input?: import("./calls.js").OperationInput<"verify-card"> | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"verify-card">>;
    /**
     * Records how a patient was identified, for the sickness insurance: the chip of a card is read and checked now, every other way is the caller's word. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"record-identity-reading">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"record-identity-reading">>}
     */
    recordIdentityReading(input: {
        language?: string;
        way: "chip" | "barcode" | "datamatrix" | "manual" | "itsme";
        cardId?: string;
        support?: "eid" | "foreigner" | "isi" | "vignette" | "insured-attestation" | "loss-attestation" | "itsme" | "none";
        serialNumber?: string;
        nationalNumber?: string;
        manualReason?: "no-chip" | "chip-defective" | "system-down" | "no-valid-document" | "forgotten" | "no-document";
        vignetteReason?: "no-contact-required" | "no-valid-document";
        readAt?: string;
        serviceDate?: string;
        provider?: import("../types/openapi.js").components["schemas"]["ReadingProvider"];
        profession?: "persphysician" | "persdentist" | "persnurse" | "persmidwife" | "perspharmacist" | "persphysiotherapist" | "persoccupationaltherapist" | "perspracticalnurse" | "persdietician" | "persaudician" | "persaudiologist" | "perspodologist" | "perstrussmaker" | "perslogopedist" | "persorthoptist" | "persbiologist" | "perstechnician" | "persoraldentalhygienist" | "persclinicalpsychologist" | "persclinicalorthopedagogist" | "perspharmacistclinicalbiologist" | "persoptician" | "persorthotist" | "perspsychologist" | "perssocialworker" | "perseducator" | "persambulancefirstaid" | "perspharmacyassistant" | "perspatientdriver" | "persadministrative" | "persparamedical" | "perscaregiver" | "persorthopedist" | "orgpharmacy" | "orghospital" | "orglaboratory" | "orginsurance" | "orgpractice" | "orgprimaryhealthcarecenter" | "orgpublichealth" | "orgprevention" | "orgretirementhome" | "orgrevalidationcenter" | "orgshelteredliving" | "orgpsychiatriccarehome" | "orgpolyclinic" | "guardpost" | "groupofnurses" | "groupofphysicianssameaddress" | "groupofphysiciansdifferentaddress" | "application" | "hub" | "patient" | "certificateholder" | "ecaresafe";
        patient?: import("../types/openapi.js").components["schemas"]["ReadingPatient"];
        reference?: string;
        encodings?: import("../types/openapi.js").components["schemas"]["ReadingEncoding"][];
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"record-identity-reading">>;
    /**
     * Lists the caller's own identity readings, the latest first; the daemon's own page and programs on the bus see those of every caller. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"list-identity-readings">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-identity-readings">>}
     */
    listIdentityReadings(input?: {
        from?: string;
        to?: string;
        after?: string;
    } | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-identity-readings">>;
    /**
     * Counts identity readings by month, provider and caller, with the share that was not electronic. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"count-identity-readings">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"count-identity-readings">>}
     */
    countIdentityReadings(input?: {
        from?: string;
        to?: string;
    } | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"count-identity-readings">>;
    /**
     * Lists the codes of identity readings, and which of them go together. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"list-reading-codes">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-reading-codes">>}
     */
    listReadingCodes(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-reading-codes">>;
    /**
     * Returns one identity reading. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"identity-reading">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"identity-reading">>}
     */
    identityReading(input: import("./calls.js").OperationInput<"identity-reading">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"identity-reading">>;
    /**
     * Builds the request that registers, ends or asks for therapeutic links, with the proofs from patients' cards. Scope: `proof.therlink`.
     * @param {import("./calls.js").OperationArguments<"therapeutic-link">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"therapeutic-link">>}
     */
    therapeuticLink(input: {
        language?: string;
        operation: import("../types/openapi.js").components["schemas"]["LinkOperation"];
        cardId?: string;
        author?: import("../types/openapi.js").components["schemas"]["AuthorMembers"];
        reference?: string;
        hcParty?: import("../types/openapi.js").components["schemas"]["PartyMembers"];
        patient?: import("../types/openapi.js").components["schemas"]["PatientMembers"];
        type?: "gpconsultation" | "specialistconsultation" | "nurseconsultation" | "consultation" | "pharmacydelivery" | "delivery" | "gpreferral" | "specialistreferral" | "pharmacistreferral" | "nursereferral" | "referral" | "gmd" | "carepath" | "medicalhouse" | "hospitalstay" | "hospitalambulatory" | "hospitalurgency" | "patientmanagement";
        situation?: "long-term" | "occasional" | "emergency";
        startDate?: string;
        endDate?: string;
        comment?: string;
        proof?: "eidsigning" | "eidreading" | "isireading" | "eidencoding_housecall" | "eidencoding_nocard" | "eidencoding_techproblem";
        proofReason?: string;
        proofProfile?: "connector" | "connector-exact" | "strict";
        types?: ("gpconsultation" | "specialistconsultation" | "nurseconsultation" | "consultation" | "pharmacydelivery" | "delivery" | "gpreferral" | "specialistreferral" | "pharmacistreferral" | "nursereferral" | "referral" | "gmd" | "carepath" | "medicalhouse" | "hospitalstay" | "hospitalambulatory" | "hospitalurgency" | "patientmanagement")[];
        dialect?: "national" | "hub";
        breakTheGlass?: string;
        representative?: import("../types/openapi.js").components["schemas"]["RepresentativeMembers"];
        begin?: string;
        end?: string;
        status?: "active" | "inactive" | "all";
        maxRows?: number;
        links?: import("../types/openapi.js").components["schemas"]["LinkMembers"][];
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"therapeutic-link">>;
    /**
     * Lists the types of therapeutic links and of the providers that have them, with their names in four languages. Scope: `proof.therlink`.
     * @param {import("./calls.js").OperationArguments<"list-link-types">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-link-types">>}
     */
    listLinkTypes(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-link-types">>;
    /**
     * Says which period a link of the practice would be registered for, without making it. Scope: `proof.therlink`.
     * @param {import("./calls.js").OperationArguments<"preview-link-period">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"preview-link-period">>}
     */
    previewLinkPeriod(input: {
        type: "gpconsultation" | "specialistconsultation" | "nurseconsultation" | "consultation" | "pharmacydelivery" | "delivery" | "gpreferral" | "specialistreferral" | "pharmacistreferral" | "nursereferral" | "referral" | "gmd" | "carepath" | "medicalhouse" | "hospitalstay" | "hospitalambulatory" | "hospitalurgency" | "patientmanagement";
        situation?: "long-term" | "occasional" | "emergency";
        startDate?: string;
        endDate?: string;
        proof?: "eidsigning" | "eidreading" | "isireading" | "eidencoding_housecall" | "eidencoding_nocard" | "eidencoding_techproblem";
        dialect?: "national" | "hub";
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"preview-link-period">>;
    /**
     * Says who has to decide about a patient's consent, by the patient's age, without making it. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"preview-consent">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"preview-consent">>}
     */
    previewConsent(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"preview-consent">>;
    /**
     * Builds the request with which a citizen excludes a provider, takes that back, or asks about it. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"therapeutic-exclusion">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"therapeutic-exclusion">>}
     */
    therapeuticExclusion(input: {
        language?: string;
        operation: import("../types/openapi.js").components["schemas"]["ExclusionOperation"];
        cardId?: string;
        author?: import("../types/openapi.js").components["schemas"]["AuthorMembers"];
        patient?: import("../types/openapi.js").components["schemas"]["PatientMembers"];
        hcParty?: import("../types/openapi.js").components["schemas"]["PartyMembers"];
        representative?: import("../types/openapi.js").components["schemas"]["RepresentativeMembers"];
        begin?: string;
        end?: string;
        reference?: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"therapeutic-exclusion">>;
    /**
     * Builds the request that registers, withdraws or looks for a consent, with evidence that is signed. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"consent">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"consent">>}
     */
    consent(input: {
        language?: string;
        operation: import("../types/openapi.js").components["schemas"]["ConsentOperation"];
        cardId?: string;
        author?: import("../types/openapi.js").components["schemas"]["AuthorMembers"];
        patient?: import("../types/openapi.js").components["schemas"]["PatientMembers"];
        signDate?: string;
        revokeDate?: string;
        type?: "retrospective" | "prospective" | "local";
        evidence?: import("../types/openapi.js").components["schemas"]["ConsentEvidence"];
        signer?: import("../types/openapi.js").components["schemas"]["ConsentSigner"];
        representative?: import("../types/openapi.js").components["schemas"]["RepresentativeMembers"];
        dialect?: "national" | "hub";
        textLanguage?: string;
        reference?: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"consent">>;
    /**
     * Reads an official text of the consent, and the explanations beside it. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"read-consent-text">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-consent-text">>}
     */
    readConsentText(input: import("./calls.js").OperationInput<"read-consent-text">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-consent-text">>;
    /**
     * Parses an answer of the platform; needs proof.therlink or proof.consent, and no card.
     * @param {import("./calls.js").OperationArguments<"parse-response">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"parse-response">>}
     */
    parseResponse(input: {
        language?: string;
        xml: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"parse-response">>;
    /**
     * Verifies a file that anybody signed; needs sign, proof.therlink or proof.consent, and no card.
     * @param {import("./calls.js").OperationArguments<"verify-file">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"verify-file">>}
     */
    verifyFile(input: {
        language?: string;
        file: string;
        content?: string;
        certificates?: string[];
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"verify-file">>;
    /**
     * Asks the holder to sign files: one PIN for a list that is shown whole, and that nothing is added to afterwards.
     * @param {import("./calls.js").OperationArguments<"sign">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"sign">>}
     */
    sign(input: {
        language?: string;
        cardId?: string;
        format: import("../types/openapi.js").components["schemas"]["SignatureFormat"];
        documents: import("../types/openapi.js").components["schemas"]["DocumentMembers"][];
        detached?: boolean;
        containerSignature?: import("../types/openapi.js").components["schemas"]["ContainerSignature"];
        algorithm?: string;
        mayLeaveOut?: boolean;
        reference?: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"sign">>;
    /**
     * Asks the holder to log in to the web page that calls, and answers a Web eID authentication token. Scope: `authenticate`.
     * @param {import("./calls.js").OperationArguments<"authenticate">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"authenticate">>}
     */
    authenticate(input: {
        language?: string;
        challengeNonce: string;
        cardId?: string;
        audience?: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"authenticate">>;
    /**
     * Asks the holder to check or change the PIN, typed on the reader or in a dialog of this computer. Scope: `pin.manage`.
     * @param {import("./calls.js").OperationArguments<"pin-operation">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"pin-operation">>}
     */
    pinOperation(input: import("./calls.js").OperationInput<"pin-operation">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"pin-operation">>;
    /**
     * Says how far a long-running call is; its result is kept for ten minutes.
     * @param {import("./calls.js").OperationArguments<"operation">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"operation">>}
     */
    operation(input: import("./calls.js").OperationInput<"operation">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"operation">>;
    /**
     * Cancels a long-running call and closes its dialog.
     * @param {import("./calls.js").OperationArguments<"cancel-operation">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"cancel-operation">>}
     */
    cancelOperation(input: import("./calls.js").OperationInput<"cancel-operation">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"cancel-operation">>;
    /**
     * Lists the pairings of the calling website; on the bus those of every website.
     * @param {import("./calls.js").OperationArguments<"list-pairings">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-pairings">>}
     */
    listPairings(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-pairings">>;
    /**
     * Says how far a request for access is, and gives its token once a person has agreed; to the same origin only.
     * @param {import("./calls.js").OperationArguments<"pairing">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"pairing">>}
     */
    pairing(input: import("./calls.js").OperationInput<"pairing">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"pairing">>;
    /**
     * Ends a pairing and what its page waits for, or takes a request for access back, which needs no token.
     * @param {import("./calls.js").OperationArguments<"revoke-pairing">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"revoke-pairing">>}
     */
    revokePairing(input: import("./calls.js").OperationInput<"revoke-pairing">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"revoke-pairing">>;
    /**
     * Lets a silenced caller open dialogs again.
     * @param {import("./calls.js").OperationArguments<"unsilence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"unsilence">>}
     */
    unsilence(input: import("./calls.js").OperationInput<"unsilence">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"unsilence">>;
    /**
     * Begins the session of the daemon's own page with the code from its address; other callers are refused.
     * @param {import("./calls.js").OperationArguments<"start-page-session">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"start-page-session">>}
     */
    startPageSession(input: {
        language?: string;
        code: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"start-page-session">>;
    /**
     * Lists the files about which a dialog is open, for the daemon's own page; other callers are refused.
     * @param {import("./calls.js").OperationArguments<"list-reviews">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-reviews">>}
     */
    listReviews(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-reviews">>;
    /**
     * Reads one of these files, so that a person can look at it before it is signed.
     * @param {import("./calls.js").OperationArguments<"read-reviewed-document">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-reviewed-document">>}
     */
    readReviewedDocument(input: import("./calls.js").OperationInput<"read-reviewed-document">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-reviewed-document">>;
    /**
     * Lists the tokens of native programs, without the tokens themselves.
     * @param {import("./calls.js").OperationArguments<"list-tokens">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-tokens">>}
     */
    listTokens(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-tokens">>;
    /**
     * Revokes a token, and cancels what its program waits for.
     * @param {import("./calls.js").OperationArguments<"revoke-token">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"revoke-token">>}
     */
    revokeToken(input: import("./calls.js").OperationInput<"revoke-token">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"revoke-token">>;
    /**
     * Looks at everything that beidd needs on this computer, and says what is well, what is not, and what to do about it. Scope: `diagnostics`.
     * @param {import("./calls.js").OperationArguments<"read-diagnostics">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-diagnostics">>}
     */
    readDiagnostics(input?: {
        network?: boolean;
    } | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-diagnostics">>;
    /**
     * Tells which browsers and stores of this user trust the daemon's certificate, by a look into each and a handshake.
     * @param {import("./calls.js").OperationArguments<"read-tls-status">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-tls-status">>}
     */
    readTlsStatus(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-tls-status">>;
    /**
     * Lists the records of what the caller was given, the latest first; on the bus those of every caller. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"list-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-evidence">>}
     */
    listEvidence(input?: {
        kind?: "therapeutic-link" | "therapeutic-link-revocation" | "consent" | "consent-revocation" | "exclusion" | "exclusion-revocation" | "inquiry" | "signature" | "identity-reading" | "card-read" | "purge" | "chain-head";
        from?: string;
        to?: string;
        reference?: string;
        after?: string;
    } | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"list-evidence">>;
    /**
     * Reads a record, without its content. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"read-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-evidence">>}
     */
    readEvidence(input: import("./calls.js").OperationInput<"read-evidence">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-evidence">>;
    /**
     * Reads the content of a record: request, proof, checks and circumstances. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"read-evidence-content">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-evidence-content">>}
     */
    readEvidenceContent(input: import("./calls.js").OperationInput<"read-evidence-content">, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-evidence-content">>;
    /**
     * Exports all chains of records, as lines that others can verify. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"export-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"export-evidence">>}
     */
    exportEvidence(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"export-evidence">>;
    /**
     * Exports the records about one patient, for the patient who asks for them: one signed container that others can read. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"export-patient-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"export-patient-evidence">>}
     */
    exportPatientEvidence(input: {
        language?: string;
        nationalNumber: string;
        from?: string;
        to?: string;
    }, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"export-patient-evidence">>;
    /**
     * Verifies all chains of records, and names the first link of each that breaks. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"verify-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"verify-evidence">>}
     */
    verifyEvidence(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"verify-evidence">>;
    /**
     * Has the care provider sign the end of the chain with the eID in the reader for providers; the head becomes a record. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"sign-evidence-head">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"sign-evidence-head">>}
     */
    signEvidenceHead(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"sign-evidence-head">>;
    /**
     * Reads numbers of what was done, by month, profession and caller; small ones are suppressed. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"read-report">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-report">>}
     */
    readReport(input?: {
        from?: string;
        to?: string;
    } | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"read-report">>;
    /**
     * Returns this document. Programs and listed web pages need no token for it.
     * @param {import("./calls.js").OperationArguments<"openapi">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"openapi">>}
     */
    openapi(input?: {} | undefined, options?: import("./calls.js").CallOptions | undefined): Promise<import("./calls.js").OperationAnswer<"openapi">>;
}
export type CallOptions = import("./calls.js").CallOptions;
