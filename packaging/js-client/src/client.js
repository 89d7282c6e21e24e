/** The client: one connection to the daemon, found, paired, and found again when it has moved. */
import { answerOf, refusalOf, requestOf } from "./calls.js";
import { BeiddConnectionError, BeiddError, BeiddRefusal, isUnknownCaller } from "./errors.js";
import { EventParser, eventsOf } from "./events.js";
import { baseOf, findDaemon, openDaemonPage } from "./find.js";
import { OPERATIONS, OperationCalls } from "./operations.js";
import { askPairing } from "./pairing.js";
import { StateTeller } from "./states.js";
import { ClientMemory, PageMemory } from "./storage.js";
import { chooseLanguage } from "./texts.js";
import { pause, unlessAborted } from "./time.js";

/**
 * @typedef {import("./calls.js").OperationId} OperationId
 * @typedef {import("./calls.js").CallOptions} CallOptions
 * @typedef {import("./calls.js").OperationRow} OperationRow
 * @typedef {import("./calls.js").RunningOperation} RunningOperation
 */

/**
 * Options of {@link connect}.
 * @typedef {object} ConnectOptions
 * @property {string} [name] name of the page's software, shown to the person who lets it in; absent: it does not ask
 * @property {string[]} [scopes] scopes to ask for: the fewest that do the job
 * @property {number} [days] days for which to ask
 * @property {string} [token] token of a program, made with `beidctl token create`, in place of pairing
 * @property {import("./storage.js").TextStorage} [storage] place of the page's token; by default it ends with the page
 * @property {string} [language] language of all texts: nl, fr, de or en; by default the browser's
 * @property {import("./states.js").OnState} [onState] observer of states, to show what is being waited for
 * @property {AbortSignal} [signal] ends the search and the wait for a person
 * @property {readonly number[]} [ports] ports to look at, if the daemon has been given another one
 * @property {typeof fetch} [fetch] function to fetch with
 */

/** Interval at which the state of a call is read, in milliseconds. */
const LOOK_AGAIN = 300;
/** Number of times in a row that this may fail before the call counts as lost. */
const MOST_UNHEARD = 20;
/** Pauses before a stream of events is opened anew, in milliseconds; the last one repeats. */
const RECONNECT = [250, 1000, 2000, 5000, 15000, 30000];
/** Wish of calls that may wait for a person (RFC 7240): a quick answer if there is one, else the call runs on. */
const PREFER = "respond-async, wait=1";

/**
 * Finds the daemon on this computer and makes the page known to it, asking a person if need be.
 * @param {ConnectOptions} [options]
 * @returns {Promise<BeiddClient>}
 * @throws {BeiddConnectionError}
 */
export async function connect(options = {}) {
    const client = new BeiddClient(options);
    await client.connect();
    return client;
}

/** Client of the daemon. It has one method for each operation; {@link connect} makes one. */
export class BeiddClient extends OperationCalls {
    #options;
    #fetch;
    #language;
    #memory;
    #states;
    /** @type {string | undefined} */
    #token;
    /** @type {number | undefined} */
    #port;

    /** @param {ConnectOptions} [options] */
    constructor(options = {}) {
        super();
        this.#options = options;
        // Browsers refuse a fetch that is called as a method of something else than the window.
        this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
        this.#language = chooseLanguage(options.language);
        this.#memory = new ClientMemory(options.storage ?? new PageMemory());
        this.#states = new StateTeller(this.#language, options.onState);
    }

    /** Port of the daemon, once it is found. */
    get port() {
        return this.#port;
    }

