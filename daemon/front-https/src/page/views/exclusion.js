// Exclusions: a patient keeps a care provider out, takes that back, or asks about it. Only a citizen can, with the own card.

import { Refusal, get } from "../api.js";
import { desk } from "../desk.js";
import { button, choice, digits, facts, field, h, line, numberLine, tick } from "../dom.js";
import { emptyState } from "../empty.js";
import { label, language, t } from "../texts.js";
import { ask, refuse, whileCard } from "../waiting.js";
import { capacities, clearLines, documentResult, foretell, patientForm } from "./people.js";

const OPERATIONS = ["put", "revoke", "get", "history"];

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const operation = choice(OPERATIONS.map((code) => [code, `page-exclusion-${code}`]), { name: "operation" });
  const [other, otherTicked] = tick("page-exclusion-other", { name: "other" });
  const patient = patientForm();
  const capacity = choice(capacities(), { name: "capacity" });
  const capacityField = field("page-capacity", capacity, "page-capacity-hint");
  const [one, oneTicked] = tick("page-exclusion-one", { name: "one" });
  const provider = providerForm();
  const program = programForm();
  const begin = h("input", { type: "date", name: "begin" });
  const end = h("input", { type: "date", name: "end" });
  const beginField = field("page-exclusion-begin", begin);
  const endField = field("page-exclusion-end", end);
  const needed = h("div", { class: "panel", role: "status", "data-needed": "" });
  const card = h("div");
  const outcome = h("div");
  let running = false;
  const go = button("page-make-request", run, { class: "primary" });
  const form = h(
    "div",
    { class: "form" },
    field("page-operation", operation),
    otherTicked,
    patient.element,
    capacityField,
    beginField,
    endField,
    oneTicked,
    provider.element,
    program.element,
    needed,
  );
  body.replaceChildren(h("p", { class: "reader-text", say: "page-exclusion-intro" }), form, card, h("div", { class: "actions" }, go), outcome);

  const changes = () => ["put", "revoke"].includes(operation.value);
  const ofOne = () => changes() || one.checked;

  function ready() {
    patient.element.hidden = !other.checked;
    capacityField.hidden = !other.checked;
    oneTicked.hidden = changes();
    provider.element.hidden = !ofOne();
    for (const dates of [beginField, endField]) dates.hidden = operation.value !== "history";
    const filled = (!other.checked || patient.complete()) && (!ofOne() || provider.complete()) && program.complete();
    foretell(needed, [`page-exclusion-will-${operation.value}`], ["page-needed-card", !filled && "page-needed-lines"]);
    go.disabled = running || !filled || desk.name !== "ready";
    card.replaceChildren(desk.name === "ready" ? "" : emptyState());
  }

  async function members() {
    const { id } = desk.card;
    const asked = { operation: operation.value, cardId: id, author: { parties: [program.members()], patient: {} } };
    if (ofOne()) asked.hcParty = provider.members();
    if (operation.value === "history") {
      if (begin.value) asked.begin = begin.value;
      if (end.value) asked.end = end.value;
    }
    if (other.checked) {
      // Who acts is the holder of the card, and nobody else may be named.
      const holder = await get(`/v1/cards/${id}/identity`, { signal });
      asked.patient = patient.members();
      asked.representative = {
        ssin: holder.nationalNumber,
        firstName: holder.givenNames?.join(" "),
        familyName: holder.familyName,
        capacity: capacity.value,
      };
    }
    return asked;
  }

  async function run() {
    running = true;
    ready();
    try {
      const answer = await ask(outcome, "/v1/therapeutic-exclusions", await members(), signal);
      if (answer) outcome.replaceChildren(made(answer));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(outcome, error.problem);
    }
    running = false;
    ready();
  }

  for (const kind of ["change", "input"]) form.addEventListener(kind, ready);
  desk.addEventListener("change", ready, { signal });
  // Whom a patient excludes is theirs to tell: it goes with the card.
  whileCard(outcome, signal, () => {
    for (const part of [patient.element, provider.element]) clearLines(part);
    for (const date of [begin, end]) date.value = "";
    other.checked = false;
    ready();
  });
  provider.load(signal).then(ready, (error) => {
    if (signal.aborted) return;
    if (!(error instanceof Refusal)) throw error;
    refuse(outcome, error.problem);
  });
  ready();
  return () => stop.abort();
}

/** Questions about the provider: a person by national number, an organisation by the number of the sickness insurance. */
function providerForm() {
  const type = h("select", { name: "party-type" });
  const number = numberLine({ name: "party-number" });
  const family = line({ name: "party-family" });
  const given = line({ name: "party-given" });
  const name = line({ name: "party-name" });
  const numberField = field("page-national-number", number, "page-party-number-hint");
  const person = [field("page-family-name", family), field("page-given-names", given)];
  const organisation = field("page-party-name", name);
  const element = h(
    "fieldset",
    {},
    h("legend", { say: "page-exclusion-provider" }),
    field("page-party-type", type),
    numberField,
    ...person,
    organisation,
  );
  let types = [];
  const isOrganisation = () => types.find(({ code }) => code === type.value)?.organisation === true;
  const lines = () => (isOrganisation() ? [number, name] : [number, family, given]);

  function change() {
    for (const part of person) part.hidden = isOrganisation();
    organisation.hidden = !isOrganisation();
    numberField.querySelector(".hint").hidden = isOrganisation();
    label(numberField.querySelector("label"), isOrganisation() ? "page-party-nihii" : "page-national-number");
  }

  type.addEventListener("change", change);
  return {
    element,
    async load(signal) {
      types = (await get("/v1/therapeutic-links/types", { signal })).partyTypes;
      type.append(...types.map((one) => h("option", { value: one.code, say: () => one.names[language()] })));
      change();
    },
    complete: () => type.value !== "" && lines().every((control) => control.value.trim() !== ""),
    members() {
      if (isOrganisation()) return { type: type.value, nihii: digits(number), name: name.value.trim() };
      return { type: type.value, ssin: digits(number), familyName: family.value.trim(), firstName: given.value.trim() };
    },
  };
}

/** Questions about the program that sends the request in the citizen's name; it is the author beside the citizen. */
function programForm() {
  const name = line({ name: "program-name" });
  const number = line({ name: "program-number" });
  return {
    element: h(
      "fieldset",
      {},
      h("legend", { say: "page-exclusion-program" }),
      field("page-program-name", name, "page-program-hint"),
      field("page-program-number", number),
    ),
    complete: () => [name, number].every((control) => control.value.trim() !== ""),
    members: () => ({ type: "application", name: name.value.trim(), applicationId: number.value.trim() }),
  };
}

function made(answer) {
  const rows = [facts([["page-request-id", answer.requestId]])];
  const files = [["page-save-request", `${answer.requestId}.xml`, "application/xml", answer.xml]];
  return documentResult("page-exclusion-done", rows, files, answer.warnings);
}
