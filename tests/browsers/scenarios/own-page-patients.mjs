// One patient after another at the daemon's own page: nothing that one person's card, number or files left on it stands
// beside the card of the next.

import { readFileSync } from 'node:fs';
import { eventually } from '../facts.mjs';
import { OwnPage } from '../page.mjs';
import { signedFiles } from './own-page-verify.mjs';

export const name = 'own page, one patient after another';

const ANSWER = readFileSync(new URL('../../../protocol/tests/answers/v3/get-therapeutic-link.xml', import.meta.url), 'utf8');
const CHILD = { 'patient-number': '19.03.09-046.36', 'patient-family': 'Proefkind', 'patient-given': 'Lotte' };

export async function run(stage) {
    const files = await signedFiles(stage);
    const page = await OwnPage.open(stage, await stage.tab());
    await page.speak('en');
    await tells(stage, page);
    await makesByNumber(stage, page);
    await opensFiles(stage, page, files);
}

/** Texts, numbers and days that the forms of a view hold. */
const told = (page) => page.tab.evaluate(() => [...document.querySelectorAll('main input:not([type=checkbox], [type=file])')].map(({ value }) => value).join(''));

/** Puts another card in, and waits until the page has it. */
async function comesNext(stage, page, citizen) {
    await stage.desk.insert(citizen);
    await eventually('the page has the card', () => page.tab.evaluate(() => document.querySelector('main [data-state]') === null));
}

/** A result and a remark of one patient, and the card of the next. */
async function tells(stage, page) {
    const { desk } = stage;
    await comesNext(stage, page, 'jan');
    await page.view('link');
    await page.fill({ proof: 'eidreading', comment: 'fell off his bicycle', start: '2026-11-01', end: '2027-02-01' });
    await page.ready();
    await page.press();
    await page.sees('[data-done]');
    await desk.remove();
    await comesNext(stage, page, 'lotte');
    stage.same([await page.text('[data-done]'), await told(page)], [null, ''], 'result, remark and days of the patient before');
    await page.view('consent');
    await page.fill({ source: 'number', ...CHILD });
    await desk.remove();
    await eventually('the typed patient is forgotten', async () => (await told(page)) === '');
    stage.note('a card leaves, and the next one comes', 'result, remark, days and typed patient are gone');
}

/** A request by number has no card that could leave. */
async function makesByNumber(stage, page) {
    const { desk } = stage;
    await page.view('link');
    await page.fill({ proof: 'eidencoding_nocard', ...CHILD, reason: 'forgotten' });
    await page.ready();
    await page.press();
    await page.sees('[data-done]');
    await desk.insert('jan');
    await eventually('the result has gone', async () => (await page.text('[data-done]')) === null);
    await desk.remove();
    await eventually('the typed patient is forgotten', async () => (await told(page)) === '');
    await desk.insert('jan');
    await page.view('reading');
    await page.fill({ 'patient-number': CHILD['patient-number'] });
    await desk.remove();
    await eventually('the patient who was identified is forgotten', async () => (await told(page)) === '');
    stage.note('a request by number, then a card', 'the result does not stand beside the card');
}

async function opensFiles(stage, page, files) {
    const { desk } = stage;
    await page.view('verify');
    await page.drops([files.link]);
    await page.sees('[data-verdict]');
    await desk.insert('jan');
    await eventually('the verified file is gone', async () => (await page.text('[data-file]')) === null);
    await page.view('answer');
    await page.drop('answer.xml', ANSWER);
    await page.sees('[data-outcome]');
    await page.view('answer');
    await desk.remove();
    await eventually('the answer is gone', async () => (await page.text('[data-outcome]')) === null);
    await desk.insert('jan');
    await page.view('sign');
    await page.drops([files.letter]);
    await page.sees('.files .digest');
    await desk.remove();
    await eventually('the files to sign are gone', async () => (await page.text('.files .digest')) === null);
    stage.note('verified files, an answer, files to sign', 'they go with the card, and when one comes');
}
