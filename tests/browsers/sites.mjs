// Web sites of others: on ports that count as public, on one that does not and a witness.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { Authority } from './authority.mjs';
import { facts } from './facts.mjs';

/** What every path answers that was given no body. */
const PAGE = { body: '<!doctype html><title>site</title><p>A site', headers: {} };

const tls = ({ key, certificate }) => ({ key: readFileSync(key), cert: readFileSync(certificate) });
const listening = (server, port) => new Promise((done, failed) => {
    server.once('error', failed).listen(port, '127.0.0.1', () => done(server.address().port));
});

/** A server that notes what reaches it, and gives everybody everything. */
export class Witness {
    /** Paths that were asked for. */
    paths = [];
    #server;

    static async open(issued, port = 0) {
        const witness = new Witness();
        witness.#server = https.createServer(tls(issued), (request, reply) => {
            witness.paths.push(request.url);
            reply.writeHead(200, { 'access-control-allow-origin': '*' }).end('reached');
        });
        witness.port = await listening(witness.#server, port);
        return witness;
    }

    close() {
        this.#server.closeAllConnections();
        this.#server.close();
    }
}

export class Sites {
    #servers = [];
    #bodies = new Map();

    static async open() {
        const sites = new Sites();
        sites.authority = new Authority('test authority of web sites');
        const issued = sites.authority.issue('DNS:localhost', 'IP:127.0.0.1', 'DNS:*.example.test', 'DNS:*.example.test.lookalike.test');
        const answer = (request, reply) => {
            const { body, headers } = sites.#bodies.get(request.url.split('?')[0]) ?? PAGE;
            reply.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
        };
        for (const [server, port] of [
            [https.createServer(tls(issued), answer), facts.pages.public],
            [https.createServer(tls(issued), answer), facts.pages.local],
            [http.createServer(answer), facts.pages.plain],
        ]) {
            await listening(server, port);
            sites.#servers.push(server);
        }
        sites.witness = await Witness.open(issued);
        return sites;
    }

    /** The site that the daemon's settings list. It counts as one of the public internet. */
    listed = `https://app.example.test:${facts.pages.public}`;
    /** A site that nobody listed. */
    unlisted = `https://other.example.test:${facts.pages.public}`;
    /** A site that nobody listed, and that asks for access. */
    asking = `https://asking.example.test:${facts.pages.public}`;
    /** A site whose calls the browser does not let through. */
    heldBack = `https://held-back.example.test:${facts.pages.public}`;
    /** Sites whose name is nearly the listed one. */
    lookalikes = [
        `https://app.example.test.lookalike.test:${facts.pages.public}`,
        `https://app.example.test:${facts.pages.local}`,
        `https://xapp.example.test:${facts.pages.public}`,
    ];
    /** Listed nowhere, and on an address of this computer: browsers do not stand in its way at all. */
    local = `https://other.example.test:${facts.pages.local}`;
    /** The listed name without TLS. Browsers take it for a site of this computer, so they do not stand in its way. */
    plain = `http://app.example.test:${facts.pages.plain}`;

    /** Every origin that may be given a permission. */
    get origins() {
        return [this.listed, this.unlisted, this.asking, this.heldBack, ...this.lookalikes];
    }

    /** Serves `body` at `path` of every site; it is HTML unless `headers` say otherwise. */
    put(path, body, headers = {}) {
        this.#bodies.set(path, { body, headers });
    }

    close() {
        for (const server of this.#servers) {
            server.closeAllConnections();
            server.close();
        }
        this.witness.close();
    }
}
