// Debian's Chromium, driven by Playwright.

import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { facts, load } from './facts.mjs';
import { Tab } from './tab.mjs';
import { chromiumDatabase } from './trust.mjs';

const { chromium } = load('playwright-core');

/** A program that ends when this one does, however that ends; as another `user`, if one is named. */
export function leashed(name, user) {
    const file = join(facts.scratch, `leashed-${name}-${user ?? 'same'}`);
    const other = user === undefined ? '' : `--reuid ${user} --regid ${user} --clear-groups `;
    writeFileSync(file, `#!/bin/sh\nexec setpriv ${other}--pdeathsig KILL -- ${name} "$@"\n`);
    chmodSync(file, 0o755);
    return file;
}

export class Chromium {
    #browser;
    #session;
    /** Context of a browser that has only one. */
    #only;
    #origins;

    static database = (home) => chromiumDatabase(home);

    static async start({ home, screen, sites, user }) {
        const started = new Chromium();
        const args = [
            '--host-resolver-rules=MAP *.test 127.0.0.1',
            // A site on this computer needs no permission, so without this nothing would be tested.
            `--ip-address-space-overrides=127.0.0.1:${facts.pages.public}=public`,
        ];
        // Chromium does not start its sandbox as root, and then refuses to start at all. For another user, the sandbox would
        // need rights over namespaces that a container may not give.
        if (process.getuid() === 0) args.push('--no-sandbox');
        const options = {
            executablePath: leashed('chromium', user),
            // Another user may not draw on this screen. Without a window, Chromium refuses what it would ask for.
            headless: user !== undefined,
            env: { PATH: process.env.PATH, HOME: home, DISPLAY: screen.display, LANG: 'C.UTF-8' },
            args,
        };
        if (user === undefined) {
            started.#browser = await chromium.launch(options);
        } else {
            // Playwright's own profiles are in directories that only we may enter.
            const profile = join(home, 'profile');
            mkdirSync(profile);
            chownSync(profile, user, user);
            started.#only = await chromium.launchPersistentContext(profile, options);
            started.#browser = started.#only.browser();
        }
        started.#origins = sites.origins;
        started.version = `Chromium ${started.#browser?.version()}`;
        return started;
    }

    /** Opens a tab without history. `permission`, to call this computer: 'granted', 'denied', or absent: it asks. */
    async tab({ permission, ...options } = {}) {
        if (this.#only !== undefined) {
            const page = await this.#only.newPage();
            return new Tab(page, () => page.close());
        }
        const context = await this.#browser.newContext(options);
        const page = await context.newPage();
        if (permission !== undefined) {
            this.#session ??= await this.#browser.newBrowserCDPSession();
            const session = await context.newCDPSession(page);
            const { browserContextId } = (await session.send('Target.getTargetInfo')).targetInfo;
            for (const origin of this.#origins) {
                for (const name of ['loopback-network', 'local-network-access']) {
                    await this.#session.send('Browser.setPermission', {
                        permission: { name }, setting: permission, origin, browserContextId,
                    });
                }
            }
        }
        return new Tab(page, () => context.close());
    }

    close() {
        return (this.#only ?? this.#browser).close();
    }
}
