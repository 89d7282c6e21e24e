// States in which there is nothing to show, each with what to do next.

import { desk } from "./desk.js";
import { button, h } from "./dom.js";
import { stateText } from "./texts.js";

/** States of which nobody knows how long they last; the page goes on by itself. */
const PASSING = ["connecting", "no-service", "draining", "reading", "busy"];

/** Says what is missing, and what to do. */
export function emptyState() {
  const { name } = desk;
  const title = stateText(name);
  const panel = h(
    "div",
    { class: `empty ${PASSING.includes(name) ? "passing" : ""}`, "data-state": name },
    h("div", { class: "picture", "aria-hidden": "true" }),
    h("h2", { say: title }),
    h("p", { say: `${title}-detail` }),
  );
  if (name === "several-cards") panel.append(chooser());
  if (name.startsWith("session-")) panel.append(h("p", {}, h("code", {}, "beidctl open")));
  return panel;
}

/** A button for each card. */
function chooser() {
  const readers = desk.readers.filter((reader) => reader.card && reader.role !== "provider");
  const choices = readers.map((reader) => h("li", {}, button(() => reader.name, () => desk.choose(reader.card.id))));
  return h("ul", { class: "choices" }, choices);
}
