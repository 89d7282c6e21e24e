/** Finding the daemon on this computer, and telling apart the reasons why it is not found. */
import { BeiddConnectionError } from "./errors.js";
import { pause } from "./time.js";

/** Ports of the daemon: the first, or the next that was free. */
export const FIRST_PORT = 32032;
const LAST_PORT = 32063;
/** Number of ports asked at the same time, so that nothing on this computer takes it for an attack. */
const AT_ONCE = 8;
/** Time within which a port must answer, in milliseconds, once the browser lets the page ask. */
const PATIENCE = 3000;
/** Interval at which the browser's permission is looked at again, in milliseconds. */
const LOOK_AGAIN = 400;
/** Version of the interface that this client speaks. */
const API_VERSION = "1";

/**
 * Permission of the browser to reach this computer (W3C Local Network Access): `unknown` where the browser has none.
 * @typedef {"granted" | "denied" | "prompt" | "unknown"} LoopbackPermission
 */

/** Names of the permission, the narrow one first; browsers throw for a name that they do not know. */
const PERMISSIONS = ["loopback-network", "local-network-access"];

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
export async function findDaemon(search) {
    if (isRefusedPage()) {
        throw new BeiddConnectionError("pageNotAllowed", search.language);
    }
    search.states.tell("searching");
    const all = search.ports ?? ports();
    const first = search.remembered ?? all[0] ?? FIRST_PORT;
    // One alone, because the browser may ask the person about it, and must ask once.
    const findings = [await ask(first, search)];
    const others = mayGoOn(findings[0], await permission()) ? all.filter((port) => port !== first) : [];
    while (!findings.some(isBeidd) && others.length > 0) {
        findings.push(...(await askAll(others.splice(0, AT_ONCE), search)));
    }
    const found = findings.find(isBeidd);
    if (found) {
        return found.port;
    }
    const failed = findings.find((finding) => finding.outcome === "unreachable");
    const someoneThere = search.wasReached ? undefined : () => anybodyThere(all, first, search);
    const codes = await reasons(findings, await permission(), someoneThere);
    throw new BeiddConnectionError(codes, search.language, { cause: failed?.error });
}

/**
 * Opens the daemon's own page in a new tab. Browsers let a page go to this computer, even where they do not let it
 * fetch from there; what stands in that tab shows whether the daemon runs and whether its certificate is trusted.
 * @param {number} [port]
 * @returns {boolean} false if the browser blocked the tab: call this from a click
 */
export function openDaemonPage(port = FIRST_PORT) {
    return Boolean(globalThis.open?.(baseOf(port) + "/", "_blank"));
}

/** @param {number} port */
export function baseOf(port) {
    return `https://localhost:${port}`;
}

function ports() {
    return Array.from({ length: LAST_PORT - FIRST_PORT + 1 }, (_, number) => FIRST_PORT + number);
}

/** @param {PortFinding} finding @returns {finding is Extract<PortFinding, { outcome: "beidd" }>} */
function isBeidd(finding) {
    return finding.outcome === "beidd";
}

/**
 * Asks several ports at the same time; the others are left as soon as the daemon has answered on one.
 * @param {number[]} ports
 * @param {Search} search
 * @returns {Promise<PortFinding[]>}
 */
async function askAll(ports, search) {
    const rest = new AbortController();
    const signal = anyOf(search.signal, rest.signal);
    const asked = ports.map((port) => ask(port, { ...search, signal }));
    const found = asked.map(async (asking) => {
        const finding = await asking;
        return isBeidd(finding) ? finding : Promise.reject(finding);
    });
    try {
        return [await Promise.any(found)];
    } catch {
        return await Promise.all(asked);
    } finally {
        rest.abort();
    }
}

/** @param {number} port @param {Search} search @returns {Promise<PortFinding>} */
async function ask(port, { fetch, states, signal }) {
    const asking = new AbortController();
    const begun = Date.now();
    const answer = statusOf(port, fetch, anyOf(signal, asking.signal)).catch((error) => {
        signal?.throwIfAborted();
        return /** @type {PortFinding} */ ({ outcome: "unreachable", error, milliseconds: Date.now() - begun });
    });
    let deadline = begun + PATIENCE;
    for (;;) {
        const finding = await Promise.race([answer, pause(LOOK_AGAIN, signal)]);
        if (finding) {
            return finding;
        }
        if ((await permission()) === "prompt" && !isOnThisComputer()) {
            // A person is being asked: that takes as long as it takes, and only then the port's own time begins.
            states.tell("askingBrowser");
            deadline = Date.now() + PATIENCE;
        } else if (Date.now() > deadline) {
            asking.abort();
            return { outcome: "silent" };
        }
    }
}

/** @param {number} port @param {typeof fetch} fetch @param {AbortSignal} signal @returns {Promise<PortFinding>} */
async function statusOf(port, fetch, signal) {
    /** @type {RequestInit} */
    const options = { signal, cache: "no-store", credentials: "omit", redirect: "error" };
    const response = await fetch(`${baseOf(port)}/v1/status`, options);
    // An endless answer is no status; the caller's time limit ends it.
    const status = await response.json().catch(() => {
        signal.throwIfAborted();
        return undefined;
    });
    if (status?.service !== "beidd" || !Array.isArray(status.apiVersions)) {
        return { outcome: "anotherProgram" };
    }
    return status.apiVersions.includes(API_VERSION) ? { outcome: "beidd", port } : { outcome: "anotherVersion" };
}

