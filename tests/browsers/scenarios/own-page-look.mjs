// The daemon's own page as people see it: every view and state, judged by axe and html-validate, in a picture each.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { facts, load } from '../facts.mjs';
import { OwnPage, VIEWS } from '../page.mjs';

export const name = 'own page, its looks';

// One judge is enough for markup and colours, and Puppeteer's Firefox cannot change media features.
export const browsers = ['Chromium'];

const LANGUAGES = ['nl', 'fr', 'de', 'en'];
/** Narrow windows and enlarged letters: 320 CSS pixels are also what 1280 are at 400 %. */
const SIZES = { wide: { width: 1200, height: 900 }, narrow: { width: 320, height: 640 } };

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
    await look.inFurtherStates();
    await look.inOtherColours();
    await look.onPaper();
    await look.withKeysAlone();
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

class Look {
    judged = 0;
    #axe = readFileSync(join(facts.modules, 'axe-core/axe.min.js'), 'utf8');
    #html;
    #pictures = join(facts.artefacts, 'page');

    constructor(stage, tab) {
        Object.assign(this, { stage, tab });
        const { HtmlValidate } = load('html-validate');
        // How a browser writes attributes without a value is its own business. Inline styles are axe's, which leaves some
        // behind; the policy of the page admits none.
        const rules = { 'attribute-boolean-style': 'off', 'attribute-empty-style': 'off', 'no-inline-style': 'off' };
        this.#html = new HtmlValidate({ extends: ['html-validate:recommended'], rules });
        mkdirSync(this.#pictures, { recursive: true });
    }

    async inEveryLanguage(view) {
        for (const language of LANGUAGES) {
            await this.page.speak(language);
            for (const [size, viewport] of Object.entries(SIZES)) {
                await this.tab.page.setViewportSize(viewport);
                await this.judge(view, language, size);
                const overflow = await this.tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                this.stage.holds(overflow <= 0, `${view} in ${language} is ${overflow} pixels too wide at ${viewport.width}`);
                this.stage.same(await this.#cut(), [], `${view} in ${language} at ${viewport.width}: choices that are cut`);
            }
        }
        await this.tab.page.setViewportSize(SIZES.wide);
    }

    /** Choices that are wider than their control; kinds of care relations have their names from the platform. */
    #cut() {
        return this.tab.evaluate(() => {
            const pen = document.createElement('canvas').getContext('2d');
            const controls = [...document.querySelectorAll('select')].filter((one) => one.checkVisibility() && one.options.length < 8);
            return controls.flatMap((control) => {
                const { font, paddingLeft } = getComputedStyle(control);
                pen.font = font;
                // The arrow takes as much as the padding on its side does.
                const room = control.clientWidth - 3 * parseFloat(paddingLeft);
                return [...control.options].map(({ text }) => text).filter((text) => pen.measureText(text).width > room);
            });
        });
    }

    /** Forms with everything that they can ask for, and lists with everything in them. */
    async inFurtherStates() {
        const { desk } = this.stage;
        const patient = { 'patient-number': '19.03.09-046.36', 'patient-family': 'Proefkind', 'patient-given': 'Lotte' };
        await this.page.view('consent');
        await this.page.fill({ source: 'number', ...patient });
        await this.page.sees('[name=represented]:disabled');
        await this.inEveryLanguage('consent-of-a-child');
        await this.page.view('link');
        await this.page.fill({ dialect: 'hub' });
        await this.page.fill({ proof: 'eidencoding_nocard', represented: true });
        await this.page.sees('[data-period] .note');
        await this.inEveryLanguage('link-typed');
        await this.page.view('exclusion');
        await this.page.fill({ operation: 'history', other: true, one: true, 'party-type': 'orgpharmacy' });
        await this.inEveryLanguage('exclusion-of-another');
        await this.page.view('record');
        await this.page.drop('saved.eid', '<eid><identity nationalnumber="85073003328" dateofbirth="19850730"><name>Bestand</name></identity></eid>');
        await this.page.sees('[data-record]');
        await this.inEveryLanguage('record-open');
        for (const caller of ['https://ads.example.test', '/opt/my software/emr']) await desk.beidctl('pair', 'silence', caller);
        await this.page.view('access');
        await this.page.sees('button[aria-label*="ads.example.test"]');
        await this.inEveryLanguage('access-silenced');
        for (const caller of ['https://ads.example.test', '/opt/my software/emr']) await desk.beidctl('pair', 'unsilence', caller);
    }

    /** The card on paper, printed from a dark screen: black on white, whole, and nothing that only a screen can do. */
    async onPaper() {
        await this.page.view('card');
        await this.page.reads();
        await this.tab.page.emulateMedia({ media: 'print', colorScheme: 'dark', forcedColors: null, reducedMotion: null });
        // A sheet of A4 without its margins, in CSS pixels.
        await this.tab.page.setViewportSize({ width: 718, height: 1047 });
        await this.judge('card-on-paper', 'en');
        const faults = await this.tab.evaluate(() => {
            const grey = (colour) => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return { dark: r + g + b, a }; };
            const shown = [...document.body.querySelectorAll('*')].filter((one) => one.checkVisibility());
            const faults = shown.filter((one) => ['NAV', 'BUTTON', 'SELECT', 'A'].includes(one.tagName)).map((one) => `${one.tagName} is printed`);
            for (const one of shown) {
                const { color, backgroundColor } = getComputedStyle(one);
                if (grey(color).dark > 3 * 0x40) faults.push(`${one.tagName} ${one.className}: ${color}`);
                const ground = grey(backgroundColor);
                if (ground.a > 0 && ground.dark < 3 * 0xff && !one.closest('.photo')) faults.push(`${one.tagName} ${one.className} on ${backgroundColor}`);
                if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 && !one.classList.contains('unseen')) faults.push(`${one.tagName} ${one.className} is cut`);
            }
            return faults;
        });
        this.stage.same(faults, [], 'faults on paper');
        const text = await this.page.text('body');
        for (const part of ['Proefman', 'Krommebocht', 'Read from the card on', 'P-384']) this.stage.holds(text.includes(part), `${part} is not on paper`);
        await this.tab.page.emulateMedia({ media: null, colorScheme: null, forcedColors: null, reducedMotion: null });
        await this.tab.page.setViewportSize(SIZES.wide);
        this.stage.note('print', 'black on white, whole, with the time of the reading and the certificates unfolded');
    }

    async inOtherColours() {
        await this.page.view('card');
        await this.page.reads();
        // What one call does not name stays as the last call left it.
        const none = { colorScheme: null, forcedColors: null, reducedMotion: null, media: null };
        for (const media of [{ colorScheme: 'dark' }, { forcedColors: 'active' }, { reducedMotion: 'reduce' }, { media: 'print' }]) {
            await this.tab.page.emulateMedia({ ...none, ...media });
            await this.judge('card', 'en', Object.values(media)[0]);
        }
        await this.tab.page.emulateMedia(none);
    }

    /** From the beginning of the page, the tabulator reaches every control, each with a visible frame. */
    async withKeysAlone() {
        await this.page.view('link');
        const controls = await this.tab.evaluate(() => {
            document.activeElement.blur();
            const all = [...document.querySelectorAll('a[href], button, select, input')];
            return all.filter((one) => !one.disabled && one.checkVisibility()).length;
        });
        const reached = new Set();
        for (let press = 0; press < controls * 5 && reached.size < controls; press += 1) {
            await this.tab.page.keyboard.press('Tab');
            const now = await this.tab.evaluate(() => {
                const one = document.activeElement;
                const { outlineStyle, outlineWidth } = getComputedStyle(one);
                return { at: [...document.querySelectorAll('*')].indexOf(one), tag: one.tagName, framed: outlineStyle !== 'none' && outlineWidth !== '0px' };
            });
            if (now.tag === 'BODY' || now.tag === 'MAIN') continue;
            this.stage.holds(now.framed, `no frame around the focus (${now.tag})`);
            reached.add(now.at);
        }
        this.stage.same(reached.size, controls, 'controls that the tabulator reaches');
        this.stage.note('keyboard alone', `${controls} controls of a form reached, each framed`);
    }

    /** Judges what stands there now, and takes a picture of it. */
    async judge(view, language, size = 'wide') {
        const what = `${view} in ${language}, ${size}`;
        await this.tab.page.screenshot({ path: join(this.#pictures, `${view}-${language}-${size}.png`), fullPage: true });
        const html = await this.tab.evaluate(() => `<!DOCTYPE html>\n${document.documentElement.outerHTML}`);
        const { results } = await this.#html.validateString(html);
        const errors = results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
        this.stage.same(errors, [], what);
        // Through the protocol, because the policy of the page admits no other script; the policy itself stays in force.
        await this.tab.page.evaluate(this.#axe);
        const violations = await this.tab.evaluate(async () => {
            const { violations } = await globalThis.axe.run();
            return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
        });
        this.stage.same(violations, [], what);
        this.judged += 1;
    }
}
