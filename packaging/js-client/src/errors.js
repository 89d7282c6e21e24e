/** Errors of the client: refusals by the daemon, and faults of the way to it. */
import { textOf } from "./texts.js";

/**
 * Fault of the way to the daemon.
 * @typedef {keyof typeof import("./texts.js").CONNECTION_TEXTS} ConnectionCode
 * @typedef {import("./texts.js").Language} Language
 * @typedef {import("../types/openapi.js").components["schemas"]["Problem"]} Problem
 */

/** Error that can be shown to a person: {@link text} says what happened, {@link nextStep} what to do. */
export class BeiddError extends Error {
    /**
     * Stable code, for programs.
     * @type {string}
     */
    code;
    /** Sentence for people, in the client's language. */
    text;
    /** Sentence for people: the next thing to do. It is empty if the text says it. */
    nextStep;

    /** @param {string} code @param {{ text: string, nextStep: string }} texts @param {ErrorOptions} [options] */
    constructor(code, { text, nextStep }, options) {
        super(`${text} [${code}]`, options);
        this.name = new.target.name;
        this.code = code;
        this.text = text;
        this.nextStep = nextStep;
    }
}

/**
 * The daemon cannot be reached, or does not know this page.
 *
 * A browser hides from pages why a connection failed. {@link likely} then lists every code that fits what is known, the
 * likeliest first; {@link certain} is false.
 */
export class BeiddConnectionError extends BeiddError {
    /** Codes that fit what is known, the likeliest first, each with its texts. */
    likely;

    /**
     * @param {ConnectionCode | readonly ConnectionCode[]} codes
     * @param {Language} language
     * @param {ErrorOptions} [options]
     */
    constructor(codes, language, options) {
        const list = typeof codes === "string" ? [codes] : codes;
        const likely = list.map((code) => ({ code, ...textOf(code, language) }));
        const first = likely[0];
        if (!first) {
            throw new TypeError("a connection error has at least one code");
        }
        super(first.code, first, options);
        this.likely = likely;
    }

    /** True if no other code fits. */
    get certain() {
        return this.likely.length === 1;
    }
}

/** The daemon refused a call. `code` is one of the codes of its interface: `pin-incorrect`, `user-declined`, `no-card`. */
export class BeiddRefusal extends BeiddError {
    /** HTTP status. */
    status;
    /** True if the same call may succeed a little later, with nothing changed. */
    retriable;
    /** PIN tries left, after a wrong PIN. */
    triesLeft;
    /** Seconds after which the call is worth repeating, if the daemon says so. */
    retryAfter;
    /** The error as the daemon sent it (RFC 9457). */
    problem;

    /** @param {Problem} problem @param {number} [retryAfter] */
    constructor(problem, retryAfter) {
        super(problem.code, { text: problem.detail || problem.title, nextStep: "" });
        this.status = problem.status;
        this.retriable = problem.retriable;
        this.triesLeft = problem.triesLeft;
        this.retryAfter = retryAfter;
        this.problem = problem;
    }
}

/**
 * Returns true if a thrown value says that the daemon does not know the caller: no token, or one that has ended.
 * @param {unknown} error
 * @returns {error is BeiddRefusal}
 */
export function isUnknownCaller(error) {
    return error instanceof BeiddRefusal && (error.status === 401 || error.code === "origin-not-paired");
}
