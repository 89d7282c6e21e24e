/**
 * Outcome of asking one port.
 * @typedef {{ outcome: "beidd", port: number } | { outcome: "anotherVersion" | "anotherProgram" | "silent" }
 *     | { outcome: "unreachable", error: unknown, milliseconds: number }} PortFinding
 */
/**
 * Means of the search.
 * @typedef {object} Search
 * @property {typeof fetch} fetch
 * @property {import("./texts.js").Language} language
 * @property {readonly number[]} [ports]
 * @property {number | undefined} [remembered] port on which the daemon was last found
 * @property {boolean} [wasReached] true if this page has reached the daemon before: then its certificate is trusted
 * @property {import("./states.js").StateTeller} states
 * @property {AbortSignal | undefined} [signal]
 */
/**
 * Finds the daemon; returns its port.
 * @param {Search} search
 * @returns {Promise<number>}
 */
export function findDaemon(search: Search): Promise<number>;
/**
 * Opens the daemon's own page in a new tab. Browsers let a page go to this computer, even where they do not let it
 * fetch from there; what stands in that tab shows whether the daemon runs and whether its certificate is trusted.
 * @param {number} [port]
 * @returns {boolean} false if the browser blocked the tab: call this from a click
 */
export function openDaemonPage(port?: number): boolean;
/** @param {number} port */
export function baseOf(port: number): string;
/** Ports of the daemon: the first, or the next that was free. */
export const FIRST_PORT: 32032;
/**
 * Outcome of asking one port.
 */
export type PortFinding = {
    outcome: "beidd";
    port: number;
} | {
    outcome: "anotherVersion" | "anotherProgram" | "silent";
} | {
    outcome: "unreachable";
    error: unknown;
    milliseconds: number;
};
/**
 * Means of the search.
 */
export type Search = {
    fetch: typeof fetch;
    language: import("./texts.js").Language;
    ports?: readonly number[];
    /**
     * port on which the daemon was last found
     */
    remembered?: number | undefined;
    /**
     * true if this page has reached the daemon before: then its certificate is trusted
     */
    wasReached?: boolean;
    states: import("./states.js").StateTeller;
    signal?: AbortSignal | undefined;
};
/**
 * Permission of the browser to reach this computer (W3C Local Network Access): `unknown` where the browser has none.
 */
export type LoopbackPermission = "granted" | "denied" | "prompt" | "unknown";
