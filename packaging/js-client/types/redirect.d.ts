/**
 * Leaves the page with one call, which must begin with a click. The answer is taken by {@link redirectAnswer}, in the page
 * that the tab comes back to. If no daemon is there, the browser says so; the person goes back.
 * @template {import("./calls.js").OperationId} K
 * @param {K} id
 * @param {import("./calls.js").OperationInput<K>} input
 * @param {RedirectOptions} [options]
 */
export function callByRedirect<K extends import("./calls.js").OperationId>(id: K, input: import("./calls.js").OperationInput<K>, { returnTo, port }?: RedirectOptions): Promise<void>;
/**
 * Takes the answer that the tab has come back with, and wipes it from the address; `undefined` if it has brought none.
 * Octets come as a `Blob`.
 * @param {{ language?: string }} [options]
 * @returns {Promise<any>}
 * @throws {BeiddRefusal} if the daemon or the person has refused
 */
export function redirectAnswer({ language }?: {
    language?: string;
}): Promise<any>;
/**
 * Options of {@link callByRedirect}.
 */
export type RedirectOptions = {
    /**
     * address of the page's own origin that the tab comes back to; by default the page's address
     */
    returnTo?: string;
    /**
     * port of the daemon, if it is not the usual one: the page cannot look for it
     */
    port?: number;
};