/**
 * Returns true if other ports are worth asking: not if a person has just said no, or closed the browser's question.
 * @param {PortFinding | undefined} finding
 * @param {LoopbackPermission} permission
 */
function mayGoOn(finding, permission) {
    if (finding?.outcome !== "unreachable" || isOnThisComputer()) {
        return true;
    }
    return permission !== "denied" && !(permission === "prompt" && tookLong(finding));
}

/**
 * Lists the codes that fit what was found, the likeliest first.
 * @param {PortFinding[]} findings
 * @param {LoopbackPermission} permission
 * @param {(() => Promise<boolean>) | undefined} someoneThere finds out whether a port answers without TLS; absent if the
 *     daemon has been reached before
 * @returns {Promise<import("./errors.js").ConnectionCode[]>}
 */
async function reasons(findings, permission, someoneThere) {
    for (const outcome of /** @type {const} */ (["anotherVersion", "anotherProgram"])) {
        if (findings.some((finding) => finding.outcome === outcome)) {
            return [outcome];
        }
    }
    if (permission === "denied" && !isOnThisComputer()) {
        return ["permissionDenied"];
    }
    if (findings.some((finding) => finding.outcome === "silent")) {
        return ["notAnswering"];
    }
    // Node.js says why; a browser says the same of every failure (Fetch, "network error").
    const told = findings.map((finding) => (finding.outcome === "unreachable" ? codeOf(finding.error) : undefined));
    if (told.some(isCertificateFault)) {
        return ["certificateNotTrusted"];
    }
    if (told.every((code) => code === "ECONNREFUSED")) {
        return ["notRunning"];
    }
    if (told.some((code) => code !== undefined && code !== "ECONNREFUSED")) {
        return ["anotherProgram"];
    }
    const asks = permission === "prompt" && !isOnThisComputer();
    // A question that stood open for a while was closed by a person.
    if (asks && findings.some(tookLong)) {
        return ["permissionNotAsked", "notRunning", "certificateNotTrusted"];
    }
    if (!someoneThere) {
        return ["notRunning"];
    }
    if (await someoneThere()) {
        return ["certificateNotTrusted", "anotherProgram"];
    }
    // Other pages are exempt from the browser's question, such as those of an intranet: their permission stays `prompt`.
    return ["notRunning", "certificateNotTrusted", ...(asks ? /** @type {const} */ (["permissionNotAsked"]) : [])];
}

/**
 * Returns true if a port answers without TLS, as the daemon does: then it is TLS that failed. The answer itself is kept
 * from the page.
 * @param {readonly number[]} ports
 * @param {number} first
 * @param {Search} search
 */
async function anybodyThere(ports, first, { fetch, signal }) {
    const limit = AbortSignal.timeout(PATIENCE);
    const others = [first, ...ports.filter((port) => port !== first)];
    while (others.length > 0) {
        /** @type {RequestInit} */
        const options = { mode: "no-cors", signal: anyOf(signal, limit), cache: "no-store", credentials: "omit" };
        const knocks = others.splice(0, AT_ONCE).map((port) => fetch(`http://localhost:${port}/`, options));
        const answered = await Promise.allSettled(knocks);
        signal?.throwIfAborted();
        if (answered.some(({ status }) => status === "fulfilled")) {
            return true;
        }
    }
    return false;
}

/** @param {PortFinding | undefined} finding */
function tookLong(finding) {
    return finding?.outcome === "unreachable" && finding.milliseconds > LOOK_AGAIN;
}

/** @param {unknown} error @returns {string | undefined} */
function codeOf(error) {
    const cause = /** @type {any} */ (error)?.cause;
    // Both addresses of localhost were tried.
    return cause?.code ?? cause?.errors?.[0]?.code;
}

/** @param {string | undefined} code */
function isCertificateFault(code) {
    return code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_|UNSPECIFIED/.test(code);
}

/** @returns {Promise<LoopbackPermission>} */
async function permission() {
    for (const name of PERMISSIONS) {
        try {
            const status = await globalThis.navigator?.permissions?.query(/** @type {any} */ ({ name }));
            if (status) {
                return status.state;
            }
        } catch {
            // This browser does not know the name.
        }
    }
    return "unknown";
}

/** Returns true if the page itself comes from this computer: browsers then ask nobody. */
function isOnThisComputer() {
    return /^(localhost|.+\.localhost|127\..+|\[::1\])$/.test(globalThis.location?.hostname ?? "");
}

/** Returns true if the daemon refuses every page like this one: without an origin, or over plain http. */
function isRefusedPage() {
    const { location, origin } = globalThis;
    return location !== undefined && (origin === "null" || (location.protocol !== "https:" && !isOnThisComputer()));
}

/** @param {AbortSignal | undefined} first @param {AbortSignal} second */
function anyOf(first, second) {
    return first ? AbortSignal.any([first, second]) : second;
}
