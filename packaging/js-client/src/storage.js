/** Memory of a page: its token, and the port on which the daemon was last found. */

/**
 * Place for texts, chosen by the page: `localStorage`, `sessionStorage`, or an object with these three methods, which may
 * return promises.
 *
 * A token opens everything that the page may do. In `localStorage` every script of the page's origin can read it.
 * @typedef {object} TextStorage
 * @property {(name: string) => string | null | Promise<string | null>} getItem
 * @property {(name: string, text: string) => void | Promise<void>} setItem
 * @property {(name: string) => void | Promise<void>} removeItem
 */

/** Storage that ends with the page. It is the default. @implements {TextStorage} */
export class PageMemory {
    /** @type {Map<string, string>} */
    #texts = new Map();

    /** @param {string} name */
    getItem(name) {
        return this.#texts.get(name) ?? null;
    }

    /** @param {string} name @param {string} text */
    setItem(name, text) {
        this.#texts.set(name, text);
    }

    /** @param {string} name */
    removeItem(name) {
        this.#texts.delete(name);
    }
}

const TOKEN = "beidd.token";
const PORT = "beidd.port";

/** Reads and writes the two texts. */
export class ClientMemory {
    #storage;

    /** @param {TextStorage} storage */
    constructor(storage) {
        this.#storage = storage;
    }

    /** Returns the token, unless it is known to have expired. */
    async token() {
        const text = await this.#storage.getItem(TOKEN);
        try {
            const { token, expiresAt } = JSON.parse(text ?? "{}");
            const expired = Date.parse(expiresAt) <= Date.now();
            return typeof token === "string" && !expired ? token : undefined;
        } catch {
            return undefined;
        }
    }

    /** @param {{ token: string, expiresAt?: string | undefined }} granted */
    async keepToken({ token, expiresAt }) {
        await this.#storage.setItem(TOKEN, JSON.stringify({ token, expiresAt }));
    }

    async forgetToken() {
        await this.#storage.removeItem(TOKEN);
    }

    /** Returns the port on which the daemon was last found. */
    async port() {
        const port = Number(await this.#storage.getItem(PORT));
        return Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined;
    }

    /** @param {number} port */
    async keepPort(port) {
        await this.#storage.setItem(PORT, String(port));
    }
}
