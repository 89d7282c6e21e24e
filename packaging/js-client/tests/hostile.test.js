// The client with whatever may be on the port instead of the daemon. BEIDD_TRUSTED and BEIDD_STRANGE name key and
// certificate of a server, without `.key` and `.pem`: one that NODE_EXTRA_CA_CERTS vouches for, and one that nobody does.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import { createServer as createSocketServer } from "node:net";
import { test } from "node:test";
import { BeiddConnectionError, BeiddRefusal, OPERATIONS, connect } from "@beidd/client";
import { Drawer, fetchOf } from "./page.js";

const LINK = { operation: "put", type: "gpconsultation", proof: "eidsigning" };
const PAGE = "https://emr.example";

const identity = (name) => ({ key: readFileSync(`${name}.key`), cert: readFileSync(`${name}.pem`) });
const [trusted, strange] = [process.env.BEIDD_TRUSTED, process.env.BEIDD_STRANGE].map(identity);

/** Starts a server for one test; returns its port. */
async function serve(t, server) {
    const sockets = new Set();
    server.on("connection", (socket) => sockets.add(socket));
    await new Promise((resolve) => server.listen(0, "localhost", resolve));
    t.after(() => {
        sockets.forEach((socket) => socket.destroy());
        server.close();
    });
    return server.address().port;
}

const cors = { "Access-Control-Allow-Origin": PAGE, "Access-Control-Expose-Headers": "Retry-After" };

function json(response, status, body, headers = {}) {
    const type = status < 400 ? "application/json" : "application/problem+json";
    response.writeHead(status, { "Content-Type": type, ...cors, ...headers }).end(JSON.stringify(body));
}

function problem(response, status, code, headers) {
    json(response, status, { type: `urn:beidd:error:${code}`, title: code, detail: `${code}.`, status, code, retriable: status === 429 }, headers);
}

const STATUS = { service: "beidd", apiVersions: ["1"] };

/** A daemon as far as its status; `rest` answers everything else. Its `requests` are kept. */
async function pretend(t, rest) {
    const requests = [];
    const server = createServer(trusted, (request, response) => {
        if (request.method === "OPTIONS") {
            const headers = "Authorization, Content-Type, Prefer, Idempotency-Key, Last-Event-ID, Cache-Control";
            response.writeHead(204, { ...cors, "Access-Control-Allow-Headers": headers, "Access-Control-Allow-Methods": "*" }).end();
            return;
        }
        const known = { method: request.method, path: request.url, headers: request.headers };
        requests.push(known);
        if (request.url === "/v1/status") {
            json(response, 200, STATUS);
        } else {
            rest(known, response, requests);
        }
    });
    const port = await serve(t, server);
    const end = () => {
        server.close();
        server.closeAllConnections();
    };
    return { port, requests, end };
}

const options = (port, more = {}) => ({ ports: [port], language: "en", token: "secret", ...more });
const asPage = (port, more = {}) => options(port, { fetch: fetchOf(PAGE), ...more });

async function codesOf(connecting) {
    const error = await connecting.then(() => assert.fail("connected"), (error) => error);
    assert.ok(error instanceof BeiddConnectionError, error);
    assert.ok(error.text && error.nextStep);
    return error.likely.map(({ code }) => code);
}

test("the reasons why there is no daemon are told apart, as far as they can be seen", async (t) => {
    const web = (body, type = "text/html") => createServer(trusted, (_, response) => response.writeHead(200, { "Content-Type": type, ...cors }).end(body));
    const cannotTell = ["notRunning", "certificateNotTrusted"];
    const closed = createSocketServer();
    const portOfNobody = await serve(t, closed);
    closed.close();
    for (const [what, server, program, page] of [
        ["nobody", undefined, ["notRunning"], cannotTell],
        ["a certificate that nobody vouches for", createServer(strange, (_, response) => json(response, 200, STATUS)), ["certificateNotTrusted"], cannotTell],
        ["a server without TLS", createPlainServer((_, response) => json(response, 200, STATUS)), ["anotherProgram"], ["certificateNotTrusted", "anotherProgram"]],
        ["one that hangs up", createSocketServer((socket) => socket.destroy()), ["anotherProgram"], cannotTell],
        ["a web server", web("<p>hello"), ["anotherProgram"], ["anotherProgram"]],
        ["another service", web('{"service":"printer"}', "application/json"), ["anotherProgram"], ["anotherProgram"]],
        ["JSON that is nothing", web("null", "application/json"), ["anotherProgram"], ["anotherProgram"]],
        ["half a status", web('{"service":"beidd"}', "application/json"), ["anotherProgram"], ["anotherProgram"]],
        ["a later version", web('{"service":"beidd","apiVersions":["2"]}', "application/json"), ["anotherVersion"], ["anotherVersion"]],
        ["one that says nothing", createSocketServer(() => {}), ["notAnswering"], ["notAnswering"]],
        ["one that sends elsewhere", createServer(trusted, (_, response) => response.writeHead(302, { Location: "https://localhost:1/", ...cors }).end()), cannotTell, cannotTell],
    ]) {
        const port = server ? await serve(t, server) : portOfNobody;
        assert.deepEqual(await codesOf(connect(options(port))), program, what);
        assert.deepEqual(await codesOf(connect(asPage(port))), page, what);
    }
});

