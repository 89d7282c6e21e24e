// The consent to share health data: the official text to read, who decides, and the request with its evidence.

import { Refusal, get } from "../api.js";
import { desk } from "../desk.js";
import { button, choice, facts, field, h, octets, section } from "../dom.js";
import { emptyState } from "../empty.js";
import { language, spoken, t } from "../texts.js";
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
  const signerField = field("page-signer", signer, "page-signer-hint");
  const someone = representativeForm();
  const textPlace = h("div");
  const card = h("div");
  const outcome = h("div");
  let running = false;
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
    // Nobody signs a text that does not stand there.
    const unread = operation.value === "put" && evidence.value !== "none" && !textPlace.dataset.language;
    go.disabled = running || unread || desk.name !== "ready";
    card.replaceChildren(desk.name === "ready" ? "" : emptyState());
  }

  async function run() {
    running = true;
    change();
    const members = { operation: operation.value, cardId: desk.card.id, evidence: evidence.value };
    if (evidence.value !== "none") {
      members.signer = signer.value;
      if (operation.value === "put") members.textLanguage = textPlace.dataset.language;
    }
    const acts = someone.members();
    if (acts) members.representative = acts;
    const answer = await ask(outcome, "/v1/consents", members, stop.signal);
    if (answer) outcome.replaceChildren(made(answer));
    running = false;
    change();
  }

  for (const control of [operation, evidence]) control.addEventListener("change", change);
  desk.addEventListener("change", change, { signal: stop.signal });
  whileCard(outcome, stop.signal);
  const read = () => showText(textPlace, stop.signal).then(change);
  spoken.addEventListener("language", read, { signal: stop.signal });
  read();
  change();
  return () => stop.abort();
}

/** Shows the official text in the language of the page, with explanations beside it for those who read another one. */
async function showText(place, signal) {
  const wanted = language();
  const texts = await officialText(wanted).catch((error) => error);
  // The language may have changed again, and the answers may come in another order.
  if (signal.aborted || wanted !== language()) return;
  delete place.dataset.language;
  if (texts instanceof Refusal) {
    refuse(place, texts.problem);
    return;
  }
  if (texts instanceof Error) throw texts;
  place.dataset.language = texts.language;
  const names = () => ({ wanted: t(`dialog-language-${wanted}`), language: t(`dialog-language-${texts.language}`) });
  const other = texts.language !== wanted && h("p", { class: "note unknown", say: () => t("page-consent-text-other", names()) });
  const lines = h("div", { class: "reader-text", lang: texts.language }, paragraphs(texts.text));
  const official = section("page-consent-text", ...[other, lines].filter(Boolean));
  const beside = section("page-consent-explained", explanations(texts.explanations, wanted));
  place.replaceChildren(h("div", { class: "columns" }, official, texts.explanations.length ? beside : ""));
}

/** Explanations, first and open the one in the language of the page. */
function explanations(all, wanted) {
  const first = all.filter((one) => one.language === wanted);
  const others = all.filter((one) => one.language !== wanted);
  return [...first, ...others].map((one) =>
    h("details", { open: one.language === wanted, lang: one.language }, h("summary", {}, one.mark), paragraphs(one.text)),
  );
}

function paragraphs(text) {
  return text.split("\n").filter(Boolean).map((line) => h("p", {}, line));
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
