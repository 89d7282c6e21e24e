// The client for web pages, in a page: it finds the daemon, signs and listens, and says what is wrong where it can be known.

import { readFileSync, readdirSync } from 'node:fs';
import { serveClient } from '../client.mjs';
import { eventually, facts } from '../facts.mjs';

export const name = 'client of pages';

const EXAMPLE = new URL('../../../examples/page/', import.meta.url);
const GUIDE = new URL('../../../docs/integrating.md', import.meta.url);
const ABSENT = ['notRunning', 'certificateNotTrusted'];
const UNTRUSTED = ['certificateNotTrusted', 'anotherProgram'];
/** A port that no program of a test takes: the last one where the daemon could be. */
const NOBODY = 32063;

export async function run(stage) {
    serve(stage.sites);
    await permissions(stage);
    await trust(stage);
    await work(stage);
    await guide(stage);
    await example(stage);
    await redirect(stage);
}

function serve(sites) {
    serveClient(sites, '/client', '/example/node_modules/@beidd/client/src');
    for (const file of readdirSync(EXAMPLE)) {
        const headers = file.endsWith('.js') ? { 'content-type': 'text/javascript' } : {};
        sites.put(`/example/${file}`, readFileSync(new URL(file, EXAMPLE)), headers);
    }
    const [, script] = readFileSync(GUIDE, 'utf8').split('```js\n');
    sites.put('/guide.js', script.split('```')[0], { 'content-type': 'text/javascript' });
    sites.put('/guide', `<!doctype html><title>guide</title><p id="eid"></p>
        <script type="importmap">{ "imports": { "@beidd/client": "/client/index.js" } }</script>
        <script type="module" src="/guide.js"></script>`);
    sites.put('/away', `<!doctype html><title>away</title><button id="go">Read the card</button><script type="module">
        import { callByRedirect, redirectAnswer } from '/client/index.js';
        const port = ${facts.port};
        document.querySelector('#go').onclick = () => callByRedirect('read-identity', { fields: 'familyName' }, { port });
        const shown = await redirectAnswer().then((answer) => answer?.familyName, (error) => error.code);
        document.title = shown ?? 'ready';
    </script>`);
}

/** Connects in a page; returns the states it was told, and how it ended. */
function connect(tab, options = {}) {
    return tab.evaluate(async ({ limit, ...options }) => {
        const { connect } = await import('/client/index.js');
        const states = [];
        const signal = limit ? AbortSignal.timeout(limit) : undefined;
        const asked = { name: 'Practice', scopes: ['readers', 'identity.full', 'proof.therlink'], language: 'en' };
        const onState = ({ name }) => states.push(name);
        const ended = await connect({ ...asked, ...options, signal, onState }).then((beidd) => {
            globalThis.beidd = beidd;
            return 'connected';
        }, (error) => error.likely?.map(({ code }) => code) ?? error.name);
        return { ended, states: states.join() };
    }, { ports: [facts.port], ...options });
}

async function permissions(stage) {
    const { listed } = stage.sites;
    const asking = await connect(await stage.tab({ at: listed }), { limit: 2500 });
    stage.same(asking, { ended: 'TimeoutError', states: 'searching,askingBrowser' }, 'a question that stands open');
    stage.note('permission not given yet', 'state askingBrowser, for as long as it takes');
    const denied = await connect(await stage.tab({ at: listed, permission: 'denied' }));
    stage.same(denied.ended, ['permissionDenied'], 'permission refused');
    stage.note('permission refused', 'permissionDenied');
}

async function trust(stage) {
    const { listed } = stage.sites;
    const granted = await stage.tab({ at: listed, permission: 'granted' });
    stage.same((await connect(granted, { ports: [NOBODY] })).ended, ABSENT, 'nobody there');
    stage.note('no daemon', ABSENT.join(', less likely '));
    const browser = await stage.start(stage.freshHome().home);
    const wary = await stage.tab({ browser, at: listed, permission: 'granted' });
    stage.same((await connect(wary)).ended, UNTRUSTED, 'authority not trusted');
    stage.note('authority not trusted', UNTRUSTED.join(', less likely '));
}

