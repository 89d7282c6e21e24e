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
export function requestOf(row: OperationRow, input: object): {
    path: string;
    body: string;
} | {
    path: string;
    body?: never;
};
/**
 * Reads the answer of a successful call.
 * @param {Response} response
 * @returns {Promise<any>}
 */
export function answerOf(response: Response): Promise<any>;
/**
 * Reads a refusal; `undefined` if what answers is not the daemon.
 * @param {Response} response
 */
export function refusalOf(response: Response): Promise<BeiddRefusal | undefined>;
export type Operations = import("../types/openapi.js").operations;
/**
 * name of an operation, as in the OpenAPI
 *    document; events are a stream, and have a method of their own
 */
export type OperationId = Exclude<keyof Operations & keyof typeof OPERATIONS, "events">;
/**
 * Members of a request: those of its path, its query and its body, side by side. `cardId` in a path is `current` if absent.
 */
export type OperationInput<K extends OperationId> = PathMembers<Operations[K]> & QueryMembers<Operations[K]> & BodyMembers<Operations[K]>;
/**
 * Arguments of an operation's method: its members, unless all may be absent, and options.
 */
export type OperationArguments<K extends OperationId> = {} extends OperationInput<K> ? [input?: OperationInput<K>, options?: CallOptions] : [input: OperationInput<K>, options?: CallOptions];
export type PathMembers<O> = O extends {
    parameters: {
        path: infer P extends object;
    };
} ? Omit<P, "cardId"> & { [M in keyof P as M extends "cardId" ? M : never]?: P[M]; } : {};
export type QueryMembers<O> = O extends {
    parameters: {
        query?: infer Q;
    };
} ? ([Exclude<Q, undefined>] extends [never] ? {} : Exclude<Q, undefined>) : {};
export type BodyMembers<O> = O extends {
    requestBody: {
        content: {
            "application/json": infer B;
        };
    };
} ? B : {};
/**
 * Answer of an operation: its JSON; octets come as a `Blob`.
 */
export type OperationAnswer<K extends OperationId> = Success<Operations[K]> extends {
    content: infer C;
} ? (C extends {
    "application/json": infer J;
} ? J : Blob) : undefined;
export type Success<O> = O extends {
    responses: infer R;
} ? R extends {
    200: infer S;
} ? S : R extends {
    201: infer S;
} ? S : R extends {
    204: infer S;
} ? S : never : never;
/**
 * state of a call that runs on by itself
 */
export type RunningOperation = import("../types/openapi.js").components["schemas"]["OperationAnswer"];
/**
 * Options of a call.
 */
export type CallOptions = {
    /**
     * gives the call up: an open dialog closes, and nothing is signed
     */
    signal?: AbortSignal;
    /**
     * observer of this call, in place of the client's
     */
    onState?: import("./states.js").OnState;
    /**
     * media type of the answer, where there are several; other than JSON comes as a `Blob`
     */
    accept?: string;
    /**
     * key under which the daemon does the call once; a fresh one by default
     */
    idempotencyKey?: string;
};
/**
 * Row of the table of operations.
 */
export type OperationRow = {
    /**
     * HTTP method
     */
    method: string;
    /**
     * path, with members in braces
     */
    path: string;
    /**
     * members that stand in the query
     */
    query: readonly string[];
    /**
     * true if the other members stand in a JSON body
     */
    body: boolean;
    /**
     * true if the call needs no token
     */
    open: boolean;
    /**
     * true if the call may wait for a person, and can run on by itself
     */
    waits: boolean;
    /**
     * true if the call takes an `Idempotency-Key`
     */
    keyed: boolean;
    /**
     * media type of the answer
     */
    answer: string;
};
import { BeiddRefusal } from "./errors.js";
import { OPERATIONS } from "./operations.js";
