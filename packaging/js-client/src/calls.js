/** Requests and answers of operations, made from the table and typed by the OpenAPI document. */
import { BeiddRefusal } from "./errors.js";
import { OPERATIONS } from "./operations.js";

/**
 * @typedef {import("../types/openapi.js").operations} Operations
 * @typedef {Exclude<keyof Operations & keyof typeof OPERATIONS, "events">} OperationId name of an operation, as in the OpenAPI
 *     document; events are a stream, and have a method of their own
 */

/**
 * Members of a request: those of its path, its query and its body, side by side. `cardId` in a path is `current` if absent.
 * @template {OperationId} K
 * @typedef {PathMembers<Operations[K]> & QueryMembers<Operations[K]> & BodyMembers<Operations[K]>} OperationInput
 */
/**
 * Arguments of an operation's method: its members, unless all may be absent, and options.
 * @template {OperationId} K
 * @typedef {{} extends OperationInput<K> ? [input?: OperationInput<K>, options?: CallOptions] : [input: OperationInput<K>, options?: CallOptions]} OperationArguments
 */
/** @template O @typedef {O extends { parameters: { path: infer P extends object } } ? Omit<P, "cardId"> & { [M in keyof P as M extends "cardId" ? M : never]?: P[M] } : {}} PathMembers */
/** @template O @typedef {O extends { parameters: { query?: infer Q } } ? ([Exclude<Q, undefined>] extends [never] ? {} : Exclude<Q, undefined>) : {}} QueryMembers */
/** @template O @typedef {O extends { requestBody: { content: { "application/json": infer B } } } ? B : {}} BodyMembers */

/**
 * Answer of an operation: its JSON; octets come as a `Blob`.
 * @template {OperationId} K
 * @typedef {Success<Operations[K]> extends { content: infer C } ? (C extends { "application/json": infer J } ? J : Blob) : undefined} OperationAnswer
 */
/** @template O @typedef {O extends { responses: infer R } ? R extends { 200: infer S } ? S : R extends { 201: infer S } ? S : R extends { 204: infer S } ? S : never : never} Success */

/** @typedef {import("../types/openapi.js").components["schemas"]["OperationAnswer"]} RunningOperation state of a call that runs on by itself */

/**
 * Options of a call.
 * @typedef {object} CallOptions
 * @property {AbortSignal} [signal] gives the call up: an open dialog closes, and nothing is signed
 * @property {import("./states.js").OnState} [onState] observer of this call, in place of the client's
 * @property {string} [accept] media type of the answer, where there are several; other than JSON comes as a `Blob`
 * @property {string} [idempotencyKey] key under which the daemon does the call once; a fresh one by default
 */

/**
 * Row of the table of operations.
 * @typedef {object} OperationRow
 * @property {string} method HTTP method
 * @property {string} path path, with members in braces
 * @property {readonly string[]} query members that stand in the query
 * @property {boolean} body true if the other members stand in a JSON body
 * @property {boolean} open true if the call needs no token
 * @property {boolean} waits true if the call may wait for a person, and can run on by itself
 * @property {boolean} keyed true if the call takes an `Idempotency-Key`
 * @property {string} answer media type of the answer
 */

/**
 * Makes path and body of a request.
 * @param {OperationRow} row
 * @param {object} input
 */
export function requestOf(row, input) {
    /** @type {Record<string, unknown>} */
    const members = { ...input };
    let path = row.path.replace(/\{(\w+)\}/g, (_, name) => {
        const value = members[name] ?? (name === "cardId" ? "current" : undefined);
        if (typeof value !== "string" || value === "") {
            throw new TypeError(`${row.method} ${row.path} needs the text ${name}`);
        }
        delete members[name];
        return encodeURIComponent(value);
    });
    const query = new URLSearchParams();
    for (const name of row.query) {
        const value = members[name];
        delete members[name];
        if (value !== undefined) {
            query.set(name, String(value));
        }
    }
    path += query.size === 0 ? "" : `?${query}`;
    if (row.body) {
        return { path, body: JSON.stringify(members) };
    }
    const left = Object.keys(members);
    if (left.length > 0) {
        throw new TypeError(`${row.method} ${row.path} has no member ${left.join(", ")}`);
    }
    return { path };
}

/**
 * Reads the answer of a successful call.
 * @param {Response} response
 * @returns {Promise<any>}
 */
export async function answerOf(response) {
    if (response.status === 204) {
        return undefined;
    }
    return isJson(response) ? response.json() : response.blob();
}

/**
 * Reads a refusal; `undefined` if what answers is not the daemon.
 * @param {Response} response
 */
export async function refusalOf(response) {
    const problem = isJson(response) ? await response.json().catch(() => undefined) : undefined;
    if (typeof problem?.code !== "string") {
        return undefined;
    }
    // The member is also in errors of operations that ran on, which have no headers of their own.
    const seconds = problem.retryAfter ?? response.headers.get("retry-after");
    return new BeiddRefusal(problem, secondsOf(seconds));
}

/** @param {Response} response */
function isJson(response) {
    return /^application\/([\w.-]+\+)?json\b/.test(response.headers.get("content-type") ?? "");
}

/** @param {unknown} stated */
function secondsOf(stated) {
    const text = String(stated).trim();
    return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
