// TLS: an ordinary visit once the authority is trusted, and no way in before that or with a certificate beyond its names.

import { Authority, constraints } from '../authority.mjs';
import { daemon, facts } from '../facts.mjs';
import { Witness } from '../sites.mjs';
import { trust } from '../trust.mjs';

export const name = 'trust';

const NAMES = ['localhost', '127.0.0.1', '[::1]'];

export async function run(stage) {
    const tab = await stage.tab();
    for (const host of NAMES) {
        const { status, text } = await tab.visit(daemon('/v1/status', host));
        stage.same(status, 200, host);
        stage.holds(text.includes('beidd'), `${host}: ${text}`);
    }
    stage.note('after beidctl tls install: localhost, 127.0.0.1, [::1]', 'open without a warning');
    await untrusted(stage);
    await beyond(stage);
    await rotated(stage, tab);
}

/** A browser that was told nothing. */
async function untrusted(stage) {
    const { home } = stage.freshHome();
    await stage.desk.requests();
    const browser = await stage.start(home);
    for (const host of NAMES) {
        // A tab each: Firefox does not say when it leaves one page of warning for another.
        const { refused } = await (await stage.tab({ browser })).visit(daemon('/v1/status', host));
        stage.holds(/CERT_AUTHORITY_INVALID|SEC_ERROR_UNKNOWN_ISSUER|insecure/i.test(refused), `${host}: ${refused}`);
    }
    stage.same(await stage.desk.requests(), [], 'requests of a browser that does not trust the authority');
    stage.note('authority not trusted', 'warning page; nothing is sent');
}

/** An authority with the daemon's own constraints, whose key is known here, issues what it may not. */
async function beyond(stage) {
    const authority = new Authority(`constrained ${stage.browserName}`, ['nameConstraints = critical, @names', '[names]',
        'permitted;DNS.1 = localhost', 'permitted;IP.1 = 127.0.0.1/255.255.255.255',
        'permitted;IP.2 = ::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']);
    stage.same(constraints(authority.certificate), constraints(facts.authority), 'constraints of the test authority');
    const { home, database } = stage.freshHome();
    trust(database, 'constrained', authority.certificate);
    const inside = await Witness.open(authority.issue('DNS:localhost', 'IP:127.0.0.1'));
    const outside = await Witness.open(authority.issue('DNS:other.example.test', 'DNS:localhost'));
    try {
        const browser = await stage.start(home);
        await stage.tab({ browser, at: `https://localhost:${inside.port}/` });
        for (const host of ['other.example.test', 'localhost']) {
            const { refused } = await (await stage.tab({ browser })).visit(`https://${host}:${outside.port}/`);
            stage.holds(/CERT_INVALID|NOT_IN_NAME_SPACE|insecure/i.test(refused), `${host}: ${refused}`);
        }
        stage.same(outside.paths, [], 'requests under a certificate beyond the constraints');
        stage.note('certificate beyond the constraints of the authority', 'refused for every name; nothing is sent');
    } finally {
        inside.close();
        outside.close();
    }
}

/** A browser that runs while the certificate is replaced, and one that starts afterwards. */
async function rotated(stage, tab) {
    const before = await tab.visit(daemon('/v1/status'));
    stage.same(before.status, 200, 'before the rotation');
    const done = await stage.desk.beidctl('tls', 'rotate');
    stage.same(done.code, 0, `beidctl tls rotate: ${done.stdout}${done.stderr}`);
    // A tab without history has a connection of its own.
    await stage.tab({ at: daemon('/v1/status') });
    await stage.restart();
    await stage.tab({ at: daemon('/v1/status') });
    stage.note('after beidctl tls rotate', 'open without a warning, in the browser that runs and once it is started anew');
}
