// A page of a site that nobody listed, with the client: it asks for access, shows the code that the dialog shows too, reads,
// and loses its access.

import { serveClient } from '../client.mjs';
import { eventually, facts } from '../facts.mjs';

export const name = 'client asks for access';

export async function run(stage) {
    const { desk, sites } = stage;
    serveClient(sites, '/client');
    sites.put('/ask', page());
    await desk.insert('jan');
    const tab = await stage.tab({ at: `${sites.unlisted}/ask`, permission: 'granted' });
    const shows = (id) => tab.evaluate((id) => document.querySelector(id).textContent, id);

    await desk.holds('ok');
    const code = await askedFor(tab, shows);
    const dialog = await eventually('the dialog', async () => (await desk.shown())[0]);
    for (const shown of [code, new URL(sites.unlisted).hostname, 'Practice in the cloud']) {
        stage.holds(dialog.description.includes(shown), `no ${shown} in ${dialog.description}`);
    }
    stage.same(await shows('#card'), '', 'nothing is read before the person agrees');
    stage.note('asks with connect()', 'the page and the dialog show the same three digits');

    await desk.release();
    await eventually('the page reads the card', async () => (await shows('#card')) === 'Proefman');
    stage.same(await shows('#state'), 'Connected to the eID program.', 'the state');
    stage.note('the person agrees', 'connected; the page reads the card');

    const revoked = await desk.beidctl('pair', 'revoke', sites.unlisted);
    stage.same(revoked.code, 0, JSON.stringify(revoked));
    await tab.page.click('#read');
    await eventually('the page has lost its access', async () => (await shows('#card')) === 'notPaired');
    stage.same((await desk.shown()).length, 0, 'dialogs after the revocation');
    stage.note('after beidctl pair revoke', 'notPaired, and no dialog until the page asks again');
    await desk.remove();
}

/** Clicks until the page may ask, and returns the code that it shows. */
function askedFor(tab, shows) {
    // All websites together open three dialogs a minute at most, and those before this one may have had some.
    return eventually('a dialog may open', async () => {
        await tab.page.click('#ask');
        const state = await eventually('an answer', async () => {
            const text = await shows('#state');
            return /must be|too-many-requests/.test(text) && text;
        });
        return /must be (\d{3})/.exec(state)?.[1];
    }, 70_000);
}

/** A page as a site would write it: what the client tells stands in it. */
function page() {
    return `<!doctype html><title>ask</title><button id="ask">Connect</button><button id="read">Read</button>
        <p id="state"></p><p id="card"></p><script type="module">
        import { connect } from '/client/index.js';
        const show = (id, text) => { document.querySelector(id).textContent = text; };
        let beidd;
        const read = () => beidd.readIdentity().then(({ familyName }) => familyName, ({ code }) => code)
            .then((text) => show('#card', text));
        document.querySelector('#ask').onclick = async () => {
            show('#state', '');
            try {
                beidd = await connect({
                    name: 'Practice in the cloud', scopes: ['readers', 'identity.basic'], language: 'en',
                    ports: [${facts.port}], onState: ({ text }) => show('#state', text),
                });
                await read();
            } catch ({ code }) {
                show('#state', code);
            }
        };
        document.querySelector('#read').onclick = read;
    </script>`;
}