    /**
     * Finds the daemon, and pairs if it does not know the page. {@link connect} has done this.
     * @param {{ signal?: AbortSignal | undefined }} [options]
     */
    async connect({ signal = this.#options.signal } = {}) {
        this.#token = this.#options.token ?? (await this.#memory.token());
        await this.#find(signal);
        if (!(await this.#isKnown(signal))) {
            await this.pair({ signal });
        }
        this.#states.tell("connected");
    }

    /**
     * Asks the person to let the page in, and waits for the answer. The state `waitingForUser` has the match code.
     * @param {{ signal?: AbortSignal | undefined }} [options]
     */
    async pair({ signal } = {}) {
        const { name, scopes, days } = this.#options;
        if (name === undefined) {
            throw this.#fault("notPaired");
        }
        const asked = { name, scopes: scopes ?? ["readers"], ...(days === undefined ? {} : { days }) };
        const granted = await askPairing((id, input, until) => this.#exchange(id, input, { signal: until }), asked, {
            signal,
            waiting: (matchCode) => this.#states.tell("waitingForUser", { matchCode }),
            ended: (code) => this.#fault(code),
        }).catch((error) => {
            // The daemon's own words say why it does not even ask.
            throw error instanceof BeiddConnectionError && error.cause instanceof BeiddRefusal ? error.cause : error;
        });
        this.#token = granted.token;
        await this.#memory.keepToken(granted);
    }

    /** Forgets the token in this page; the daemon keeps the pairing until it expires or is revoked. */
    async forget() {
        this.#token = undefined;
        await this.#memory.forgetToken();
    }

    /** Opens the daemon's own page in a new tab; see {@link openDaemonPage}. */
    openDaemonPage() {
        return openDaemonPage(this.#port);
    }

    /**
     * Calls an operation by its name. Waits for its end, however long a person takes; states tell what it waits for.
     * @template {OperationId} K
     * @param {K} id
     * @param {import("./calls.js").OperationInput<K>} input
     * @param {CallOptions} [options]
     * @returns {Promise<import("./calls.js").OperationAnswer<K>>}
     * @override
     */
    async call(id, input, options = {}) {
        const { signal, ...rest } = options;
        if (!OPERATIONS[id].waits || !signal) {
            return this.#toEnd(await this.#exchange(id, input, options), options);
        }
        signal.throwIfAborted();
        // The request itself is not given up: its answer names the operation that has to be cancelled.
        const response = this.#exchange(id, input, rest);
        const begun = await unlessAborted(response, signal).catch((error) => {
            response.then((late) => this.#toEnd(late, { signal })).catch(() => {});
            throw error;
        });
        return this.#toEnd(begun, options);
    }

    /** @param {Response} response @param {CallOptions} options @returns {Promise<any>} */
    async #toEnd(response, options) {
        const answer = await this.#read(response);
        return response.status === 202 ? this.wait(answer.id, options) : answer;
    }

    /**
     * Begins an operation that may wait for a person, and returns at once; {@link wait} waits for its answer, also from
     * a page that was loaded anew.
     * @template {OperationId} K
     * @param {K} id
     * @param {import("./calls.js").OperationInput<K>} input
     * @param {CallOptions} [options]
     * @returns {Promise<RunningOperation>}
     */
    async begin(id, input, options = {}) {
        if (!OPERATIONS[id].waits) {
            throw new TypeError(`${id} answers at once: call it`);
        }
        const response = await this.#exchange(id, input, options, "respond-async");
        return this.#read(response);
    }

    /**
     * Waits for the answer of an operation that runs on. If the signal ends the wait, the operation is cancelled.
     * @param {string} operationId
     * @param {CallOptions} [options]
     * @returns {Promise<any>}
     */
    async wait(operationId, options = {}) {
        const states = options.onState ? new StateTeller(this.#language, options.onState) : this.#states;
        try {
            return await this.#ended(operationId, states, options.signal);
        } catch (error) {
            if (options.signal?.aborted) {
                await this.#exchange("cancel-operation", { id: operationId }, {}).catch(() => {});
            }
            throw error;
        } finally {
            states.tell("connected");
        }
    }

    /**
     * Yields events as they come, for ever: when the connection is lost or the daemon starts anew, it reconnects and
     * resumes. `resync` means that some events were lost.
     * @param {{ signal?: AbortSignal, lastEventId?: string }} [options]
     * @returns {AsyncGenerator<import("./events.js").BeiddEvent, never, void>}
     */
    async *events({ signal, lastEventId = "" } = {}) {
        const parser = new EventParser();
        parser.lastId = lastEventId;
        for (let failures = -1; ; ) {
            /** @type {number | undefined} */
            let wish;
            try {
                const response = await this.#stream(parser.lastId, signal);
                this.#states.tell("connected");
                failures = 0;
                yield* eventsOf(response, parser);
            } catch (error) {
                signal?.throwIfAborted();
                wish = this.#mayReconnect(error, failures);
            }
            failures += 1;
            this.#states.tell("reconnecting");
            await pause(wish ?? parser.retry ?? RECONNECT[Math.min(failures, RECONNECT.length) - 1] ?? 0, signal);
        }
    }

    /**
     * Returns the pause that a refused stream should make, in milliseconds; throws if it is no use to open it again.
     * @param {unknown} error
     * @param {number} failures number of failures in a row; -1 for a stream that never was open
     */
    #mayReconnect(error, failures) {
        const seconds = /** @type {any} */ (error).retryAfter;
        if (typeof seconds === "number") {
            return seconds * 1000;
        }
        const unknown = error instanceof BeiddConnectionError && error.code === "notPaired";
        if (failures < 0 || unknown || (error instanceof BeiddError && "status" in error)) {
            throw error;
        }
        return undefined;
    }

    /** @param {string} lastId @param {AbortSignal} [signal] */
    async #stream(lastId, signal) {
        const { path, method } = OPERATIONS.events;
        /** @type {Record<string, string>} */
        const headers = { Accept: "text/event-stream" };
        if (lastId !== "") {
            headers["Last-Event-ID"] = lastId;
        }
        return this.#accepted(await this.#sendOrFind({ method, path, headers, signal }, true));
    }

    /** @param {string} operationId @param {StateTeller} states @param {AbortSignal} [signal] */
    async #ended(operationId, states, signal) {
        for (let unheard = 0; ; ) {
            /** @type {RunningOperation | undefined} */
            let operation;
            try {
                operation = await this.#read(await this.#exchange("operation", { id: operationId }, { signal }));
                unheard = 0;
            } catch (error) {
                signal?.throwIfAborted();
                unheard += 1;
                const passes = error instanceof BeiddConnectionError ? error.code !== "notPaired" : isBusy(error);
                // It runs on without us, and a result that is not fetched is lost: one lost connection is no reason.
                if (!passes || unheard > MOST_UNHEARD) {
                    throw error;
                }
            }
            if (operation?.state === "succeeded") {
                return operation.result;
            }
            if (operation?.error) {
                throw await this.#refusal(Response.json(operation.error, { status: operation.error.status }));
            }
            if (operation) {
                states.tellCall(operation);
            }
            await pause(LOOK_AGAIN, signal);
        }
    }