test("a squatter is passed over, and sees no token", async (t) => {
    const seen = [];
    const squatter = createServer(trusted, (request, response) => {
        seen.push(request.headers);
        json(response, 200, { service: "squatter" });
    });
    const first = await serve(t, squatter);
    const daemon = await pretend(t, (_, response) => json(response, 200, { readers: [] }));
    const storage = new Drawer([["beidd.port", String(first)]]);
    const beidd = await connect({ ...options(first), ports: [first, daemon.port], storage });
    assert.deepEqual(await beidd.listReaders(), { readers: [] });
    assert.equal(storage.get("beidd.port"), String(daemon.port));
    assert.ok(seen.length === 1 && seen.every((headers) => headers.authorization === undefined));
    assert.equal(daemon.requests.at(-1).headers.authorization, "Bearer secret");
});

/** Makes this process look like a page in a browser, for one test. */
function lookLike(t, { url, origin, permission }) {
    const query = async ({ name }) => {
        if (permission === undefined || name !== "loopback-network") {
            throw new TypeError("unknown permission");
        }
        return { state: permission() };
    };
    const globals = { location: new URL(url), origin: origin ?? new URL(url).origin, navigator: { language: "en", permissions: { query } } };
    for (const [name, value] of Object.entries(globals)) {
        const before = Object.getOwnPropertyDescriptor(globalThis, name);
        Object.defineProperty(globalThis, name, { value, configurable: true });
        t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
    }
}

test("the browser's permission is told apart from a daemon that is not there", async (t) => {
    const either = ["notRunning", "certificateNotTrusted"];
    for (const [what, browser, slow, codes, ports] of [
        ["denied", { permission: () => "denied" }, 0, ["permissionDenied"], 1],
        ["never asked", { permission: () => "prompt" }, 0, [...either, "permissionNotAsked"], 32],
        ["a question that was closed", { permission: () => "prompt" }, 900, ["permissionNotAsked", ...either], 1],
        ["granted", { permission: () => "granted" }, 0, either, 32],
        ["a browser without the permission", {}, 0, either, 32],
        ["a page from this computer", { url: "http://localhost:3000/", permission: () => "prompt" }, 0, either, 32],
        ["a page over http", { url: "http://emr.example/" }, 0, ["pageNotAllowed"], 0],
        ["a page without an origin", { url: "https://emr.example/", origin: "null" }, 0, ["pageNotAllowed"], 0],
    ]) {
        await t.test(what, async (t) => {
            lookLike(t, { url: "https://emr.example/", ...browser });
            const asked = [];
            let [open, most] = [0, 0];
            const fetch = async (url) => {
                asked.push(new URL(url).port);
                most = Math.max(most, (open += 1));
                await new Promise((resolve) => setTimeout(resolve, slow));
                open -= 1;
                throw new TypeError("Failed to fetch");
            };
            assert.deepEqual(await codesOf(connect({ fetch })), codes);
            assert.equal(new Set(asked).size, ports);
            assert.ok(most <= 8, `${most} at a time`);
        });
    }
});

