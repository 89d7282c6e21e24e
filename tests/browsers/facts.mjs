// What the test that started this program has prepared, and the packages that `packaging/setup test` has installed.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * port: the daemon's; authority: file of its CA; home: HOME of the user whose browsers these are; scratch: a directory that is
 * removed afterwards; artefacts: one that stays; modules: node_modules; pages: ports for the web sites (public, local, plain).
 */
export const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));

/** Loads an installed package: load('axe-core'). */
export const load = createRequire(join(facts.modules, 'any.cjs'));

/** Address of the daemon: `https://localhost:32032`, or under another name of the computer. */
export const daemon = (path = '', host = 'localhost') => `https://${host}:${facts.port}${path}`;

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until `attempt` gives something, and returns it. */
export async function eventually(what, attempt, limit = 20_000) {
    for (const end = Date.now() + limit; ; await sleep(20)) {
        const found = await attempt();
        if (found) return found;
        if (Date.now() > end) throw new Error(`${what}: not within ${limit} ms`);
    }
}
