// What a scenario gets: a browser that trusts the daemon, the desk, the sites, and ways to say what it found.

import { existsSync, mkdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { desk } from './desk.mjs';
import { facts } from './facts.mjs';
import { makeDatabase, trust } from './trust.mjs';

export class Stage {
    #scenario = '';
    #tabs = [];
    #browsers = [];
    #table;
    #screen;
    #Browser;
    #homes = 0;
    #failures = [];
    desk = desk;

    static async open({ Browser, sites, screen, table }) {
        const stage = new Stage();
        stage.#Browser = Browser;
        stage.#table = table;
        stage.#screen = screen;
        stage.sites = sites;
        stage.#makeProfile(facts.home);
        // The stores of this user alone: the tests may run as root, who has the system's too.
        const installed = await desk.beidctl('tls', 'install', '--store', 'chromium,firefox');
        stage.same(installed.code, 0, `beidctl tls install: ${installed.stdout}${installed.stderr}`);
        stage.browser = await Browser.start({ home: facts.home, screen, sites });
        return stage;
    }

    get browserName() {
        return this.#Browser.name;
    }

    /** Opens a tab, closed after the scenario. Options: `permission`, and `at`: an address to visit first. */
    async tab({ at, browser = this.browser, ...options } = {}) {
        const tab = await browser.tab(options);
        this.#tabs.push(tab);
        if (at !== undefined) this.same((await tab.visit(at)).status, 200, at);
        return tab;
    }

    /** A home in which the browser trusts the test's web sites and nothing else; `database` is where it keeps that. */
    freshHome(place = facts.scratch) {
        this.#homes += 1;
        const home = join(place, `${this.browserName}-home-${this.#homes}`);
        mkdirSync(home, { mode: 0o700 });
        this.#makeProfile(home);
        return { home, database: this.#Browser.database(home) };
    }

    /** Starts the same browser for another home, and as another `user` if one is named. It is closed after the scenario. */
    async start(home, user) {
        const browser = await this.#Browser.start({ home, user, screen: this.#screen, sites: this.sites });
        this.#browsers.push(browser);
        return browser;
    }

    /** Ends the browser of this stage, and starts it again with the same profile. */
    async restart() {
        await this.browser.close();
        this.browser = await this.#Browser.start({ home: facts.home, screen: this.#screen, sites: this.sites });
    }

    /** Notes a row of the table: the situation, and what the page saw. */
    note(situation, seen) {
        this.#table.add(this.browserName, this.#scenario, situation, seen);
    }

    /** Fails unless both are the same. */
    same(got, expected, what) {
        if (!isDeepStrictEqual(got, expected)) {
            throw new Error(`${what}: got ${JSON.stringify(got)}, not ${JSON.stringify(expected)}`);
        }
    }

    /** Fails unless `truth`. */
    holds(truth, what) {
        if (!truth) throw new Error(what);
    }

    /** Fails the scenario at its end: for what nobody waits for. */
    fails(what) {
        this.#failures.push(what);
    }

    async play({ name, run }) {
        this.#scenario = name;
        this.#failures = [];
        await this.desk.requests();
        await this.desk.shown();
        try {
            await run(this);
        } finally {
            for (const failure of this.#failures) console.error(failure);
        }
        this.same(this.#failures, [], 'errors that nobody waited for');
    }

    /** A picture of what the last tab shows. */
    async picture(name) {
        const file = join(facts.artefacts, `failed-${this.browserName}-${name.replace(/\W+/g, '-')}.png`);
        try {
            return await this.#tabs.at(-1).screenshot(file);
        } catch (error) {
            return `none (${error.message.split('\n')[0]})`;
        }
    }

    /** Ends what a scenario has opened. */
    async clear() {
        // A tab that a scenario has closed, or a browser that crashed, has nothing left to end.
        for (const open of [...this.#tabs, ...this.#browsers]) await open.close().catch(() => {});
        [this.#tabs, this.#browsers] = [[], []];
    }

    close() {
        return this.browser.close();
    }

    #makeProfile(home) {
        const database = this.#Browser.database(home);
        if (!existsSync(join(database, 'cert9.db'))) makeDatabase(database);
        trust(database, 'web sites', this.sites.authority.certificate);
    }
}
