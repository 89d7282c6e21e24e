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
export class PageMemory implements TextStorage {
    /** @param {string} name */
    getItem(name: string): string | null;
    /** @param {string} name @param {string} text */
    setItem(name: string, text: string): void;
    /** @param {string} name */
    removeItem(name: string): void;
    #private;
}
/** Reads and writes the two texts. */
export class ClientMemory {
    /** @param {TextStorage} storage */
    constructor(storage: TextStorage);
    /** Returns the token, unless it is known to have expired. */
    token(): Promise<string | undefined>;
    /** @param {{ token: string, expiresAt?: string | undefined }} granted */
    keepToken({ token, expiresAt }: {
        token: string;
        expiresAt?: string | undefined;
    }): Promise<void>;
    forgetToken(): Promise<void>;
    /** Returns the port on which the daemon was last found. */
    port(): Promise<number | undefined>;
    /** @param {number} port */
    keepPort(port: number): Promise<void>;
    #private;
}
/**
 * Place for texts, chosen by the page: `localStorage`, `sessionStorage`, or an object with these three methods, which may
 * return promises.
 *
 * A token opens everything that the page may do. In `localStorage` every script of the page's origin can read it.
 */
export type TextStorage = {
    getItem: (name: string) => string | null | Promise<string | null>;
    setItem: (name: string, text: string) => void | Promise<void>;
    removeItem: (name: string) => void | Promise<void>;
};
