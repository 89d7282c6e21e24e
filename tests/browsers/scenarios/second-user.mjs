// Another user of this computer, with a browser that trusts the authority and a token that is good.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemon, facts } from '../facts.mjs';
import { trust } from '../trust.mjs';

export const name = 'second user';

/** Number of a user who is neither root nor whoever runs the tests (nobody, by Debian's policy). */
const USER = 65534;

export async function run(stage) {
    if (process.getuid() !== 0) {
        // Nobody else can become another user; the table says so, instead of nothing.
        stage.note('browser of another user', 'not tried: the tests do not run as root');
        return;
    }
    // Not where everything else is: other users may not even enter there.
    const place = mkdtempSync(join(tmpdir(), 'beid-test-user-'));
    try {
        const { home, database } = stage.freshHome(place);
        trust(database, 'beidd', facts.authority);
        execFileSync('chown', ['-R', `${USER}:${USER}`, place]);
        await visit(stage, await stage.start(home, USER));
    } finally {
        await stage.clear();
        rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    }
}

async function visit(stage, browser) {
    await stage.desk.requests();
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
        const { refused } = await (await stage.tab({ browser })).visit(daemon('/v1/status', host));
        stage.holds(/CONNECTION_(CLOSED|RESET)|NET_RESET|NET_INTERRUPT|CONNECTION_REFUSED/i.test(refused), `${host}: ${refused}`);
    }
    stage.same(await stage.desk.requests(), [], 'requests of another user');
    // The same browser reaches a server that admits everybody.
    await stage.tab({ browser, at: `https://localhost:${stage.sites.witness.port}/` });
    stage.note('browser of another user', 'connection closed before TLS');
}
