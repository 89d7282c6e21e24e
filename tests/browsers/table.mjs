// One row for each situation, one column for each browser.

import { writeFileSync } from 'node:fs';

export class Table {
    #rows = new Map();
    #browsers = [];

    /** Notes what a page saw, and what reached the daemon. */
    add(browser, scenario, situation, seen) {
        if (!this.#browsers.includes(browser)) this.#browsers.push(browser);
        const key = `${scenario} | ${situation}`;
        const row = this.#rows.get(key) ?? {};
        row[browser] = seen;
        this.#rows.set(key, row);
    }

    /** Writes the table to `file` as Markdown, and returns it. */
    write(file) {
        const line = (cells) => `| ${cells.join(' | ')} |`;
        const head = ['part', 'situation', ...this.#browsers];
        const rows = [...this.#rows].map(([key, row]) => line([key, ...this.#browsers.map((name) => row[name] ?? '–')]));
        const text = [line(head), line(head.map(() => '---')), ...rows].join('\n');
        writeFileSync(file, `${text}\n`);
        return text;
    }
}
