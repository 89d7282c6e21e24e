// Files at the daemon's own page that are not what they should be: folders, dragged text, PDFs, files that are almost too large.

import { eventually, facts } from '../facts.mjs';
import { OwnPage } from '../page.mjs';

export const name = 'own page, its files';

/** Size that can be signed, but not verified together with its signature, in bytes. */
const ALMOST_TOO_LARGE = 6 * 1024 * 1024 - 1024;

/** A PDF of one empty page. */
const PDF = '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n'
    + '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n';

export async function run(stage) {
    const page = await OwnPage.open(stage, await stage.tab());
    await page.speak('en');
    await cannotBeRead(stage, page);
    await signsALargeOne(stage, page);
    if (stage.browserName === 'Chromium') await looksAtAPdf(stage, page);
}

/** Browsers refuse to read a folder, and dragged text is no file. */
async function cannotBeRead(stage, page) {
    await page.tab.evaluate(() => {
        const { arrayBuffer } = Blob.prototype;
        Blob.prototype.arrayBuffer = function () {
            return this.name === 'folder' ? Promise.reject(new DOMException('no file', 'NotFoundError')) : arrayBuffer.call(this);
        };
    });
    const folder = { name: 'folder', octets: Buffer.from('x') };
    for (const view of ['sign', 'verify', 'answer', 'record']) {
        await page.view(view);
        await page.drops([folder]);
        await page.sees('[data-unread]');
        stage.holds((await page.text('[data-unread]')).includes('folder'), `${view}: the folder is not named`);
        await page.tab.evaluate(() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.setData('text/plain', 'dragged');
            document.querySelector('main .drop').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
        });
        await eventually(`${view}: text is no file`, async () => (await page.text('[data-unread]'))?.includes('no file'));
    }
    await page.view('sign');
    await page.drops([folder, { name: 'after.txt', octets: Buffer.from('after') }]);
    await eventually('the file after the folder', async () => (await page.text('.files'))?.includes('after.txt'));
    await page.view('verify');
    await page.drops([folder, { name: 'after.txt', octets: Buffer.from('after') }]);
    await eventually('the verdict on the file after the folder', async () => (await page.verdicts())['after.txt'] === 'not-signed');
    stage.note('a folder or text is dropped', 'it is named as unreadable; the other files go on');
}

/** It can be signed, and is too large to be verified with its signature. */
async function signsALargeOne(stage, page) {
    const { desk } = stage;
    await desk.insert('jan');
    await page.view('sign');
    await page.tab.evaluate((size) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(size)], 'large.bin'));
        document.querySelector('main .drop').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, ALMOST_TOO_LARGE);
    await page.ready();
    await desk.answers('sign 1234');
    await page.press();
    await page.sees('[data-done] [data-unverified]');
    stage.same(await page.text('[data-done] [data-refused]'), null, 'a refusal below what was signed');
    await desk.shown();
    await desk.remove();
    stage.note('signs almost 6 MiB', 'signed; that it is too large to be verified here stands below in grey');
}

/** The policy of the page, which forbids all that it does not name, holds for the copy too. */
async function looksAtAPdf(stage, page) {
    await page.view('sign');
    await page.drops([{ name: 'letter.pdf', octets: Buffer.from(PDF), type: 'application/pdf' }]);
    await page.sees('.files button');
    const opened = page.tab.page.context().waitForEvent('page');
    await page.press('.files button');
    const copy = await opened;
    await copy.waitForLoadState();
    stage.holds(copy.url().startsWith(`blob:https://localhost:${facts.port}/`), copy.url());
    const seen = await copy.evaluate(() => [document.contentType, window.opener]);
    stage.same(seen, ['application/pdf', null], 'the copy in its tab');
    // The browser's viewer is an extension, which shows the file in a frame of its own; a policy could keep both out.
    const frames = () => copy.frames().map((frame) => frame.url());
    await eventually('the viewer, with the file', () => frames().some((url) => url.startsWith('chrome-extension:')) && frames().filter((url) => url === copy.url()).length === 2);
    stage.same(await page.text('.files .strong'), 'letter.pdf', 'the page behind it');
    await copy.close();
    stage.note('looks at a PDF', 'the copy opens in a tab of its own, in the browser\'s viewer');
}
