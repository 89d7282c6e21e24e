// A page of the tests: its fetch keeps the rules of a browser for pages of another origin (Fetch, "CORS protocol").
import { setTimeout as sleep } from "node:timers/promises";

// As it is now: a test may give the page another.
const { fetch } = globalThis;

const SAFE_HEADERS = ["accept", "accept-language", "content-language"];

/** Fetch of a page at `origin`. Every failure is the same `TypeError`, without a reason, as in a browser. */
export function fetchOf(origin) {
    const failed = () => new TypeError("Failed to fetch");
    const send = (url, init) => fetch(url, init).catch((error) => {
        throw init.signal?.aborted ? error : failed();
    });
    return async (url, init = {}) => {
        if (init.mode === "no-cors") {
            // The page learns that something answered, and nothing else.
            const answer = await send(url, { headers: { "Sec-Fetch-Mode": "no-cors" }, signal: init.signal });
            await answer.body?.cancel();
            return { type: "opaque", status: 0, ok: false };
        }
        const own = { Origin: origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors" };
        const asked = Object.keys(init.headers ?? {}).map((name) => name.toLowerCase());
        const unsafe = asked.filter((name) => !SAFE_HEADERS.includes(name)).sort();
        if (unsafe.length > 0 || !["GET", "POST"].includes(init.method ?? "GET")) {
            const preflight = { "Access-Control-Request-Method": init.method ?? "GET", "Access-Control-Request-Headers": unsafe.join(",") };
            const answer = await send(url, { method: "OPTIONS", headers: { ...own, ...preflight }, signal: init.signal });
            const allowed = (name) => (answer.headers.get(name) ?? "").toLowerCase().split(/\s*,\s*/);
            const may = answer.ok && answer.headers.get("access-control-allow-origin") === origin
                && unsafe.every((name) => allowed("access-control-allow-headers").includes(name));
            if (!may) {
                throw failed();
            }
        }
        const response = await send(url, { ...init, headers: { ...init.headers, ...own } });
        if (response.headers.get("access-control-allow-origin") !== origin) {
            await response.body?.cancel();
            throw failed();
        }
        return response;
    };
}

/** Waits until `look` returns something. */
export async function eventually(what, look) {
    for (let tries = 0; tries < 400; tries += 1) {
        const found = await look();
        if (found) {
            return found;
        }
        await sleep(50);
    }
    throw new Error(`${what} did not happen`);
}

/** Storage whose content can be looked at. */
export class Drawer extends Map {
    getItem(name) {
        return this.get(name) ?? null;
    }

    setItem(name, text) {
        this.set(name, text);
    }

    removeItem(name) {
        this.delete(name);
    }
}
