// Parts of the client that need no daemon.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BeiddConnectionError, LANGUAGES, OPERATIONS } from "@beidd/client";
import { refusalOf, requestOf } from "../src/calls.js";
import { EventParser } from "../src/events.js";
import { ClientMemory } from "../src/storage.js";
import { CONNECTION_TEXTS, STATE_TEXTS, chooseLanguage, stateText } from "../src/texts.js";
import { Drawer } from "./page.js";

test("a stream is read as the standard says, however it is cut", () => {
    const event = (name, data, id = "") => ({ name, data, id });
    for (const [stream, ...expected] of [
        [": hello\n\n"],
        ["event: card.ready\nid: 1\ndata: {\"cardId\":\"a\"}\n\n", event("card.ready", { cardId: "a" }, "1")],
        ["event:card.ready\r\ndata:{}\r\n\r\n", event("card.ready", {})],
        ["event: a\rdata: {}\r\revent: b\rdata: {}\r\r\n", event("a", {}), event("b", {})],
        ["data: {\ndata: \"x\": 1}\n\n", event("message", { x: 1 })],
        ["event: a\ndata: no JSON\n\n", event("a", {})],
        ["event: a\n\ndata: {}\n\n", event("message", {})],
        ["id: 7\nevent: a\ndata: {}\n\nevent: b\ndata: {}\n\n", event("a", {}, "7"), event("b", {}, "7")],
        ["id: 7\n\nid: a\0b\ndata: {}\n\n", event("message", {}, "7")],
        ["event: cut\ndata: {}\n"],
    ]) {
        for (const size of [1, 2, 3, stream.length]) {
            const parser = new EventParser();
            const pieces = stream.match(new RegExp(`[^]{1,${size}}`, "g"));
            assert.deepEqual(pieces.flatMap((piece) => parser.take(piece)), expected, JSON.stringify([stream, size]));
        }
    }
});

test("the id of an event that was cut is not taken for received", () => {
    const parser = new EventParser();
    parser.take("id: 1\nevent: a\ndata: {}\n\nid: 2\nevent: b\nretry: 30\n");
    assert.deepEqual([parser.lastId, parser.retry], ["1", 30]);
});

test("an event without end is refused", () => {
    for (const endless of ["x".repeat(512), `data: ${"x".repeat(512)}\n`]) {
        const parser = new EventParser();
        assert.throws(() => {
            for (let times = 0; times < 1000; times += 1) {
                parser.take(endless);
            }
        }, RangeError);
    }
});

test("members go where the table says", () => {
    const path = (id, input) => requestOf(OPERATIONS[id], input);
    assert.deepEqual(path("read-identity", {}), { path: "/v1/cards/current/identity" });
    assert.deepEqual(path("read-identity", { cardId: "a/b", fields: "x,y" }), { path: "/v1/cards/a%2Fb/identity?fields=x%2Cy" });
    assert.deepEqual(path("verify-card", { cardId: "c", checks: [] }), { path: "/v1/cards/c/verifications", body: '{"checks":[]}' });
    assert.deepEqual(path("sign", { cardId: "c", format: "raw" }), { path: "/v1/signatures", body: '{"cardId":"c","format":"raw"}' });
    for (const [id, input] of [["operation", {}], ["operation", { id: "" }], ["operation", { id: 1 }], ["status", { typo: 1 }]]) {
        assert.throws(() => path(id, input), TypeError);
    }
});

test("seconds to wait are read from the error, or from the header where it has none", async () => {
    for (const [member, header, expected] of [
        [7, "9", 7],
        [undefined, "9", 9],
        [7, undefined, 7],
        [undefined, undefined, undefined],
        ["soon", "9", undefined],
        [-1, undefined, undefined],
    ]) {
        const headers = header === undefined ? {} : { "Retry-After": header };
        const problem = { code: "too-many-requests", detail: "Too many.", retryAfter: member };
        const refusal = await refusalOf(Response.json(problem, { status: 429, headers }));
        assert.equal(refusal.retryAfter, expected, `${member} ${header}`);
    }
});

test("every text is there in four languages, and no two are the same", () => {
    const { length } = LANGUAGES;
    const rows = [...Object.values(CONNECTION_TEXTS), ...Object.values(STATE_TEXTS)];
    for (const row of rows) {
        const texts = row.flat();
        assert.equal(row.length, length);
        assert.ok(texts.every((text) => text.trim() === text && text.length > 5), texts.join("|"));
        assert.equal(new Set(texts).size, texts.length, texts.join("|"));
    }
    for (const language of LANGUAGES) {
        assert.match(stateText("waitingForUser", language, "417"), /417/);
        const error = new BeiddConnectionError(["notRunning", "certificateNotTrusted"], language);
        assert.deepEqual(error.likely.map(({ code }) => code), ["notRunning", "certificateNotTrusted"]);
        assert.ok(error.message.startsWith(error.text) && !error.certain);
    }
});

test("a language is the one wished for, or English", () => {
    for (const [wish, expected] of [["nl-BE", "nl"], ["FR", "fr"], ["de", "de"], ["es", "en"], ["", "en"], [undefined, "en"]]) {
        assert.equal(chooseLanguage(wish), expected);
    }
});

test("a token that has expired, or is none, is not used", async () => {
    for (const [text, expected] of [
        ['{"token":"t"}', "t"],
        ['{"token":"t","expiresAt":"2999-01-01T00:00:00Z"}', "t"],
        ['{"token":"t","expiresAt":"2001-01-01T00:00:00Z"}', undefined],
        ['{"token":7}', undefined],
        ["null", undefined],
        ["{", undefined],
    ]) {
        assert.equal(await new ClientMemory(new Drawer([["beidd.token", text]])).token(), expected, text);
    }
    for (const [text, expected] of [["32040", 32040], ["0", undefined], ["x", undefined], ["1e9", undefined]]) {
        assert.equal(await new ClientMemory(new Drawer([["beidd.port", text]])).port(), expected, text);
    }
});
