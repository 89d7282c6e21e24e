// The daemon's own page verifies files: what a card signed, what was changed, what nobody signed, and files that belong together.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, facts } from '../facts.mjs';
import { OwnPage } from '../page.mjs';

export const name = 'own page, verified files';

export async function run(stage) {
    const { desk } = stage;
    const files = await signedFiles(stage);
    const page = await OwnPage.open(stage, await stage.tab());
    await page.view('verify');
    await desk.requests();
    const verdict = async (name, expected) => {
        await eventually(`${name}: ${expected}`, async () => (await page.verdicts())[name] === expected);
    };

    await page.drops([files.link]);
    await verdict('link.xml', 'valid-test-card');
    await page.speak('fr');
    const french = await page.text('[data-file="link.xml"]');
    for (const words of ['carte de test', 'On ne sait pas ici si la carte était bloquée', "l'horloge du signataire", 'Proefman', '90.02.28-057.37', 'consultation chez le médecin généraliste']) {
        stage.holds(french.includes(words), `${words}: ${french}`);
    }
    await page.speak('nl');
    stage.note('drops a signed request', 'verdict first; signer, patient, kind and period in the language of the page');

    await page.drops([{ ...files.link, name: 'changed.xml', octets: Buffer.from(files.link.octets.toString().replace('>gpconsultation<', '>gmd<').replace('Jan Nep', 'Jan Net')) }]);
    await verdict('changed.xml', 'invalid');
    stage.note('drops a request that was changed', 'invalid, with the check that failed');

    await page.drops([files.signature]);
    await verdict('letter.txt.p7s', 'not-checked');
    await page.sees('[data-file="letter.txt.p7s"] button.primary');
    await page.drops([files.letter]);
    await verdict('letter.txt.p7s', 'valid-test-card');
    stage.same((await page.verdicts())['letter.txt'], undefined, 'what was signed is no signature itself');
    await page.drops([{ ...files.letter, octets: Buffer.from('Another letter.\n') }]);
    await verdict('letter.txt.p7s', 'invalid');
    stage.note('drops a signature, then what was signed', 'asks for it; then verifies both together');

    await belongTogether(stage, page, files, verdict);
    await page.drops([{ name: 'letter.pdf', octets: Buffer.from('%PDF-1.7\n') }]);
    await verdict('letter.pdf', 'not-checked');
    stage.holds((await page.text('[data-file="letter.pdf"]')).includes('pdf-bestanden'), 'a PDF has words of its own');
    stage.note('drops a PDF', 'nobody claims that it is signed');

    await page.drops([{ name: 'plain.txt', octets: Buffer.from('Hello.\n') }, files.link]);
    await verdict('plain.txt', 'not-signed');
    await verdict('link.xml', 'valid-test-card');
    await page.drops([{ name: 'long.bin', octets: Buffer.alloc(6 * 1024 * 1024 + 1) }]);
    await page.sees('[data-file="long.bin"] [data-refused="too-large"]');
    stage.note('drops several files, and a long one', 'each has its verdict; the long one is refused in words');

    const asked = (await desk.requests()).map((request) => request.split(' ').slice(0, 2).join(' '));
    const about = new Set(asked.filter((request) => request !== 'GET /v1/events' && !request.startsWith('GET /page/locales/')));
    stage.same([...about], ['POST /v1/verifications'], 'what the page asks for meanwhile');
    await page.view('access');
    stage.holds(!(await page.whole()).includes('Proefman'), 'the files are still in the page');
    stage.note('another view is opened', 'nothing of the files is left');
}

/** Only a signature that needs what was signed is verified with it, whatever the names are. */
async function belongTogether(stage, page, { link, letter, signature }, verdict) {
    await page.drops([{ ...letter, name: '4711.xml' }, { ...signature, name: '4711.evidence.p7s' }]);
    await verdict('4711.evidence.p7s', 'valid-test-card');
    await eventually('4711.xml belongs to it', async () => (await page.verdicts())['4711.xml'] === undefined);
    await page.drops([{ ...letter, name: 'note' }, { ...link, name: 'note.xml' }]);
    await verdict('note.xml', 'valid-test-card');
    await verdict('note', 'not-signed');
    stage.note('drops files with names that are alike', 'evidence is verified with its request; what only looks alike, alone');
}

/** Files that Jan's card signs: a request, and a signature beside its letter. */
export async function signedFiles({ desk }) {
    await desk.insert('jan');
    const letter = join(facts.scratch, 'letter.txt');
    writeFileSync(letter, 'A letter.\n');
    const signed = async (...args) => {
        await desk.answers('sign 1234');
        // A scenario before this one may have refused a dialog of beidctl, which then has to wait.
        const { code, stderr } = await eventually('beidctl may ask', async () => {
            const done = await desk.beidctl(...args);
            return !done.stderr.includes('too-many-requests') && done;
        });
        if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    };
    const [link, signature] = ['link.xml', 'letter.txt.p7s'].map((name) => join(facts.scratch, name));
    await signed('therlink', 'put', '--type', 'gpconsultation', '--proof', 'eidsigning', '--out', link, '--force');
    await signed('sign', letter, '--out', signature, '--force');
    await desk.shown();
    await desk.remove();
    const file = (path, name) => ({ name, octets: readFileSync(path) });
    return { link: file(link, 'link.xml'), letter: file(letter, 'letter.txt'), signature: file(signature, 'letter.txt.p7s') };
}
