// The therapeutic link: type and situation, the period that follows from them, the proof, and the request.

import { Refusal, get } from "../api.js";
import { desk } from "../desk.js";
import { button, choice, facts, field, h } from "../dom.js";
import { emptyState } from "../empty.js";
import { daysLater, language, periodInWords, t } from "../texts.js";
import { ask, refuse, warnings, whileCard } from "../waiting.js";
import { documentResult, representativeForm } from "./people.js";

/** Proofs that are made with the card in the reader. */
const PROOFS = ["eidsigning", "eidreading"];
const SITUATIONS = ["", "long-term", "occasional", "emergency"];

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const operation = choice([["put", "page-link-put"], ["revoke", "page-link-revoke"]]);
  const type = h("select");
  const situation = choice(SITUATIONS.map((code) => [code, `page-situation-${code || "usual"}`]));
  const start = h("input", { type: "date" });
  const end = h("input", { type: "date" });
  const comment = h("input", { type: "text", maxlength: 500, autocomplete: "off" });
  const proof = choice(PROOFS.map((code) => [code, `page-proof-${code}`]));
  const someone = representativeForm();
  const situationField = field("page-situation", situation, "page-situation-hint");
  const period = h("div", { class: "panel", role: "status", "data-period": "" });
  const card = h("div");
  const outcome = h("div");
  const go = button(() => t(proof.value === "eidsigning" ? "dialog-sign" : "page-make-request"), run, { class: "primary" });
  body.replaceChildren(
    h("p", { class: "reader-text", say: "page-link-intro" }),
    h(
      "div",
      { class: "form" },
      field("page-operation", operation),
      field("page-link-type", type),
      situationField,
      field("page-start-date", start, "page-start-date-hint"),
      field("page-end-date", end, "page-end-date-hint"),
      period,
      field("page-comment", comment),
      field("page-proof", proof, "page-proof-hint"),
      someone.element,
    ),
    card,
    h("div", { class: "actions" }, go),
    outcome,
  );

  /** Members of the period that were filled in. */
  function chosen() {
    const members = { type: type.value };
    if (operation.value === "put" && situation.value) members.situation = situation.value;
    if (start.value) members.startDate = start.value;
    // The daemon counts from the first day on to the day after the last one.
    if (end.value) members.endDate = daysLater(end.value, 1);
    return members;
  }

  let asked = 0;
  async function preview() {
    asked += 1;
    const mine = asked;
    situationField.hidden = operation.value !== "put";
    period.hidden = operation.value !== "put";
    if (period.hidden || !type.value) return;
    try {
      const answer = await get(`/v1/therapeutic-links/period?${new URLSearchParams(chosen())}`, { signal });
      // A later question may have been answered first.
      if (mine !== asked) return;
      period.replaceChildren(h("p", { class: "strong", say: "page-period-will-be" }), h("p", { say: () => periodInWords(answer.period) }));
      const noted = warnings(answer.warnings);
      if (noted) period.append(noted);
    } catch (error) {
      if (signal.aborted || mine !== asked) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(period, error.problem);
    }
  }

  function ready() {
    go.textContent = t(proof.value === "eidsigning" ? "dialog-sign" : "page-make-request");
    go.disabled = desk.name !== "ready" || !type.value;
    card.replaceChildren(desk.name === "ready" ? "" : emptyState());
  }

  async function run() {
    go.disabled = true;
    const members = { operation: operation.value, cardId: desk.card.id, proof: proof.value, ...chosen() };
    if (comment.value.trim()) members.comment = comment.value.trim();
    const acts = someone.members();
    if (acts) members.representative = acts;
    const answer = await ask(outcome, "/v1/therapeutic-links", members, signal);
    if (answer) outcome.replaceChildren(made(answer));
    ready();
  }

  for (const control of [operation, type, situation, start, end]) control.addEventListener("change", preview);
  proof.addEventListener("change", ready);
  desk.addEventListener("change", ready, { signal });
  whileCard(outcome, signal);
  ready();
  load();

  async function load() {
    try {
      const { linkTypes } = await get("/v1/therapeutic-links/types", { signal });
      type.append(...linkTypes.map((one) => h("option", { value: one.code, say: () => one.names[language()] })));
      await preview();
      ready();
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(outcome, error.problem);
    }
  }

  return () => stop.abort();
}

function made(answer) {
  const rows = [facts([
    ["page-request-id", answer.requestId],
    ["page-period", answer.period && (() => periodInWords(answer.period))],
    ["page-proof", answer.proof && (() => t(`page-proof-${answer.proof.type}`))],
  ].filter(([, value]) => value))];
  const files = [["page-save-request", `${answer.requestId}.xml`, "application/xml", answer.xml]];
  return documentResult("page-link-done", rows, files, answer.warnings);
}
