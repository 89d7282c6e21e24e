// The stream of events, followed by a page.

import { daemon } from './facts.mjs';

/** Opens the stream in the page, and keeps what comes. */
export async function follow(tab, token) {
    const status = await tab.evaluate(async ({ url, token }) => {
        const reply = await fetch(url, { headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' } });
        const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
        [globalThis.events, globalThis.ended] = ['', false];
        const take = ({ value, done }) => {
            globalThis.events += value ?? '';
            globalThis.ended = done;
            if (!done) reader.read().then(take, () => { globalThis.ended = true; });
        };
        reader.read().then(take);
        return reply.status;
    }, { url: daemon('/v1/events'), token });
    if (status !== 200) throw new Error(`events: ${status}`);
}

/** Returns true if the page has heard of this event, with this id in it. */
export async function heard(tab, event, id) {
    const events = (await tab.evaluate(() => globalThis.events)).split('\n\n');
    return events.some((text) => text.includes(`event: ${event}\n`) && text.includes(id));
}

/** Returns true once the stream has ended. */
export const ended = (tab) => tab.evaluate(() => globalThis.ended);
