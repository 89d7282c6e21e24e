// A call that waits for a person: what it waits for now, a way to give it up, and what became of it.

import { announce } from "./announce.js";
import { Refusal, begin, get, remove } from "./api.js";
import { desk } from "./desk.js";
import { button, h } from "./dom.js";
import { label, stateText, t } from "./texts.js";

/** States in which a call has ended. */
const ENDED = ["succeeded", "failed", "cancelled"];

/**
 * Begins a call, shows in `place` how far it is, and gives its result; nothing if it was refused, which `place` then says.
 * `signal` gives the call up.
 */
export async function ask(place, path, members, signal) {
  try {
    const operation = await ended(place, await begin(path, members), signal);
    if (!operation) return null;
    if (operation.state === "succeeded") {
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

/** The operation once it has ended; nothing if it was given up. */
async function ended(place, operation, signal) {
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
  // That somebody decided not to go on is no failure.
  const manner = problem.code === "user-declined" ? "unknown" : "failed";
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
 * Clears the outcome of a form when the card leaves: what it made of that card must not stay on the screen. `left` clears
 * what else belongs to that person.
 */
export function whileCard(place, signal, left = () => {}) {
  let card = desk.card?.id;
  const change = () => {
    if (card && desk.card?.id !== card) {
      place.replaceChildren();
      left();
    }
    card = desk.card?.id;
  };
  desk.addEventListener("change", change, { signal });
}
