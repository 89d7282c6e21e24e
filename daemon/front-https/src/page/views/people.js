// Parts of the forms of documents: who the patient is, who acts for the patient, and the result as files.

import { Refusal, get } from "../api.js";
import { desk } from "../desk.js";
import { button, choice, digits, field, forgetChoice, h, line, numberLine, offer, save, section, tick } from "../dom.js";
import { t } from "../texts.js";
import { refuse, warnings } from "../waiting.js";

/** Capacities in which somebody acts for a patient. */
const CAPACITIES = ["parent", "guardian", "administrator", "mandatary"];

/** Texts of the capacities. */
export const capacities = (codes = CAPACITIES) => codes.map((code) => [code, `page-capacity-${code}`]);

/**
 * Questions about a patient of whom no card is read. `cards(eid, isi)` asks for the numbers of cards, too: "needed", "known"
 * if the number may be left out, or nothing.
 */
export function patientForm() {
  const number = numberLine({ name: "patient-number" });
  const family = line({ name: "patient-family" });
  const given = line({ name: "patient-given" });
  const eid = line({ name: "patient-card" });
  const isi = numberLine({ name: "patient-isi" });
  const eidField = field("page-card-number", eid, "page-if-known");
  const isiField = field("page-isi-number", isi);
  const element = h(
    "fieldset",
    {},
    h("legend", { say: "page-patient" }),
    field("page-national-number", number),
    field("page-family-name", family),
    field("page-given-names", given),
    eidField,
    isiField,
  );
  let required = [];
  const cards = (withEid, withIsi) => {
    eidField.hidden = !withEid;
    eidField.querySelector(".hint").hidden = withEid !== "known";
    isiField.hidden = !withIsi;
    required = [number, family, given, withEid === "needed" && eid, withIsi === "needed" && isi].filter(Boolean);
  };
  cards();
  return {
    element,
    cards,
    /** National number, once all its digits are there. */
    number: () => (digits(number).length === 11 ? digits(number) : ""),
    complete: () => required.every((control) => control.value.trim() !== ""),
    members() {
      const members = { nationalNumber: digits(number), familyName: family.value.trim(), givenNames: given.value.trim() };
      // Printed with hyphens between groups.
      const cardNumber = eid.value.replace(/[\s.-]/g, "");
      if (!eidField.hidden && cardNumber) members.cardNumber = cardNumber;
      if (!isiField.hidden && digits(isi)) members.isiCardNumber = digits(isi);
      return members;
    },
    clear: () => clearLines(element),
  };
}

/** Empties every line of a form. */
export function clearLines(element) {
  for (const control of element.querySelectorAll("input[type=text], input[type=date]")) control.value = "";
}

/**
 * Questions about the person who acts for the patient. `members()` gives nothing if nobody does. `rule(needed, codes)` says
 * that somebody must, and in which capacities one may; `fromCard(possible)` offers to fill the lines in from the card.
 */
export function representativeForm() {
  const [box, ticked] = tick("page-representative-tick", { name: "represented" });
  const first = line({ name: "representative-given" });
  const family = line({ name: "representative-family" });
  const number = numberLine({ name: "representative-number" });
  const capacity = choice(capacities(), { name: "capacity" });
  const refused = h("div");
  const fill = h(
    "div",
    { class: "field", hidden: true },
    h("div", { class: "actions" }, button("page-representative-from-card", fillIn)),
    h("p", { class: "hint", say: "page-representative-from-card-hint" }),
    refused,
  );
  const rest = h(
    "fieldset",
    { hidden: true },
    h("legend", { say: "page-representative" }),
    fill,
    field("page-family-name", family),
    field("page-given-names", first),
    field("page-national-number", number, "page-representative-number-hint"),
    field("page-capacity", capacity, "page-capacity-hint"),
  );
  const show = () => {
    rest.hidden = !box.checked;
  };
  box.addEventListener("change", show);
  let offered = "";

  /** Fills the lines in from the card in the reader, which is then that of who acts for the patient. */
  async function fillIn() {
    const card = desk.card?.id;
    try {
      const identity = await get(`/v1/cards/${card ?? "current"}/identity`);
      // The card may have left meanwhile.
      if (desk.card?.id !== card) return;
      refused.replaceChildren();
      family.value = identity.familyName ?? "";
      first.value = identity.givenNames?.join(" ") ?? "";
      number.value = identity.nationalNumber ?? "";
      rest.dispatchEvent(new Event("change", { bubbles: true }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(refused, error.problem);
    }
  }

  return {
    element: h("div", { class: "form" }, ticked, rest),
    acts: () => box.checked,
    rule(needed, codes) {
      // What one patient needed is not ticked for the next.
      if (needed || box.disabled) box.checked = needed;
      box.disabled = needed;
      // Another patient: the first of the capacities is the usual one.
      if (offered !== String(codes)) forgetChoice(capacity);
      offered = String(codes);
      offer(capacity, capacities(codes));
      show();
    },
    fromCard(possible) {
      fill.hidden = !possible;
    },
    clear() {
      clearLines(rest);
      if (!box.disabled) box.checked = false;
      show();
    },
    complete: () => !box.checked || [first, family].every((control) => control.value.trim() !== ""),
    members() {
      if (!box.checked) return undefined;
      const ssin = digits(number);
      const members = { firstName: first.value.trim(), familyName: family.value.trim(), capacity: capacity.value };
      return ssin ? { ...members, ssin } : members;
    },
  };
}

/**
 * Finds out whether the card in the reader can sign, and tells it: true, false, or null while nobody knows. Cards of minors
 * have no certificate for that.
 */
export function followSigner(signal, changed) {
  let asked = "";
  const change = async () => {
    const card = desk.name === "ready" ? desk.card.id : "";
    if (card === asked) return;
    asked = card;
    changed(null);
    if (!card) return;
    const can = await canSign(card, signal);
    if (!signal.aborted && card === asked) changed(can);
  };
  desk.addEventListener("change", change, { signal });
  change();
}

async function canSign(card, signal) {
  try {
    await get(`/v1/cards/${card}/certificates/signature`, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return null;
    if (!(error instanceof Refusal)) throw error;
    return ["certificate-missing", "not-found"].includes(error.code) ? false : null;
  }
}

/**
 * Says in words, before anybody is asked, what holds here and then what is needed; `refused` is said instead. `holding` and
 * `needed` are texts, those that are false are left out.
 */
export function foretell(panel, holding, needed, refused) {
  const said = [holding.filter(Boolean), needed.filter(Boolean)];
  const key = JSON.stringify(refused ?? said);
  // Words that are already there would be spoken again.
  if (panel.dataset.key === key) return;
  panel.dataset.key = key;
  if (refused) {
    refuse(panel, refused);
    return;
  }
  const list = h("ul", {}, said[1].map((say) => h("li", { say })));
  panel.replaceChildren(...said[0].map((say) => h("p", { say })), h("p", { class: "strong", say: "page-needed" }), list);
}

/** A document that was made: what it says, and its files. `files` are `[text id, name, media type, data]`. */
export function documentResult(say, rows, files, noted) {
  const buttons = files.map(([label, name, type, data]) =>
    button(() => t(label), () => save(name, type, data), { class: "primary" }),
  );
  const panel = section(say, h("p", { class: "note good", say: "page-document-next" }), ...rows, h("div", { class: "actions" }, buttons));
  panel.dataset.done = "";
  const words = warnings(noted);
  if (words) panel.append(words);
  return panel;
}
