// The states of the daemon's own page that come seldom: what is wrong with the desk, what the checks say, what was done.
// What this desk's readers can bring about is brought about; where they cannot, an answer of the daemon is altered on its way.

import { fileURLToPath } from 'node:url';
import { altered, prepare } from '../altered.mjs';
import { daemon, eventually } from '../facts.mjs';
import { Look } from '../look.mjs';
import { OwnPage, VIEWS } from '../page.mjs';

export const name = 'own page, its states';

// Only Playwright prepares a page, and turns its clock.
export const browsers = ['Chromium'];

const ANSWERS = new URL('../../../protocol/tests/answers/v3/', import.meta.url);
/** Time after which the page speaks of a forgotten card. */
const FORGOTTEN = 181_000;

export async function run(stage) {
    const tab = await stage.tab();
    await tab.page.clock.install();
    await prepare(tab);
    const page = await OwnPage.open(stage, tab);
    const look = new Look(stage, tab);
    look.page = page;
    const states = new States(stage, page, look);
    await page.sees('[data-state="no-card"]');
    await states.ofForeignCards();
    await states.ofAnswers();
    await states.ofChecks();
    await states.ofAForgottenCard();
    await states.ofResults();
    await states.ofAccess();
    await states.ofTrust();
    await states.enlarged();
    await states.ofWithheldExports();
    await states.ofTheSession();
    stage.note('axe-core', `${look.judged} pages judged, 0 violations`);
    stage.note('html-validate', `${look.judged} pages judged, 0 errors`);
}

class States {
    constructor(stage, page, look) {
        Object.assign(this, { stage, page, look, desk: stage.desk, browser: page.tab.page });
    }

    /** Judges a state in the language with the longest words and a narrow window, and in another and a wide one. */
    async judge(name) {
        await this.page.speak('de');
        await this.look.inSize(name, 'de', 'narrow');
        await this.page.speak('nl');
        await this.look.inSize(name, 'nl', 'wide');
    }

    async empty(name) {
        await this.page.sees(`[data-state="${name}"]`);
        await this.judge(name);
    }

    /** A card that cannot be read, as the daemon itself finds it. */
    async ofForeignCards() {
        const { desk } = this;
        await desk.insertForeign();
        await this.empty('unsupported');
        await desk.removeForeign();
        await this.page.sees('[data-state="no-card"]');
        this.stage.note('a card that is no eID', 'the page says so, and what to do');
    }

    altered(end, alteration) {
        return altered(this.page.tab, end, alteration);
    }

    /** Refuses the list of readers with this code, as the daemon would. */
    refused(code, status = 503) {
        return this.altered('/v1/readers', { status, members: { status, code } });
    }

    /** Has the page look at its readers again: a card comes and goes. */
    async looksAgain() {
        await this.desk.insert('jan');
        await this.desk.remove();
    }

    /** States of readers and service that nothing at this desk brings about. */
    async ofAnswers() {
        const reader = (name, card) => ({ name, pinPad: false, role: 'patient', card });
        const card = (id, status) => ({ id, kind: 'eid', applet: '1.8', status, simulated: false });
        const lists = {
            'no-reader': [],
            newer: [reader('Reader', card('a', 'newer'))],
            busy: [reader('Reader', card('a', 'busy'))],
            mute: [reader('Reader', card('a', 'mute'))],
            reading: [reader('Reader', card('a', 'reading'))],
            'several-cards': [reader('Reader on the left', card('a', 'ready')), reader('Reader on the right', card('b', 'ready'))],
        };
        for (const [state, readers] of Object.entries(lists)) {
            const restore = await this.altered('/v1/readers', { members: { readers } });
            await this.looksAgain();
            await this.empty(state);
            await restore();
        }
        for (const code of ['pcsc-unavailable', 'pcsc-not-authorised', 'draining', 'no-service']) {
            const restore = await this.refused(code);
            await this.looksAgain();
            await this.empty(code);
            await restore();
        }
        const restore = await this.altered('/v1/readers', { members: { simulated: true } });
        await this.looksAgain();
        await this.page.sees('#notices .notice');
        await this.judge('simulated');
        await restore();
        await this.looksAgain();
        await this.page.sees('[data-state="no-card"]');
        this.stage.note('no reader, no service, several cards, …', 'each has its picture and its next step');
    }

