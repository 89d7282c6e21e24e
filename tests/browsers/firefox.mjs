// Debian's Firefox ESR, driven by Puppeteer over WebDriver BiDi.

import { leashed } from './chromium.mjs';
import { facts, load } from './facts.mjs';
import { Tab } from './tab.mjs';
import { firefoxProfile } from './trust.mjs';

const puppeteer = load('puppeteer-core');

export class Firefox {
    #browser;
    #origins;

    static database = (home) => firefoxProfile(home);

    static async start({ home, sites, user }) {
        const started = new Firefox();
        const names = [...sites.origins, sites.local, sites.plain].map((origin) => new URL(origin).hostname);
        started.#browser = await puppeteer.launch({
            browser: 'firefox',
            executablePath: leashed('firefox-esr', user),
            headless: true,
            userDataDir: firefoxProfile(home),
            env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' },
            extraPrefsFirefox: {
                'network.dns.localDomains': [...new Set(names), 'rebound.example.test'].join(','),
                // A site on this computer needs no permission, so without this nothing would be tested.
                'network.lna.address_space.public.override': `127.0.0.1:${facts.pages.public}`,
            },
        });
        started.#origins = sites.origins;
        started.version = `Firefox ${(await started.#browser.version()).split('/')[1]} ESR`;
        return started;
    }

    /** Opens a tab without history. `permission`, to call this computer: 'granted', 'denied', or absent: it asks. */
    async tab({ permission } = {}) {
        const context = await this.#browser.createBrowserContext();
        const page = await context.newPage();
        if (permission !== undefined) {
            for (const origin of this.#origins) {
                await this.#browser.connection.send('permissions.setPermission', {
                    descriptor: { name: 'loopback-network' }, state: permission, origin, userContext: context.id,
                });
            }
        }
        return new Tab(page, () => context.close());
    }

    close() {
        return this.#browser.close();
    }
}
