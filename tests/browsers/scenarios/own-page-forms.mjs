// Forms of the daemon's own page: who decides and what is needed is said before anybody is asked, and what cannot be is not
// offered. Files of a viewer are shown apart from the card.

import { eventually } from '../facts.mjs';
import { OwnPage } from '../page.mjs';

export const name = 'own page, its forms';

const PHYSICIAN = { 'party-type': 'persphysician', 'party-number': '85.06.15-998.88', 'party-family': 'ARTS', 'party-given': 'Testo' };
const PROGRAM = { 'program-name': 'Proefpakket', 'program-number': '4711' };
const MOTHER = { 'representative-family': 'Proefmoeder', 'representative-given': 'Mia' };

/** A file of a viewer, about somebody whose card is not here. */
const SAVED = '<eid><identity nationalnumber="85073003328" dateofbirth="19850730" gender="female"><name>Bestand</name>'
    + '<firstname>Uit Een</firstname></identity></eid>';

export async function run(stage) {
    const page = await OwnPage.open(stage, await stage.tab());
    await page.speak('en');
    await excludes(stage, page);
    await actsForAChild(stage, page);
    await choosesAgain(stage, page);
    await provesWithoutACard(stage, page);
    await opensAFile(stage, page);
    await recordsReadings(stage, page);
    await letsAskAgain(stage, page);
}

/** What is said before anybody is asked. */
const foretold = (page) => page.text('[data-needed]');

/** Waits until something is said before anybody is asked. */
const foretells = (page, words) => eventually(`"${words}"`, async () => (await foretold(page)).includes(words));

async function excludes(stage, page) {
    const { desk } = stage;
    await desk.insert('jan');
    await page.view('exclusion');
    await foretells(page, 'this provider can have no care relation');
    await page.fill({ ...PHYSICIAN, ...PROGRAM });
    await page.ready();
    await page.press();
    await page.sees('[data-done]');
    await page.fill({ operation: 'history', begin: '2026-01-01' });
    await page.press();
    await eventually('the request for the history', () => page.tab.evaluate(() => document.querySelectorAll('[data-done]').length === 1));
    // For a child, by the parent whose card is in the reader.
    await page.fill({ operation: 'put', other: true, 'patient-number': '19.03.09-046.36', 'patient-family': 'Proefkind', 'patient-given': 'Lotte' });
    await page.ready();
    stage.note('a patient excludes a provider', 'what comes of it is said first; the request can be saved; nobody is asked for a PIN');

    await desk.remove();
    await page.sees('[data-state="no-card"]');
    const left = await page.tab.evaluate(() => [...document.querySelectorAll('main fieldset input')].map(({ value }) => value).join(''));
    stage.same(left, 'Proefpakket4711', 'what the form still holds');
    stage.same(await page.text('[data-done]'), null, 'the outcome');
    stage.note('the card leaves the exclusion', 'provider, patient and request are gone from the form');
}

/** Under sixteen somebody acts; at sixteen or seventeen no parent can; no card of a minor signs. */
async function actsForAChild(stage, page) {
    const { desk } = stage;
    await desk.insert('lotte');
    await page.view('consent');
    await foretells(page, 'under sixteen');
    await foretells(page, 'cannot sign');
    stage.same(await page.offered('signer'), ['provider'], 'who may sign for a child');
    stage.same((await page.offered('capacity'))[0], 'parent', 'the usual capacity');
    stage.same(await page.tab.evaluate(() => document.querySelector('[name=represented]').disabled), true, 'somebody must act');
    await page.fill({ evidence: 'none', ...MOTHER });
    await page.ready();
    await page.press();
    await page.sees('[data-done]');
    await page.view('link');
    await page.sees('[data-withheld]:not([hidden])');
    stage.holds(!(await page.offered('proof')).includes('eidsigning'), 'a card that cannot sign is asked to');
    await desk.remove();

    await desk.insert('finn');
    await page.view('consent');
    await foretells(page, 'sixteen or seventeen');
    stage.holds(!(await page.offered('capacity')).includes('parent'), 'a parent may act for a patient of sixteen');
    await page.fill({ represented: true });
    await foretells(page, 'From sixteen on');
    await desk.remove();
    stage.note('a consent of a minor', 'who decides and signs follows from the age; a mother acts for her child of seven');

    await desk.insert('jan');
    await page.fill({ source: 'number', 'patient-number': '19.03.09-046.36', 'patient-family': 'Proefkind', 'patient-given': 'Lotte' });
    await foretells(page, 'under sixteen');
    await page.press('main fieldset .actions button');
    await eventually('the parent, from the card', () => page.tab.evaluate(() => document.querySelector('[name=representative-family]').value === 'Proefman'));
    await page.fill({ evidence: 'none' });
    await page.ready();
    await page.press();
    await page.sees('[data-done]');
    await desk.remove();
    await eventually('the parent is gone', () => page.tab.evaluate(() => document.querySelector('[name=representative-family]').value === ''));
    stage.note('a child without a card', 'registered by number; the parent comes from the card in the reader, and goes with it');
}

