// Databases of trusted authorities (NSS), which Chromium has one of for each user and Firefox one for each profile.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const certutil = (...args) => execFileSync('certutil', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

/** Where Chromium looks as long as ~/.pki/nssdb does not exist. */
export const chromiumDatabase = (home) => join(home, '.local/share/pki/nssdb');

/** The one profile of Firefox in a home, with the list by which programs find it. */
export function firefoxProfile(home) {
    const all = join(home, '.mozilla/firefox');
    const profile = join(all, 'test.default-esr');
    mkdirSync(profile, { recursive: true });
    writeFileSync(join(all, 'profiles.ini'), '[Profile0]\nName=default-esr\nIsRelative=1\nPath=test.default-esr\nDefault=1\n');
    return profile;
}

/** Makes an empty database. */
export function makeDatabase(directory) {
    mkdirSync(directory, { recursive: true });
    certutil('-N', '-d', `sql:${directory}`, '--empty-password');
}

/** Trusts an authority for web sites. */
export function trust(directory, name, file) {
    certutil('-A', '-d', `sql:${directory}`, '-n', name, '-t', 'C,,', '-i', file);
}
