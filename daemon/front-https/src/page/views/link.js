// The therapeutic link: type and situation, the period that follows from them, the proof, and the request.

import { Refusal, get } from "../api.js";
import { desk } from "../desk.js";
import { button, choice, facts, field, h, line, offer } from "../dom.js";
import { emptyState } from "../empty.js";
import { daysLater, label, language, periodInWords, t } from "../texts.js";
import { ask, refuse, retried, warnings, whileCard } from "../waiting.js";
import { documentResult, followSigner, foretell, patientForm, representativeForm } from "./people.js";
import { withVerdict } from "./verdict.js";

/**
 * Proofs, the strongest first, each with the card that is read for it: `eid` in the reader, `isi` by another one, `none` where a
 * number is typed. `eid` and `isi` say whether the number of that card is needed then, or asked for if it is known.
 */
const PROOFS = [
  { code: "eidsigning", reads: "eid", signs: true },
  { code: "eidreading", reads: "eid" },
  { code: "isireading", reads: "isi", isi: "needed" },
  { code: "eidencoding_housecall", reads: "none", eid: "needed" },
  { code: "eidencoding_nocard", reads: "none", eid: "known" },
  { code: "eidencoding_techproblem", reads: "none", eid: "needed" },
];
const SITUATIONS = ["", "long-term", "occasional", "emergency"];
const proofText = ({ code }) => [code, `page-proof-${code}`];

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const operation = choice([["put", "page-link-put"], ["revoke", "page-link-revoke"]], { name: "operation" });
  const dialect = choice([["national", "page-dialect-national"], ["hub", "page-dialect-hub"]], { name: "dialect" });
  const type = h("select", { name: "type" });
  const situation = choice(SITUATIONS.map((code) => [code, `page-situation-${code || "usual"}`]), { name: "situation" });
  const start = h("input", { type: "date", name: "start" });
  const end = h("input", { type: "date", name: "end" });
  const comment = line({ name: "comment", maxlength: 500 });
  const proof = choice(PROOFS.map(proofText), { name: "proof" });
  const withheld = h("p", { class: "note unknown", role: "status", "data-withheld": "" });
  const typed = patientForm();
  const reason = line({ name: "reason", maxlength: 500 });
  const reasonField = field("page-proof-reason", reason, "page-proof-reason-hint");
  const someone = representativeForm();
  const situationField = field("page-situation", situation, "page-situation-hint");
  const period = h("div", { class: "panel", role: "status", "data-period": "" });
  const needed = h("div", { class: "panel", role: "status", "data-needed": "" });
  const card = h("div");
  const outcome = h("div");
  let running = false;
  let can = null;
  const go = button(() => t(chosenProof().signs ? "dialog-sign" : "page-make-request"), run, { class: "primary" });
  const form = h(
    "div",
    { class: "form" },
    field("page-operation", operation),
    field("page-dialect", dialect, "page-dialect-hint"),
    field("page-link-type", type),
    situationField,
    field("page-start-date", start, "page-start-date-hint"),
    field("page-end-date", end, "page-end-date-hint"),
    field("page-proof", proof, "page-proof-hint"),
    withheld,
    period,
    typed.element,
    reasonField,
    field("page-comment", comment),
    someone.element,
    needed,
  );
  body.replaceChildren(h("p", { class: "reader-text", say: "page-link-intro" }), form, card, h("div", { class: "actions" }, go), outcome);

  function chosenProof() {
    return PROOFS.find(({ code }) => code === proof.value);
  }

  /** Members of the period that were filled in. */
  function chosen() {
    const members = { type: type.value };
    if (operation.value === "put" && situation.value) members.situation = situation.value;
    if (start.value) members.startDate = start.value;
    // The daemon counts from the first day on to the day after the last one.
    if (end.value) members.endDate = daysLater(end.value, 1);
    return members;
  }

  /** Members of the proof and of the schema. */
  function proving() {
    const members = { proof: proof.value };
    if (dialect.value !== "national") members.dialect = dialect.value;
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
      const answer = await get(`/v1/therapeutic-links/period?${new URLSearchParams({ ...chosen(), ...proving() })}`, { signal });
      // A later question may have been answered first.
      if (mine !== asked) return;
      period.replaceChildren(h("p", { class: "strong", say: "page-period-will-be" }), h("p", { say: () => periodInWords(answer.period) }));
      const noted = warnings(answer.warnings);
      if (noted) period.append(noted);
    } catch (error) {
      if (signal.aborted || mine !== asked) return;
      if (!(error instanceof Refusal)) throw error;
      // What stood there may be the period of another choice.
      period.replaceChildren();
      if (!retried(error.problem, signal, () => mine === asked && preview())) refuse(period, error.problem);
    }
  }

  /** Offers the proofs that are possible here, and says why one is not. */
  function offerProofs() {
    const why = dialect.value === "hub" ? "page-proof-withheld-hub" : can === false ? "page-needed-cannot-sign" : "";
    const before = proof.value;
    offer(proof, PROOFS.filter(({ signs }) => !(signs && why)).map(proofText));
    withheld.hidden = why === "";
    if (why) label(withheld, why);
    if (proof.value !== before) preview();
  }

  function ready() {
    offerProofs();
    const { reads, signs, eid, isi } = chosenProof();
    const byCard = reads === "eid";
    typed.element.hidden = byCard;
    typed.cards(eid, isi);
    reasonField.hidden = reads !== "none";
    someone.fromCard(!byCard && desk.name === "ready");
    go.textContent = t(signs ? "dialog-sign" : "page-make-request");
    const reasoned = reads !== "none" || reason.value.trim() !== "";
    const filled = (byCard || (typed.complete() && reasoned)) && someone.complete();
    const means = signs ? "page-needed-patient-signs" : byCard ? "page-needed-card" : "page-needed-number";
    foretell(needed, [], [means, !filled && "page-needed-lines"]);
    go.disabled = running || (byCard && desk.name !== "ready") || !type.value || !filled;
    card.replaceChildren(!byCard || desk.name === "ready" ? "" : emptyState());
  }

  async function run() {
    running = true;
    ready();
    const members = { operation: operation.value, ...chosen(), ...proving() };
    if (chosenProof().reads === "eid") members.cardId = desk.card.id;
    else members.patient = typed.members();
    if (!reasonField.hidden) members.proofReason = reason.value.trim();
    if (comment.value.trim()) members.comment = comment.value.trim();
    const acts = someone.members();
    if (acts) members.representative = acts;
    const answer = await ask(outcome, "/v1/therapeutic-links", members, signal);
    if (answer) outcome.replaceChildren(made(answer, members));
    running = false;
    ready();
  }

  /** Forgets what the form was told about a patient, and the days with it. */
  function forget() {
    typed.clear();
    someone.clear();
    for (const told of [start, end, comment, reason]) told.value = "";
    preview();
    ready();
  }

  for (const control of [operation, dialect, type, situation, start, end, proof]) control.addEventListener("change", preview);
  for (const kind of ["change", "input"]) form.addEventListener(kind, ready);
  desk.addEventListener("change", ready, { signal });
  whileCard(outcome, signal, forget);
  followSigner(signal, (known) => {
    can = known;
    ready();
  });
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