/** What a child's card left over was nobody's choice, and is not kept for the adult after it. */
async function choosesAgain(stage, page) {
    const { desk } = stage;
    const chosen = (name) => page.tab.evaluate((name) => document.querySelector(`main [name="${name}"]`).value, name);
    const passesBy = async (name, weaker) => {
        await desk.insert('lotte');
        await eventually('what a child cannot do', async () => (await chosen(name)) === weaker);
        await desk.remove();
        await desk.insert('jan');
    };
    await page.view('link');
    await passesBy('proof', 'eidreading');
    await eventually('the signature is chosen again', async () => (await chosen('proof')) === 'eidsigning');
    await page.fill({ proof: 'eidreading' });
    await desk.remove();
    await passesBy('proof', 'eidreading');
    await page.ready();
    stage.same(await chosen('proof'), 'eidreading', 'what a person chose');
    await desk.remove();
    await page.view('consent');
    await passesBy('signer', 'provider');
    await eventually('the patient signs again', async () => (await chosen('signer')) === 'patient');
    await desk.remove();
    stage.note('an adult after a child', 'the strongest proof is chosen again, unless a person chose another one');
}

/** Files that the buttons below what was made save, by their names. */
function saved(page) {
    return page.tab.evaluate(async () => {
        const { createObjectURL } = URL;
        const blobs = new Map();
        URL.createObjectURL = (blob) => {
            const url = createObjectURL.call(URL, blob);
            blobs.set(url, blob);
            return url;
        };
        const files = {};
        HTMLAnchorElement.prototype.click = function () { files[this.download.replace(/^[^.]*[.]?[^.]*[.]/, '')] = blobs.get(this.href); };
        document.querySelectorAll('[data-done] button').forEach((one) => one.click());
        delete HTMLAnchorElement.prototype.click;
        URL.createObjectURL = createObjectURL;
        for (const [name, blob] of Object.entries(files)) files[name] = await blob.text();
        return files;
    });
}

/** Proofs without the patient's eID in the reader, and those that a hub has no place for. */
async function provesWithoutACard(stage, page) {
    const patient = { 'patient-number': '90.02.28-057.37', 'patient-family': 'Proefman', 'patient-given': 'Jan' };
    await page.view('link');
    await page.fill({ proof: 'isireading', ...patient, 'patient-isi': '1234567890' });
    await page.ready();
    await page.press();
    await page.sees('[data-done]');
    await page.fill({ proof: 'eidencoding_nocard' });
    await eventually('remarks about a typed number', async () => (await page.text('[data-period]')).includes('No card was read'));
    stage.same(await page.tab.evaluate(() => document.querySelector('main button.primary').disabled), true, 'without a reason');
    await page.fill({ reason: 'the card is at home' });
    await page.ready();
    await page.press();
    await eventually('the request without a card', async () => (await page.text('[data-done]'))?.includes('no card at hand'));
    const kept = JSON.parse((await saved(page))['proof.json'] ?? '{}');
    const { nationalNumber } = kept.patient ?? {};
    stage.same([kept.proof?.type, kept.proof?.reason, nationalNumber], ['eidencoding_nocard', 'the card is at home', '90022805737'], 'the proof beside the request');
    stage.holds(kept.requestId && kept.period?.start, `request and period beside the proof: ${JSON.stringify(kept)}`);
    await page.fill({ dialect: 'hub' });
    stage.holds(!(await page.offered('proof')).includes('eidsigning'), 'a signature is offered to a hub');
    stage.holds((await page.text('[data-withheld]')).includes('hub'), 'nobody says why');
    await page.ready();
    await page.press();
    await eventually('the request to a hub', () => page.tab.evaluate(() => document.querySelectorAll('[data-done]').length === 1));
    await eventually('the request for a hub', async () => JSON.parse((await saved(page))['proof.json'] ?? '{}').dialect === 'hub');
    stage.same(await stage.desk.shown(), [], 'dialogs');
    stage.note('an ISI+ card, a typed number, a hub', 'what is needed is said first; what cannot be is not offered, and the page says why');
}

