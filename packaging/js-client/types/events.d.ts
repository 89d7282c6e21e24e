/**
 * Reads the events of one response, until it ends.
 * @param {Response} response
 * @param {EventParser} parser
 */
export function eventsOf(response: Response, parser: EventParser): AsyncGenerator<BeiddEvent, void, unknown>;
/** Parser of a stream, fed piece by piece. */
export class EventParser {
    /** Id of the last event, for `Last-Event-ID`. */
    lastId: string;
    /** Pause before reconnecting that the server wishes, in milliseconds. @type {number | undefined} */
    retry: number | undefined;
    /**
     * Takes a piece of text; returns the events that it completes.
     * @param {string} piece
     * @returns {BeiddEvent[]}
     */
    take(piece: string): BeiddEvent[];
    #private;
}
/**
 * Event: ids only, never data of a person.
 */
export type BeiddEvent = {
    /**
     * `card.ready`, `card.removed`, …; `resync` means that some were lost: read again what matters
     */
    name: string;
    /**
     * ids
     */
    data: Record<string, any>;
    /**
     * id of the event, with which a later stream resumes
     */
    id: string;
};
