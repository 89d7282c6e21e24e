// Elements without markup in text: nothing here is ever parsed as HTML, so nothing that comes from a card can be.

import { label, labelAttribute } from "./texts.js";

/**
 * Makes an element.
 *
 * Properties: `say` is the id of a text, or a function that gives one; `said` maps attributes to such; names that begin
 * with `on` are listeners; everything else is an attribute, left out if false or absent.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "say") {
      label(element, value);
    } else if (name === "said") {
      for (const [attribute, text] of Object.entries(value)) labelAttribute(element, attribute, text);
    } else if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== undefined && value !== null) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A button that does something. */
export function button(say, onclick, properties = {}) {
  return h("button", { type: "button", say, onclick, ...properties });
}

let controls = 0;

/** Unique id for a control and its label. */
export function controlId() {
  controls += 1;
  return `control-${controls}`;
}

/** A control with its label, and a hint below if there is one. */
export function field(say, control, hint) {
  control.id ||= controlId();
  const parts = [h("label", { for: control.id, say }), control];
  if (hint) {
    const id = controlId();
    control.setAttribute("aria-describedby", id);
    parts.push(h("p", { class: "hint", id, say: hint }));
  }
  return h("div", { class: "field" }, parts);
}

/** Values that a person has chosen, by the control: only those, for what remained possible was nobody's choice. */
const chosen = new WeakMap();

/** A choice among `[value, text]` pairs. */
export function choice(pairs, properties = {}) {
  const select = h("select", properties);
  // At the first of the two events, before a listener of a form around it offers anew.
  for (const type of ["input", "change"]) select.addEventListener(type, () => chosen.set(select, select.value));
  offer(select, pairs);
  return select;
}

/** Offers these `[value, text]` pairs: what a person chose is chosen again if it is among them, else the first. */
export function offer(select, pairs) {
  const wanted = chosen.get(select);
  select.replaceChildren(...pairs.map(([value, say]) => h("option", { value, say })));
  if (pairs.some(([value]) => value === wanted)) select.value = wanted;
}

/** Forgets what a person chose: the first is the usual one again. */
export function forgetChoice(select) {
  chosen.delete(select);
}

/** A line of text. */
export function line(properties = {}) {
  return h("input", { type: "text", autocomplete: "off", ...properties });
}

/** A line for a number, of which `digits` reads the digits. */
export function numberLine(properties = {}) {
  return line({ inputmode: "numeric", ...properties });
}

/** The digits that were typed; people type full stops and hyphens between them. */
export function digits(control) {
  return control.value.replace(/[^0-9]/g, "");
}

/** A box to tick, with its label. */
export function tick(say, properties = {}) {
  const box = h("input", { type: "checkbox", id: controlId(), ...properties });
  return [box, h("div", { class: "tick" }, box, h("label", { for: box.id, say }))];
}

/** A list of terms and their values; rows without a value are left out. */
export function facts(rows) {
  const list = h("dl", { class: "facts" });
  for (const [term, value] of rows) {
    if (value === undefined || value === null || value === "" || value === false) continue;
    const say = typeof value === "function" ? value : () => value;
    list.append(h("div", {}, h("dt", { say: term }), value instanceof Node ? h("dd", {}, value) : h("dd", { say })));
  }
  return list;
}

/** A section of a view, with its heading. */
export function section(say, ...children) {
  const heading = h("h2", { say });
  heading.id = controlId();
  return h("section", { class: "panel", "aria-labelledby": heading.id }, heading, ...children);
}

/** Lets the person save octets or text as a file. */
export function save(name, mediaType, data) {
  const url = URL.createObjectURL(new Blob([data], { type: mediaType }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has the data once the click is handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Octets of a base64 text. */
export function octets(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Base64 of octets, in pieces that fit the stack. */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
