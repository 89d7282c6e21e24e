// A site whose calls the browser refuses to let through: its whole tab goes to the daemon, and comes back with the answer.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { daemon, eventually, sleep } from '../facts.mjs';

export const name = 'redirect';

const SUMMARY = { method: 'GET', path: '/v1/cards/current/summary' };
const LINK = {
    method: 'POST', path: '/v1/therapeutic-links', body: { operation: 'put', type: 'gpconsultation', proof: 'eidsigning' },
};

/** The code of the page on redirects. */
const CODE = readFileSync(new URL('../../../docs/redirect.md', import.meta.url), 'utf8').match(/```js\n([^]*?)```/)[1];

/** A page with a button, which sends the call in /call.json; with ?auto=1 it sends it by itself. */
const SENDING = `<!doctype html><title>sending</title><button id="go">Read the card</button><script type="module">
    import { sendTab } from '/redirect.js';
    const asked = new URLSearchParams(location.search);
    const returnTo = asked.get('returnTo') ?? location.origin + '/back?state=7';
    const call = await (await fetch('/call.json')).json();
    const send = () => sendTab(asked.get('daemon'), call, returnTo);
    document.querySelector('#go').onclick = send;
    if (asked.has('auto')) await send();
    document.title = 'ready';
</script>`;

/** A page that opens what came back; it keeps the address with which it began. */
const BACK = `<!doctype html><title>back</title><script type="module">
    import { openAnswer } from '/redirect.js';
    globalThis.first = location.href;
    globalThis.answer = await openAnswer();
    document.title = 'opened';
</script>`;

export async function run(stage) {
    const { desk, sites } = stage;
    sites.put('/redirect.js', CODE, { 'content-type': 'text/javascript; charset=utf-8' });
    sites.put('/sending', SENDING);
    sites.put('/back', BACK);
    await desk.insert('jan');
    await refused(stage);

    await desk.answers('ok');
    const tab = await sent(stage, SUMMARY);
    const { status, body } = await opened(tab);
    stage.same(status, 200, JSON.stringify(body));
    const { familyName, nationalNumber } = body.identity;
    stage.holds(familyName && nationalNumber, 'an identity');
    const [address, left] = await tab.evaluate(() => [globalThis.first, location.href]);
    stage.same(left, `${sites.heldBack}/back?state=7`, 'address after the answer was opened');
    stage.holds(!address.includes(familyName) && !address.includes(nationalNumber), `personal data in ${address}`);
    const [dialog] = await desk.shown();
    stage.holds(dialog.description.includes(new URL(sites.heldBack).hostname), `no origin in ${dialog.description}`);
    stage.note('permission refused; the tab asks for the summary of the card, and the person agrees', '200, sealed for the page; nothing readable in the address');

    await desk.answers('ok');
    await desk.answers('sign 1234');
    const signed = await opened(await sent(stage, LINK));
    stage.same([signed.status, signed.body.proof?.type], [200, 'eidsigning'], JSON.stringify(signed.body));
    stage.note('… asks for a signed link', '200, after two dialogs: the call, and what is signed');

    // Random, so that the container is as long: what comes back has some 85 KiB.
    const content = randomBytes(40 * 1024).toString('base64');
    const file = { method: 'POST', path: '/v1/signatures', body: { format: 'asice', documents: [{ name: 'a.bin', mediaType: 'application/octet-stream', content }] } };
    await desk.answers('ok');
    await desk.answers('sign 1234');
    const container = await opened(await sent(stage, file));
    stage.same([container.status, container.body.format], [200, 'asice'], JSON.stringify(container.body).slice(0, 300));
    stage.note('… asks for a signature under a file of 40 KiB', '200, in an address of some 85 KiB');

    await desk.answers('no');
    const declined = await opened(await sent(stage, SUMMARY));
    stage.same([declined.status, declined.body.code], [403, 'user-declined'], 'a person who refuses');
    stage.note('… and the person refuses', '403 user-declined, sealed for the page');
    stage.same(await desk.triesLeft(), 3, 'tries left');
    await desk.shown();
    await desk.remove();
}

/** Address of the page that sends this call. */
function sending(stage, call, more = {}) {
    stage.sites.put('/call.json', JSON.stringify(call), { 'content-type': 'application/json' });
    const asked = new URLSearchParams({ daemon: daemon(), ...more });
    return `${stage.sites.heldBack}/sending?${asked}`;
}

/** Opens the sending page, and presses its button; returns once the tab is back. */
async function sent(stage, call) {
    const tab = await stage.tab({ at: sending(stage, call), permission: 'denied' });
    await eventually('the page is ready', () => tab.evaluate(() => document.title === 'ready'));
    await tab.page.click('#go');
    await eventually('the tab is back', async () => (await tab.page.url()).startsWith(`${stage.sites.heldBack}/back`));
    return tab;
}

/** What the page that the tab has come back to makes of the answer. */
async function opened(tab) {
    await eventually('the answer is opened', () => tab.evaluate(() => document.title === 'opened'));
    return tab.evaluate(() => globalThis.answer);
}

/** Forms after which nobody is asked anything. */
async function refused(stage) {
    const { desk, sites } = stage;
    for (const [what, at] of [
        ['sends the tab without a click', sending(stage, SUMMARY, { auto: '1' })],
        ['wants the answer at another site', sending(stage, SUMMARY, { returnTo: `${sites.unlisted}/back` })],
    ]) {
        const tab = await stage.tab({ permission: 'denied' });
        // Without looking at the page: what drivers run in a page counts as a person's doing.
        await tab.page.goto(at);
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
