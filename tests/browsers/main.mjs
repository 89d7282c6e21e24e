// Real browsers against a real daemon. Started by `tests/tests/browsers`, which owns the desk: daemon, readers, cards and
// the person. This program owns the browsers, their profiles, and the web sites that they visit.
//
// usage: node main.mjs FACTS.json
//
// Every file in `scenarios/` exports `name` and `run(stage)`, and may export `browsers` (names of those it is for). BEIDD_SCENARIO
// selects files by a part of their name, BEIDD_BROWSER a browser.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium } from './chromium.mjs';
import { facts } from './facts.mjs';
import { Firefox } from './firefox.mjs';
import { Sites } from './sites.mjs';
import { Stage } from './stage.mjs';
import { Table } from './table.mjs';
import { Screen } from './screen.mjs';

const directory = new URL('scenarios/', import.meta.url);
const wanted = process.env.BEIDD_SCENARIO ?? '';
const files = readdirSync(directory).filter((file) => file.endsWith('.mjs') && file.includes(wanted)).sort();
const scenarios = await Promise.all(files.map((file) => import(new URL(file, directory))));
mkdirSync(facts.artefacts, { recursive: true });

const say = (text) => process.stderr.write(`${text}\n`);
const sites = await Sites.open();
const screen = await Screen.open();
const table = new Table();
const failures = scenarios.length === 0 ? [`no scenario has '${wanted}' in its name`] : [];

for (const Browser of [Chromium, Firefox]) {
    if (!Browser.name.toLowerCase().includes(process.env.BEIDD_BROWSER ?? '')) continue;
    const stage = await Stage.open({ Browser, sites, screen, table });
    say(`── ${stage.browser.version}`);
    for (const scenario of scenarios) {
        if (scenario.browsers && !scenario.browsers.includes(Browser.name)) continue;
        const began = Date.now();
        let reason = '';
        try {
            await stage.play(scenario);
        } catch (error) {
            reason = `\n${error.stack ?? error}\npicture: ${await stage.picture(scenario.name)}`;
        }
        const outcome = reason === '' ? 'ok' : 'FAILED';
        const line = `${outcome}  ${Browser.name}: ${scenario.name} (${((Date.now() - began) / 1000).toFixed(1)} s)${reason}`;
        if (reason !== '') failures.push(line);
        say(line);
        await stage.clear();
    }
    await stage.close();
}
say(`\n${table.write(join(facts.artefacts, 'browsers.md'))}`);
sites.close();
screen.close();
// The test repeats these where it fails: of a long log, the end is what is kept.
writeFileSync(join(facts.scratch, 'failures.txt'), failures.join('\n'));
process.exit(failures.length === 0 ? 0 : 1);
