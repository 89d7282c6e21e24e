// The daemon's own page draws numbers by month, has them in tables too, and shows no small ones.

import { OwnPage } from '../page.mjs';

export const name = 'own page, report';

/** As many readings as may be told. */
export async function readings(stage) {
    const { desk } = stage;
    for (let count = 0; count < 6; count += 1) {
        await desk.insert('jan');
        const { code, stderr } = await desk.beidctl('identity');
        stage.same(code, 0, stderr);
        await desk.remove();
    }
}

export async function run(stage) {
    await readings(stage);
    const page = await OwnPage.open(stage, await stage.tab());
    await page.view('evidence');
    await page.press('a[href="#/report"]');
    await page.sees('[data-groups]');
    await page.speak('nl');
    const seen = await page.tab.evaluate(() => {
        const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
        const bar = document.querySelector('.chart rect');
        return {
            bars: [...document.querySelectorAll('.chart rect')].map((one) => Number(one.getAttribute('width'))),
            filled: getComputedStyle(bar).fill !== 'rgb(0, 0, 0)',
            drawn: [...document.querySelectorAll('.chart')].map((one) => one.getAttribute('aria-label')),
            heads: texts('thead th'),
            numbers: texts('tbody td'),
            captions: texts('caption'),
            styled: document.querySelectorAll('main [style]').length,
        };
    });
    stage.holds(seen.bars.some((width) => width > 0) && seen.filled, JSON.stringify(seen.bars));
    stage.holds(seen.drawn.some((label) => /^Aanvragen per maand: arts · /.test(label)), seen.drawn.join());
    stage.holds(seen.heads.includes('Verschillende patiënten') && seen.captions.includes('Aantallen per maand'), seen.heads.join());
    stage.holds(seen.numbers.some((number) => Number(number) >= 6), seen.numbers.join());
    stage.holds(seen.numbers.includes('niet getoond'), seen.numbers.join());
    stage.holds(seen.numbers.every((number) => !(Number(number) > 0 && Number(number) < 5)), seen.numbers.join());
    stage.same(seen.styled, 0, 'elements with a style of their own');
    const whole = await page.whole();
    stage.holds(!/Proefman/i.test(whole), 'nobody is named');
    stage.note('the report', 'a bar a month, tables beside it, nothing below 5');

    await page.fill({ from: '2020-01', to: '2020-02' });
    await page.press();
    await page.sees('[data-groups="0"]');
    stage.holds((await page.text('[data-report]')).includes('werd niets geteld'), await page.text('[data-report]'));
    await page.fill({ from: '2020-03' });
    await page.press();
    await page.sees('[data-refused]');
    stage.note('months of before, and months that cannot be', 'nothing counted; refused in words');
}
