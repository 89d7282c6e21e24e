/** States that a page can show while somebody, or something, takes its time. */
import { stateText } from "./texts.js";

/**
 * Name of a state.
 *
 * - `searching`: looks for the daemon.
 * - `askingBrowser`: the browser asks the person to let the page reach this computer.
 * - `waitingForUser`: the daemon asks the person to let the page in; `matchCode` stands in both places.
 * - `connected`: the page is known to the daemon.
 * - `waitingForCard`, `waitingForConfirmation`, `waitingForPin`, `working`: state of a call.
 * - `reconnecting`: the daemon is gone for the moment; the stream of events looks for it.
 * @typedef {keyof typeof import("./texts.js").STATE_TEXTS} StateName
 */

/**
 * State, with a sentence for people.
 * @typedef {object} BeiddState
 * @property {StateName} name
 * @property {string} text sentence for people, in the client's language
 * @property {string} [matchCode] three digits, with `waitingForUser`
 * @property {string} [operationId] with the state of a call
 */

/**
 * Observer of states.
 * @typedef {(state: BeiddState) => void} OnState
 */

const NAMES_OF_CALLS = /** @type {const} */ (["waitingForCard", "waitingForConfirmation", "waitingForPin", "working"]);

/** Tells an observer each state once, when it changes. */
export class StateTeller {
    #language;
    #observer;
    #last = "";

    /** @param {import("./texts.js").Language} language @param {OnState} [observer] */
    constructor(language, observer) {
        this.#language = language;
        this.#observer = observer;
    }

    /** @param {StateName} name @param {{ matchCode?: string, operationId?: string }} [more] */
    tell(name, more = {}) {
        const key = JSON.stringify([name, more]);
        if (key !== this.#last) {
            this.#last = key;
            this.#observer?.({ name, text: stateText(name, this.#language, more.matchCode), ...more });
        }
    }

    /**
     * Tells the state of a call. States of a newer daemon are told as `working`.
     * @param {{ id: string, state: string }} operation
     */
    tellCall({ id, state }) {
        const known = NAMES_OF_CALLS.find((name) => name === state);
        this.tell(known ?? "working", { operationId: id });
    }
}
