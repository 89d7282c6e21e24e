/** Table of operations, and one method for each. Generated from docs/openapi.json: `make api-docs` writes it anew. */

/** @typedef {import("./calls.js").CallOptions} CallOptions */

/** Operations by their name. See `OperationRow` in calls.js for the members. */
export const OPERATIONS = /** @type {const} */ ({
    "status": {"method":"GET","path":"/v1/status","query":[],"body":false,"open":true,"waits":false,"keyed":false,"answer":"application/json"},
    "list-readers": {"method":"GET","path":"/v1/readers","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "list-cards": {"method":"GET","path":"/v1/cards","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "card": {"method":"GET","path":"/v1/cards/{cardId}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-identity": {"method":"GET","path":"/v1/cards/{cardId}/identity","query":["fields"],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-address": {"method":"GET","path":"/v1/cards/{cardId}/address","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-photo": {"method":"GET","path":"/v1/cards/{cardId}/photo","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"image/jpeg"},
    "read-certificates": {"method":"GET","path":"/v1/cards/{cardId}/certificates","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-certificate": {"method":"GET","path":"/v1/cards/{cardId}/certificates/{name}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-file": {"method":"GET","path":"/v1/cards/{cardId}/files/{name}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/octet-stream"},
    "read-summary": {"method":"GET","path":"/v1/cards/{cardId}/summary","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-export": {"method":"POST","path":"/v1/exported-records","query":[],"body":true,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "verify-card": {"method":"POST","path":"/v1/cards/{cardId}/verifications","query":[],"body":true,"open":false,"waits":true,"keyed":false,"answer":"application/json"},
    "record-identity-reading": {"method":"POST","path":"/v1/identity-readings","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "list-identity-readings": {"method":"GET","path":"/v1/identity-readings","query":["from","to","after"],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "count-identity-readings": {"method":"GET","path":"/v1/identity-readings/counts","query":["from","to"],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "list-reading-codes": {"method":"GET","path":"/v1/identity-readings/codes","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "identity-reading": {"method":"GET","path":"/v1/identity-readings/{id}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "therapeutic-link": {"method":"POST","path":"/v1/therapeutic-links","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "list-link-types": {"method":"GET","path":"/v1/therapeutic-links/types","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "preview-link-period": {"method":"GET","path":"/v1/therapeutic-links/period","query":["type","situation","startDate","endDate","proof","dialect"],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "preview-consent": {"method":"POST","path":"/v1/consents/preview","query":[],"body":true,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "therapeutic-exclusion": {"method":"POST","path":"/v1/therapeutic-exclusions","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "consent": {"method":"POST","path":"/v1/consents","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "read-consent-text": {"method":"GET","path":"/v1/consent-texts/{textLanguage}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "parse-response": {"method":"POST","path":"/v1/responses","query":[],"body":true,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "verify-file": {"method":"POST","path":"/v1/verifications","query":[],"body":true,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "sign": {"method":"POST","path":"/v1/signatures","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "authenticate": {"method":"POST","path":"/v1/authentications","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "pin-operation": {"method":"POST","path":"/v1/cards/{cardId}/pin-operations","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "operation": {"method":"GET","path":"/v1/operations/{id}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "cancel-operation": {"method":"DELETE","path":"/v1/operations/{id}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "pair": {"method":"POST","path":"/v1/pairings","query":[],"body":true,"open":true,"waits":false,"keyed":false,"answer":"application/json"},
    "list-pairings": {"method":"GET","path":"/v1/pairings","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "pairing": {"method":"GET","path":"/v1/pairings/{id}","query":[],"body":false,"open":true,"waits":false,"keyed":false,"answer":"application/json"},
    "revoke-pairing": {"method":"DELETE","path":"/v1/pairings/{id}","query":[],"body":false,"open":true,"waits":false,"keyed":false,"answer":"application/json"},
    "unsilence": {"method":"DELETE","path":"/v1/silenced/{caller}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "start-page-session": {"method":"POST","path":"/v1/page-sessions","query":[],"body":true,"open":true,"waits":false,"keyed":false,"answer":"application/json"},
    "list-reviews": {"method":"GET","path":"/v1/reviews","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-reviewed-document": {"method":"GET","path":"/v1/reviews/{id}/documents/{number}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "list-tokens": {"method":"GET","path":"/v1/tokens","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "revoke-token": {"method":"DELETE","path":"/v1/tokens/{name}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-diagnostics": {"method":"GET","path":"/v1/diagnostics","query":["network"],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-tls-status": {"method":"GET","path":"/v1/tls","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "list-evidence": {"method":"GET","path":"/v1/evidence","query":["kind","from","to","reference","after"],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-evidence": {"method":"GET","path":"/v1/evidence/{id}","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "read-evidence-content": {"method":"GET","path":"/v1/evidence/{id}/content","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "export-evidence": {"method":"POST","path":"/v1/evidence-exports","query":[],"body":true,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "export-patient-evidence": {"method":"POST","path":"/v1/patient-evidence-exports","query":[],"body":true,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "verify-evidence": {"method":"POST","path":"/v1/evidence-verifications","query":[],"body":true,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "sign-evidence-head": {"method":"POST","path":"/v1/evidence-heads","query":[],"body":true,"open":false,"waits":true,"keyed":true,"answer":"application/json"},
    "read-report": {"method":"GET","path":"/v1/reports","query":["from","to"],"body":false,"open":false,"waits":false,"keyed":false,"answer":"application/json"},
    "events": {"method":"GET","path":"/v1/events","query":[],"body":false,"open":false,"waits":false,"keyed":false,"answer":"text/event-stream"},
    "openapi": {"method":"GET","path":"/v1/openapi.json","query":[],"body":false,"open":true,"waits":false,"keyed":false,"answer":"application/json"},
});

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
    call(_id, _input, _options) {
        throw new TypeError("use BeiddClient");
    }

    /**
     * Says what this service is; with a token also its version and its features.
     * @param {import("./calls.js").OperationArguments<"status">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"status">>}
     */
    status(...args) {
        return this.call("status", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the readers, and the card in each. Scope: `readers`.
     * @param {import("./calls.js").OperationArguments<"list-readers">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-readers">>}
     */
    listReaders(...args) {
        return this.call("list-readers", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the cards in all readers. Scope: `readers`.
     * @param {import("./calls.js").OperationArguments<"list-cards">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-cards">>}
     */
    listCards(...args) {
        return this.call("list-cards", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Describes one card, without its holder. Scope: `readers`.
     * @param {import("./calls.js").OperationArguments<"card">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"card">>}
     */
    card(...args) {
        return this.call("card", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads the holder's identity, and says whether the National Register wrote it. Scope: `identity.basic`.
     * @param {import("./calls.js").OperationArguments<"read-identity">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-identity">>}
     */
    readIdentity(...args) {
        return this.call("read-identity", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads the holder's address, as printed. Scope: `identity.full`.
     * @param {import("./calls.js").OperationArguments<"read-address">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-address">>}
     */
    readAddress(...args) {
        return this.call("read-address", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads the holder's photo, the card's own bytes. Scope: `identity.photo`.
     * @param {import("./calls.js").OperationArguments<"read-photo">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-photo">>}
     */
    readPhoto(...args) {
        return this.call("read-photo", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads every certificate on the card; the holder's own only with identity.full. Scope: `certificates`.
     * @param {import("./calls.js").OperationArguments<"read-certificates">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-certificates">>}
     */
    readCertificates(...args) {
        return this.call("read-certificates", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads one certificate of the card; the holder's own need identity.full. Scope: `certificates`.
     * @param {import("./calls.js").OperationArguments<"read-certificate">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-certificate">>}
     */
    readCertificate(...args) {
        return this.call("read-certificate", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads a file of the card, its own octets: needs identity.full, the photo identity.photo.
     * @param {import("./calls.js").OperationArguments<"read-file">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-file">>}
     */
    readFile(...args) {
        return this.call("read-file", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads identity and address and makes every check, in one call: the verified patient. Scope: `identity.full`.
     * @param {import("./calls.js").OperationArguments<"read-summary">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-summary">>}
     */
    readSummary(...args) {
        return this.call("read-summary", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads a file that a viewer of eID cards saved (.eid, .xml, .csv). Nobody vouches for it: it is for showing, and no proof. Scope: `identity.full`.
     * @param {import("./calls.js").OperationArguments<"read-export">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-export">>}
     */
    readExport(...args) {
        return this.call("read-export", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Checks the card's data, each check by name. Scope: `identity.basic`.
     * @param {import("./calls.js").OperationArguments<"verify-card">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"verify-card">>}
     */
    verifyCard(...args) {
        return this.call("verify-card", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Records how a patient was identified, for the sickness insurance: the chip of a card is read and checked now, every other way is the caller's word. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"record-identity-reading">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"record-identity-reading">>}
     */
    recordIdentityReading(...args) {
        return this.call("record-identity-reading", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the caller's own identity readings, the latest first; the daemon's own page and programs on the bus see those of every caller. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"list-identity-readings">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-identity-readings">>}
     */
    listIdentityReadings(...args) {
        return this.call("list-identity-readings", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Counts identity readings by month, provider and caller, with the share that was not electronic. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"count-identity-readings">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"count-identity-readings">>}
     */
    countIdentityReadings(...args) {
        return this.call("count-identity-readings", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the codes of identity readings, and which of them go together. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"list-reading-codes">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-reading-codes">>}
     */
    listReadingCodes(...args) {
        return this.call("list-reading-codes", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Returns one identity reading. Scope: `identity.reading`.
     * @param {import("./calls.js").OperationArguments<"identity-reading">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"identity-reading">>}
     */
    identityReading(...args) {
        return this.call("identity-reading", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Builds the request that registers, ends or asks for therapeutic links, with the proofs from patients' cards. Scope: `proof.therlink`.
     * @param {import("./calls.js").OperationArguments<"therapeutic-link">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"therapeutic-link">>}
     */
    therapeuticLink(...args) {
        return this.call("therapeutic-link", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the types of therapeutic links and of the providers that have them, with their names in four languages. Scope: `proof.therlink`.
     * @param {import("./calls.js").OperationArguments<"list-link-types">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-link-types">>}
     */
    listLinkTypes(...args) {
        return this.call("list-link-types", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Says which period a link of the practice would be registered for, without making it. Scope: `proof.therlink`.
     * @param {import("./calls.js").OperationArguments<"preview-link-period">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"preview-link-period">>}
     */
    previewLinkPeriod(...args) {
        return this.call("preview-link-period", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Says who has to decide about a patient's consent, by the patient's age, without making it. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"preview-consent">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"preview-consent">>}
     */
    previewConsent(...args) {
        return this.call("preview-consent", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Builds the request with which a citizen excludes a provider, takes that back, or asks about it. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"therapeutic-exclusion">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"therapeutic-exclusion">>}
     */
    therapeuticExclusion(...args) {
        return this.call("therapeutic-exclusion", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Builds the request that registers, withdraws or looks for a consent, with evidence that is signed. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"consent">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"consent">>}
     */
    consent(...args) {
        return this.call("consent", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads an official text of the consent, and the explanations beside it. Scope: `proof.consent`.
     * @param {import("./calls.js").OperationArguments<"read-consent-text">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-consent-text">>}
     */
    readConsentText(...args) {
        return this.call("read-consent-text", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Parses an answer of the platform; needs proof.therlink or proof.consent, and no card.
     * @param {import("./calls.js").OperationArguments<"parse-response">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"parse-response">>}
     */
    parseResponse(...args) {
        return this.call("parse-response", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Verifies a file that anybody signed; needs sign, proof.therlink or proof.consent, and no card.
     * @param {import("./calls.js").OperationArguments<"verify-file">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"verify-file">>}
     */
    verifyFile(...args) {
        return this.call("verify-file", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Asks the holder to sign files: one PIN for a list that is shown whole, and that nothing is added to afterwards.
     * @param {import("./calls.js").OperationArguments<"sign">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"sign">>}
     */
    sign(...args) {
        return this.call("sign", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Asks the holder to log in to the web page that calls, and answers a Web eID authentication token. Scope: `authenticate`.
     * @param {import("./calls.js").OperationArguments<"authenticate">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"authenticate">>}
     */
    authenticate(...args) {
        return this.call("authenticate", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Asks the holder to check or change the PIN, typed on the reader or in a dialog of this computer. Scope: `pin.manage`.
     * @param {import("./calls.js").OperationArguments<"pin-operation">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"pin-operation">>}
     */
    pinOperation(...args) {
        return this.call("pin-operation", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Says how far a long-running call is; its result is kept for ten minutes.
     * @param {import("./calls.js").OperationArguments<"operation">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"operation">>}
     */
    operation(...args) {
        return this.call("operation", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Cancels a long-running call and closes its dialog.
     * @param {import("./calls.js").OperationArguments<"cancel-operation">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"cancel-operation">>}
     */
    cancelOperation(...args) {
        return this.call("cancel-operation", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the pairings of the calling website; on the bus those of every website.
     * @param {import("./calls.js").OperationArguments<"list-pairings">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-pairings">>}
     */
    listPairings(...args) {
        return this.call("list-pairings", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Says how far a request for access is, and gives its token once a person has agreed; to the same origin only.
     * @param {import("./calls.js").OperationArguments<"pairing">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"pairing">>}
     */
    pairing(...args) {
        return this.call("pairing", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Ends a pairing and what its page waits for, or takes a request for access back, which needs no token.
     * @param {import("./calls.js").OperationArguments<"revoke-pairing">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"revoke-pairing">>}
     */
    revokePairing(...args) {
        return this.call("revoke-pairing", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lets a silenced caller open dialogs again.
     * @param {import("./calls.js").OperationArguments<"unsilence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"unsilence">>}
     */
    unsilence(...args) {
        return this.call("unsilence", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Begins the session of the daemon's own page with the code from its address; other callers are refused.
     * @param {import("./calls.js").OperationArguments<"start-page-session">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"start-page-session">>}
     */
    startPageSession(...args) {
        return this.call("start-page-session", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the files about which a dialog is open, for the daemon's own page; other callers are refused.
     * @param {import("./calls.js").OperationArguments<"list-reviews">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-reviews">>}
     */
    listReviews(...args) {
        return this.call("list-reviews", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads one of these files, so that a person can look at it before it is signed.
     * @param {import("./calls.js").OperationArguments<"read-reviewed-document">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-reviewed-document">>}
     */
    readReviewedDocument(...args) {
        return this.call("read-reviewed-document", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the tokens of native programs, without the tokens themselves.
     * @param {import("./calls.js").OperationArguments<"list-tokens">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-tokens">>}
     */
    listTokens(...args) {
        return this.call("list-tokens", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Revokes a token, and cancels what its program waits for.
     * @param {import("./calls.js").OperationArguments<"revoke-token">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"revoke-token">>}
     */
    revokeToken(...args) {
        return this.call("revoke-token", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Looks at everything that beidd needs on this computer, and says what is well, what is not, and what to do about it. Scope: `diagnostics`.
     * @param {import("./calls.js").OperationArguments<"read-diagnostics">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-diagnostics">>}
     */
    readDiagnostics(...args) {
        return this.call("read-diagnostics", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Tells which browsers and stores of this user trust the daemon's certificate, by a look into each and a handshake.
     * @param {import("./calls.js").OperationArguments<"read-tls-status">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-tls-status">>}
     */
    readTlsStatus(...args) {
        return this.call("read-tls-status", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Lists the records of what the caller was given, the latest first; on the bus those of every caller. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"list-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"list-evidence">>}
     */
    listEvidence(...args) {
        return this.call("list-evidence", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads a record, without its content. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"read-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-evidence">>}
     */
    readEvidence(...args) {
        return this.call("read-evidence", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads the content of a record: request, proof, checks and circumstances. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"read-evidence-content">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-evidence-content">>}
     */
    readEvidenceContent(...args) {
        return this.call("read-evidence-content", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Exports all chains of records, as lines that others can verify. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"export-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"export-evidence">>}
     */
    exportEvidence(...args) {
        return this.call("export-evidence", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Exports the records about one patient, for the patient who asks for them: one signed container that others can read. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"export-patient-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"export-patient-evidence">>}
     */
    exportPatientEvidence(...args) {
        return this.call("export-patient-evidence", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Verifies all chains of records, and names the first link of each that breaks. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"verify-evidence">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"verify-evidence">>}
     */
    verifyEvidence(...args) {
        return this.call("verify-evidence", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Has the care provider sign the end of the chain with the eID in the reader for providers; the head becomes a record. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"sign-evidence-head">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"sign-evidence-head">>}
     */
    signEvidenceHead(...args) {
        return this.call("sign-evidence-head", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Reads numbers of what was done, by month, profession and caller; small ones are suppressed. Scope: `evidence`.
     * @param {import("./calls.js").OperationArguments<"read-report">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"read-report">>}
     */
    readReport(...args) {
        return this.call("read-report", args[0] ?? /** @type {any} */ ({}), args[1]);
    }

    /**
     * Returns this document. Programs and listed web pages need no token for it.
     * @param {import("./calls.js").OperationArguments<"openapi">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"openapi">>}
     */
    openapi(...args) {
        return this.call("openapi", args[0] ?? /** @type {any} */ ({}), args[1]);
    }
}