test("a page waits for the browser's question, and says so", async (t) => {
    const daemon = await pretend(t, () => {});
    let permission = "prompt";
    lookLike(t, { url: "https://emr.example/", permission: () => permission });
    const states = [];
    const onState = ({ name }) => {
        states.push(name);
        if (name === "askingBrowser") {
            permission = "granted";
        }
    };
    const fetch = async (url, init) => {
        while (permission === "prompt") {
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return fetchOf(PAGE)(url, init);
    };
    await connect(asPage(daemon.port, { fetch, onState }));
    assert.deepEqual(states, ["searching", "askingBrowser", "connected"]);
});

test("refusals keep their code, and what is no refusal is another program", async (t) => {
    for (const [what, answer, expected] of [
        ["a scope", (response) => problem(response, 403, "scope-missing"), { code: "scope-missing", status: 403 }],
        ["too many", (response) => problem(response, 429, "too-many-requests", { "Retry-After": "7" }), { code: "too-many-requests", retryAfter: 7, retriable: true }],
        ["odd Retry-After", (response) => problem(response, 429, "too-many-requests", { "Retry-After": "soon" }), { retryAfter: undefined }],
        ["a token that has ended", (response) => problem(response, 401, "token-expired"), { code: "notPaired" }],
        ["a web server's page", (response) => response.writeHead(503, { "Content-Type": "text/html", ...cors }).end("<h1>503"), { code: "anotherProgram" }],
        ["JSON without a code", (response) => json(response, 403, {}), { code: "anotherProgram" }],
        ["an answer that is cut", (response) => response.writeHead(200, { "Content-Type": "application/json", ...cors }).write('{"readers":', () => response.destroy()), { code: "connectionLost" }],
    ]) {
        const storage = new Drawer();
        const daemon = await pretend(t, (_, response) => answer(response));
        const beidd = await connect(asPage(daemon.port, { storage }));
        await assert.rejects(beidd.listReaders(), (error) => {
            for (const [member, value] of Object.entries(expected)) {
                assert.equal(error[member], value, `${what}: ${member}`);
            }
            assert.equal(error instanceof BeiddRefusal, "status" in error, what);
            return error.text.length > 0;
        });
    }
});

test("a call that runs on is followed through a daemon that is busy or away", async (t) => {
    const answers = [
        (response) => problem(response, 429, "too-many-requests"),
        (response) => response.destroy(),
        (response) => json(response, 200, { id: "o", kind: "sign", state: "waitingForPin" }),
        (response) => json(response, 200, { id: "o", kind: "sign", state: "inventedLater" }),
        (response) => json(response, 200, { id: "o", kind: "sign", state: "succeeded", result: { done: true } }),
    ];
    const daemon = await pretend(t, ({ method }, response) =>
        method === "POST" ? json(response, 202, { id: "o", kind: "sign", state: "working" }) : answers.shift()(response));
    const states = [];
    const beidd = await connect(asPage(daemon.port, { onState: ({ name }) => states.push(name) }));
    assert.deepEqual(await beidd.therapeuticLink(LINK), { done: true });
    assert.equal(answers.length, 0);
    assert.ok(states.join().endsWith("waitingForPin,working,connected"), states.join());
    const { headers } = daemon.requests.find(({ method }) => method === "POST");
    assert.match(headers.prefer, /respond-async/);
});

test("a call that is given up is cancelled, even if its answer comes late", async (t) => {
    const giveUp = new AbortController();
    const daemon = await pretend(t, ({ method }, response) => {
        if (method === "POST") {
            giveUp.abort();
            setTimeout(() => json(response, 202, { id: "o", kind: "sign", state: "working" }), 100);
        } else {
            json(response, 200, { id: "o", kind: "sign", state: "cancelled" });
        }
    });
    const beidd = await connect(asPage(daemon.port));
    await assert.rejects(beidd.therapeuticLink(LINK, { signal: giveUp.signal }), { name: "AbortError" });
    while (!daemon.requests.some(({ method, path }) => method === "DELETE" && path === "/v1/operations/o")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
});

test("a stream that is cut resumes after the last whole event", async (t) => {
    const streams = [
        (response) => response.write('id: a-1\nevent: card.ready\ndata: {"cardId":"1"}\n\nid: a-2\nevent: card.rem', () => response.destroy()),
        (response) => response.destroy(),
        (response) => response.end('id: b-1\nevent: resync\ndata: {}\n\nid: b-2\nevent: card.removed\ndata: {"cardId":"1"}\n\n'),
        (response) => response.write("id: b-3\nevent: service.draining\ndata: {}\n\n"),
    ];
    const daemon = await pretend(t, (_, response) => {
        response.writeHead(200, { "Content-Type": "text/event-stream", ...cors });
        streams.shift()(response);
    });
    const states = [];
    const beidd = await connect(asPage(daemon.port, { onState: ({ name }) => states.push(name) }));
    const names = [];
    for await (const { name } of beidd.events({ lastEventId: "a-0" })) {
        names.push(name);
        if (name === "service.draining") {
            break;
        }
    }
    assert.deepEqual(names, ["card.ready", "resync", "card.removed", "service.draining"]);
    const opened = daemon.requests.filter(({ path }) => path === "/v1/events");
    assert.deepEqual(opened.map(({ headers }) => headers["last-event-id"]), ["a-0", "a-1", "a-1", "b-2"]);
    assert.ok(states.includes("reconnecting") && states.at(-1) === "connected");
});

test("a stream that is refused waits as it is told, or ends", async (t) => {
    const answers = [
        (response) => problem(response, 429, "too-many-requests", { "Retry-After": "0" }),
        (response) => response.writeHead(200, { "Content-Type": "text/event-stream", ...cors }).end("event: card.ready\ndata: {}\n\n"),
        (response) => problem(response, 401, "token-invalid"),
    ];
    const daemon = await pretend(t, (_, response) => answers.shift()(response));
    const beidd = await connect(asPage(daemon.port));
    const events = beidd.events();
    assert.equal((await events.next()).value.name, "card.ready");
    await assert.rejects(events.next(), { code: "notPaired" });
    assert.equal(answers.length, 0);
});

test("every end of a pairing is told apart", async (t) => {
    const waiting = { id: "p", state: "waitingForUser", matchCode: "417" };
    for (const [what, answer, expected] of [
        ["granted", (response) => json(response, 200, { ...waiting, state: "granted", token: "new", scopes: [], expiresAt: "2999-01-01T00:00:00Z" }), undefined],
        ["refused", (response) => json(response, 200, { ...waiting, state: "refused" }), "pairingRefused"],
        ["expired", (response) => json(response, 200, { ...waiting, state: "expired" }), "pairingExpired"],
        ["forgotten", (response) => problem(response, 404, "not-found"), "pairingExpired"],
        ["granted without a token", (response) => json(response, 200, { ...waiting, state: "granted" }), "pairingExpired"],
    ]) {
        const [storage, states] = [new Drawer(), []];
        const daemon = await pretend(t, ({ method }, response) => (method === "POST" ? json(response, 202, waiting) : answer(response)));
        const more = { token: undefined, name: "EMR", scopes: ["readers"], storage, onState: (state) => states.push(state) };
        const connecting = connect(asPage(daemon.port, more));
        await (expected ? assert.rejects(connecting, { code: expected }, what) : connecting);
        const told = states.find(({ name }) => name === "waitingForUser");
        assert.ok(told.matchCode === "417" && told.text.includes("417"), what);
        assert.equal(storage.get("beidd.token")?.includes("new") ?? false, expected === undefined, what);
    }
});

test("a daemon that lets nobody ask is quoted", async (t) => {
    const daemon = await pretend(t, (_, response) => problem(response, 403, "origin-not-paired"));
    const connecting = connect(asPage(daemon.port, { token: undefined, name: "EMR" }));
    await assert.rejects(connecting, { name: "BeiddRefusal", code: "origin-not-paired", text: "origin-not-paired." });
});

test("a question that is given up is taken back", async (t) => {
    const giveUp = new AbortController();
    const daemon = await pretend(t, ({ method }, response) => {
        json(response, method === "POST" ? 202 : 200, { id: "p", state: "waitingForUser", matchCode: "417" });
    });
    const onState = ({ name }) => name === "waitingForUser" && giveUp.abort();
    await assert.rejects(connect(asPage(daemon.port, { token: undefined, name: "EMR", onState, signal: giveUp.signal })), { name: "AbortError" });
    assert.deepEqual([daemon.requests.at(-1).method, daemon.requests.at(-1).path], ["DELETE", "/v1/pairings/p"]);
});

test("a daemon that has gone for good is not running, and one that is back is found", async (t) => {
    let daemon = await pretend(t, (_, response) => json(response, 200, { readers: [] }));
    const ports = [daemon.port, 1];
    const beidd = await connect(asPage(daemon.port, { ports }));
    await beidd.listReaders();
    daemon.end();
    await assert.rejects(beidd.listReaders(), (error) => error.code === "notRunning" && error.certain);
    daemon = await pretend(t, (_, response) => json(response, 200, { readers: ["back"] }));
    ports[1] = daemon.port;
    assert.deepEqual(await beidd.listReaders(), { readers: ["back"] });
    assert.equal(beidd.port, daemon.port);
});

test("a signing call whose answer is lost is repeated with its key, and one without a key is not", async (t) => {
    for (const [id, input] of [["therapeutic-link", LINK], ["parse-response", { xml: "<x/>" }]]) {
        let lost = false;
        const daemon = await pretend(t, (_, response) => {
            if (lost) {
                json(response, 200, { proof: {} });
            } else {
                lost = true;
                response.destroy();
            }
        });
        const beidd = await connect(asPage(daemon.port));
        const call = beidd.call(id, input);
        const { keyed } = OPERATIONS[id];
        await (keyed ? call : assert.rejects(call, { code: "connectionLost" }));
        const keys = daemon.requests.filter(({ method }) => method === "POST").map(({ headers }) => headers["idempotency-key"]);
        assert.equal(keys.length, keyed ? 2 : 1, id);
        assert.equal(new Set(keys).size, 1, id);
        assert.equal(typeof keys[0], keyed ? "string" : "undefined", id);
    }
});
