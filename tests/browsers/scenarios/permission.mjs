// The browser's own permission (Local Network Access): which calls of a public page it holds back, and what the page is told.

import { daemon, eventually, sleep } from '../facts.mjs';

export const name = 'permission';

/** Milliseconds after which everything has arrived that arrives at all. */
const SETTLED = 1500;

/** What browsers do not hold back. A daemon that refuses by itself does not depend on it. */
const PASSED = { Chromium: [], Firefox: ['WebSocket'] };

/** Milliseconds after which the page gives up on a question that nobody answers. */
const UNANSWERED = 1500;

export async function run(stage) {
    const { witness, listed } = stage.sites;
    const target = `https://localhost:${witness.port}`;
    await heldBack(stage, target);
    await stage.desk.requests();

    const asking = await stage.tab({ at: listed });
    stage.same(await asking.permission(), 'prompt', 'permission before anything');
    const unanswered = await asking.fetch(daemon('/v1/status'), { limit: UNANSWERED });
    stage.holds(unanswered.pending, `not asked: ${JSON.stringify(unanswered)}`);
    stage.note('permission not given yet', `state "prompt"; the call waits for the person's answer, nothing is sent`);

    const denied = await stage.tab({ at: listed, permission: 'denied' });
    stage.same(await denied.permission(), 'denied', 'permission that was refused');
    const refused = await denied.fetch(daemon('/v1/status'));
    stage.holds(refused.refused, `denied, and yet: ${JSON.stringify(refused)}`);
    stage.same(await stage.desk.requests(), [], 'requests without permission');
    stage.note('permission refused', `state "denied"; ${refused.refused.split(':')[0]} at once, nothing is sent`);

    const granted = await stage.tab({ at: listed, permission: 'granted' });
    stage.same(await granted.permission(), 'granted', 'permission that was given');
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
        stage.same((await granted.fetch(daemon('/v1/status', host))).status, 200, host);
    }
    stage.note('permission given', 'state "granted"; localhost, 127.0.0.1 and [::1] answer');

    await navigation(stage, listed, target);
}

/** The whole tab leaves for this computer, by a link and by a form. */
async function navigation(stage, listed, target) {
    const { witness } = stage.sites;
    for (const [what, act] of [
        ['follows a link', (url) => { location.href = url; }],
        ['sends a form', (url) => {
            const form = Object.assign(document.createElement('form'), { method: 'post', action: url });
            document.body.append(form);
            form.submit();
        }],
    ]) {
        const tab = await stage.tab({ at: listed, permission: 'denied' });
        const path = `/${stage.browserName}/${what.replaceAll(' ', '-')}`;
        await tab.evaluate(act, target + path);
        await eventually(`the tab that ${what} arrives`, () => witness.paths.includes(path));
        stage.note(`permission refused, but the whole tab ${what}`, 'sent: navigation is not gated');
    }
}

/** Proves that the site counts as public: without permission nothing of it reaches any server on this computer. */
async function heldBack(stage, target) {
    const { witness, listed } = stage.sites;
    const tab = await stage.tab({ at: listed });
    const ways = {
        fetch: (url) => { fetch(url).catch(() => {}); },
        'fetch without CORS': (url) => { fetch(url, { mode: 'no-cors' }).catch(() => {}); },
        'POST as text/plain': (url) => { fetch(url, { mode: 'no-cors', method: 'POST', body: '{}' }).catch(() => {}); },
        image: (url) => { new Image().src = url; },
        script: (url) => { document.head.append(Object.assign(document.createElement('script'), { src: url })); },
        beacon: (url) => { navigator.sendBeacon(url, '{}'); },
        WebSocket: (url) => { new WebSocket(url.replace('https', 'wss')); },
        EventSource: (url) => { new EventSource(url); },
        iframe: (url) => { document.body.append(Object.assign(document.createElement('iframe'), { src: url })); },
    };
    const names = Object.keys(ways);
    const asked = (number) => `/${stage.browserName}/${number}`;
    for (const [number, act] of Object.values(ways).entries()) await tab.evaluate(act, target + asked(number));
    await sleep(SETTLED);
    const reached = names.filter((_, number) => witness.paths.includes(asked(number)));
    stage.holds(!reached.includes('fetch'), 'the site does not count as public: nothing would be tested');
    stage.same(reached, PASSED[stage.browserName], 'what a page may send without permission');
    stage.note('public page without permission', `nothing is sent by ${names.filter((way) => !reached.includes(way)).join(', ')}`
        + (reached.length === 0 ? '' : `; **sent** by ${reached.join(', ')}`));
}
