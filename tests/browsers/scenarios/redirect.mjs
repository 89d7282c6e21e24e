// A site whose calls the browser refuses to let through: its whole tab goes to the daemon, and comes back with the answer.

import { daemon, eventually, sleep } from '../facts.mjs';

export const name = 'redirect';

const SUMMARY = { method: 'GET', path: '/v1/cards/current/summary' };
const LINK = {
    method: 'POST', path: '/v1/therapeutic-links', body: { operation: 'put', type: 'gpconsultation', proof: 'eidsigning' },
};

/** A page with a button, which sends the call of its address (?call=…) by a form; and with ?auto=1 sends it by itself. */
const SENDING = `<!doctype html><title>sending</title><button id="go">Read the card</button><script type="module">
    const asked = new URLSearchParams(location.search);
    const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']);
    sessionStorage.setItem('private', JSON.stringify(await crypto.subtle.exportKey('jwk', pair.privateKey)));
    const key = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const returnTo = asked.get('returnTo') ?? location.origin + '/back';
    const request = { ...JSON.parse(asked.get('call')), returnTo, key: { kty: key.kty, crv: key.crv, x: key.x, y: key.y } };
    const form = Object.assign(document.createElement('form'), { method: 'post', action: asked.get('daemon') });
    form.append(Object.assign(document.createElement('input'), { name: 'request', value: JSON.stringify(request) }));
    document.body.append(form);
    document.querySelector('#go').onclick = () => form.submit();
    if (asked.has('auto')) form.submit();
    document.title = 'ready';
</script>`;

export async function run(stage) {
    const { desk, sites } = stage;
    sites.put('/sending', SENDING);
    await desk.insert('jan');
    await refused(stage);

    await desk.answers('ok');
    const tab = await sent(stage, SUMMARY);
    const { status, body } = await opened(tab);
    stage.same(status, 200, JSON.stringify(body));
    const { familyName, nationalNumber } = body.identity;
    stage.holds(familyName && nationalNumber, 'an identity');
    const address = await tab.page.url();
    stage.holds(!address.includes(familyName) && !address.includes(nationalNumber), `personal data in ${address}`);
    const [dialog] = await desk.shown();
    stage.holds(dialog.description.includes(new URL(sites.heldBack).hostname), `no origin in ${dialog.description}`);
    stage.note('permission refused; the tab asks for the summary of the card, and the person agrees', '200, sealed for the page; nothing readable in the address');

    await desk.answers('ok');
    await desk.answers('sign 1234');
    const signed = await opened(await sent(stage, LINK));
    stage.same([signed.status, signed.body.proof?.type], [200, 'eidsigning'], JSON.stringify(signed.body));
    stage.note('… asks for a signed link', '200, after two dialogs: the call, and what is signed');

    await desk.answers('no');
    const declined = await opened(await sent(stage, SUMMARY));
    stage.same([declined.status, declined.body.code], [403, 'user-declined'], 'a person who refuses');
    stage.note('… and the person refuses', '403 user-declined, sealed for the page');
    stage.same(await desk.triesLeft(), 3, 'tries left');
    await desk.shown();
    await desk.remove();
}

/** Address of the sending page. */
function sending(stage, call, more = {}) {
    const asked = new URLSearchParams({ call: JSON.stringify(call), daemon: daemon('/v1/redirect'), ...more });
    return `${stage.sites.heldBack}/sending?${asked}`;
}

/** Opens the sending page, and presses its button; returns once the tab is back. */
async function sent(stage, call) {
    const tab = await stage.tab({ at: sending(stage, call), permission: 'denied' });
    await eventually('the page is ready', () => tab.evaluate(() => document.title === 'ready'));
    await tab.page.click('#go');
    await eventually('the tab is back', async () => (await tab.page.url()).startsWith(`${stage.sites.heldBack}/back#beidd=`));
    return tab;
}

/** What the page that the tab has come back to makes of the fragment: JWE, ECDH-ES and A256GCM (RFC 7516, 7518). */
function opened(tab) {
    return tab.evaluate(async () => {
        const octets = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
        const [header, key, vector, content, tag] = location.hash.slice('#beidd='.length).split('.');
        const { alg, enc, epk } = JSON.parse(new TextDecoder().decode(octets(header)));
        if (alg !== 'ECDH-ES' || enc !== 'A256GCM' || key !== '') throw new Error(`${alg} ${enc} ${key}`);
        const curve = { name: 'ECDH', namedCurve: 'P-256' };
        const own = await crypto.subtle.importKey('jwk', JSON.parse(sessionStorage.getItem('private')), curve, false, ['deriveBits']);
        const peer = await crypto.subtle.importKey('jwk', epk, curve, false, []);
        const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: peer }, own, 256));
        const name = new TextEncoder().encode(enc);
        const info = new Uint8Array([0, 0, 0, 1, ...secret, 0, 0, 0, name.length, ...name, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        const derived = await crypto.subtle.digest('SHA-256', info);
        const aes = await crypto.subtle.importKey('raw', derived, 'AES-GCM', false, ['decrypt']);
        const plain = await crypto.subtle.decrypt(
            { name: 'AES-GCM', iv: octets(vector), additionalData: new TextEncoder().encode(header) },
            aes, new Uint8Array([...octets(content), ...octets(tag)]),
        );
        return JSON.parse(new TextDecoder().decode(plain));
    });
}

/** Forms after which nobody is asked anything. */
async function refused(stage) {
    const { desk, sites } = stage;
    for (const [what, at] of [
        ['sends the tab without a click', sending(stage, SUMMARY, { auto: '1' })],
        ['wants the answer at another site', sending(stage, SUMMARY, { returnTo: `${sites.unlisted}/back` })],
    ]) {
        const tab = await stage.tab({ permission: 'denied' });
        await tab.visit(at);
        if (!at.includes('auto=')) {
            await eventually('the page is ready', () => tab.evaluate(() => document.title === 'ready'));
            await tab.page.click('#go');
        }
        await eventually(`${what}: the tab is at the daemon`, async () => (await tab.page.url()).startsWith(daemon('')));
        const text = await eventually('a text', () => tab.evaluate(() => document.documentElement.innerText));
        stage.holds(text.includes('beidd'), text);
        stage.note(`a page ${what}`, '400; the person reads why in the tab; no dialog opens');
    }
    sites.put('/framing', '<!doctype html><iframe id="frame" name="frame"></iframe>');
    const tab = await stage.tab({ at: `${sites.local}/framing` });
    await desk.requests();
    await tab.evaluate((url) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action: url, target: 'frame' });
        form.append(Object.assign(document.createElement('input'), { name: 'request', value: '{}' }));
        document.body.append(form);
        form.submit();
    }, daemon('/v1/redirect'));
    await sleep(500);
    const reached = await desk.requests();
    stage.holds(reached.every((line) => line.endsWith(' 400')), reached.join());
    stage.note('a page sends a frame instead of the tab', '400; no dialog opens');
    stage.same(await desk.shown(), [], 'dialogs of refused forms');
}
