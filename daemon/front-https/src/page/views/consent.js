// The consent to share health data: the official text to read, who decides, and the request with its evidence.

import { Refusal, get } from "../api.js";
import { desk } from "../desk.js";
import { button, choice, facts, field, h, octets, section } from "../dom.js";
import { emptyState } from "../empty.js";
import { language, t } from "../texts.js";
import { ask, refuse, whileCard } from "../waiting.js";
import { documentResult, representativeForm } from "./people.js";

/** Extension of each form of evidence. */
const EXTENSIONS = { cades: "p7s", xades: "xml", asice: "asice" };

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const operation = choice([["put", "page-consent-put"], ["revoke", "page-consent-revoke"]]);
  const evidence = choice([
    ["asice", "page-evidence-asice"],
    ["xades", "page-evidence-xades"],
    ["cades", "page-evidence-cades"],
    ["none", "page-evidence-none"],
  ]);
  const signer = choice([["patient", "page-signer-patient"], ["provider", "page-signer-provider"]]);
  const signerField = field("page-signer", signer);
  const someone = representativeForm();
  const textPlace = h("div");
  const card = h("div");
  const outcome = h("div");
  const go = button(() => t(evidence.value === "none" ? "page-make-request" : "dialog-sign"), run, { class: "primary" });
  body.replaceChildren(
    h("p", { class: "reader-text", say: "page-consent-intro" }),
    h("div", { class: "form" }, field("page-operation", operation), field("page-evidence", evidence, "page-evidence-hint"), signerField, someone.element),
    textPlace,
    card,
    h("div", { class: "actions" }, go),
    outcome,
  );

  function change() {
    signerField.hidden = evidence.value === "none";
    textPlace.hidden = operation.value !== "put";
    go.textContent = t(evidence.value === "none" ? "page-make-request" : "dialog-sign");
    go.disabled = desk.name !== "ready";
    card.replaceChildren(desk.name === "ready" ? "" : emptyState());
  }

  async function run() {
    go.disabled = true;
    const members = { operation: operation.value, cardId: desk.card.id, evidence: evidence.value };
    if (evidence.value !== "none") {
      members.signer = signer.value;
      if (operation.value === "put") members.textLanguage = textPlace.dataset.language ?? "nl";
    }
    const acts = someone.members();
    if (acts) members.representative = acts;
    const answer = await ask(outcome, "/v1/consents", members, stop.signal);
    if (answer) outcome.replaceChildren(made(answer));
    change();
  }

  for (const control of [operation, evidence]) control.addEventListener("change", change);
  desk.addEventListener("change", change, { signal: stop.signal });
  whileCard(outcome, stop.signal);
  showText(textPlace, stop.signal);
  change();
  return () => stop.abort();
}

/** Shows the official text, with an explanation beside it for those who read another language. */
async function showText(place, signal) {
  const texts = await officialText(language()).catch((error) => error);
  if (signal.aborted) return;
  if (texts instanceof Refusal) {
    refuse(place, texts.problem);
    return;
  }
  if (texts instanceof Error) throw texts;
  place.dataset.language = texts.language;
  const lines = (text) => text.split("\n").filter(Boolean).map((line) => h("p", {}, line));
  const official = section("page-consent-text", h("div", { class: "reader-text", lang: texts.language }, lines(texts.text)));
  const explained = texts.explanations.map((one) =>
    h("details", { open: one.language === language(), lang: one.language }, h("summary", {}, one.mark), lines(one.text)),
  );
  const beside = section("page-consent-explained", explained);
  place.replaceChildren(h("div", { class: "columns" }, official, explained.length ? beside : ""));
}

/** The official text in a language if one is installed, or else the Dutch one, which always is. */
async function officialText(tag) {
  const dutch = await get("/v1/consent-texts/nl");
  return tag !== "nl" && dutch.installed.includes(tag) ? get(`/v1/consent-texts/${tag}`) : dutch;
}

function made(answer) {
  const rows = [facts([
    ["page-request-id", answer.requestId],
    ["page-consent-text-signed", answer.consentText && (() => `${answer.consentText.language}, ${answer.consentText.version}`)],
  ].filter(([, value]) => value))];
  const files = [["page-save-request", `${answer.requestId}.xml`, "application/xml", answer.xml]];
  if (answer.evidence) {
    const { format, mediaType, data } = answer.evidence;
    files.push(["page-save-evidence", `${answer.requestId}.evidence.${EXTENSIONS[format]}`, mediaType, octets(data)]);
  }
  return documentResult("page-consent-done", rows, files, answer.warnings);
}
