// The consent to share health data: the official text to read, who decides, and the request with its evidence.

import { Refusal, get, post } from "../api.js";
import { desk } from "../desk.js";
import { button, choice, facts, field, h, octets, offer, section } from "../dom.js";
import { emptyState } from "../empty.js";
import { language, spoken, t } from "../texts.js";
import { ask, refuse, retried, whileCard } from "../waiting.js";
import { documentResult, followSigner, foretell, patientForm, representativeForm } from "./people.js";
import { withVerdict } from "./verdict.js";

/** Extension of each form of evidence. */
const EXTENSIONS = { cades: "p7s", xades: "xml", asice: "asice" };
/** Those who may sign. */
const SIGNERS = [["patient", "page-signer-patient"], ["provider", "page-signer-provider"]];
/** Texts about the ages that change who decides. */
const AGES = { "under-sixteen": "page-age-under-sixteen", "under-eighteen": "page-age-under-eighteen", unknown: "warning-birth-date-unknown" };

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const operation = choice([["put", "page-consent-put"], ["revoke", "page-consent-revoke"]], { name: "operation" });
  const source = choice([["card", "page-patient-card"], ["number", "page-patient-number"]], { name: "source" });
  const typed = patientForm();
  const evidence = choice([
    ["asice", "page-evidence-asice"],
    ["xades", "page-evidence-xades"],
    ["cades", "page-evidence-cades"],
    ["none", "page-evidence-none"],
  ], { name: "evidence" });
  const signer = choice(SIGNERS, { name: "signer" });
  const signerField = field("page-signer", signer, "page-signer-hint");
  const someone = representativeForm();
  const needed = h("div", { class: "panel", role: "status", "data-needed": "" });
  const textPlace = h("div");
  const card = h("div");
  const outcome = h("div");
  let running = false;
  let can = null;
  let rules = null;
  const go = button(() => t(evidence.value === "none" ? "page-make-request" : "dialog-sign"), run, { class: "primary" });
  const form = h(
    "div",
    { class: "form" },
    field("page-operation", operation),
    field("page-patient", source, "page-patient-hint"),
    typed.element,
    field("page-evidence", evidence, "page-evidence-hint"),
    signerField,
    someone.element,
    needed,
  );
  body.replaceChildren(h("p", { class: "reader-text", say: "page-consent-intro" }), form, textPlace, card, h("div", { class: "actions" }, go), outcome);

  const byCard = () => source.value === "card";
  const signs = () => evidence.value !== "none";
  const filled = () => (byCard() || (typed.complete() && typed.number() !== "")) && someone.complete();

  /** Asks for the rules that follow from the patient's age, as soon as it can be known. */
  let asked = "";
  async function askRules() {
    const members = byCard() ? desk.name === "ready" && { cardId: desk.card.id } : typed.number() && { nationalNumber: typed.number() };
    const question = members ? JSON.stringify(members) : "";
    if (question === asked) return;
    asked = question;
    rules = null;
    change();
    if (!members) return;
    const answer = await post("/v1/consents/preview", members, { signal }).catch((error) => error);
    if (signal.aborted || question !== asked) return;
    if (answer instanceof Error && !(answer instanceof Refusal)) throw answer;
    if (answer instanceof Refusal) {
      // Nothing is known then, and nothing forbidden: the daemon holds to the rules in any case.
      const again = () => {
        if (question !== asked) return;
        asked = "";
        askRules();
      };
      if (retried(answer.problem, signal, again)) return;
      rules = { refused: answer.problem };
    } else {
      rules = answer;
    }
    change();
  }

  function change() {
    typed.element.hidden = byCard();
    someone.fromCard(!byCard() && desk.name === "ready");
    someone.rule(rules?.representativeNeeded ?? false, rules?.capacities);
    const patientSigns = byCard() && can !== false;
    offer(signer, SIGNERS.filter(([code]) => code !== "patient" || patientSigns));
    signerField.hidden = !signs();
    textPlace.hidden = operation.value !== "put";
    go.textContent = t(signs() ? "dialog-sign" : "page-make-request");
    tell();
    // Nobody signs a text that does not stand there.
    const unread = operation.value === "put" && signs() && !textPlace.dataset.language;
    const known = !byCard() || desk.name === "ready";
    go.disabled = running || unread || !known || !filled() || rules?.refused !== undefined;
    card.replaceChildren(!byCard() || desk.name === "ready" ? "" : emptyState());
  }

  /** Says who decides and what is needed, before anybody is asked. */
  function tell() {
    const byPatient = signs() && signer.value === "patient";
    const holding = [
      AGES[rules?.age],
      rules?.newborn && "page-newborn",
      rules?.age === "under-eighteen" && someone.acts() && "warning-minor-decides",
      signs() && byCard() && can === false && "page-needed-cannot-sign",
      signs() && !byCard() && "page-needed-no-card-to-sign",
      operation.value === "put" && !byCard() && rules !== null && !rules.newborn && "warning-card-number-missing",
    ];
    const wanted = [
      byPatient && "page-needed-patient-signs",
      !byPatient && byCard() && (signs() ? "page-needed-patients-card" : "page-needed-card"),
      !byCard() && "page-needed-number",
      signs() && !byPatient && "page-needed-provider-signs",
      !filled() && "page-needed-lines",
    ];
    foretell(needed, holding, wanted, rules?.refused);
  }

  async function run() {
    running = true;
    change();
    const members = { operation: operation.value, evidence: evidence.value };
    if (byCard()) members.cardId = desk.card.id;
    else members.patient = typed.members();
    if (signs()) {
      members.signer = signer.value;
      if (operation.value === "put") members.textLanguage = textPlace.dataset.language;
    }
    const acts = someone.members();
    if (acts) members.representative = acts;
    const answer = await ask(outcome, "/v1/consents", members, signal);
    if (answer) outcome.replaceChildren(made(answer));
    running = false;
    change();
  }

  form.addEventListener("change", askRules);
  form.addEventListener("input", askRules);
  for (const type of ["change", "input"]) form.addEventListener(type, change);
  desk.addEventListener("change", askRules, { signal });
  desk.addEventListener("change", change, { signal });
  whileCard(outcome, signal, () => {
    typed.clear();
    someone.clear();
    askRules();
    change();
  });
  followSigner(signal, (known) => {
    can = known;
    change();
  });
  const read = () => showText(textPlace, signal).then(change);
  spoken.addEventListener("language", read, { signal });
  read();
  change();
  askRules();
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
  const panel = documentResult("page-consent-done", rows, files, answer.warnings);
  // The request itself is signed by nobody.
  if (!answer.evidence) return panel;
  const [, name, , evidence] = files.at(-1);
  // CAdES stands beside the request; the others hold it.
  const beside = answer.evidence.format === "cades" ? new TextEncoder().encode(answer.xml) : undefined;
  return withVerdict(panel, name, evidence, beside);
}