async function work(stage) {
    const { desk, sites } = stage;
    const tab = await stage.tab({ at: sites.listed, permission: 'granted' });
    stage.same(await connect(tab), { ended: 'connected', states: 'searching,connected' }, 'a listed site');
    await tab.evaluate(() => {
        globalThis.heard = [];
        (async () => {
            for await (const { name } of globalThis.beidd.events()) globalThis.heard.push(name);
        })();
    });
    // Told until it is heard: nothing says when the daemon has begun to listen.
    await eventually('the page hears of a card', async () => {
        await desk.insert('jan');
        await desk.remove();
        return tab.evaluate(() => globalThis.heard.includes('card.removed'));
    });
    const cardId = await desk.insert('jan');
    await desk.answers('sign 1234');
    const signed = await tab.evaluate(async () => {
        const identity = await globalThis.beidd.readIdentity();
        const link = await globalThis.beidd.therapeuticLink({
            cardId: identity.cardId, operation: 'put', type: 'gpconsultation', proof: 'eidsigning',
        });
        return [identity.cardId, Boolean(link.proof.cms)];
    });
    stage.same(signed, [cardId, true], 'a link');
    await desk.answers('pin 9999');
    const wrong = await tab.evaluate(() => globalThis.beidd.therapeuticLink({
        operation: 'put', type: 'gpconsultation', proof: 'eidsigning',
    }).catch(({ code, triesLeft }) => [code, triesLeft]));
    stage.same(wrong, ['pin-incorrect', 2], 'a wrong PIN');
    stage.note('listed site', 'connects, reads, signs, hears of cards, is told the tries left');
}

/** The page that the guide shows, as shown. */
async function guide(stage) {
    const { desk, sites } = stage;
    const tab = await stage.tab({ at: sites.listed, permission: 'granted' });
    await tab.evaluate((port) => sessionStorage.setItem('beidd.port', port), String(facts.port));
    await desk.answers('sign 1234');
    await tab.visit(`${sites.listed}/guide`);
    await eventually('the link is signed', () => tab.evaluate(() =>
        document.querySelector('#eid').textContent === 'Proefman: the link is signed.'));
    stage.note('page of the guide, as shown', 'signs a therapeutic link');
    await desk.remove();
}

/** The page among the examples. */
async function example(stage) {
    const { desk, sites } = stage;
    await desk.insert('jan');
    const tab = await stage.tab({ at: sites.listed, permission: 'granted' });
    await tab.evaluate((port) => sessionStorage.setItem('beidd.port', port), String(facts.port));
    await desk.answers('sign 1234');
    await tab.visit(`${sites.listed}/example/index.html`);
    await tab.page.click('#visit');
    const lines = () => tab.evaluate(() => [...document.querySelectorAll('#lines li')].map(({ textContent }) => textContent));
    await eventually('the visit has ended', () => tab.evaluate(() => !document.querySelector('#visit').disabled));
    const expected = ['patient: Proefman 1990-02-28 passed', 'link: eidsigning', 'consent: made', 'revoked: both'];
    stage.same(await lines(), expected, 'the example');
    stage.note('example page', 'identity, link, consent, revocation');
    await desk.remove();
}

/** A page that may not call, and takes the tab along. */
async function redirect(stage) {
    const { desk, sites } = stage;
    await desk.insert('jan');
    for (const [answer, expected] of [['ok', 'Proefman'], ['no', 'user-declined']]) {
        await desk.answers(answer);
        const tab = await stage.tab({ at: `${sites.heldBack}/away`, permission: 'denied' });
        const title = () => tab.evaluate(() => document.title);
        await eventually('the page is ready', async () => (await title()) === 'ready');
        await tab.page.click('#go');
        await eventually(`the page is back with ${expected}`, async () => (await title().catch(() => '')) === expected);
        const left = await tab.evaluate(() => [location.hash, sessionStorage.length]);
        stage.same(left, ['', 0], 'what is left of the answer');
    }
    stage.note('permission refused; the tab is taken along', 'the answer, or user-declined; nothing is left in the address');
    await desk.remove();
}
