// Orders to the test that started this program: one line of JSON out, one line of JSON back.

import { createInterface } from 'node:readline';

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let last = Promise.resolve();

/** One order at a time, so that answers come in the order of the orders. */
function order(name, members = {}) {
    const answered = last.then(async () => {
        process.stdout.write(`${JSON.stringify({ order: name, ...members })}\n`);
        const { value, done } = await answers.next();
        if (done) throw new Error('the desk has gone');
        const answer = JSON.parse(value);
        if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
        return answer.ok;
    });
    last = answered.catch(() => {});
    return answered;
}

export const desk = {
    /** Puts a card of a simulated citizen into the first reader; returns its cardId once it is ready. */
    insert: (citizen) => order('insert', { citizen }),
    /** Pulls the card out. */
    remove: () => order('remove'),
    /** Puts a card into the first reader that is no Belgian eID, and pulls it out. */
    insertForeign: () => order('insertForeign'),
    removeForeign: () => order('removeForeign'),
    /** PIN tries left of the card, as the card itself says. */
    triesLeft: () => order('triesLeft'),
    /** Queues what the person does with the next dialog: `sign 1234`, `ok`, `no`, `third`, `cancel`, `timeout`, `pin 9999`. */
    answers: (line) => order('answers', { line }),
    /** Queues an answer that the person gives only once `release` is called. */
    holds: (line) => order('holds', { line }),
    release: () => order('release'),
    /** Dialogs that have been shown since the last call of this: [{kind, title, description, ok, cancel, …}]. */
    shown: () => order('shown'),
    /** Runs beidctl beside the daemon. Returns {code, stdout, stderr}. */
    beidctl: (...args) => order('beidctl', { arguments: args }),
    /** Requests that reached the daemon since the last call of this: ['GET /v1/status 200', …]. */
    requests: () => order('requests'),
};
