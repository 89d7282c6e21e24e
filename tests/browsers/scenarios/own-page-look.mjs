// The daemon's own page as people see it: every view and state, judged by axe and html-validate, in a picture each.

import { Look } from '../look.mjs';
import { OwnPage, VIEWS } from '../page.mjs';

export const name = 'own page, its looks';

// One judge is enough for markup and colours, and Puppeteer's Firefox cannot change media features.
export const browsers = ['Chromium'];

export async function run(stage) {
    const { desk } = stage;
    const tab = await stage.tab();
    const look = new Look(stage, tab);
    const page = await OwnPage.open(stage, tab);
    look.page = page;
    await page.sees('[data-state="no-card"]');
    await look.inEveryLanguage('no-card');
    await desk.insert('jan');
    await page.reads();
    for (const view of VIEWS) {
        await page.view(view);
        if (view === 'card') await page.reads();
        await look.inEveryLanguage(view);
    }
    await inOtherColours(look);
    await withKeysAlone(look);
    await desk.answers('hang');
    await page.view('link');
    await page.press();
    await page.sees('[data-waiting]');
    await look.judge('waiting', 'en');
    await page.press('[data-waiting] button');
    await page.sees('[data-refused]');
    await look.judge('refused', 'en');
    await desk.remove();
    await tab.visit(new URL('/', page.address).href);
    await page.sees('[data-state="session-missing"]');
    await look.inEveryLanguage('session-missing');
    stage.note('axe-core', `${look.judged} pages judged, 0 violations`);
    stage.note('html-validate', `${look.judged} pages judged, 0 errors`);
}

async function inOtherColours(look) {
    await look.page.view('card');
    await look.page.reads();
    // What one call does not name stays as the last call left it.
    const none = { colorScheme: null, forcedColors: null, reducedMotion: null, media: null };
    for (const media of [{ colorScheme: 'dark' }, { forcedColors: 'active' }, { reducedMotion: 'reduce' }, { media: 'print' }]) {
        await look.tab.page.emulateMedia({ ...none, ...media });
        await look.judge('card', 'en', Object.values(media)[0]);
    }
    await look.tab.page.emulateMedia(none);
}

/** From the beginning of the page, the tabulator reaches every control, each with a visible frame. */
async function withKeysAlone(look) {
    await look.page.view('link');
    const controls = await look.tab.evaluate(() => {
        document.activeElement.blur();
        const all = [...document.querySelectorAll('a[href], button, select, input')];
        return all.filter((one) => !one.disabled && one.checkVisibility()).length;
    });
    const reached = new Set();
    for (let press = 0; press < controls * 5 && reached.size < controls; press += 1) {
        await look.tab.page.keyboard.press('Tab');
        const now = await look.tab.evaluate(() => {
            const one = document.activeElement;
            const { outlineStyle, outlineWidth } = getComputedStyle(one);
            return { at: [...document.querySelectorAll('*')].indexOf(one), tag: one.tagName, framed: outlineStyle !== 'none' && outlineWidth !== '0px' };
        });
        if (now.tag === 'BODY' || now.tag === 'MAIN') continue;
        look.stage.holds(now.framed, `no frame around the focus (${now.tag})`);
        reached.add(now.at);
    }
    look.stage.same(reached.size, controls, 'controls that the tabulator reaches');
    look.stage.note('keyboard alone', `${controls} controls of a form reached, each framed`);
}
