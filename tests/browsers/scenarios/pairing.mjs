// A site that nobody listed asks for access; a person decides, and takes it back.

import { ended, follow } from '../events.mjs';
import { daemon, eventually } from '../facts.mjs';

export const name = 'pairing';

const WISH = { name: 'Practice in the cloud', scopes: ['readers', 'identity.full'] };

export async function run(stage) {
    const { desk, sites } = stage;
    await desk.insert('jan');
    const tab = await stage.tab({ at: sites.asking, permission: 'granted' });
    const api = (path, options) => tab.call(daemon(path), options);

    await desk.answers('ok');
    // All websites together open three dialogs a minute at most, and the browser before this one may have had some.
    const ask = () => eventually('a dialog may open', async () => {
        const reply = await api('/v1/pairings', { body: WISH });
        return reply.status !== 429 && reply;
    }, 70_000);
    const asked = await ask();
    stage.same([asked.status, asked.body.state], [202, 'waitingForUser'], JSON.stringify(asked.body));
    const pairing = `/v1/pairings/${asked.body.id}`;
    const granted = await eventually('the person agrees', async () => {
        const { body } = await api(pairing);
        return body.state === 'granted' && body;
    });
    const [dialog] = await desk.shown();
    stage.holds(dialog.description.includes(new URL(sites.asking).hostname), `no origin in ${dialog.description}`);
    stage.holds(dialog.description.includes(asked.body.matchCode), `no code in ${dialog.description}`);
    stage.note('asks, and the person agrees', '202 with a code, which the dialog shows with the origin; then a token');

    const { token } = granted;
    await follow(tab, token);
    stage.same((await api('/v1/cards/current/identity', { token })).status, 200, 'identity');
    const beyond = await api('/v1/therapeutic-links', { token, body: { operation: 'put', type: 'gpconsultation', proof: 'eidreading' } });
    stage.same([beyond.status, beyond.body.code], [403, 'scope-missing'], 'beyond its scopes');
    stage.note('reads, and tries more than it may', '200; 403 scope-missing');

    const other = await stage.tab({ at: sites.listed, permission: 'granted' });
    const elsewhere = await other.call(daemon('/v1/cards/current/identity'), { token });
    stage.same([elsewhere.status, elsewhere.body.code], [401, 'token-invalid'], 'its token at another site');
    stage.same((await other.call(daemon(pairing))).status, 404, 'its pairing at another site');
    stage.note('its token and its pairing at another site', '401 token-invalid; 404');

    const revoked = await desk.beidctl('pair', 'revoke', sites.asking);
    stage.same(revoked.code, 0, JSON.stringify(revoked));
    await eventually('the stream of events ends', () => ended(tab));
    const after = await api('/v1/cards/current/identity', { token });
    stage.holds(after.refused, `after revocation: ${JSON.stringify(after)}`);
    stage.note('after beidctl pair revoke', '403 without CORS headers; its event stream has ended');

    await desk.answers('no');
    const again = await ask();
    await eventually('the person refuses', async () => (await api(`/v1/pairings/${again.body.id}`)).body.state === 'refused');
    const soon = await api('/v1/pairings', { body: WISH });
    stage.same([soon.status, soon.body.code], [429, 'too-many-requests'], 'right after a no');
    stage.note('the person refuses, and it asks again at once', 'refused; 429 too-many-requests');
    await desk.remove();
}
