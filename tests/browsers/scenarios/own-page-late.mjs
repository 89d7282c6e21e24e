// Answers that reach the daemon's own page late, or not at first: what has changed meanwhile counts, and what passes by
// itself is asked again.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { altered, holds, prepare } from '../altered.mjs';
import { eventually, facts } from '../facts.mjs';
import { OwnPage } from '../page.mjs';

export const name = 'own page, late answers';

// Only Playwright prepares a page.
export const browsers = ['Chromium'];

const PATIENT = { 'patient-number': '90.02.28-057.37', 'patient-family': 'Proefman', 'patient-given': 'Jan', reason: 'forgotten' };
const RECORD = '<eid><identity nationalnumber="85073003328" dateofbirth="19850730" gender="female"><name>Bestand</name>'
    + '<firstname>Uit Een</firstname></identity></eid>';
const BUSY = { status: 423, members: { status: 423, code: 'card-busy', retriable: true, retryAfter: 1 } };

/** A list of files that somebody asks a signature for. */
const review = (id, website) => ({
    id,
    website,
    documents: [{ number: 1, name: `${id}.txt`, mediaType: 'text/plain', digest: { algorithm: 'SHA-256', value: 'AAAA' } }],
});

export async function run(stage) {
    const tab = await stage.tab();
    await prepare(tab);
    await tab.page.addInitScript(([first]) => globalThis.beiddTest.set('/v1/reviews', { members: { reviews: [first] } }), [review('first', 'https://one.example')]);
    const page = await OwnPage.open(stage, tab);
    await page.speak('en');
    await asksAgain(stage, page);
    await comesTooLate(stage, page);
    await readsTheLastFile(stage, page);
    await endsWithTheService(stage, page);
}

const disabled = (page) => page.tab.evaluate(() => document.querySelector('main button.primary').disabled);

/** A refusal that passes stops nobody. */
async function asksAgain(stage, page) {
    const { desk } = stage;
    const free = [await altered(page.tab, '/v1/consents/preview', BUSY), await altered(page.tab, '/v1/therapeutic-links/period', BUSY)];
    await desk.insert('lotte');
    await page.view('consent');
    await page.fill({ evidence: 'none' });
    await eventually('the consent can be made', async () => !(await disabled(page)));
    stage.same(await page.text('main [data-refused]'), null, 'a refusal that passes');
    await page.tab.evaluate(() => { location.hash = '#/link'; });
    await page.sees('[name=proof]');
    await page.tab.evaluate(() => { location.hash = '#/consent'; });
    await page.sees('[name=evidence]');
    await free[0]();
    await eventually('the rules for a child', async () => (await page.text('[data-needed]')).includes('under sixteen'));
    await page.tab.evaluate(() => { location.hash = '#/link'; });
    await page.sees('[name=proof] option');
    await free[1]();
    await page.sees('[data-period] p');
    await desk.remove();
    stage.note('a card that is busy for a moment', 'the page asks again by itself; nothing is forbidden meanwhile');
}

/** A result that arrives when another card is in the reader. */
async function comesTooLate(stage, page) {
    const { desk } = stage;
    await page.view('link');
    await page.fill({ proof: 'eidencoding_nocard', ...PATIENT });
    await page.ready();
    const arrives = await altered(page.tab, '/v1/therapeutic-links', { held: true });
    await page.press();
    await holds(page.tab, '/v1/therapeutic-links');
    await desk.insert('lotte');
    await eventually('the page has the card', async () => !(await page.tab.evaluate(() => document.querySelector('[name=represented]').closest('.form').querySelector('.actions').closest('.field').hidden)));
    await arrives();
    await page.sees('main [data-refused="card-changed"]');
    stage.same(await page.text('[data-done]'), null, 'the result of the patient before');
    await desk.remove();
    stage.note('a result arrives after the card has changed', 'it is not shown, and the page says so');
}

/** Two files, one after the other; the answer about the first comes last. */
async function readsTheLastFile(stage, page) {
    for (const [view, end, content] of [['record', '/v1/exported-records', RECORD], ['answer', '/v1/responses', '<answer/>']]) {
        await page.view(view);
        await altered(page.tab, end, { held: true });
        await page.drop('first.xml', content);
        await holds(page.tab, end);
        const arrives = await altered(page.tab, end, { status: 400, members: { status: 400, code: 'invalid-request', title: 'second' } });
        await page.drop('second.xml', content);
        await page.sees('main [data-refused="invalid-request"]');
        const first = page.tab.page.waitForResponse((response) => response.url().endsWith(end));
        await arrives();
        await (await first).finished();
        // The page's own turn comes after the browser's.
        await page.tab.evaluate(() => new Promise((done) => { setTimeout(done, 200); }));
        stage.same(await page.text('main .view [data-refused] .strong'), 'second', `${view}: the file that was dropped last`);
        stage.holds(!(await page.whole()).includes('Bestand'), `${view}: the first file is shown`);
    }
    stage.note('a second file while the first is read', 'the second counts');
}

/** Files that others want signed: the newest is spoken of, and all go with the service. */
async function endsWithTheService(stage, page) {
    const { desk } = stage;
    await page.sees('[data-review]');
    const both = [review('first', 'https://one.example'), review('second', 'https://two.example')];
    await altered(page.tab, '/v1/reviews', { members: { reviews: both } });
    const letter = join(facts.scratch, 'asked.txt');
    writeFileSync(letter, 'Asked for.\n');
    await desk.insert('jan');
    await desk.answers('cancel');
    const asked = await desk.beidctl('sign', letter);
    stage.holds(asked.code !== 0, 'signed without a person');
    await desk.shown();
    await eventually('the newest is spoken of', async () => (await page.text('#announcements'))?.includes('https://two.example'));

    const restore = await altered(page.tab, '/v1/readers', { status: 503, members: { status: 503, code: 'no-service' } });
    await desk.remove();
    await eventually('the notices are gone', async () => (await page.text('[data-review]')) === null);
    await restore();
    stage.note('the service is gone while files are asked about', 'the notices with their names go, too');
}
