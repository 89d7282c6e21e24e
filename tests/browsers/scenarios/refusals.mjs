// Pages that may not call, each with a token that is good elsewhere. None reads anything, and no dialog opens.

import { daemon, facts, sleep } from '../facts.mjs';
import { Authority } from '../authority.mjs';
import { Witness } from '../sites.mjs';

export const name = 'refusals';

const IDENTITY = '/v1/cards/current/identity';
const LINKS = '/v1/therapeutic-links';
const LINK = { operation: 'put', type: 'gpconsultation', proof: 'eidsigning' };

export async function run(stage) {
    const { desk, sites } = stage;
    await desk.insert('jan');
    const listed = await stage.tab({ at: sites.listed, permission: 'granted' });
    const paired = await listed.call(daemon('/v1/pairings'), { body: { name: 'Practice', scopes: ['readers', 'identity.full', 'proof.therlink'] } });
    const { token } = paired.body;
    stage.same((await listed.call(daemon(IDENTITY), { token })).status, 200, 'the token is good');

    await others(stage, token);
    await forms(stage);
    await ownMistakes(stage, listed, token);
    await frames(stage);
    await rebinding(stage, token);
    await squatter(stage, token);

    stage.same(await desk.shown(), [], 'dialogs of pages that may not call');
    stage.same((await listed.call(daemon(IDENTITY), { token })).status, 200, 'the token is still good');
    await desk.remove();
}

/** Pages of other origins, with the token and without. */
async function others(stage, token) {
    const { sites } = stage;
    sites.put('/opaque', '<!doctype html><title>opaque</title>', { 'content-security-policy': 'sandbox allow-scripts' });
    const pages = [
        ['not listed', sites.unlisted],
        ['not listed, on an address of this computer', sites.local],
        ...sites.lookalikes.map((origin) => [`look-alike ${origin.replace(/\d+$/, (port) => (port === `${facts.pages.local}` ? 'other port' : 'port'))}`, origin]),
        ['the listed name over http', sites.plain],
        ['opaque origin ("null")', `${sites.local}/opaque`],
    ];
    for (const [what, at] of pages) {
        const tab = await stage.tab({ at, permission: 'granted' });
        await stage.desk.requests();
        const plain = await tab.fetch(daemon(IDENTITY));
        const withToken = await tab.call(daemon(IDENTITY), { token });
        const asking = await tab.call(daemon(LINKS), { token, body: LINK });
        for (const seen of [plain, withToken, asking]) stage.holds(seen.refused, `${what}: ${JSON.stringify(seen)}`);
        const reached = await stage.desk.requests();
        stage.holds(reached.length > 0, `${what}: nothing reached the daemon, so it has refused nothing`);
        stage.holds(reached.every((line) => line.endsWith(' 403')), `${what}: ${reached.join(', ')}`);
        stage.note(what, '403 without CORS headers: the page reads nothing, not even the reason');
    }
}

/** Requests that browsers send without asking anybody first. */
async function forms(stage) {
    for (const [what, act] of [
        ['form sent as text/plain', (url) => {
            const form = Object.assign(document.createElement('form'), { method: 'post', enctype: 'text/plain', action: url });
            form.append(Object.assign(document.createElement('input'), {
                name: '{"operation":"put","type":"gpconsultation","proof":"eidsigning","comment":"', value: '"}',
            }));
            document.body.append(form);
            form.submit();
        }],
        ['POST without CORS', (url) => { fetch(url, { method: 'POST', mode: 'no-cors', body: '{}' }).catch(() => {}); }],
        ['beacon', (url) => { navigator.sendBeacon(url, '{}'); }],
        ['WebSocket', (url) => { new WebSocket(url.replace('https', 'wss')); }],
    ]) {
        const tab = await stage.tab({ at: stage.sites.unlisted, permission: 'granted' });
        await stage.desk.requests();
        await tab.evaluate(act, daemon(LINKS));
        await sleep(500);
        const reached = await stage.desk.requests();
        stage.holds(reached.length === 1 && reached[0].endsWith(' /v1/therapeutic-links 403'), `${what}: ${reached.join(', ')}`);
        stage.note(`${what}, from a page that is not listed`, '403; no dialog opens');
    }
}

/** The listed page itself, with what it must not send. */
async function ownMistakes(stage, listed, token) {
    const text = await listed.fetch(daemon(LINKS), {
        method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' }, body: JSON.stringify(LINK),
    });
    stage.same([text.status, text.body.code], [415, 'unsupported-media-type'], 'JSON as text/plain');
    stage.note('listed page sends JSON as text/plain', '415 unsupported-media-type');
    const none = await listed.call(daemon(IDENTITY));
    stage.same([none.status, none.body.code], [401, 'token-missing'], 'no token');
    const stale = await listed.call(daemon(IDENTITY), { token: `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}` });
    stage.same([stale.status, stale.body.code], [401, 'token-invalid'], 'a token that is not good');
    stage.note('listed page without a token, or with one that is not good', '401 token-missing, token-invalid');
}

/** The daemon in a frame of a page. */
async function frames(stage) {
    const tab = await stage.tab({ at: stage.sites.local });
    await tab.evaluate((url) => {
        document.body.append(Object.assign(document.createElement('iframe'), { src: url }));
    }, daemon('/v1/status'));
    await sleep(1000);
    const texts = [];
    for (const frame of tab.page.frames().slice(1)) {
        texts.push(await frame.evaluate(() => document.documentElement.innerText).catch(() => ''));
    }
    stage.holds(texts.length > 0, 'there is no frame');
    stage.holds(texts.every((text) => !text.includes('apiVersions')), `in a frame: ${texts}`);
    stage.note('daemon in an iframe', 'the browser shows an error in its place (frame-ancestors)');
}

/** A foreign name that resolves to this computer. */
async function rebinding(stage, token) {
    const at = `https://rebound.example.test:${facts.port}`;
    const { refused } = await (await stage.tab()).visit(`${at}/v1/status`);
    stage.holds(/COMMON_NAME_INVALID|BAD_CERT_DOMAIN|insecure/i.test(refused), `rebinding: ${refused}`);
    let seen = 'the certificate is not for that name';
    if (stage.browserName === 'Chromium') {
        // As if the person had clicked through the warning; Firefox can be told so only for all of its tabs.
        const careless = await stage.tab({ ignoreHTTPSErrors: true });
        const { status, text } = await careless.visit(`${at}/v1/status`);
        stage.holds(status === 421 && text.includes('wrong-host'), `rebinding, behind the warning: ${status} ${text}`);
        const call = await careless.call(`${at}${IDENTITY}`, { token });
        stage.holds(call.refused || call.status === 421, `rebinding, from within: ${JSON.stringify(call)}`);
        seen += '; whoever clicks the warning away gets 421 wrong-host';
    }
    stage.note('foreign name that resolves to this computer (DNS rebinding)', seen);
}

/** Another program on a port of beidd. */
async function squatter(stage, token) {
    const witness = await Witness.open(new Authority(`unknown ${stage.browserName}`).issue('DNS:localhost', 'IP:127.0.0.1'));
    const tab = await stage.tab({ at: stage.sites.listed, permission: 'granted' });
    const seen = await tab.call(`https://localhost:${witness.port}${IDENTITY}`, { token });
    witness.close();
    stage.holds(seen.refused, `squatter: ${JSON.stringify(seen)}`);
    stage.same(witness.paths, [], 'what a program on the port was sent');
    stage.note('another program on the port', `${seen.refused.split(':')[0]}: its certificate is not trusted; it is sent no token`);
}
