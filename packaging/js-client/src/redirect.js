/**
 * Calls of a page that the browser keeps from this computer: the whole tab goes to the daemon with one call, and comes
 * back with the answer, sealed for the page. Navigation needs no permission; a person agrees to each call.
 */
import { requestOf } from "./calls.js";
import { BeiddConnectionError, BeiddRefusal } from "./errors.js";
import { FIRST_PORT, baseOf } from "./find.js";
import { OPERATIONS } from "./operations.js";
import { chooseLanguage } from "./texts.js";

/**
 * Options of {@link callByRedirect}.
 * @typedef {object} RedirectOptions
 * @property {string} [returnTo] address of the page's own origin that the tab comes back to; by default the page's address
 * @property {number} [port] port of the daemon, if it is not the usual one: the page cannot look for it
 */

/** Name under which `sessionStorage` keeps the private key while the tab is away. */
const AWAY = "beidd.redirect";
/** Beginning of the fragment that the tab comes back with. */
const FRAGMENT = "#beidd=";
const CURVE = { name: "ECDH", namedCurve: "P-256" };
/** Encryption of the content (RFC 7518, 5.3), and algorithm for which the key is derived. */
const CONTENT = "A256GCM";

/**
 * Leaves the page with one call, which must begin with a click. The answer is taken by {@link redirectAnswer}, in the page
 * that the tab comes back to. If no daemon is there, the browser says so; the person goes back.
 * @template {import("./calls.js").OperationId} K
 * @param {K} id
 * @param {import("./calls.js").OperationInput<K>} input
 * @param {RedirectOptions} [options]
 */
export async function callByRedirect(id, input, { returnTo, port = FIRST_PORT } = {}) {
    const { path, body } = requestOf(OPERATIONS[id], input);
    const pair = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const own = await crypto.subtle.exportKey("jwk", pair.privateKey);
    sessionStorage.setItem(AWAY, JSON.stringify(own));
    const request = {
        method: OPERATIONS[id].method,
        path,
        ...(body === undefined ? {} : { body: JSON.parse(body) }),
        returnTo: returnTo ?? location.origin + location.pathname + location.search,
        key: { kty, crv, x, y },
    };
    const form = document.createElement("form");
    const field = document.createElement("input");
    Object.assign(form, { method: "post", action: `${baseOf(port)}/v1/redirect`, hidden: true });
    Object.assign(field, { type: "hidden", name: "request", value: JSON.stringify(request) });
    form.append(field);
    document.body.append(form);
    form.submit();
}

/**
 * Takes the answer that the tab has come back with, and wipes it from the address; `undefined` if it has brought none.
 * Octets come as a `Blob`.
 * @param {{ language?: string }} [options]
 * @returns {Promise<any>}
 * @throws {BeiddRefusal} if the daemon or the person has refused
 */
export async function redirectAnswer({ language } = {}) {
    if (!location.hash.startsWith(FRAGMENT)) {
        return undefined;
    }
    const sealed = location.hash.slice(FRAGMENT.length);
    const own = sessionStorage.getItem(AWAY);
    // The key goes first: whoever finds the address later, in a history, finds nothing that opens it.
    sessionStorage.removeItem(AWAY);
    history.replaceState(history.state, "", location.pathname + location.search);
    /** @type {any} */
    let answer;
    try {
        answer = JSON.parse(await opened(sealed, JSON.parse(own ?? "")));
    } catch (cause) {
        throw new BeiddConnectionError("connectionLost", chooseLanguage(language), { cause });
    }
    if (answer.status >= 400) {
        throw new BeiddRefusal(answer.body, answer.body.retryAfter);
    }
    return typeof answer.data === "string" ? new Blob([octets(answer.data)], { type: answer.mediaType }) : answer.body;
}

/**
 * Opens a JWE in compact form with ECDH-ES (RFC 7516, 7.1; RFC 7518, 4.6).
 * @param {string} sealed
 * @param {JsonWebKey} own
 */
async function opened(sealed, own) {
    const [header = "", key, vector = "", content = "", tag = ""] = sealed.split(".");
    const { alg, enc, epk } = JSON.parse(new TextDecoder().decode(octets(header)));
    if (alg !== "ECDH-ES" || enc !== CONTENT || key !== "") {
        throw new TypeError(`sealed with ${alg} and ${enc}`);
    }
    const privateKey = await crypto.subtle.importKey("jwk", own, CURVE, false, ["deriveBits"]);
    const publicKey = await crypto.subtle.importKey("jwk", epk, CURVE, false, []);
    const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256);
    const derived = await crypto.subtle.digest("SHA-256", otherInfo(new Uint8Array(secret)));
    const aes = await crypto.subtle.importKey("raw", derived, "AES-GCM", false, ["decrypt"]);
    const parameters = { name: "AES-GCM", iv: octets(vector), additionalData: new TextEncoder().encode(header) };
    const plain = await crypto.subtle.decrypt(parameters, aes, Uint8Array.from([...octets(content), ...octets(tag)]));
    return new TextDecoder().decode(plain);
}

/**
 * Makes the input of the key derivation (NIST SP 800-56A, 5.8.1): round, secret, algorithm, no names of the parties, and
 * the length of the key in bits.
 * @param {Uint8Array} secret
 */
function otherInfo(secret) {
    const name = new TextEncoder().encode(CONTENT);
    return Uint8Array.from([0, 0, 0, 1, ...secret, 0, 0, 0, name.length, ...name, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
}

/** @param {string} text base64, or base64url without padding */
function octets(text) {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
