// Parts of the forms of documents: who acts for the patient, and the result as files.

import { button, choice, controlId, field, h, save, section } from "../dom.js";
import { t } from "../texts.js";
import { warnings } from "../waiting.js";

/** Capacities in which somebody acts for a patient. */
const CAPACITIES = ["parent", "guardian", "administrator", "mandatary"];

/** Questions about the person who acts for the patient. `members()` gives nothing if nobody does. */
export function representativeForm() {
  const tick = h("input", { type: "checkbox", id: controlId() });
  const first = h("input", { type: "text", autocomplete: "off" });
  const family = h("input", { type: "text", autocomplete: "off" });
  const number = h("input", { type: "text", autocomplete: "off", inputmode: "numeric" });
  const capacity = choice(CAPACITIES.map((code) => [code, `page-capacity-${code}`]));
  const rest = h(
    "fieldset",
    { hidden: true },
    h("legend", { say: "page-representative" }),
    field("page-family-name", family),
    field("page-given-names", first),
    field("page-national-number", number, "page-representative-number-hint"),
    field("page-capacity", capacity, "page-capacity-hint"),
  );
  tick.addEventListener("change", () => {
    rest.hidden = !tick.checked;
  });
  const ticked = h("div", { class: "tick" }, tick, h("label", { for: tick.id, say: "page-representative-tick" }));
  return {
    element: h("div", { class: "form" }, ticked, rest),
    members() {
      if (!tick.checked) return undefined;
      const ssin = number.value.replace(/[^0-9]/g, "");
      const members = { firstName: first.value.trim(), familyName: family.value.trim(), capacity: capacity.value };
      return ssin ? { ...members, ssin } : members;
    },
  };
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
