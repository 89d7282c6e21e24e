// Texts in four languages, from the same files as the daemon's own. A change of language relabels what is on the page, so
// that nothing that was typed or read is lost.

import { FluentBundle, FluentResource } from "./fluent/index.js";

/** Languages, each with its own name. */
export const LANGUAGES = [
  ["nl", "Nederlands"],
  ["fr", "Français"],
  ["de", "Deutsch"],
  ["en", "English"],
];

/** Tells by the event `language` that the page speaks another one: for what is fetched in the language of the page. */
export const spoken = new EventTarget();

const bundles = new Map();
const labels = new WeakMap();
let current = "en";

/** Language of the page. */
export function language() {
  return current;
}

/** Language among ours that the browser's user prefers. */
export function preferred() {
  const known = LANGUAGES.map(([tag]) => tag);
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => known.includes(tag)) ?? "en";
}

/** Bundle of the messages in a Fluent file. */
export function bundle(tag, source) {
  // Isolation marks would end up in files that are saved.
  const made = new FluentBundle(tag, { useIsolating: false });
  made.addResource(new FluentResource(source));
  return made;
}

/** Changes the language, and every text on the page with it. */
export async function speak(tag) {
  if (!bundles.has(tag)) {
    const response = await fetch(`/page/locales/${tag}.ftl`);
    if (!response.ok) throw new Error(`texts in ${tag}: ${response.status}`);
    bundles.set(tag, bundle(tag, await response.text()));
  }
  current = tag;
  document.documentElement.lang = tag;
  relabel(document.documentElement);
  spoken.dispatchEvent(new Event("language"));
}

/** Text of a message; its id if there is none. Values go in as text, because numbers would be written anew. */
export function t(id, values = {}) {
  const texts = bundles.get(current);
  const pattern = texts?.getMessage(id)?.value;
  if (!pattern) return id;
  const filled = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  return texts.formatPattern(pattern, filled, []);
}

/** Returns true if there is a message with this id. */
export function has(id) {
  return bundles.get(current)?.hasMessage(id) ?? false;
}

/** Id of the text for a state or an error: the page's own, or else that of the error with this code. */
export function stateText(code) {
  return [`page-state-${code}`, code].find(has) ?? "internal";
}

/** Gives an element its text, in every language that comes: an id, or a function. */
export function label(element, say) {
  put(element, "", say);
}

/** Gives an attribute its text. */
export function labelAttribute(element, attribute, say) {
  put(element, attribute, say);
}

function put(element, attribute, say) {
  const texts = labels.get(element) ?? new Map();
  texts.set(attribute, typeof say === "function" ? say : () => t(say));
  labels.set(element, texts);
  element.dataset.said = "";
  write(element);
}

function write(element) {
  for (const [attribute, say] of labels.get(element) ?? []) {
    if (attribute) element.setAttribute(attribute, say());
    else element.textContent = say();
  }
}

function relabel(root) {
  for (const element of root.querySelectorAll("[data-said]")) write(element);
}

/** A calendar day in words; other text as it is. */
export function day(text) {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text ?? "")) return text;
  return new Intl.DateTimeFormat(`${current}-BE`, { dateStyle: "long", timeZone: "UTC" }).format(new Date(text));
}

/** A period in words: `{start, end}`, of which the end is the first day after it and is said as the last day. */
export function periodInWords({ start, end }) {
  if (!end) return t("dialog-period-open", { start: day(start) });
  return t("dialog-period", { start: day(start), end: day(daysLater(end, -1)) });
}

/** The day so many days after another one, as `2026-11-28`. */
export function daysLater(from, days) {
  const other = new Date(from);
  other.setUTCDate(other.getUTCDate() + days);
  return other.toISOString().slice(0, 10);
}

/** A moment in words. */
export function moment(text) {
  return new Intl.DateTimeFormat(`${current}-BE`, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

/** A month in words: `2026-11`. */
export function month(text) {
  const format = new Intl.DateTimeFormat(`${current}-BE`, { month: "long", year: "numeric", timeZone: "UTC" });
  return format.format(new Date(`${text}-01`));
}

/** A national number as it is printed: 85.07.30-033.28. */
export function nationalNumber(text) {
  return text?.replace(/^(\d{2})(\d{2})(\d{2})(\d{3})(\d{2})$/, "$1.$2.$3-$4.$5");
}

/** A size in bytes, in words. */
export function size(bytes) {
  const [unit, shift] = bytes < 1000 ? ["byte", 0] : bytes < 1_000_000 ? ["kilobyte", 1] : ["megabyte", 2];
  const style = { style: "unit", unit, unitDisplay: bytes < 1000 ? "long" : "short", maximumFractionDigits: shift };
  return new Intl.NumberFormat(`${current}-BE`, style).format(bytes / 1000 ** shift);
}
