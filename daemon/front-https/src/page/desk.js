// Readers and cards, as the events and the list of readers tell. A view asks for the state, and is told when it changes.

import { get, hasSession } from "./api.js";
import { follow } from "./events.js";

/** Time after which a card that nobody uses is spoken of, in milliseconds. */
const FORGOTTEN = 180_000;

/**
 * State of the desk. `name` is one of `session-missing`, `session-ended`, `connecting`, `no-service`, `draining`,
 * `pcsc-unavailable`, `pcsc-not-authorised`, `no-reader`, `no-card`, `several-cards`, and the states of the one card:
 * `reading`, `ready`, `unsupported`, `newer`, `mute`, `busy`.
 */
class Desk extends EventTarget {
  name = "connecting";
  readers = [];
  card = null;
  simulated = false;
  #chosen = null;
  #reading = null;
  #again = false;
  #reminder = 0;

  /** Begins to follow the events. */
  start() {
    if (!hasSession()) {
      this.#become("session-missing");
      return;
    }
    follow({
      open: () => {
        this.refresh();
        this.dispatchEvent(new Event("reviews"));
      },
      event: (name, data) => this.#event(name, data),
      lost: (refusal) => this.#lost(refusal),
    });
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => this.#wait(), { passive: true });
  }

  /** Says that there will be no session. */
  refuse(name) {
    this.#become(name);
  }

  /** The reader that holds the card. */
  get reader() {
    return this.readers.find((reader) => reader.card?.id === this.card?.id);
  }

  /** Chooses one of several cards. */
  choose(cardId) {
    this.#chosen = cardId;
    this.#settle();
  }

  /** Reads the list of readers; changes that come meanwhile have it read again. */
  async refresh() {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      do {
        this.#again = false;
        const answer = await get("/v1/readers");
        this.readers = answer.readers;
        this.simulated = answer.simulated === true;
        this.#settle();
      } while (this.#again);
    } catch (refusal) {
      if (!this.#sessionEnds(refusal)) this.#become(refusal.code ?? "no-service");
    } finally {
      this.#reading = null;
    }
    // A change that came while the list could not be read: perhaps it can be by now.
    if (this.#again) await this.refresh();
  }

  #event(name, data) {
    if (name === "operation.updated") {
      this.dispatchEvent(new CustomEvent("operation", { detail: data.operationId }));
      return;
    }
    if (name === "pairing.changed") {
      this.dispatchEvent(new Event("pairings"));
      return;
    }
    if (name === "review.changed") {
      this.dispatchEvent(new Event("reviews"));
      return;
    }
    if (name === "service.draining") {
      this.#become("draining");
      return;
    }
    // At once, before the list says so: nothing of a card is shown once it has left.
    if (name === "card.removed" && data.cardId === this.card?.id) this.#become("no-card");
    if (name === "resync") {
      this.dispatchEvent(new CustomEvent("operation", { detail: null }));
      this.dispatchEvent(new Event("reviews"));
    }
    this.refresh();
  }

  #lost(refusal) {
    if (refusal && this.#sessionEnds(refusal)) return false;
    if (this.name !== "draining") this.#become("no-service");
    return true;
  }

  #sessionEnds(refusal) {
    const ends = ["token-missing", "token-invalid", "token-expired"].includes(refusal.code);
    if (ends) this.#become("session-ended");
    return ends;
  }

  /** Chooses card and state from the list of readers. */
  #settle() {
    const patients = this.readers.filter((reader) => reader.role !== "provider");
    const cards = patients.map((reader) => reader.card).filter(Boolean);
    const chosen = cards.find((card) => card.id === this.#chosen);
    const usable = cards.filter((card) => !["unsupported", "mute", "newer"].includes(card.status));
    if (this.readers.length === 0) this.#become("no-reader");
    else if (cards.length === 0) this.#become("no-card");
    else if (chosen) this.#become(chosen.status, chosen);
    else if (usable.length > 1) this.#become("several-cards");
    else this.#become((usable[0] ?? cards[0]).status, usable[0] ?? cards[0]);
  }

  #become(name, card = null) {
    const same = name === this.name && card?.id === this.card?.id;
    this.name = name;
    this.card = card;
    this.#wait();
    // The list of readers may have changed even so, and is shown.
    this.dispatchEvent(new CustomEvent("change", { detail: { same } }));
  }

  /** Speaks of a forgotten card after a while in which nobody used the page. */
  #wait() {
    clearTimeout(this.#reminder);
    this.dispatchEvent(new CustomEvent("forgotten", { detail: false }));
    if (!this.card) return;
    const remind = () => this.dispatchEvent(new CustomEvent("forgotten", { detail: true }));
    this.#reminder = setTimeout(remind, FORGOTTEN);
  }
}

/** The one desk. */
export const desk = new Desk();
