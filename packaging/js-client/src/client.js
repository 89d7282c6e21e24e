/** The client: one connection to the daemon, found, paired, and found again when it has moved. */
import { DaemonConnection } from "./connection.js";
import { BeiddConnectionError, BeiddError, BeiddRefusal } from "./errors.js";
import { EventParser, eventsOf } from "./events.js";
import { openDaemonPage } from "./find.js";
import { OPERATIONS, OperationCalls } from "./operations.js";
import { askPairing } from "./pairing.js";
import { StateTeller } from "./states.js";
import { pause, unlessAborted } from "./time.js";

/**
 * @typedef {import("./calls.js").OperationId} OperationId
 * @typedef {import("./calls.js").CallOptions} CallOptions
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
    #connection;

    /** @param {ConnectOptions} [options] */
    constructor(options = {}) {
        super();
        this.#options = options;
        this.#connection = new DaemonConnection(options);
    }

    /** Port of the daemon, once it is found. */
    get port() {
        return this.#connection.port;
    }

    /**
     * Finds the daemon, and pairs if it does not know the page. {@link connect} has done this.
     * @param {{ signal?: AbortSignal | undefined }} [options]
     */
    async connect({ signal = this.#options.signal } = {}) {
        await this.#connection.recall();
        await this.#connection.find(signal);
        if (!(await this.#connection.isKnown(signal))) {
            await this.pair({ signal });
        }
        this.#connection.states.tell("connected");
    }

    /**
     * Asks the person to let the page in, and waits for the answer. The state `waitingForUser` has the match code.
     * @param {{ signal?: AbortSignal | undefined }} [options]
     */
    async pair({ signal } = {}) {
        const { name, scopes, days } = this.#options;
        if (name === undefined) {
            throw this.#connection.fault("notPaired");
        }
        const asked = { name, scopes: scopes ?? ["readers"], ...(days === undefined ? {} : { days }) };
        /** @type {import("./pairing.js").PairingExchange} */
        const exchange = (id, input, until) => this.#connection.exchange(id, input, { signal: until });
        const granted = await askPairing(exchange, asked, {
            signal,
            waiting: (matchCode) => this.#connection.states.tell("waitingForUser", { matchCode }),
            ended: (code) => this.#connection.fault(code),
        }).catch((error) => {
            // The daemon's own words say why it does not even ask.
            throw error instanceof BeiddConnectionError && error.cause instanceof BeiddRefusal ? error.cause : error;
        });
        await this.#connection.remember(granted);
    }

    /** Forgets the token in this page; the daemon keeps the pairing until it expires or is revoked. */
    async forget() {
        await this.#connection.forget();
    }

    /** Opens the daemon's own page in a new tab; see {@link openDaemonPage}. */
    openDaemonPage() {
        return openDaemonPage(this.#connection.port);
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
            return this.#toEnd(await this.#connection.exchange(id, input, options), options);
        }
        signal.throwIfAborted();
        // The request itself is not given up: its answer names the operation that has to be cancelled.
        const response = this.#connection.exchange(id, input, rest);
        const begun = await unlessAborted(response, signal).catch((error) => {
            response.then((late) => this.#toEnd(late, { signal })).catch(() => {});
            throw error;
        });
        return this.#toEnd(begun, options);
    }

    /** @param {Response} response @param {CallOptions} options @returns {Promise<any>} */
    async #toEnd(response, options) {
        const answer = await this.#connection.read(response);
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
        const response = await this.#connection.exchange(id, input, options, "respond-async");
        return this.#connection.read(response);
    }

    /**
     * Waits for the answer of an operation that runs on. If the signal ends the wait, the operation is cancelled.
     * @param {string} operationId
     * @param {CallOptions} [options]
     * @returns {Promise<any>}
     */
    async wait(operationId, options = {}) {
        const { language, states: own } = this.#connection;
        const states = options.onState ? new StateTeller(language, options.onState) : own;
        try {
            return await this.#ended(operationId, states, options.signal);
        } catch (error) {
            if (options.signal?.aborted) {
                await this.#connection.exchange("cancel-operation", { id: operationId }, {}).catch(() => {});
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
                const response = await this.#connection.stream(parser.lastId, signal);
                this.#connection.states.tell("connected");
                failures = 0;
                yield* eventsOf(response, parser);
            } catch (error) {
                signal?.throwIfAborted();
                wish = this.#mayReconnect(error, failures);
            }
            failures += 1;
            this.#connection.states.tell("reconnecting");
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

    /** @param {string} operationId @param {StateTeller} states @param {AbortSignal} [signal] */
    async #ended(operationId, states, signal) {
        for (let unheard = 0; ; ) {
            /** @type {RunningOperation | undefined} */
            let operation;
            try {
                const response = await this.#connection.exchange("operation", { id: operationId }, { signal });
                operation = await this.#connection.read(response);
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
                const { error } = operation;
                throw await this.#connection.refusal(Response.json(error, { status: error.status }));
            }
            if (operation) {
                states.tellCall(operation);
            }
            await pause(LOOK_AGAIN, signal);
        }
    }

}

/** @param {unknown} error */
function isBusy(error) {
    return error instanceof BeiddError && /** @type {any} */ (error).status === 429;
}
