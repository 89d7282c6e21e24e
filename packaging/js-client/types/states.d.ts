/** Tells an observer each state once, when it changes. */
export class StateTeller {
    /** @param {import("./texts.js").Language} language @param {OnState} [observer] */
    constructor(language: import("./texts.js").Language, observer?: OnState);
    /** @param {StateName} name @param {{ matchCode?: string, operationId?: string }} [more] */
    tell(name: StateName, more?: {
        matchCode?: string;
        operationId?: string;
    }): void;
    /**
     * Tells the state of a call. States of a newer daemon are told as `working`.
     * @param {{ id: string, state: string }} operation
     */
    tellCall({ id, state }: {
        id: string;
        state: string;
    }): void;
    #private;
}
/**
 * Name of a state.
 *
 * - `searching`: looks for the daemon.
 * - `askingBrowser`: the browser asks the person to let the page reach this computer.
 * - `waitingForUser`: the daemon asks the person to let the page in; `matchCode` stands in both places.
 * - `connected`: the page is known to the daemon.
 * - `waitingForCard`, `waitingForConfirmation`, `waitingForPin`, `working`: state of a call.
 * - `reconnecting`: the daemon is gone for the moment; the stream of events looks for it.
 */
export type StateName = keyof typeof import("./texts.js").STATE_TEXTS;
/**
 * State, with a sentence for people.
 */
export type BeiddState = {
    name: StateName;
    /**
     * sentence for people, in the client's language
     */
    text: string;
    /**
     * three digits, with `waitingForUser`
     */
    matchCode?: string;
    /**
     * with the state of a call
     */
    operationId?: string;
};
/**
 * Observer of states.
 */
export type OnState = (state: BeiddState) => void;
