// A call that waits for a person: what it waits for now, a way to give it up, and what became of it.

import { announce } from "./announce.js";
import { Refusal, begin, get, remove } from "./api.js";
import { desk } from "./desk.js";
import { button, h } from "./dom.js";
import { label, stateText, t } from "./texts.js";

/** States in which a call has ended. */
const ENDED = ["succeeded", "failed", "cancelled"];

/** Refusals that are no failures: somebody decided not to go on, or took the card. */
const DECIDED = ["user-declined", "card-changed"];

/**
 * Begins a call, shows in `place` how far it is, and gives its result; nothing if it was refused, which `place` then says.
 * `signal` gives the call up.
 */
export async function ask(place, path, members, signal) {
  const card = desk.card?.id;
  let awaited = false;
  try {
    const operation = await ended(place, await begin(path, members), signal, (state) => {
      awaited ||= state === "waitingForCard";
    });
    if (!operation) return null;
    if (operation.state === "succeeded") {
      // It is about the person who was here, and must not stand beside the card of another one.
      if (desk.card?.id !== card && !(awaited && !card)) {
        refuse(place, { code: "card-changed" });
        return null;
      }
      place.replaceChildren();
      return operation.result;
    }
    refuse(place, operation.error ?? { code: "user-declined" });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(place, error.problem);
  }
  return null;
}

/** The operation once it has ended; nothing if it was given up. `changed` is told each state. */
async function ended(place, operation, signal, changed) {
  const path = `/v1/operations/${operation.id}`;
  const text = h("p", { class: "strong" });
  const cancel = button("dialog-cancel", () => remove(path).catch(() => {}));
  const spinner = h("progress", { said: { "aria-label": "page-waiting" } });
  place.replaceChildren(h("div", { class: "panel waiting", "data-waiting": "" }, spinner, text, cancel));
  place.scrollIntoView({ block: "nearest" });
  signal.addEventListener("abort", () => remove(path).catch(() => {}), { once: true });
  for (let last = ""; ; ) {
    // In this order: a change between the look and the wait would be missed, and waited for in vain.
    const change = updated(operation.id, signal);
    operation = await get(path);
    if (signal.aborted) return null;
    if (ENDED.includes(operation.state)) return operation;
    if (operation.state !== last) {
      changed(operation.state);
      const id = onReader(operation.state) ? "page-waiting-on-reader" : `page-waiting-${operation.state}`;
      label(text, id);
      announce(t(id));
      last = operation.state;
    }
    await change;
  }
}

/** Returns true if the person types on the reader's own keypad now. */
function onReader(state) {
  return state === "waitingForPin" && desk.reader?.pinPad === true;
}

/** Waits until the operation has changed, or events may have been lost, or the call is given up. */
function updated(id, signal) {
  return new Promise((resume) => {
    const stop = new AbortController();
    const done = () => {
      stop.abort();
      resume();
    };
    const changed = ({ detail }) => (detail === null || detail === id) && done();
    desk.addEventListener("operation", changed, { signal: stop.signal });
    desk.addEventListener("change", done, { signal: stop.signal });
    signal.addEventListener("abort", done, { signal: stop.signal });
  });
}

/** Says why a call was refused. */
export function refuse(place, problem) {
  const title = problem.title ?? t(stateText(problem.code));
  const detail = problem.detail ?? t(`${stateText(problem.code)}-detail`);
  const manner = DECIDED.includes(problem.code) ? "unknown" : "failed";
  const note = h("div", { class: `note ${manner}`, "data-refused": problem.code }, h("p", { class: "strong" }, title), h("p", {}, detail));
  place.replaceChildren(note);
  announce(`${title}. ${detail}`);
}

/** Warnings of an answer, in words. */
export function warnings(list = []) {
  if (list.length === 0) return null;
  const rows = list.map((warning) => h("li", { say: `warning-${warning.code}` }));
  return h("div", { class: "note unknown" }, h("p", { class: "strong", say: "page-please-note" }), h("ul", {}, rows));
}

/**
 * Asks again later if a refusal passes by itself: `again` is called then, unless `signal` ends that. Returns false if the
 * refusal is final.
 */
export function retried({ code, retriable, retryAfter = 1 }, signal, again) {
  // That nobody answered is no answer of the daemon, and ends as well.
  if (!retriable && code !== "no-service") return false;
  const timer = setTimeout(again, retryAfter * 1000);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return true;
}

/** Calls `changed` whenever another card is in the reader, or none; with true if there was one before. */
export function onCardChange(signal, changed) {
  let card = desk.card?.id;
  const change = () => {
    const before = card;
    card = desk.card?.id;
    if (card !== before) changed(before !== undefined);
  };
  desk.addEventListener("change", change, { signal });
}

/**
 * Clears the outcome of a form at every change of the card: what was made for one person must not stand beside the card of
 * another, also if it was made without a card. `left` clears what else belongs to a person whose card has left.
 */
export function whileCard(place, signal, left = () => {}) {
  onCardChange(signal, (hadCard) => {
    // A call that still waits says itself what became of it, and keeps its way to give it up.
    if (!place.querySelector("[data-waiting]")) place.replaceChildren();
    if (hadCard) left();
  });
}