async function opensAFile(stage, page) {
    const { desk } = stage;
    await page.view('record');
    await page.drop('saved.eid', SAVED);
    await page.sees('[data-record="unknown"]');
    stage.holds((await page.text('[data-verdict]')).includes('Not verified'), 'a file looks verified');
    stage.holds((await page.text('.name')).includes('Bestand'), 'the person of the file');
    await desk.insert('jan');
    await eventually('the card on the desk', async () => (await desk.beidctl('identity')).code === 0);
    stage.holds(!(await page.whole()).includes('Proefman'), 'the card is mixed with the file');
    await page.view('card');
    await page.reads();
    stage.holds(!(await page.whole()).includes('Bestand'), 'the file is mixed with the card');
    await page.view('record');
    stage.same(await page.text('.name'), null, 'the file after its view was left');
    await page.drop('letter.txt', 'nothing of the kind');
    await page.sees('[data-refused="invalid-request"]');
    await desk.remove();
    stage.note('a file of a viewer is dropped', 'shown as not verified, apart from the card, and gone with its view');
}

/** How patients were identified: by the chip with a button, otherwise with a form that offers what goes together. */
async function recordsReadings(stage, page) {
    const { desk } = stage;
    await desk.insert('jan');
    await page.view('card');
    await page.reads();
    await page.press('[data-record-reading]');
    await page.sees('[data-recorded="electronic"]');
    stage.holds((await page.text('[data-recorded]')).includes('The chip was read and checked now'), 'who vouches for a chip');
    stage.same(await page.tab.evaluate(() => document.querySelector('[data-record-reading]').disabled), true, 'a second click');
    await desk.remove();
    await page.sees('[data-state="no-card"]');
    stage.same(await page.text('[data-recorded]'), null, 'the reading after the card has left');

    await page.view('reading');
    stage.holds(!(await page.offered('way')).includes('chip'), 'a chip can be typed');
    await page.fill({ way: 'barcode' });
    stage.same(await page.offered('support'), ['eid', 'foreigner', 'isi', 'vignette'], 'what has a barcode');
    await page.fill({ way: 'manual', support: 'none' });
    stage.same(await page.offered('manual-reason'), ['no-document'], 'the reason of who has no document');
    await page.fill({ support: 'eid', 'manual-reason': 'chip-defective', number: '593-0000003-63', 'patient-number': '90.02.28-057.37' });
    await page.ready();
    await page.press();
    await page.sees('[data-recorded="other"]');
    stage.holds((await page.text('[data-recorded]')).includes('what you stated'), 'who vouches for a number that is typed');
    const left = await page.tab.evaluate(() => document.querySelector('[name=patient-number]').value);
    stage.same(left, '', 'the patient, in the form for the next one');
    stage.same(await desk.shown(), [], 'dialogs');
    stage.note('identity readings', 'a chip is attested, a typed number is stated; the form offers what goes together');
}

async function letsAskAgain(stage, page) {
    const silenced = await stage.desk.beidctl('pair', 'silence', 'https://ads.example.test:8443');
    stage.same(silenced.code, 0, silenced.stderr);
    await page.view('access');
    const button = 'button[aria-label*="ads.example.test"]';
    await page.sees(button);
    await page.press(button);
    await eventually('the list without it', () => page.tab.evaluate((button) => document.querySelector(button) === null, button));
    const again = await stage.desk.beidctl('pair', 'unsilence', 'https://ads.example.test:8443');
    stage.holds(again.code !== 0, 'it was silenced still');
    stage.note('a silenced caller', 'may ask again once a person says so on the page');
}
