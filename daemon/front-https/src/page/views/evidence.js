// Records of what was read and signed: found by kind, day and reference, taken along, and verified. Nobody's name is here.

import { Refusal, get, post } from "../api.js";
import { announce } from "../announce.js";
import { button, choice, facts, field, h, line, save, section } from "../dom.js";
import { has, moment, t } from "../texts.js";
import { refuse } from "../waiting.js";
import { mark } from "./checks.js";
import { words } from "./verdict.js";

/** Kinds of records, in the order of the chain's description. */
const KINDS = [
  "therapeutic-link",
  "therapeutic-link-revocation",
  "consent",
  "consent-revocation",
  "exclusion",
  "exclusion-revocation",
  "inquiry",
  "signature",
  "identity-reading",
  "card-read",
  "purge",
  "chain-head",
];

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  let latest = 0;
  const kinds = [["", "page-evidence-every-kind"], ...KINDS.map((kind) => [kind, () => kindOf(kind)])];
  const kind = choice(kinds, { name: "kind" });
  const from = h("input", { type: "date", name: "from" });
  const to = h("input", { type: "date", name: "to" });
  const reference = line({ name: "reference", maxlength: 64 });
  const find = button("page-evidence-find", () => load(), { class: "primary" });
  const form = h(
    "div",
    { class: "form" },
    field("page-evidence-kind", kind),
    field("page-evidence-from", from),
    field("page-evidence-to", to),
    field("page-evidence-reference", reference, "page-evidence-reference-hint"),
  );
  const list = h("ul", { class: "files" });
  const more = h("div", { class: "actions" });
  const said = h("div");
  const judged = h("div", { class: "view" });
  const whole = h("div", { class: "actions" }, button("page-evidence-verify", verify), button("page-evidence-export", exportAll));
  body.replaceChildren(
    h("p", { class: "reader-text", say: "page-evidence-intro" }),
    section("page-evidence-chain", h("p", { class: "hint", say: "page-evidence-chain-hint" }), whole, judged),
    section("page-view-report", h("p", { class: "hint", say: "page-evidence-report-hint" }), h("a", { href: "#/report", say: "page-evidence-report" })),
    section("page-evidence-records", form, h("div", { class: "actions" }, find), said, list, more),
  );

  /** Shows the records that fit, or those behind a place in their list. */
  async function load(after) {
    const turn = (latest += 1);
    await trying(said, async () => {
      const wanted = { kind: kind.value, from: from.value, to: to.value, reference: reference.value, after };
      const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
      const answer = await get(`/v1/evidence?${query}`, { signal });
      // Of two searches the later one counts, whichever is answered first.
      if (turn !== latest) return;
      const rows = answer.evidence.map(record);
      if (after) list.append(...rows);
      else list.replaceChildren(...rows);
      list.dataset.found = String(list.children.length);
      const none = list.children.length === 0;
      announce(none ? t("page-evidence-none-found") : t("page-evidence-found", { count: list.children.length }));
      said.replaceChildren(...(none ? [h("p", { class: "hint", say: "page-evidence-none-found" })] : []));
      more.replaceChildren(...(answer.next ? [button("page-evidence-more", () => load(answer.next))] : []));
    });
  }

  function record(one) {
    const take = button("page-evidence-save", () => saveContent(one), {
      said: { "aria-label": () => t("page-evidence-save-of", { kind: kindOf(one.kind), time: moment(one.time) }) },
    });
    const rows = facts([
      ["page-evidence-caller", one.caller && (() => callerOf(one.caller))],
      ["page-evidence-reference", one.reference],
      ["page-evidence-id", one.id],
    ]);
    const words = h("div", {}, h("p", { class: "strong", say: () => kindOf(one.kind) }), h("p", { class: "hint", say: () => moment(one.time) }));
    return h("li", { "data-kind": one.kind }, words, h("div", { class: "actions" }, take), rows);
  }

  async function saveContent({ id, kind: what }) {
    await trying(said, async () => {
      const { content } = await get(`/v1/evidence/${id}/content`, { signal });
      save(`${what}-${id}.json`, "application/json", content);
      said.replaceChildren();
    });
  }

  async function exportAll() {
    await trying(judged, async () => {
      const { lines } = await post("/v1/evidence-exports", {}, { signal });
      save("evidence.jsonl", "application/x-ndjson", lines);
      judged.replaceChildren();
    });
  }

  async function verify() {
    judged.replaceChildren(h("progress", { said: { "aria-label": "page-waiting" } }));
    await trying(judged, async () => {
      const answer = await post("/v1/evidence-verifications", {}, { signal });
      judged.replaceChildren(...verdict(answer));
      announce(t(answer.intact ? "page-evidence-intact" : "page-evidence-broken"));
    });
  }

  /** Does something, and says in `place` why it was refused. */
  async function trying(place, work) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(place, error.problem);
    }
  }

  load();
  return () => stop.abort();
}

/** Judgement of all chains in words: the whole first, then each. */
function verdict({ intact, chains }) {
  const look = intact ? "passed" : "failed";
  const words = h("p", { class: "strong", say: intact ? "page-evidence-intact" : "page-evidence-broken" });
  const rows = chains.map((chain) =>
    facts([
      ["page-evidence-desk", chain.desk],
      ["page-evidence-count", String(chain.records)],
      ["page-evidence-first-break", chain.broken && (() => breakOf(chain.broken))],
      ["page-evidence-sealed", chain.sealed > 0 && String(chain.sealed)],
      ["page-evidence-behind", chain.behindLastHead > 0 && String(chain.behindLastHead)],
      ...(chain.providerHeads ?? []).map((head) => ["page-evidence-provider-head", () => providerHead(head)]),
      ["page-evidence-end", `${chain.desk}:${chain.records}:${chain.lastHash}`],
    ]),
  );
  return [h("div", { class: `verdict ${look}`, "data-intact": String(intact) }, mark(look), words), ...rows];
}

/** A head that a care provider signed: who, when, over how many records, and the verdict on the signature. */
function providerHead(head) {
  const { position, signer } = head;
  return t("page-evidence-provider-head-said", { position, time: moment(head.time), signer: signer ?? "?", verdict: t(words(head)) });
}

function breakOf({ position, fault }) {
  const id = `page-evidence-fault-${fault}`;
  return t("page-evidence-break", { position, fault: has(id) ? t(id) : fault });
}

function callerOf({ type, name }) {
  const id = `page-evidence-caller-${type}`;
  return name ?? (has(id) ? t(id) : type);
}

function kindOf(kind) {
  const id = `page-evidence-kind-${kind}`;
  return has(id) ? t(id) : kind;
}
