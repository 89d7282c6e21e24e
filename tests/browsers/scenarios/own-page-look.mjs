// The daemon's own page as people see it: every view and state, judged by axe and html-validate, in a picture each.

import { eventually } from '../facts.mjs';
import { Look } from '../look.mjs';
import { OwnPage, VIEWS } from '../page.mjs';
import { readings } from './own-page-report.mjs';
import { signedFiles } from './own-page-verify.mjs';

export const name = 'own page, its looks';

// One judge is enough for markup and colours, and Puppeteer's Firefox cannot change media features.
export const browsers = ['Chromium'];

export async function run(stage) {
    const { desk } = stage;
    const tab = await stage.tab();
    const look = new Look(stage, tab);
    const { link, signature } = await signedFiles(stage);
    await readings(stage);
    const files = [link, signature, { name: 'plain.txt', octets: Buffer.from('Hello.\n') }];
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
    await page.view('verify');
    await page.drops(files);
    await eventually('three verdicts', async () => Object.values(await page.verdicts()).filter(Boolean).length === 3);
    await look.inEveryLanguage('verified');
    await inFurtherStates(look);
    await inOtherColours(look);
    await onPaper(look);
    for (const view of ['link', 'exclusion', 'record']) await withKeysAlone(look, view);
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

/** Forms with everything that they can ask for, and lists with everything in them. */
async function inFurtherStates(look) {
    const { page, stage: { desk } } = look;
    const patient = { 'patient-number': '19.03.09-046.36', 'patient-family': 'Proefkind', 'patient-given': 'Lotte' };
    await page.view('consent');
    await page.fill({ source: 'number', ...patient });
    await page.sees('[name=represented]:disabled');
    await look.inEveryLanguage('consent-of-a-child');
    await page.view('link');
    await page.fill({ dialect: 'hub' });
    await page.fill({ proof: 'eidencoding_nocard', represented: true });
    await page.sees('[data-period] .note');
    await look.inEveryLanguage('link-typed');
    await page.view('exclusion');
    await page.fill({ operation: 'history', other: true, one: true, 'party-type': 'orgpharmacy' });
    await look.inEveryLanguage('exclusion-of-another');
    await page.view('record');
    await page.drop('saved.eid', '<eid><identity nationalnumber="85073003328" dateofbirth="19850730"><name>Bestand</name></identity></eid>');
    await page.sees('[data-record]');
    await look.inEveryLanguage('record-open');
    await page.view('evidence');
    await page.press('main section .actions button');
    await page.sees('[data-intact="true"]');
    await look.inEveryLanguage('evidence-intact');
    const silenced = ['https://ads.example.test', '/opt/my software/emr'];
    for (const caller of silenced) await desk.beidctl('pair', 'silence', caller);
    await page.view('access');
    await page.sees('button[aria-label*="ads.example.test"]');
    await look.inEveryLanguage('access-silenced');
    for (const caller of silenced) await desk.beidctl('pair', 'unsilence', caller);
}

/** The card on paper, printed from a dark screen: black on white, whole, and nothing that only a screen can do. */
async function onPaper(look) {
    const { page, tab, stage } = look;
    await page.view('card');
    await page.reads();
    await tab.page.emulateMedia({ media: 'print', colorScheme: 'dark', forcedColors: null, reducedMotion: null });
    const wide = tab.page.viewportSize();
    // A sheet of A4 without its margins, in CSS pixels.
    await tab.page.setViewportSize({ width: 718, height: 1047 });
    await page.speak('en');
    await look.judge('card-on-paper', 'en');
    stage.same(await tab.evaluate(faultsOnPaper), [], 'faults on paper');
    const text = await page.text('body');
    for (const part of ['Proefman', 'Krommebocht', 'Read from the card on', 'P-384']) stage.holds(text.includes(part), `${part} is not on paper`);
    await tab.page.emulateMedia({ media: null, colorScheme: null, forcedColors: null, reducedMotion: null });
    await tab.page.setViewportSize(wide);
    stage.note('print', 'black on white, whole, with the time of the reading and the certificates unfolded');
}

/** Runs in the page: what is printed in other colours than black on white, is cut, or is of no use on paper. */
function faultsOnPaper() {
    const colour = (text) => { const [red, green, blue, opacity = 1] = text.match(/[\d.]+/g).map(Number); return { sum: red + green + blue, opacity }; };
    const shown = [...document.body.querySelectorAll('*')].filter((one) => one.checkVisibility());
    const faults = shown.filter((one) => ['NAV', 'BUTTON', 'SELECT', 'A'].includes(one.tagName)).map((one) => `${one.tagName} is printed`);
    for (const one of shown) {
        const what = `${one.tagName} ${one.className}`;
        const { color, backgroundColor } = getComputedStyle(one);
        const ground = colour(backgroundColor);
        if (colour(color).sum > 3 * 0x40) faults.push(`${what} in ${color}`);
        if (ground.opacity > 0 && ground.sum < 3 * 0xff && !one.closest('.photo')) faults.push(`${what} on ${backgroundColor}`);
        if (one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1 && !one.classList.contains('unseen')) faults.push(`${what} is cut`);
    }
    return faults;
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
async function withKeysAlone(look, view) {
    await look.page.view(view);
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
    look.stage.note(`keyboard alone: ${view}`, `${controls} controls reached, each framed`);
}
