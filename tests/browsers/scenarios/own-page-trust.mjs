// The daemon's own page tells who trusts it, by a look into the stores of real browsers.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, facts } from '../facts.mjs';
import { OwnPage } from '../page.mjs';
import { firefoxProfile, makeDatabase } from '../trust.mjs';

export const name = 'own page, trust';

export async function run(stage) {
    // Not the store of the browser that shows the page, which has to go on.
    if (stage.browserName !== 'Chromium') return play(stage, 'chromium');
    makeDatabase(firefoxProfile(facts.home));
    try {
        await play(stage, 'firefox');
    } finally {
        rmSync(join(facts.home, '.mozilla'), { recursive: true });
    }
}

async function play(stage, other) {
    const { desk } = stage;
    const tls = async (command) => {
        const done = await desk.beidctl('tls', command, '--store', other);
        stage.same(done.code, 0, `beidctl tls ${command}: ${done.stdout}${done.stderr}`);
    };
    await tls('remove');
    const page = await OwnPage.open(stage, await stage.tab());
    await page.view('trust');
    const passed = (store) => page.tab.evaluate((store) => document.querySelector(`[data-store="${store}"]`)?.classList.contains('passed'), store);
    await page.sees('[data-trusted="false"]');
    stage.same([await passed(stage.browserName.toLowerCase()), await passed(other)], [true, false], 'this browser, and the other one');
    const advice = await page.text(`[data-store="${other}"]`);
    stage.holds(advice.includes('beidctl tls install'), advice);
    const certificate = await page.text('main section');
    stage.holds(certificate.includes('beidd local authority') && certificate.includes('SHA-256'), certificate);
    stage.note('one of two browsers trusts the authority', 'the other is named, with the command that helps');

    await tls('install');
    await page.press('main .actions button');
    await page.sees('[data-trusted="true"]');
    stage.same(await passed(other), true, 'after beidctl tls install');
    stage.note('after beidctl tls install', 'each browser of this user trusts the authority');
    await tls('remove');
    await page.press('main .actions button');
    await eventually('the other one does not trust it any more', async () => (await passed(other)) === false);
}