    /** @param {AbortSignal | undefined} signal */
    async #find(signal) {
        this.#port = await findDaemon({
            fetch: this.#fetch,
            language: this.#language,
            states: this.#states,
            remembered: this.#port ?? (await this.#memory.port()),
            wasReached: this.#port !== undefined,
            signal,
            ...(this.#options.ports ? { ports: this.#options.ports } : {}),
        });
        await this.#memory.keepPort(this.#port);
    }

    /**
     * Returns true if the daemon knows the token. It is forgotten if not.
     * @param {AbortSignal | undefined} signal
     */
    async #isKnown(signal) {
        if (this.#token === undefined) {
            return false;
        }
        const { method, path } = OPERATIONS.status;
        const response = await this.#send({ method, path, headers: {}, signal });
        if (response.ok) {
            return true;
        }
        const refusal = await this.#refusal(response);
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
    async #exchange(id, input, options, prefer = PREFER) {
        /** @type {OperationRow} */
        const row = OPERATIONS[id];
        const { path, body } = requestOf(row, input);
        if (!row.open && this.#token === undefined) {
            throw this.#fault("notPaired");
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
        return this.#accepted(await this.#sendOrFind({ method: row.method, path, headers, body, signal: options.signal }, again));
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
            await this.#find(request.signal);
            // A page that is not let in may not even read that: its call fails like a lost connection.
            if (this.#token !== undefined && !(await this.#isKnown(request.signal))) {
                throw this.#fault("notPaired", cause);
            }
            if (!again) {
                throw this.#fault("connectionLost", cause);
            }
        }
        try {
            return await this.#send(request);
        } catch (cause) {
            request.signal?.throwIfAborted();
            throw this.#fault("connectionLost", cause);
        }
    }

    /**
     * @typedef {object} RequestParts
     * @property {string} method
     * @property {string} path
     * @property {Record<string, string>} headers
     * @property {string | undefined} [body]
     * @property {AbortSignal | undefined} [signal]
     */
    /** @param {RequestParts} request */
    #send({ method, path, headers, body, signal }) {
        const base = baseOf(this.#port ?? 0);
        const token = this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` };
        return this.#fetch(base + path, {
            method,
            headers: { ...headers, ...token, "Accept-Language": this.#language },
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
            throw await this.#refusal(response);
        }
        return response;
    }

    /** @param {Response} response */
    async #read(response) {
        try {
            return await answerOf(response);
        } catch (cause) {
            throw this.#fault("connectionLost", cause);
        }
    }

    /**
     * Reads the error in a response.
     * @param {Response} response
     */
    async #refusal(response) {
        const refusal = await refusalOf(response);
        if (!refusal) {
            return this.#fault("anotherProgram");
        }
        if (isUnknownCaller(refusal)) {
            await this.forget();
            return this.#fault("notPaired", refusal);
        }
        return refusal;
    }

    /** @param {import("./errors.js").ConnectionCode} code @param {unknown} [cause] */
    #fault(code, cause) {
        return new BeiddConnectionError(code, this.#language, cause === undefined ? {} : { cause });
    }
}

/** @param {unknown} error */
function isBusy(error) {
    return error instanceof BeiddError && /** @type {any} */ (error).status === 429;
}
