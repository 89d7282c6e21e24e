// The daemon's own page finds records of what was read, verifies their chain, and tells where one is broken.

import { eventually } from '../facts.mjs';
import { OwnPage } from '../page.mjs';

export const name = 'own page, evidence';

export async function run(stage) {
    const { desk } = stage;
    await desk.insert('jan');
    const { code, stderr } = await desk.beidctl('identity');
    stage.same(code, 0, stderr);
    const page = await OwnPage.open(stage, await stage.tab());
    await page.view('evidence');
    await page.sees('[data-kind="card-read"]');
    const list = await page.text('.files');
    stage.holds(!/Proefman/i.test(list), `nobody is named: ${list}`);

    const found = () => page.tab.evaluate(() => Number(document.querySelector('[data-found]').dataset.found));
    const search = async (values, count) => {
        await page.fill(values);
        await page.press();
        await eventually(`${count} records with ${JSON.stringify(values)}`, async () => (count === 'some' ? (await found()) > 0 : (await found()) === count));
    };
    // Of a kind that no scenario brings about.
    await search({ kind: 'purge' }, 0);
    await search({ kind: 'card-read' }, 'some');
    await search({ to: '2020-01-01' }, 0);
    await search({ to: '', reference: 'nobody sent this' }, 0);
    stage.note('records by kind, day and reference', 'those that fit, and none of a person\'s names');

    await page.press('main section .actions button');
    await page.sees('[data-intact="true"]');
    await page.speak('nl');
    const said = await page.text('[data-intact]');
    stage.holds(said.includes('zoals ze werden geschreven'), said);
    stage.note('the chain of this computer', 'verified, in words');
    await desk.remove();
}
