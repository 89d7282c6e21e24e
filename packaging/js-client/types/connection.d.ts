/** Connection to one daemon, as one caller. */
export class DaemonConnection {
    /** @param {import("./client.js").ConnectOptions} options */
    constructor(options: import("./client.js").ConnectOptions);
    /** Port of the daemon, once it is found. @type {number | undefined} */
    port: number | undefined;
    language: "nl" | "fr" | "de" | "en";
    states: StateTeller;
    /** Takes the token that the page has, if it has one. */
    recall(): Promise<void>;
    /** @param {{ token: string, expiresAt?: string }} granted */
    remember(granted: {
        token: string;
        expiresAt?: string;
    }): Promise<void>;
    forget(): Promise<void>;
    /**
     * Opens the stream of events.
     * @param {string} lastId
     * @param {AbortSignal} [signal]
     */
    stream(lastId: string, signal?: AbortSignal): Promise<Response>;
    /**
     * Finds the daemon, where it was last and elsewhere.
     * @param {AbortSignal | undefined} signal
     */
    find(signal: AbortSignal | undefined): Promise<void>;
    /**
     * Returns true if the daemon knows the token. It is forgotten if not.
     * @param {AbortSignal | undefined} signal
     */
    isKnown(signal: AbortSignal | undefined): Promise<boolean>;
    /**
     * Sends a call; returns the answer of a successful one.
     * @param {OperationId} id
     * @param {object} input
     * @param {CallOptions | { signal?: AbortSignal | undefined }} options
     * @param {string} [prefer]
     */
    exchange(id: OperationId, input: object, options: CallOptions | {
        signal?: AbortSignal | undefined;
    }, prefer?: string): Promise<Response>;
    /**
     * Reads the answer in a response.
     * @param {Response} response
     */
    read(response: Response): Promise<any>;
    /**
     * Reads the error in a response.
     * @param {Response} response
     */
    refusal(response: Response): Promise<BeiddConnectionError>;
    /**
     * Makes an error in the page's language.
     * @param {import("./errors.js").ConnectionCode} code
     * @param {unknown} [cause]
     */
    fault(code: import("./errors.js").ConnectionCode, cause?: unknown): BeiddConnectionError;
    #private;
}
export type OperationId = import("./calls.js").OperationId;
export type CallOptions = import("./calls.js").CallOptions;
export type OperationRow = import("./calls.js").OperationRow;
/**
 * Parts of a request.
 */
export type RequestParts = {
    method: string;
    path: string;
    headers: Record<string, string>;
    body?: string | undefined;
    signal?: AbortSignal | undefined;
};
import { StateTeller } from "./states.js";
import { BeiddConnectionError } from "./errors.js";
