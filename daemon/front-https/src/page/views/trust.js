// Who trusts the daemon's certificate: the endpoint itself, and each store of browsers and system, with what to do.

import { Refusal, get } from "../api.js";
import { announce } from "../announce.js";
import { button, facts, h, section } from "../dom.js";
import { day, has, moment, t } from "../texts.js";
import { refuse } from "../waiting.js";
import { mark } from "./checks.js";

/** Number of days before its end from which the certificate should be replaced. */
const ENDS_SOON = 30;

/** Looks of the states of a store. */
const LOOKS = { trusted: "passed", removed: "passed", "not-trusted": "failed", "old-authority": "failed" };

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const again = button("page-trust-again", load);
  const report = h("div", { class: "view", "data-trust": "" });
  body.replaceChildren(h("p", { class: "reader-text", say: "page-trust-intro" }), h("div", { class: "actions" }, again), report);

  async function load() {
    again.disabled = true;
    report.replaceChildren(h("div", { class: "panel waiting" }, h("progress", { said: { "aria-label": "page-waiting" } }), h("p", { say: "page-trust-looking" })));
    try {
      const status = await get("/v1/tls", { signal });
      const verdict = summary(status);
      report.replaceChildren(verdict.element, certificate(status), ...stores(status));
      announce(t(verdict.text));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(report, error.problem);
    }
    again.disabled = false;
  }

  load();
  return () => stop.abort();
}

/** Looks of the summaries, and what each says of trust: `unknown` where nobody could look, or something ends soon. */
const SUMMARIES = { good: ["passed", "true"], soon: ["unknown", "soon"], unknown: ["unknown", "unknown"], bad: ["failed", "false"] };

/** The whole in one line: whether the browsers of this user trust the daemon. */
function summary(status) {
  const state = summaryOf(status);
  const [look, trusted] = SUMMARIES[state];
  const text = `page-trust-${state}`;
  const lines = h("div", {}, h("p", { class: "strong", say: text }), h("p", { say: `${text}-detail` }));
  return { text, element: h("div", { class: `verdict ${look}`, "data-trusted": trusted }, mark(look), lines) };
}

function summaryOf({ endpoint, stores, rotationUnfinished }) {
  const own = stores.filter((store) => !isForEverybody(store));
  if (endpoint?.state !== "trusted" || own.some((store) => !isGood(store) && store.state !== "unknown")) return "bad";
  // With a certificate of the administrator no store is looked into.
  if (!own.some(({ state }) => state === "trusted") || own.some(({ state }) => state === "unknown")) return "unknown";
  return rotationUnfinished || !(endpoint.daysLeft >= ENDS_SOON) ? "soon" : "good";
}

/** The certificate: who answers with it, until when, and whether it is being replaced. */
function certificate({ endpoint, authority, administrator, rotationUnfinished }) {
  const notes = [h("p", { say: () => answers(endpoint) })];
  if (endpoint?.daysLeft < ENDS_SOON) {
    const id = endpoint.daysLeft === 1 ? "tls-ends-soon-one" : "tls-ends-soon";
    notes.push(h("p", { class: "note unknown", say: () => t(id, { days: endpoint.daysLeft }) }));
  }
  if (administrator) notes.push(h("p", { say: () => t("tls-administrator", { file: administrator }) }));
  if (rotationUnfinished) notes.push(h("p", { class: "note unknown", say: "tls-rotation-unfinished" }));
  const rows = facts([
    ["page-trust-until", endpoint?.notAfter && (() => moment(endpoint.notAfter))],
    ["page-trust-authority", authority?.name],
    ["page-trust-file", authority?.file],
    [() => "SHA-256", authority?.sha256],
  ]);
  return section("page-trust-certificate", ...notes, rows);
}

/** What the handshake has found, in words. */
function answers({ state, port, detail, notAfter }) {
  switch (state) {
    case "trusted": return t("tls-answers", { port, date: day(notAfter.slice(0, 10)) });
    case "not-running": return t("ctl-not-running-detail");
    case "another-program": return t("ctl-another-program-detail", { port, reason: detail });
    case "dates": return t("ctl-certificate-dates-detail");
    default: return detail;
  }
}

function stores({ stores, authority }) {
  const rows = stores.map((store) => {
    // Browsers that trust the daemon themselves need no store of everybody.
    const isOptional = isForEverybody(store) && !isGood(store);
    const look = isOptional ? "optional" : (LOOKS[store.state] ?? "unknown");
    const said = advice(store, authority?.file);
    const words = h("div", {}, h("p", { class: "strong", say: () => nameOf(store) }), h("p", { say: () => stateOf(store) }));
    if (said) words.append(h("p", { say: said }));
    if (isOptional) words.append(h("p", { class: "hint", say: "page-trust-optional" }));
    words.append(h("p", { class: "hint" }, store.place));
    return h("li", { class: look, "data-store": store.store }, mark(look), words);
  });
  return rows.length > 0 ? [section("page-trust-stores", h("ul", { class: "checks" }, rows))] : [];
}

function isForEverybody({ store }) {
  return store === "system" || store === "firefox-policy";
}

/** Returns true if there is nothing to do about a store. A profile that was never used cannot be changed yet. */
function isGood({ state, reason }) {
  if (state === "trusted") return reason === undefined || reason === "by-policy";
  return state === "never-started" || state === "removed";
}

function nameOf(store) {
  return isForEverybody(store) ? t(`tls-name-${store.store}`) : store.name;
}

function stateOf({ state }) {
  const id = `tls-store-${state}`;
  return has(id) ? t(id) : state;
}

/** What to do about a store, or to know of it: a function that says it, or nothing. */
function advice(store, file) {
  const ca = quoted(file ?? "");
  switch (store.reason ?? (isForEverybody(store) && !isGood(store) ? "needs-root" : store.state)) {
    case "needs-root": return () => t("tls-needs-root", { file: ca, store: store.store });
    case "never-started": return () => t("tls-never-started");
    case "password": return () => t("tls-password", { file: ca });
    case "other-user": return () => t("tls-other-user", { user: store.user });
    case "tool-missing": return () => t("tls-tool-missing", store.tool);
    case "policies-elsewhere": return () => t("tls-policies-elsewhere", { policies: store.policies, file: ca });
    case "by-policy": return () => t("tls-by-policy");
    case "not-trusted": return () => t("page-trust-do-install");
    case "old-authority": return () => t("tls-do-install-anew");
    case "trusted": return null;
    default: return () => store.detail ?? t("page-trust-cannot-look");
  }
}

/** A path as a shell takes it. */
function quoted(path) {
  return /^[\w./:@+-]*$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
