// Looks of the daemon's own page: a picture of what stands there, judged by axe and html-validate.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { facts, load } from './facts.mjs';

export const LANGUAGES = ['nl', 'fr', 'de', 'en'];
/** Windows and enlarged letters: 320 and 640 CSS pixels are also what 1280 are at 400 % and at 200 %. */
const SIZES = { wide: { width: 1200, height: 900 }, narrow: { width: 320, height: 640 }, zoomed: { width: 640, height: 400 } };

export class Look {
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
            for (const size of ['wide', 'narrow']) await this.inSize(view, language, size);
        }
    }

    /** Judges what stands there in a window of another size, in which nothing may be cut or wider than the window. */
    async inSize(view, language, size) {
        await this.tab.page.setViewportSize(SIZES[size]);
        await this.judge(view, language, size);
        const overflow = await this.tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        this.stage.holds(overflow <= 0, `${view} in ${language}, ${size}, is ${overflow} pixels too wide`);
        this.stage.same(await this.#cut(), [], `${view} in ${language}, ${size}: choices that are cut`);
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
                // The browser's own arrow does not grow with the letters.
                const padding = parseFloat(paddingLeft);
                const room = control.clientWidth - 2 * padding - Math.min(padding, 16);
                return [...control.options].map(({ text }) => text).filter((text) => pen.measureText(text).width > room);
            });
        });
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
