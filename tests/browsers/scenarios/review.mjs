// Files before they are signed: beidd's own page lists what a website asks for while the dialog is open, opens its copies, and
// lets them go. Of its own files it names those that the person left out.

import { daemon, eventually } from '../facts.mjs';
import { OwnPage } from '../page.mjs';

export const name = 'review of files';

const FILES = [
    { name: 'brief.txt', type: 'text/plain', content: 'Ik ga akkoord.\n' },
    { name: 'page.html', type: 'text/html', content: '<script>document.title = "taken"</script>' },
];

export async function run(stage) {
    const { desk } = stage;
    const tab = await stage.tab();
    const page = await OwnPage.open(stage, tab);
    await desk.insert('jan');
    await page.reads();
    await looks(stage, page);
    await leavesOut(stage, page);
    await desk.remove();
}

/** Files of a website. */
async function looks(stage, page) {
    const { desk, sites } = stage;
    const site = await stage.tab({ at: sites.listed, permission: 'granted' });
    const api = (path, options) => site.call(daemon(path), options);
    const { token } = (await api('/v1/pairings', { body: { name: 'Practice', scopes: ['sign'] } })).body;
    const documents = FILES.map(({ name, type, content }) => ({ name, mediaType: type, content: btoa(content) }));
    await desk.holds('ok');
    await desk.answers('sign 1234');
    const signing = api('/v1/signatures', { token, body: { format: 'cades', documents } });
    await page.sees('[data-review]');
    const text = await page.text('[data-review]');
    for (const part of [new URL(sites.listed).origin, 'brief.txt', 'page.html', 'SHA-256']) {
        stage.holds(text.includes(part), `${part} in the list: ${text}`);
    }
    await page.tab.evaluate(() => {
        window.opened = [];
        const { createObjectURL } = URL;
        const types = new Map();
        URL.createObjectURL = (blob) => {
            const url = createObjectURL.call(URL, blob);
            types.set(url, blob);
            return url;
        };
        HTMLAnchorElement.prototype.click = function () {
            const blob = types.get(this.href);
            window.opened.push(blob.text().then((content) => ({ tab: this.target, saved: this.download, type: blob.type, content })));
        };
        document.querySelectorAll('[data-review] button').forEach((one) => one.click());
    });
    await eventually('both files are opened', () => page.tab.evaluate(() => window.opened.length === 2));
    const opened = await page.tab.evaluate(() => {
        delete HTMLAnchorElement.prototype.click;
        return Promise.all(window.opened);
    });
    opened.sort((one, other) => one.saved.localeCompare(other.saved));
    stage.same(opened, [
        { tab: '_blank', saved: '', type: 'text/plain;charset=utf-8', content: FILES[0].content },
        { tab: '', saved: 'page.html', type: 'application/octet-stream', content: FILES[1].content },
    ], 'how the copies are opened');
    const own = await api('/v1/reviews', { token });
    stage.holds(own.refused !== undefined || own.status === 403, `the website sees a list: ${JSON.stringify(own)}`);
    await desk.release();
    const answer = await signing;
    stage.same([answer.status, answer.body.signatures?.length], [200, 2], `signed: ${JSON.stringify(answer.body).slice(0, 200)}`);
    await eventually('the list is gone', () => page.tab.evaluate(() => document.querySelector('[data-review]') === null));
    stage.note('a website has files signed', 'the page lists them while the dialog is open; text opens in a tab, markup is only saved');
}

/** Files of the page itself, one by one in the dialog. */
async function leavesOut(stage, page) {
    const { desk } = stage;
    await page.view('sign');
    await page.tab.evaluate((files) => {
        const chosen = new DataTransfer();
        for (const { name, type, content } of files) chosen.items.add(new File([content], name, { type }));
        const input = document.querySelector('main input[type=file]');
        input.files = chosen.files;
        input.dispatchEvent(new Event('change'));
    }, FILES);
    await eventually('files that can be signed', () => page.tab.evaluate(() => !document.querySelector('main button.primary').disabled));
    await desk.shown();
    for (const line of ['ok', 'third', 'ok', 'third', 'pin 1234']) await desk.answers(line);
    await page.press();
    await page.sees('[data-done]');
    const said = await page.text('[data-left-out]');
    stage.holds(said.includes('page.html') && !said.includes('brief.txt'), `what was left out: ${said}`);
    // The first one may offer to silence the page, which other scenarios have refused before.
    const [, ...thirds] = (await desk.shown()).map(({ third }) => third ?? '');
    stage.same(thirds, ['One by one', 'Leave out', 'Leave out', ''], 'third buttons');
    stage.same(await page.text('[data-review]'), null, 'the page lists its own files nowhere else');
    stage.note('the page has files signed, one by one', 'what the person leaves out is named, the other is signed');
}
