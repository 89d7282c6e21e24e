// The daemon's own page in a tab, and what a person sees of it.

import { desk } from './desk.mjs';
import { eventually } from './facts.mjs';

/** Views of the page, by their names in the address. */
export const VIEWS = ['card', 'consent', 'link', 'sign', 'access', 'answer'];

export class OwnPage {
    /** Opens the page in a tab, as `beidctl open` does. */
    static async open(stage, tab) {
        const { code, stdout, stderr } = await desk.beidctl('open', '--print');
        stage.same(code, 0, stderr);
        const address = stdout.trim();
        stage.same((await tab.visit(address)).status, 200, 'the page');
        return new OwnPage(stage, tab, address);
    }

    constructor(stage, tab, address) {
        Object.assign(this, { stage, tab, address });
        tab.page.on('pageerror', (error) => stage.fails(`the page: ${error.stack ?? error.message}`));
    }

    /** Text of the first element that fits, or null. */
    text(selector) {
        return this.tab.evaluate((selector) => document.querySelector(selector)?.innerText ?? null, selector);
    }

    /** Everything that the page holds, in texts and attributes: nothing of a person may be left in it. */
    whole() {
        return this.tab.evaluate(() => document.documentElement.outerHTML + document.title);
    }

    /** Waits until an element is there. */
    sees(selector) {
        return eventually(`${selector} on the page`, () => this.tab.evaluate((selector) => document.querySelector(selector) !== null, selector));
    }

    /** Waits until the card is read to its end. */
    async reads() {
        await this.sees('.certificates');
        await eventually('the end of the reading', () => this.tab.evaluate(() => document.querySelector('.reading') === null));
    }

    /** Opens a view, and waits until it stands. */
    async view(name) {
        await this.tab.evaluate((name) => document.querySelector(`#views a[href="#/${name}"]`).click(), name);
        await this.sees(`#views a[href="#/${name}"][aria-current]`);
        const filled = { consent: '.reader-text p', link: '[data-period] p', access: '.files, .panel .hint' }[name];
        if (filled) await this.sees(filled);
    }

    /** Chooses one of the values of a control by its label's order in the view. */
    choose(index, value) {
        return this.tab.evaluate(({ index, value }) => {
            const control = document.querySelectorAll('main select')[index];
            control.value = value;
            control.dispatchEvent(new Event('change'));
        }, { index, value });
    }

    /** Changes the language, and waits until the page speaks it. */
    async speak(tag) {
        await this.tab.evaluate((tag) => {
            const select = document.getElementById('language');
            select.value = tag;
            select.dispatchEvent(new Event('change'));
        }, tag);
        await eventually(`the page in ${tag}`, () => this.tab.evaluate((tag) => document.documentElement.lang === tag, tag));
    }

    /** Presses the button that stands out. */
    press(selector = 'main button.primary') {
        return this.tab.evaluate((selector) => document.querySelector(selector).click(), selector);
    }
}
