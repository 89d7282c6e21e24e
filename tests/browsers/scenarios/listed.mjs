// A listed site pairs, reads, signs, follows cards as they come and go.

import { daemon, eventually } from '../facts.mjs';

export const name = 'listed site';

const LINK = { operation: 'put', type: 'gpconsultation', proof: 'eidsigning' };

export async function run(stage) {
    const { desk, sites } = stage;
    const tab = await stage.tab({ at: sites.listed, permission: 'granted' });
    const api = (path, options) => tab.call(daemon(path), options);

    const paired = await api('/v1/pairings', { body: { name: 'Practice', scopes: ['readers', 'identity.full', 'proof.therlink'] } });
    stage.same(paired.status, 201, 'pairing');
    const { token } = paired.body;
    stage.note('pairs', '201 at once, without a dialog');

    await follow(tab, token);
    const cardId = await desk.insert('jan');
    await eventually('the page hears of the card', () => heard(tab, 'card.ready', cardId));
    stage.note('card is inserted', 'event card.ready');

    const identity = await api('/v1/cards/current/identity', { token });
    stage.same([identity.status, identity.body.cardId], [200, cardId], 'identity');
    stage.holds(identity.body.nationalNumber, 'an identity with its number');
    stage.note('reads the identity', '200');

    await desk.answers('sign 1234');
    const signed = await api('/v1/therapeutic-links', { token, body: LINK });
    stage.same([signed.status, signed.body.cardId], [200, cardId], `link: ${JSON.stringify(signed.body)}`);
    const dialogs = await desk.shown();
    stage.holds(dialogs.some(({ description }) => description.includes(new URL(sites.listed).hostname)), 'a dialog names the site');
    stage.note('signs a therapeutic link', '200; the dialog names the site');

    await desk.answers('cancel');
    const declined = await api('/v1/therapeutic-links', { token, body: LINK });
    stage.same([declined.status, declined.body.code], [403, 'user-declined'], 'a dialog that was closed');
    stage.same(await desk.triesLeft(), 3, 'tries left');
    stage.note('the person closes the dialog', '403 user-declined; no PIN try spent');

    await desk.remove();
    await eventually('the page hears that the card is gone', () => heard(tab, 'card.removed', cardId));
    stage.note('card is removed', 'event card.removed');
    const gone = await api(`/v1/cards/${cardId}/identity`, { token });
    stage.same([gone.status, gone.body.code], [410, 'card-removed'], 'the card that was pulled out');
}

/** Opens the stream of events in the page, and keeps what comes. */
async function follow(tab, token) {
    const status = await tab.evaluate(async ({ url, token }) => {
        const reply = await fetch(url, { headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' } });
        const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
        globalThis.events = '';
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

/** Tells whether the page has heard of this event of this card. */
async function heard(tab, event, cardId) {
    const events = (await tab.evaluate(() => globalThis.events)).split('\n\n');
    return events.some((text) => text.includes(`event: ${event}\n`) && text.includes(cardId));
}
