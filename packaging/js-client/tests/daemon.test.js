// The client with a real daemon and a simulated card. BEIDD_PORT, BEIDD_SCRIPT (answers of the person at the desk) and
// BEIDCTL say where they are.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { BeiddConnectionError, BeiddRefusal, OPERATIONS, connect } from "@beidd/client";
import { Drawer, eventually, fetchOf } from "./page.js";

const { BEIDD_PORT, BEIDD_SCRIPT, BEIDCTL } = process.env;
const LINK = { operation: "put", type: "gpconsultation", proof: "eidsigning" };
const SCOPES = ["readers", "identity.full", "identity.photo", "certificates", "proof.therlink", "sign"];

/** Options of a page at `origin`; what it shows is kept in `states`. */
function page(origin, more = {}) {
    const states = [];
    const own = { name: "Test EMR", scopes: SCOPES, ports: [Number(BEIDD_PORT)], language: "en", fetch: fetchOf(origin) };
    return { ...own, onState: (state) => states.push(state), states, ...more };
}

/** The person's answer to the next dialog. */
function willAnswer(answer) {
    appendFileSync(`${BEIDD_SCRIPT}/answers`, `${answer}\n`);
}

function dialogs() {
    const file = `${BEIDD_SCRIPT}/shown.jsonl`;
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

function beidctl(...words) {
    return execFileSync(BEIDCTL, words, { encoding: "utf8" });
}

test("a listed page is let in without a dialog and reads the card", async () => {
    const storage = new Drawer();
    const options = page("https://emr.example", { storage });
    const beidd = await connect(options);
    assert.deepEqual(options.states.map(({ name }) => name), ["searching", "connected"]);
    assert.equal(beidd.port, Number(BEIDD_PORT));
    assert.equal((await beidd.status()).simulated, true);
    const identity = await beidd.readIdentity();
    assert.deepEqual([identity.familyName, identity.authenticity.outcome], ["Proefman", "passed"]);
    const few = await beidd.readIdentity({ cardId: identity.cardId, fields: "birthDate" });
    assert.deepEqual([few.birthDate, few.familyName], ["1990-02-28", undefined]);
    const photo = await beidd.readPhoto();
    assert.ok(photo instanceof Blob && photo.type === "image/jpeg" && photo.size > 1000);
    const pem = await beidd.readCertificate({ name: "root" }, { accept: "application/x-pem-file" });
    assert.match(await pem.text(), /^-----BEGIN CERTIFICATE-----/);
    // The same page, loaded again, is the same caller.
    const token = storage.get("beidd.token");
    await connect(page("https://emr.example", { storage, name: undefined }));
    assert.equal(storage.get("beidd.token"), token);
    assert.equal(dialogs().length, 0);
});

test("a signature is made, and the page shows what it waits for", async () => {
    const options = page("https://emr.example");
    const beidd = await connect(options);
    willAnswer("sign 1234");
    const link = await beidd.therapeuticLink(LINK);
    assert.ok(link.xml.includes("PutTherapeuticLinkRequest") && link.proof.cms);
    assert.match(dialogs().at(-1).description, /emr\.example/);
    const own = [];
    willAnswer("pause-until seen pin 1234");
    const again = beidd.therapeuticLink(LINK, { onState: (state) => own.push(state) });
    await eventually("the state is told", () => own.some(({ name }) => /^waitingFor(Pin|Confirmation)$/.test(name)));
    appendFileSync(`${BEIDD_SCRIPT}/seen`, "");
    assert.ok((await again).proof.cms);
    assert.equal(own.pop().name, "connected");
    assert.ok(own.every(({ text, operationId }) => text && operationId));
});

test("a wrong PIN and a no are told apart", async () => {
    const beidd = await connect(page("https://second.example"));
    willAnswer("sign 9999");
    await assert.rejects(beidd.therapeuticLink(LINK), (error) => {
        assert.ok(error instanceof BeiddRefusal);
        assert.deepEqual([error.code, error.status, error.triesLeft, error.retriable], ["pin-incorrect", 403, 2, false]);
        return true;
    });
    willAnswer("sign 1234");
    await beidd.therapeuticLink(LINK);
    willAnswer("cancel");
    await assert.rejects(beidd.therapeuticLink(LINK), { code: "user-declined" });
    const count = dialogs().length;
    await assert.rejects(beidd.therapeuticLink(LINK), (error) => {
        assert.deepEqual([error.code, error.retriable], ["too-many-requests", true]);
        return error.retryAfter >= 1;
    });
    assert.equal(dialogs().length, count);
    await assert.rejects(beidd.pinOperation({ type: "verify" }), { code: "scope-missing" });
});

test("a signing call that is repeated with its key is done once", async () => {
    const beidd = await connect(page("https://third.example"));
    const count = dialogs().length;
    willAnswer("sign 1234");
    const idempotencyKey = crypto.randomUUID();
    const first = await beidd.therapeuticLink(LINK, { idempotencyKey });
    assert.deepEqual(await beidd.therapeuticLink(LINK, { idempotencyKey }), first);
    assert.equal(dialogs().length, count + 1);
    const other = { ...LINK, comment: "another call" };
    await assert.rejects(beidd.therapeuticLink(other, { idempotencyKey }), { code: "idempotency-mismatch" });
});

test("a call that is given up closes its dialog", async () => {
    const beidd = await connect(page("https://third.example"));
    const count = dialogs().length;
    willAnswer("hang");
    const giveUp = new AbortController();
    const link = beidd.therapeuticLink(LINK, { signal: giveUp.signal });
    const dialog = await eventually("the dialog opens", () => dialogs()[count]);
    giveUp.abort(new Error("enough"));
    await assert.rejects(link, /enough/);
    await eventually("the dialog closes", () => !existsSync(`/proc/${dialog.pid}`));
});

test("a call that is begun is waited for by its id, also by the page loaded anew", async () => {
    const storage = new Drawer();
    const beidd = await connect(page("https://fourth.example", { storage }));
    const count = dialogs().length;
    willAnswer("pause-until reloaded pin 1234");
    const { id, kind } = await beidd.begin("therapeutic-link", LINK);
    assert.equal(kind, "therapeutic-link");
    await eventually("the dialog opens", () => dialogs()[count]);
    const loadedAnew = await connect(page("https://fourth.example", { storage }));
    const waiting = loadedAnew.wait(id);
    appendFileSync(`${BEIDD_SCRIPT}/reloaded`, "");
    assert.ok((await waiting).proof.cms);
    await assert.rejects(loadedAnew.wait("0".repeat(32)), { code: "not-found" });
    await assert.rejects(beidd.begin("read-identity", {}), TypeError);
});

test("cards that come and go are told, until the page stops listening", async () => {
    const beidd = await connect(page("https://emr.example"));
    const names = [];
    const listening = (async () => {
        for await (const { name, data, id } of beidd.events()) {
            names.push(name);
            assert.ok(id && (data.cardId || data.readerId));
            if (name === "card.ready") {
                return;
            }
        }
    })();
    // Told until one is heard: nothing says when the daemon has begun to listen.
    await eventually("a removal is heard", () => {
        beidctl("sim", "remove");
        beidctl("sim", "insert", "anna");
        return names.includes("card.removed");
    });
    await listening;
    assert.equal((await beidd.readIdentity({ fields: "familyName" })).familyName, "Testaert");
    const stop = new AbortController();
    const silent = beidd.events({ signal: stop.signal }).next();
    stop.abort();
    await assert.rejects(silent, { name: "AbortError" });
});

test("what happened while a page was not listening is told when it resumes", async () => {
    const beidd = await connect(page("https://emr.example"));
    const first = beidd.events();
    const heard = first.next();
    const { value: last } = await eventually("an event is heard", () => {
        beidctl("sim", "remove");
        beidctl("sim", "insert", "jan");
        return Promise.race([heard, undefined]);
    });
    await first.return();
    beidctl("sim", "remove");
    beidctl("sim", "insert", "anna");
    const names = [];
    for await (const { name } of beidd.events({ lastEventId: last.id })) {
        names.push(name);
        if (name === "card.ready" && names.includes("card.removed")) {
            break;
        }
    }
    assert.ok(!names.includes("resync"), names.join());
});

test("an unknown page is let in by a person who sees the same code, until it is revoked", async () => {
    const storage = new Drawer();
    const options = page("https://unknown.example", { storage, scopes: ["readers", "identity.basic"] });
    const count = dialogs().length;
    willAnswer("ok");
    const beidd = await connect(options);
    const { matchCode } = options.states.find(({ name }) => name === "waitingForUser");
    const { description } = dialogs()[count];
    assert.match(matchCode, /^\d{3}$/);
    assert.ok(description.includes(matchCode) && description.includes("unknown.example"), description);
    assert.equal((await beidd.readIdentity({ fields: "familyName,nationalNumber" })).nationalNumber, undefined);
    const heard = [];
    const listening = (async () => {
        for await (const { name } of beidd.events()) {
            heard.push(name);
        }
    })();
    const { pairings } = await beidd.listPairings();
    assert.equal(pairings.length, 1);
    await beidd.revokePairing({ id: pairings[0].id });
    await assert.rejects(listening, { code: "notPaired" });
    assert.deepEqual(heard.filter((name) => name !== "pairing.changed"), []);
    await assert.rejects(beidd.readIdentity(), { code: "notPaired" });
    assert.equal(storage.get("beidd.token"), undefined);
});

test("a page that is refused is told so", async () => {
    willAnswer("no");
    await assert.rejects(connect(page("https://unwanted.example")), { code: "pairingRefused" });
});

test("a page that the daemon does not know is told so", async () => {
    const stranger = page("https://stranger.example", { name: undefined });
    await assert.rejects(connect(stranger), (error) => {
        assert.ok(error instanceof BeiddConnectionError && error.certain);
        assert.equal(error.code, "notPaired");
        return error.text !== "" && error.nextStep !== "";
    });
    // A token that has ended looks to the page like a lost connection, and is not.
    const storage = new Drawer([["beidd.token", JSON.stringify({ token: "of-yesterday" })]]);
    await assert.rejects(connect({ ...stranger, storage }), { code: "notPaired" });
    assert.equal(storage.get("beidd.token"), undefined);
});

test("a daemon whose certificate is not trusted is told from one that does not run", async () => {
    const fetch = async (url, init) => {
        if (url.startsWith("https:")) {
            throw new TypeError("Failed to fetch");
        }
        return fetchOf("https://emr.example")(url, init);
    };
    const codes = async (port) => {
        const error = await connect(page("https://emr.example", { fetch, ports: [port] })).catch((error) => error);
        return error.likely.map(({ code }) => code);
    };
    assert.deepEqual(await codes(Number(BEIDD_PORT)), ["certificateNotTrusted", "anotherProgram"]);
    assert.deepEqual(await codes(1), ["notRunning", "certificateNotTrusted"]);
});

test("every operation of the daemon's own description has its method", async () => {
    const beidd = await connect(page("https://emr.example"));
    const document = await beidd.openapi();
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
    for (const { operationId } of operations) {
        const method = operationId.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
        assert.equal(typeof beidd[method], "function", operationId);
        assert.ok(OPERATIONS[operationId], operationId);
    }
    assert.equal(operations.length, Object.keys(OPERATIONS).length);
});