function made(answer, asked) {
  const rows = [facts([
    ["page-request-id", answer.requestId],
    ["page-period", answer.period && (() => periodInWords(answer.period))],
    ["page-proof", answer.proof && (() => t(`page-proof-${answer.proof.type}`))],
  ].filter(([, value]) => value))];
  const files = [["page-save-request", `${answer.requestId}.xml`, "application/xml", answer.xml]];
  const kept = keptBeside(answer, asked);
  if (kept) files.push(["page-save-proof", `${answer.requestId}.proof.json`, "application/json", kept]);
  const panel = documentResult("page-link-done", rows, files, answer.warnings);
  const signed = answer.proof?.type === "eidsigning";
  return signed ? withVerdict(panel, `${answer.requestId}.xml`, new TextEncoder().encode(answer.xml)) : panel;
}

/** File with the proof where the request has no place for it, or not for its reason; nothing if the request says it all. */
function keptBeside({ requestId, period, proof }, asked) {
  if (asked.patient === undefined && asked.dialect !== "hub") return null;
  const { operation, type, dialect = "national", patient, representative } = asked;
  const said = { type: asked.proof, reason: asked.proofReason, ...proof };
  return JSON.stringify({ requestId, operation, type, dialect, period, proof: said, patient, representative }, null, 2);
}
