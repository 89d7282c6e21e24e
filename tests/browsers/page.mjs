// The daemon's own page in a tab, and what a person sees of it.

import { desk } from './desk.mjs';
import { eventually } from './facts.mjs';

/** Views of the page, by their names in the address. */
export const VIEWS = ['card', 'consent', 'link', 'exclusion', 'sign', 'verify', 'evidence', 'access', 'trust', 'doctor', 'answer', 'record', 'reading', 'report'];

/** Views without a link of their own in the bar, by the view whose link stands for them. */
const BELOW = { record: 'card', reading: 'card', report: 'evidence' };

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
        await this.tab.evaluate((name) => { location.hash = `#/${name}`; }, name);
        await this.sees(`#views a[href="#/${BELOW[name] ?? name}"][aria-current]`);
        const filled = {
            consent: '.reader-text p', link: '[data-period] p', exclusion: '[name=party-type] option', access: '.files, .panel .hint',
            record: '.drop', reading: '[name=way] option', trust: '[data-trusted], [data-refused]', evidence: '[data-found], [data-refused]', doctor: '[data-outcome], [data-refused]',
            report: '[data-groups], [data-refused]',
        }[name];
        if (filled) await this.sees(filled);
    }

    /** Fills in controls by their names, as a person does: texts and choices, and true or false for boxes. */
    fill(values) {
        return this.tab.evaluate((values) => {
            for (const [name, value] of Object.entries(values)) {
                const control = document.querySelector(`main [name="${name}"]`);
                if (!control?.checkVisibility()) throw new Error(`${name} is not asked for`);
                if (control.type === 'checkbox') {
                    if (control.checked !== value) control.click();
                    continue;
                }
                control.value = value;
                if (control.value !== value) throw new Error(`${name} cannot be ${value}`);
                for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, { bubbles: true }));
            }
        }, values);
    }

    /** Values that a choice offers. */
    offered(name) {
        return this.tab.evaluate((name) => [...document.querySelector(`main [name="${name}"]`).options].map(({ value }) => value), name);
    }

    /** Waits until the button that stands out can be pressed. */
    ready() {
        return eventually('a button that can be pressed', () => this.tab.evaluate(() => !document.querySelector('main button.primary').disabled));
    }

    /** Drops a file on the view. */
    drop(name, text) {
        return this.tab.evaluate(({ name, text }) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name));
            document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
        }, { name, text });
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

    /** Drops files on the view: `{name, octets, type}`; `type` as the browser has it, or absent. */
    drops(files) {
        const sent = files.map(({ name, octets, type }) => ({ name, type, data: octets.toString('base64') }));
        return this.tab.evaluate((sent) => {
            const dropped = new DataTransfer();
            for (const { name, type, data } of sent) {
                dropped.items.add(new File([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], name, { type }));
            }
            const drop = new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true });
            document.querySelector('main .drop').dispatchEvent(drop);
        }, sent);
    }

    /** Verdicts on the files of the view, by their names. */
    verdicts() {
        return this.tab.evaluate(() => {
            const panels = [...document.querySelectorAll('[data-file]')];
            return Object.fromEntries(panels.map((panel) => [panel.dataset.file, panel.querySelector('[data-verdict]')?.dataset.verdict]));
        });
    }

    /** Presses the button that stands out. */
    press(selector = 'main button.primary') {
        return this.tab.evaluate((selector) => document.querySelector(selector).click(), selector);
    }
}