    /** What the checks can say of a card. */
    async ofChecks() {
        const checks = {
            failed: { outcome: 'failed', reason: 'signature-does-not-verify', trust: 'none' },
            unknown: { outcome: 'unknown', reason: 'offline', trust: 'none' },
            passed: { outcome: 'passed', trust: 'genuine' },
        };
        for (const [verdict, check] of Object.entries(checks)) {
            const restored = [await this.altered('/identity', { check }), await this.altered('/verifications', { check })];
            await this.desk.insert('jan');
            await this.page.reads();
            await this.page.sees(`[data-verdict="${verdict}"]`);
            await this.judge(`card-${verdict}`);
            await this.desk.remove();
            await this.page.sees('[data-state="no-card"]');
            for (const restore of restored) await restore();
        }
        await this.progress();
        this.stage.note('a card that fails a check, or of which not all is known', 'red or grey, with the reasons in words');
    }

    /** A card of which the text is there and the photo is not yet. */
    async progress() {
        const arrives = await this.altered('/photo', { held: true });
        await this.desk.insert('jan');
        await this.page.sees('.reading [data-part="photo"]');
        await this.judge('card-reading');
        await arrives();
        await this.page.reads();
        await this.desk.remove();
    }

    async ofAForgottenCard() {
        await this.desk.insert('jan');
        await this.page.reads();
        await this.browser.clock.fastForward(FORGOTTEN);
        await this.page.sees('[data-forgotten]');
        await this.judge('card-forgotten');
        await this.page.press('[data-forgotten] button');
        await eventually('the reminder has gone', () => this.page.tab.evaluate(() => document.querySelector('[data-forgotten]') === null));
        this.stage.note('a card that nobody uses for three minutes', 'the page and its title remind of it');
    }

    /** What was signed, and what an answer of the platform says. */
    async ofResults() {
        for (const view of ['link', 'consent']) {
            await this.page.view(view);
            await this.page.press('main input[type="checkbox"]');
            await this.judge(`${view}-representative`);
            await this.page.press('main input[type="checkbox"]');
            await eventually(`a ${view} that can be signed`, () => this.page.tab.evaluate(() => !document.querySelector('main button.primary').disabled));
            await this.desk.answers('sign 1234');
            await this.page.press();
            await this.page.sees('[data-done] [data-verdict]');
            await this.judge(`${view}-done`);
        }
        await this.desk.shown();
        await this.page.view('sign');
        const letter = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear colleague') };
        await this.browser.setInputFiles('main input[type="file"]', letter);
        await this.page.sees('.digest');
        await this.judge('sign-chosen');
        await this.desk.answers('sign 1234');
        await this.page.press();
        await this.page.sees('[data-done] [data-verdict]');
        await this.judge('sign-done');
        await this.desk.remove();
        await this.page.view('answer');
        for (const answer of ['get-therapeutic-link', 'get-consent', 'failed']) {
            await this.browser.setInputFiles('main input[type="file"]', fileURLToPath(new URL(`${answer}.xml`, ANSWERS)));
            await this.page.sees('[data-outcome]');
            await this.judge(`answer-${answer}`);
        }
    }

    /** Callers that may do something, and one that may not ask any more. */
    async ofAccess() {
        const made = await this.desk.beidctl('token', 'create', 'record-system', '--scope', 'readers,identity.full');
        this.stage.same(made.code, 0, made.stderr);
        const site = await this.stage.tab({ at: this.stage.sites.unlisted, permission: 'granted' });
        await this.desk.answers('ok');
        await site.call(daemon('/v1/pairings'), { body: { name: 'Practice in the cloud', scopes: ['readers', 'identity.full', 'proof.consent'] } });
        await this.page.view('card');
        await this.page.view('access');
        await eventually('both may call', () => this.page.tab.evaluate(() => document.querySelectorAll('.files .actions').length > 1));
        await this.desk.shown();
        await this.judge('access-granted');
        await this.page.press('main .files .actions button');
        await this.judge('access-sure');
    }

