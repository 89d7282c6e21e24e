// A listed site pairs, reads, signs, follows cards as they come and go.

import { follow, heard } from '../events.mjs';
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

    await desk.answers('cancel');
    const declined = await api('/v1/therapeutic-links', { token, body: LINK });
    stage.same([declined.status, declined.body.code], [403, 'user-declined'], 'a dialog that was closed');
    stage.same(await desk.triesLeft(), 3, 'tries left');
    await desk.shown();
    stage.note('the person closes the dialog', '403 user-declined; no PIN try spent');

    // After a refusal, a page with a button for silence comes before the PIN.
    await desk.holds('ok');
    await desk.answers('pin 1234');
    const signing = eventually('the site may ask again', async () => {
        const reply = await api('/v1/therapeutic-links', { token, body: LINK });
        return reply.status !== 429 && reply;
    });
    const [dialog] = await eventually('a dialog opens', async () => {
        const dialogs = await desk.shown();
        return dialogs.length > 0 && dialogs;
    });
    stage.holds(dialog.description.includes(new URL(sites.listed).hostname), `no site in ${dialog.description}`);
    // Firefox looks at the permission of each call, and ends the other calls of a connection for that.
    for (let call = 0; call < 3; call += 1) stage.same((await api('/v1/readers', { token })).status, 200, 'a call meanwhile');
    await desk.release();
    const signed = await signing;
    stage.same([signed.status, signed.body.cardId], [200, cardId], `link: ${JSON.stringify(signed.body)}`);
    stage.note('signs a therapeutic link, and calls while the dialog is open', '200; the dialog names the site');

    await desk.remove();
    await eventually('the page hears that the card is gone', () => heard(tab, 'card.removed', cardId));
    stage.note('card is removed', 'event card.removed');
    const gone = await api(`/v1/cards/${cardId}/identity`, { token });
    stage.same([gone.status, gone.body.code], [410, 'card-removed'], 'the card that was pulled out');
}
