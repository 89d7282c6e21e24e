/** Connection to the daemon: requests with the page's token, and the way back to a daemon that has moved. */
import { answerOf, refusalOf, requestOf } from "./calls.js";
import { BeiddConnectionError, isUnknownCaller } from "./errors.js";
import { baseOf, findDaemon } from "./find.js";
import { OPERATIONS } from "./operations.js";
import { StateTeller } from "./states.js";
import { ClientMemory, PageMemory } from "./storage.js";
import { chooseLanguage } from "./texts.js";

/**
 * @typedef {import("./calls.js").OperationId} OperationId
 * @typedef {import("./calls.js").CallOptions} CallOptions
 * @typedef {import("./calls.js").OperationRow} OperationRow
 */

/**
 * Parts of a request.
 * @typedef {object} RequestParts
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} headers
 * @property {string | undefined} [body]
 * @property {AbortSignal | undefined} [signal]
 */

/** Wish of calls that may wait for a person (RFC 7240): a quick answer if there is one, else the call runs on. */
const PREFER = "respond-async, wait=1";

/** Connection to one daemon, as one caller. */
export class DaemonConnection {
    #options;
    #fetch;
    #memory;
    /** @type {string | undefined} */
    #token;
    /** Port of the daemon, once it is found. @type {number | undefined} */
    port;
    language;
    states;

    /** @param {import("./client.js").ConnectOptions} options */
    constructor(options) {
        this.#options = options;
        // Browsers refuse a fetch that is called as a method of something else than the window.
        this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
        this.#memory = new ClientMemory(options.storage ?? new PageMemory());
        this.language = chooseLanguage(options.language);
        this.states = new StateTeller(this.language, options.onState);
    }

    /** Takes the token that the page has, if it has one. */
    async recall() {
        this.#token = this.#options.token ?? (await this.#memory.token());
    }

    /** @param {{ token: string, expiresAt?: string }} granted */
    async remember(granted) {
        this.#token = granted.token;
        await this.#memory.keepToken(granted);
    }

    async forget() {
        this.#token = undefined;
        await this.#memory.forgetToken();
    }

    /**
     * Opens the stream of events.
     * @param {string} lastId
     * @param {AbortSignal} [signal]
     */
    async stream(lastId, signal) {
        const { path, method } = OPERATIONS.events;
        /** @type {Record<string, string>} */
        const headers = { Accept: "text/event-stream" };
        if (lastId !== "") {
            headers["Last-Event-ID"] = lastId;
        }
        return this.#accepted(await this.#sendOrFind({ method, path, headers, signal }, true));
    }

    /**
     * Finds the daemon, where it was last and elsewhere.
     * @param {AbortSignal | undefined} signal
     */
    async find(signal) {
        this.port = await findDaemon({
            fetch: this.#fetch,
            language: this.language,
            states: this.states,
            remembered: this.port ?? (await this.#memory.port()),
            wasReached: this.port !== undefined,
            signal,
            ...(this.#options.ports ? { ports: this.#options.ports } : {}),
        });
        await this.#memory.keepPort(this.port);
    }

    /**
     * Returns true if the daemon knows the token. It is forgotten if not.
     * @param {AbortSignal | undefined} signal
     */
    async isKnown(signal) {
        if (this.#token === undefined) {
            return false;
        }
        const { method, path } = OPERATIONS.status;
        const response = await this.#send({ method, path, headers: {}, signal });
        if (response.ok) {
            return true;
        }
        const refusal = await this.refusal(response);
        if (refusal.code !== "notPaired") {
            throw refusal;
        }
        return false;
    }

    /**
     * Sends a call; returns the answer of a successful one.
     * @param {OperationId} id
     * @param {object} input
     * @param {CallOptions | { signal?: AbortSignal | undefined }} options
     * @param {string} [prefer]
     */
    async exchange(id, input, options, prefer = PREFER) {
        /** @type {OperationRow} */
        const row = OPERATIONS[id];
        const { path, body } = requestOf(row, input);
        if (!row.open && this.#token === undefined) {
            throw this.fault("notPaired");
        }
        /** @type {Record<string, string>} */
        const headers = { Accept: ("accept" in options && options.accept) || row.answer };
        if (body !== undefined) {
            headers["Content-Type"] = "application/json";
        }
        if (row.waits) {
            headers.Prefer = prefer;
        }
        if (row.keyed) {
            headers["Idempotency-Key"] = ("idempotencyKey" in options && options.idempotencyKey) || crypto.randomUUID();
        }
        const again = row.method === "GET" || row.keyed;
        const request = { method: row.method, path, headers, body, signal: options.signal };
        return this.#accepted(await this.#sendOrFind(request, again));
    }

    /**
     * Sends a request. If there is no answer, finds out why; if `again`, sends it once more to a daemon that is back.
     * @param {RequestParts} request
     * @param {boolean} again
     */
    async #sendOrFind(request, again) {
        try {
            return await this.#send(request);
        } catch (cause) {
            request.signal?.throwIfAborted();
            await this.find(request.signal);
            // A page that is not let in may not even read that: its call fails like a lost connection.
            if (this.#token !== undefined && !(await this.isKnown(request.signal))) {
                throw this.fault("notPaired", cause);
            }
            if (!again) {
                throw this.fault("connectionLost", cause);
            }
        }
        try {
            return await this.#send(request);
        } catch (cause) {
            request.signal?.throwIfAborted();
            throw this.fault("connectionLost", cause);
        }
    }

    /** @param {RequestParts} request */
    #send({ method, path, headers, body, signal }) {
        const base = baseOf(this.port ?? 0);
        const token = this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` };
        return this.#fetch(base + path, {
            method,
            headers: { ...headers, ...token, "Accept-Language": this.language },
            ...(body === undefined ? {} : { body }),
            ...(signal ? { signal } : {}),
            cache: "no-store",
            credentials: "omit",
            redirect: "error",
        });
    }

    /** @param {Response} response */
    async #accepted(response) {
        if (!response.ok) {
            throw await this.refusal(response);
        }
        return response;
    }

    /**
     * Reads the answer in a response.
     * @param {Response} response
     */
    async read(response) {
        try {
            return await answerOf(response);
        } catch (cause) {
            throw this.fault("connectionLost", cause);
        }
    }

    /**
     * Reads the error in a response.
     * @param {Response} response
     */
    async refusal(response) {
        const refusal = await refusalOf(response);
        if (!refusal) {
            return this.fault("anotherProgram");
        }
        if (isUnknownCaller(refusal)) {
            await this.forget();
            return this.fault("notPaired", refusal);
        }
        return refusal;
    }

    /**
     * Makes an error in the page's language.
     * @param {import("./errors.js").ConnectionCode} code
     * @param {unknown} [cause]
     */
    fault(code, cause) {
        return new BeiddConnectionError(code, this.language, cause === undefined ? {} : { cause });
    }
}
