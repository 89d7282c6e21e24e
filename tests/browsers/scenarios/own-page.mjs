// The daemon's own page: opened by a code, follows the card, forgets it, and has things signed.

import { eventually } from '../facts.mjs';
import { OwnPage } from '../page.mjs';

export const name = 'own page';

export async function run(stage) {
    const { desk } = stage;
    const tab = await stage.tab();
    const page = await OwnPage.open(stage, tab);
    await page.sees('[data-state="no-card"]');
    const where = await tab.evaluate(() => location.href);
    stage.holds(!where.includes('code'), `the code is in the address: ${where}`);
    const stored = await tab.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
    stage.same(stored, 0, 'what the page keeps in the browser');
    stage.note('beidctl open', 'the page opens; neither code nor token stay in address, storage or cookies');

    const cardId = await desk.insert('jan');
    await page.reads();
    const who = await page.text('.name');
    stage.holds(who.includes('Proefman'), `the holder: ${who}`);
    await page.sees('[data-photo] img');
    stage.note('card is inserted', 'holder, photo, checks and certificates appear');

    const saved = await tab.evaluate(async () => {
        const files = [];
        HTMLAnchorElement.prototype.click = function () { files.push(this.download); };
        window.print = () => files.push('print');
        // One after the other: some are asked for, and come when they come.
        for (const button of document.querySelectorAll('.actions button')) {
            const before = files.length;
            button.click();
            for (let wait = 0; wait < 100 && files.length === before; wait += 1) await new Promise((done) => setTimeout(done, 50));
        }
        delete HTMLAnchorElement.prototype.click;
        return files;
    });
    const files = ['jpg', 'json', 'eid', 'csv', 'fhir.json'].map((extension) => `Proefman Jan Nep.${extension}`);
    stage.same(saved, [...files, 'print'], 'ways of taking the data along');
    await page.speak('fr');
    stage.holds((await page.text('h1')) === 'Carte' && (await page.text('.name')).includes('Proefman'), 'the same card in French');
    await page.speak('nl');

    await desk.remove();
    await page.sees('[data-state="no-card"]');
    const left = await page.whole();
    for (const personal of ['Proefman', '90.02.28', '90022805737', 'Krommebocht', 'blob:', cardId]) {
        stage.holds(!left.includes(personal), `${personal} is still in the page`);
    }
    stage.note('card is removed', 'everything read of it is gone from the page');

    await speaksAnother(stage, page);
    await signs(stage, page);
    await refuses(stage, tab, page);
}

/** The consent follows the language of the page: note about the text, and the explanation that is open. */
async function speaksAnother(stage, page) {
    const explanation = () => page.tab.evaluate(() => {
        const all = [...document.querySelectorAll('main details')];
        return { first: all[0]?.lang, open: all.filter((one) => one.open).map((one) => one.lang) };
    });
    await page.speak('nl');
    await page.view('consent');
    stage.same((await explanation()).open, [], 'explanations that are open beside the Dutch text');
    stage.same(await page.text('main .columns .note'), null, 'no note about another language');
    await page.speak('fr');
    await page.sees('main details[lang="fr"][open]');
    stage.same(await explanation(), { first: 'fr', open: ['fr'] }, 'explanations in French');
    const note = await page.text('main .columns .note');
    stage.holds(note?.includes('néerlandais'), `the note names the language of the text: ${note}`);
    await page.speak('nl');
    await eventually('no explanation is open', async () => (await explanation()).open.length === 0);
    stage.note('the language changes before a consent', 'the explanation of that language opens; the page names the language of the text');
}

/** A therapeutic link and a consent, signed in the dialog; then a consent whose dialog is closed. */
async function signs(stage, page) {
    const { desk } = stage;
    await desk.insert('jan');
    await page.view('link');
    await eventually('a link that can be signed', () => page.tab.evaluate(() => !document.querySelector('main button.primary').disabled));
    await choosesTheLastDay(page);
    await desk.answers('sign 1234');
    await page.press();
    await page.sees('[data-done] [data-verdict="valid-test-card"]');
    const dialogs = await desk.shown();
    stage.holds(dialogs.some(({ description }) => /beidd/.test(description)), `the dialog names the page: ${JSON.stringify(dialogs)}`);
    stage.note('signs a therapeutic link', 'the dialog names the page; the request can be saved, and its verdict stands below');

    await page.view('consent');
    await eventually('a consent that can be signed', () => page.tab.evaluate(() => !document.querySelector('main button.primary').disabled));
    await desk.answers('sign 1234');
    await page.press();
    await page.sees('[data-done] [data-verdict="valid-test-card"]');
    stage.note('signs a consent', 'request and evidence can be saved; the verdict on the evidence stands below');

    await desk.answers('cancel');
    await page.press();
    await page.sees('[data-refused="user-declined"]');
    stage.holds(await page.text('.note.unknown[data-refused]') !== null, 'a decision of the person looks like a failure');
    stage.same(await desk.triesLeft(), 3, 'tries left');
    stage.note('the person closes the dialog', 'the page says so; no PIN try spent');
    await desk.remove();
    await eventually('the outcome is gone', () => page.tab.evaluate(() => document.querySelector('[data-done], [data-refused]') === null));
}

/** The last day that is filled in is the last one of the period. */
async function choosesTheLastDay(page) {
    const words = await page.tab.evaluate(() => {
        const last = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
        const [, end] = document.querySelectorAll('main input[type="date"]');
        end.value = last;
        end.dispatchEvent(new Event('change'));
        return new Intl.DateTimeFormat('nl-BE', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(last));
    });
    await eventually('the period ends with its last day', async () => (await page.text('[data-period]')).includes(`tot en met ${words}`));
}

/** A code that was used, a reload, and another page. */
async function refuses(stage, tab, page) {
    await tab.evaluate(() => { history.replaceState(null, '', '/'); });
    await tab.visit(new URL('/', page.address).href);
    await page.sees('[data-state="session-missing"]');
    stage.note('the page is loaded anew', 'its session is over; it says how to open it');

    const again = await stage.tab({ at: page.address });
    await new OwnPage(stage, again, page.address).sees('[data-state="session-used"]');
    stage.note('a used code', 'refused; the page says how to open it');

    const other = await stage.tab({ at: stage.sites.listed, permission: 'granted' });
    const framed = await other.evaluate(async (address) => {
        const frame = document.createElement('iframe');
        frame.src = address;
        document.body.append(frame);
        await new Promise((done) => { frame.onload = done; setTimeout(done, 3000); });
        try { return frame.contentDocument?.body?.innerText ?? 'closed'; } catch { return 'closed'; }
    }, new URL('/', page.address).href);
    stage.holds(!framed.includes('beidd'), `the page in a frame: ${framed}`);
    stage.note('a listed site frames the page', 'nothing is shown');
}
