// The card: text first, then address, photo, checks and certificates as they come. Everything goes when the card does.

import { Refusal, get, getBlob, post } from "../api.js";
import { announce } from "../announce.js";
import { desk } from "../desk.js";
import { button, h, section } from "../dom.js";
import { emptyState } from "../empty.js";
import { label, moment, stateText, t } from "../texts.js";
import { ask } from "../waiting.js";
import { certificateTable, checkList, verdict } from "./checks.js";
import { ExportBar } from "./exports.js";
import { addressLines, cardPanel, malformed, person, showPhoto } from "./holder.js";
import { recordedReading } from "./recorded.js";

/** Parts of a card in the order in which they are read, each with the function that reads it. */
const PARTS = [
  ["identity", (path, signal) => get(`${path}/identity`, { signal })],
  ["address", (path, signal) => get(`${path}/address`, { signal })],
  ["photo", (path, signal) => getBlob(`${path}/photo`, "image/jpeg", { signal })],
  ["checks", (path, signal) => post(`${path}/verifications`, {}, { signal })],
  ["certificates", (path, signal) => get(`${path}/certificates`, { signal })],
];

/** Opens the view. */
export function open(body) {
  let reading = null;
  let last = "";
  const change = () => {
    const id = desk.name === "ready" ? desk.card.id : "";
    if (id && id === reading?.id) return;
    const had = reading !== null;
    reading?.end();
    reading = null;
    if (id) {
      reading = new CardSheet(id, body);
      announce(t("page-card-read"));
    } else {
      body.replaceChildren(emptyState(), otherWays());
      if (had) announce(t("page-card-left"));
      else if (last !== desk.name) announce(body.querySelector("h2").textContent);
    }
    last = desk.name;
  };
  desk.addEventListener("change", change);
  change();
  return () => {
    desk.removeEventListener("change", change);
    reading?.end();
  };
}

/** The ways to what is no card here: a file that a viewer saved, and a patient who is identified otherwise. */
function otherWays() {
  if (desk.name.startsWith("session-")) return "";
  const ways = [["#/record", "page-open-record"], ["#/reading", "page-reading-otherwise"]];
  return h("div", { class: "aside" }, ...ways.map(([href, say]) => h("p", {}, h("a", { href, say }))));
}

/** What is shown of one insertion of a card. */
class CardSheet {
  #stop = new AbortController();
  #data = {};
  #photo = "";

  constructor(id, body) {
    this.id = id;
    this.progress = h("progress", { max: PARTS.length, value: 0, said: { "aria-label": "page-card-progress" } });
    this.step = h("span", { class: "hint", say: "page-card-part-identity" });
    this.status = h("div", { class: "reading" }, this.progress, this.step);
    this.verdict = h("div", { class: "slot" });
    this.person = h("div", { class: "person" });
    this.left = h("div", { class: "column" });
    this.right = h("div", { class: "column" });
    this.rest = h("div", { class: "columns" }, this.left, this.right);
    this.actions = h("div", { class: "actions" });
    this.exported = h("div", { class: "slot" });
    this.exports = new ExportBar(id, this.#data, this.exported, this.#stop.signal);
    this.recorded = h("div", { class: "slot" });
    this.record = button("page-reading-record", () => this.#record(), { "data-record-reading": "" });
    this.read = h("p", { class: "printed" });
    body.replaceChildren(this.status, this.verdict, this.person, this.actions, this.exported, this.recorded, this.read, this.rest, otherWays());
    this.#read();
  }

  /** Ends the reading, and forgets all that was read. */
  end() {
    this.#stop.abort();
    // The export bar holds the same object.
    for (const part of Object.keys(this.#data)) delete this.#data[part];
    if (this.#photo) URL.revokeObjectURL(this.#photo);
    for (const part of [this.verdict, this.person, this.actions, this.exported, this.recorded, this.left, this.right, this.read]) part.replaceChildren();
  }

  async #read() {
    const { signal } = this.#stop;
    for (const [at, [part, read]] of PARTS.entries()) {
      this.step.dataset.part = part;
      try {
        const data = await read(`/v1/cards/${this.id}`, signal);
        // The answer may have been on its way when the card left.
        if (signal.aborted) return;
        this.#data[part] = data;
        this[part](data);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Refusal)) throw error;
        this.#refused(part, error);
        // Without the text nothing else is worth reading: it would be nobody's.
        if (part === "identity") break;
      }
      this.progress.value = at + 1;
      const next = PARTS[at + 1]?.[0];
      if (next) label(this.step, `page-card-part-${next}`);
    }
    this.status.remove();
  }

  #refused(part, { code, problem }) {
    const title = problem.title ?? t(stateText(code));
    const detail = problem.detail ?? t(`${stateText(code)}-detail`);
    const note = h("div", { class: "note failed", role: "alert" });
    note.append(h("p", { class: "strong" }, title), h("p", {}, detail));
    if (part === "identity") note.append(button("page-try-again", () => this.#again()));
    this.left.append(section(`page-part-${part}`, note));
  }

  /** Has the reading of this card recorded, for the sickness insurance. */
  async #record() {
    const { signal } = this.#stop;
    this.record.disabled = true;
    const answer = await ask(this.recorded, "/v1/identity-readings", { way: "chip", cardId: this.id }, signal);
    if (signal.aborted) return;
    if (answer) this.recorded.replaceChildren(recordedReading(answer));
    // Once for each card that is put in: a second click would record a second contact.
    this.record.disabled = answer !== null;
  }

  #again() {
    this.left.replaceChildren();
    this.#read();
  }

  identity(identity) {
    this.#judge(identity.authenticity.outcome, identity.authenticity.checks);
    this.person.replaceChildren(...person(identity));
    this.addressPanel = section("page-part-address");
    this.left.append(this.addressPanel, cardPanel(identity), ...malformed(identity));
    this.actions.append(this.record, ...this.exports.buttons);
    this.exported.replaceChildren(this.exports.withheld);
    const now = new Date().toISOString();
    label(this.read, () => t("page-read-at", { moment: moment(now) }));
  }

  /** Shows the verdict, and speaks it if it is another one than before. */
  #judge(outcome, checks) {
    const before = this.verdict.firstElementChild?.dataset.verdict;
    const box = verdict(outcome, checks);
    this.verdict.replaceChildren(box);
    const id = `page-verdict-${box.dataset.verdict}`;
    if (box.dataset.verdict !== before) announce(`${t(id)}. ${t(`${id}-detail`)}`);
  }

  address(address) {
    this.addressPanel.append(addressLines(address), ...malformed(address));
  }

  photo(blob) {
    this.#photo = showPhoto(this.person, blob);
    this.exports.photo.hidden = false;
  }

  checks({ checks }) {
    const { outcome, checks: first } = this.#data.identity.authenticity;
    const worst = checks.some((check) => check.outcome === "failed") ? "failed" : outcome;
    this.#judge(worst, [...first, ...checks]);
    this.right.append(section("page-part-checks", checkList(checks)));
  }

  certificates({ certificates }) {
    this.right.append(section("page-part-certificates", certificateTable(certificates)));
  }
}
