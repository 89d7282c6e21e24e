// The client for web pages, as the sites of the test have it.

import { readFileSync, readdirSync } from 'node:fs';

const CLIENT = new URL('../../packaging/js-client/src/', import.meta.url);

/** Serves every file of the client below each of `places`. */
export function serveClient(sites, ...places) {
    for (const file of readdirSync(CLIENT)) {
        for (const place of places) {
            sites.put(`${place}/${file}`, readFileSync(new URL(file, CLIENT)), { 'content-type': 'text/javascript' });
        }
    }
}
