/** Server-sent events (WHATWG HTML, 9.2), read from a fetch: `EventSource` cannot send a token. */

/**
 * Event: ids only, never data of a person.
 * @typedef {object} BeiddEvent
 * @property {string} name `card.ready`, `card.removed`, …; `resync` means that some were lost: read again what matters
 * @property {Record<string, any>} data ids
 * @property {string} id id of the event, with which a later stream resumes
 */

/** Upper limit on one event, in characters: the daemon's are shorter than a line. */
const LONGEST = 1 << 16;

/** Parser of a stream, fed piece by piece. */
export class EventParser {
    /** Id of the last event, for `Last-Event-ID`. */
    lastId = "";
    /** Pause before reconnecting that the server wishes, in milliseconds. @type {number | undefined} */
    retry;
    #text = "";
    #name = "";
    #data = "";
    #id = "";

    /**
     * Takes a piece of text; returns the events that it completes.
     * @param {string} piece
     * @returns {BeiddEvent[]}
     */
    take(piece) {
        this.#text += piece;
        if (this.#text.length + this.#data.length > LONGEST) {
            throw new RangeError("an event without end");
        }
        /** @type {BeiddEvent[]} */
        const events = [];
        // A lone CR at the end may be half of CR LF: it waits for the next piece.
        for (let end; (end = /\r\n|\n|\r(?!$)/.exec(this.#text)); ) {
            const line = this.#text.slice(0, end.index);
            this.#text = this.#text.slice(end.index + end[0].length);
            this.#line(line, events);
        }
        return events;
    }

    /** @param {string} line @param {BeiddEvent[]} events */
    #line(line, events) {
        if (line === "") {
            this.#dispatch(events);
            return;
        }
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") {
            this.#name = value;
        } else if (field === "data") {
            this.#data += `${value}\n`;
        } else if (field === "id" && !value.includes("\0")) {
            this.#id = value;
        } else if (field === "retry" && /^\d{1,6}$/.test(value)) {
            this.retry = Number(value);
        }
    }

    /** @param {BeiddEvent[]} events */
    #dispatch(events) {
        const [name, data] = [this.#name || "message", this.#data];
        [this.#name, this.#data] = ["", ""];
        this.lastId = this.#id;
        if (data !== "") {
            events.push({ name, data: membersOf(data), id: this.#id });
        }
    }
}

/** @param {string} data */
function membersOf(data) {
    try {
        const members = JSON.parse(data);
        return typeof members === "object" && members !== null ? members : {};
    } catch {
        return {};
    }
}

/**
 * Reads the events of one response, until it ends.
 * @param {Response} response
 * @param {EventParser} parser
 */
export async function* eventsOf(response, parser) {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (!reader) {
        return;
    }
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) {
                return;
            }
            yield* parser.take(value);
        }
    } finally {
        // Whoever stops reading lets go of the connection.
        await reader.cancel().catch(() => {});
    }
}