    /** Stores with every reason why they do not trust the daemon, and certificates that end, or are not the daemon's own. */
    async ofTrust() {
        const store = (name, members) => ({ store: 'firefox', name: `Firefox: ${name}`, place: `/home/anna/.mozilla/firefox/${name}`, authorities: [], ...members });
        const everybody = (store) => ({ store, name: '', place: `/etc/${store}`, state: 'not-trusted', authorities: [] });
        const stores = [
            store('trusted', { state: 'trusted' }),
            store('by policy', { state: 'trusted', reason: 'by-policy' }),
            store('not trusted', { state: 'not-trusted' }),
            store('old', { state: 'old-authority' }),
            store('new', { state: 'never-started', reason: 'never-started' }),
            store('locked', { state: 'not-trusted', reason: 'password' }),
            store('another', { state: 'unknown', reason: 'other-user', user: 1001 }),
            store('no tool', { state: 'unknown', reason: 'tool-missing', tool: { program: 'certutil', package: 'libnss3-tools' } }),
            store('silent', { state: 'unknown' }),
            store('damaged', { state: 'unknown', reason: 'unusable', detail: 'cert9.db: damaged' }),
            { ...everybody('firefox-policy'), reason: 'policies-elsewhere', policies: '/usr/lib/firefox/distribution/policies.json' },
            everybody('system'),
        ];
        const endpoint = { state: 'trusted', port: 32032, notAfter: '2026-12-24T12:00:00Z', daysLeft: 26 };
        const statuses = {
            stores: ['false', { stores, endpoint, rotationUnfinished: true }],
            good: ['true', { stores: [stores[0]], endpoint: { ...endpoint, daysLeft: 800 } }],
            soon: ['soon', { stores: [stores[0]], endpoint }],
            rotation: ['soon', { stores: [stores[0]], endpoint: { ...endpoint, daysLeft: 800 }, rotationUnfinished: true }],
            'no-browser': ['unknown', { stores: [everybody('system')], endpoint: { ...endpoint, daysLeft: 800 } }],
            'not-readable': ['unknown', { stores: [stores[0], store('silent', { state: 'unknown' })], endpoint: { ...endpoint, daysLeft: 800 } }],
            administrator: ['unknown', { stores: [], endpoint, authority: undefined, administrator: '/etc/beidd/root.pem' }],
            'another-program': ['false', { stores: [], endpoint: { state: 'another-program', port: 32032, detail: 'it does not speak TLS' } }],
        };
        for (const [name, [trusted, members]] of Object.entries(statuses)) {
            const restore = await this.altered('/v1/tls', { members });
            await this.page.view('card');
            await this.page.view('trust');
            await this.page.sees(`[data-trusted="${trusted}"]`);
            const silent = await this.page.tab.evaluate(() => [...document.querySelectorAll('[data-store]')].filter((one) => one.querySelectorAll('p').length < 3 && !one.classList.contains('passed')).length);
            this.stage.same(silent, 0, 'stores without a word on what to do');
            await this.judge(`trust-${name}`);
            await restore();
        }
        this.stage.note('trust of each browser', 'each state and reason in words, with what to do');
    }

    /** Every view at 200 %, as a window half as large and with letters twice as large. */
    async enlarged() {
        await this.desk.insert('jan');
        for (const view of VIEWS) {
            await this.page.view(view);
            if (view === 'card') await this.page.reads();
            await this.page.speak('de');
            await this.look.inSize(view, 'de', 'zoomed');
            await this.letters('200%');
            await this.look.inSize(`${view}-letters`, 'de', 'wide');
            await this.letters('');
        }
        await this.desk.remove();
        this.stage.note('200 %', `${VIEWS.length} views: nothing cut, nothing to scroll sideways`);
    }

    letters(size) {
        return this.page.tab.evaluate((size) => { document.documentElement.style.fontSize = size; }, size);
    }

    /** A card where the settings hold back most ways of taking its data along. */
    async ofWithheldExports() {
        const tab = await this.stage.tab();
        await prepare(tab);
        await tab.page.addInitScript(() => globalThis.beiddTest.set('/v1/page-sessions', { members: { exports: ['fhir'] } }));
        const page = await OwnPage.open(this.stage, tab);
        const look = new Look(this.stage, tab);
        look.page = page;
        await page.speak('en');
        await this.desk.insert('jan');
        await page.reads();
        await page.sees('[data-photo] img');
        await page.sees('[data-withheld]');
        const offered = await tab.evaluate(() => [...document.querySelectorAll('main .actions button')].filter((one) => one.checkVisibility()).map((one) => one.textContent));
        // Recording that the card was read takes nothing along.
        this.stage.same(offered, ['Record the reading', 'Save as FHIR'], 'ways of taking the data along');
        await look.judge('card-withheld', 'en');
        await this.desk.remove();
        this.stage.note('the settings hold back exports', 'the photo is shown; what is held back is not offered, and the page says so');
    }

    /** A session that has ended, and a link that was used. */
    async ofTheSession() {
        await this.page.view('link');
        await this.page.fill({ proof: 'eidencoding_nocard' });
        await this.page.fill({ 'patient-family': 'Getypt', reason: 'vergeten' });
        const restore = await this.refused('token-expired', 401);
        await this.looksAgain();
        const told = () => this.page.tab.evaluate(() => [...document.querySelectorAll('main input')].map(({ value }) => value).join(''));
        await eventually('the form has forgotten what it was told', async () => !(await told()).includes('Getypt'));
        await this.page.view('card');
        await this.empty('session-ended');
        await restore();
        // From another page, because a change of the fragment alone loads nothing.
        await this.page.tab.visit('about:blank');
        await this.page.tab.visit(this.page.address);
        await this.empty('session-used');
    }
}
