// An answer of the platform, in words.

import { Refusal, post } from "../api.js";
import { announce } from "../announce.js";
import { facts, h, section } from "../dom.js";
import { dropZone } from "../files.js";
import { day, has, moment, periodInWords, t } from "../texts.js";
import { onCardChange, refuse } from "../waiting.js";

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const outcome = h("div", { class: "view" });
  let latest = 0;

  /** Clears what is shown; an answer that is still on its way is shown no more. */
  function clear() {
    latest += 1;
    outcome.replaceChildren();
  }

  async function read([file]) {
    clear();
    const mine = latest;
    try {
      const answer = await post("/v1/responses", { xml: new TextDecoder().decode(file.bytes) }, { signal });
      if (mine !== latest) return;
      outcome.replaceChildren(...inWords(answer));
      announce(t(`page-answer-${answer.outcome}`));
    } catch (error) {
      if (signal.aborted || mine !== latest) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(outcome, error.problem);
    }
  }

  body.replaceChildren(
    h("p", { class: "reader-text", say: "page-answer-intro" }),
    h("div", { class: "form" }, dropZone("page-answer-drop", false, read)),
    outcome,
  );
  // It is about one patient, and must not stand beside the card of another.
  onCardChange(signal, clear);
  return () => stop.abort();
}

/** Marks by outcome: done, nothing there, and both kinds of no. */
const MARKS = { complete: "passed", "nothing-found": "unknown", failed: "failed", fault: "failed" };

function inWords(answer) {
  const kind = MARKS[answer.outcome] ?? "unknown";
  const verdict = h("div", { class: `verdict ${kind}`, "data-outcome": answer.outcome }, h("p", { class: "strong", say: `page-answer-${answer.outcome}` }));
  const parts = [verdict];
  const errors = [...(answer.errors ?? []), ...faults(answer.fault)];
  if (errors.length > 0) {
    const rows = errors.map((error) => h("li", {}, [error.code, error.description].filter(Boolean).join(": ")));
    parts.push(section("page-answer-errors", h("ul", {}, rows)));
  }
  if (answer.value !== undefined) parts.push(h("p", { say: answer.value ? "page-answer-link-exists" : "page-answer-link-missing" }));
  if (answer.consent) {
    const { signDate, revokeDate, status } = answer.consent;
    const rows = [
      ["page-answer-status", status && (() => consentStatus(status))],
      ["page-answer-signed-on", signDate && (() => day(signDate))],
      ["page-answer-revoked-on", revokeDate && (() => day(revokeDate))],
    ];
    parts.push(section("page-view-consent", facts(rows.filter(([, value]) => value))));
  }
  for (const [member, say] of [["therapeuticLinks", "page-answer-links"], ["therapeuticExclusions", "page-answer-exclusions"]]) {
    if (!answer[member]) continue;
    const count = h("p", { class: "hint", say: () => t("page-answer-count", { count: answer[member].length }) });
    parts.push(section(say, count, ...answer[member].map(entry)));
  }
  if (answer.response?.at) parts.push(h("p", { class: "hint", say: () => moment(answer.response.at) }));
  parts.push(h("details", { class: "panel" }, h("summary", { say: "page-answer-all" }), h("pre", { tabindex: 0 }, JSON.stringify(answer, null, 2))));
  return parts;
}

/** Status of a consent in words; a newer one as the platform wrote it. */
function consentStatus(status) {
  const id = `page-answer-status-${status.toLowerCase()}`;
  return has(id) ? t(id) : status;
}

function faults(fault) {
  if (!fault) return [];
  return [{ code: fault.codes.join(", "), description: fault.reasons.map((reason) => reason.text).join(" ") }];
}

/** One link or exclusion: what it is, with whom, and for how long. */
function entry(one) {
  const parties = one.parties ?? [one.hcParty];
  const who = parties.map(partyName).filter(Boolean).join(", ");
  const time = () => one.startDate && periodInWords({ start: one.startDate, end: one.endDate });
  const words = () => [one.type?.meaning ?? one.type?.value, who, time()].filter(Boolean).join(" · ");
  return h("p", { say: words });
}

/** Name of a provider; the first identifier of one without. */
function partyName({ name, firstName, familyName, ids }) {
  return name ?? ([firstName, familyName].filter(Boolean).join(" ") || ids[0]?.value);
}
