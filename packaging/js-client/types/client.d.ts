/**
 * Finds the daemon on this computer and makes the page known to it, asking a person if need be.
 * @param {ConnectOptions} [options]
 * @returns {Promise<BeiddClient>}
 * @throws {BeiddConnectionError}
 */
export function connect(options?: ConnectOptions): Promise<BeiddClient>;
/** Client of the daemon. It has one method for each operation; {@link connect} makes one. */
export class BeiddClient extends OperationCalls {
    /** @param {ConnectOptions} [options] */
    constructor(options?: ConnectOptions);
    /** Port of the daemon, once it is found. */
    get port(): number | undefined;
    /**
     * Finds the daemon, and pairs if it does not know the page. {@link connect} has done this.
     * @param {{ signal?: AbortSignal | undefined }} [options]
     */
    connect({ signal }?: {
        signal?: AbortSignal | undefined;
    }): Promise<void>;
    /**
     * Asks the person to let the page in, and waits for the answer. The state `waitingForUser` has the match code.
     * @param {{ signal?: AbortSignal | undefined }} [options]
     */
    pair({ signal }?: {
        signal?: AbortSignal | undefined;
    }): Promise<void>;
    /** Forgets the token in this page; the daemon keeps the pairing until it expires or is revoked. */
    forget(): Promise<void>;
    /** Opens the daemon's own page in a new tab; see {@link openDaemonPage}. */
    openDaemonPage(): boolean;
    /**
     * Begins an operation that may wait for a person, and returns at once; {@link wait} waits for its answer, also from
     * a page that was loaded anew.
     * @template {OperationId} K
     * @param {K} id
     * @param {import("./calls.js").OperationInput<K>} input
     * @param {CallOptions} [options]
     * @returns {Promise<RunningOperation>}
     */
    begin<K extends OperationId>(id: K, input: import("./calls.js").OperationInput<K>, options?: CallOptions): Promise<RunningOperation>;
    /**
     * Waits for the answer of an operation that runs on. If the signal ends the wait, the operation is cancelled.
     * @param {string} operationId
     * @param {CallOptions} [options]
     * @returns {Promise<any>}
     */
    wait(operationId: string, options?: CallOptions): Promise<any>;
    /**
     * Yields events as they come, for ever: when the connection is lost or the daemon starts anew, it reconnects and
     * resumes. `resync` means that some events were lost.
     * @param {{ signal?: AbortSignal, lastEventId?: string }} [options]
     * @returns {AsyncGenerator<import("./events.js").BeiddEvent, never, void>}
     */
    events({ signal, lastEventId }?: {
        signal?: AbortSignal;
        lastEventId?: string;
    }): AsyncGenerator<import("./events.js").BeiddEvent, never, void>;
    #private;
}
export type OperationId = import("./calls.js").OperationId;
export type CallOptions = import("./calls.js").CallOptions;
export type RunningOperation = import("./calls.js").RunningOperation;
/**
 * Options of {@link connect}.
 */
export type ConnectOptions = {
    /**
     * name of the page's software, shown to the person who lets it in; absent: it does not ask
     */
    name?: string;
    /**
     * scopes to ask for: the fewest that do the job
     */
    scopes?: string[];
    /**
     * days for which to ask
     */
    days?: number;
    /**
     * token of a program, made with `beidctl token create`, in place of pairing
     */
    token?: string;
    /**
     * place of the page's token; by default it ends with the page
     */
    storage?: import("./storage.js").TextStorage;
    /**
     * language of all texts: nl, fr, de or en; by default the browser's
     */
    language?: string;
    /**
     * observer of states, to show what is being waited for
     */
    onState?: import("./states.js").OnState;
    /**
     * ends the search and the wait for a person
     */
    signal?: AbortSignal;
    /**
     * ports to look at, if the daemon has been given another one
     */
    ports?: readonly number[];
    /**
     * function to fetch with
     */
    fetch?: typeof fetch;
};
import { OperationCalls } from "./operations.js";
