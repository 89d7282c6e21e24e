// The card: text first, then address, photo, checks and certificates as they come. Everything goes when the card does.

import { Refusal, get, getBlob, post } from "../api.js";
import { announce } from "../announce.js";
import { desk } from "../desk.js";
import { button, facts, h, save, section } from "../dom.js";
import { emptyState } from "../empty.js";
import { day, has, label, nationalNumber, stateText, t } from "../texts.js";
import { refuse } from "../waiting.js";
import { certificateTable, checkList, verdict } from "./checks.js";

/** Parts of a card in the order in which they are read, each with the function that reads it. */
const PARTS = [
  ["identity", (path, signal) => get(`${path}/identity`, { signal })],
  ["address", (path, signal) => get(`${path}/address`, { signal })],
  ["photo", (path, signal) => getBlob(`${path}/photo`, "image/jpeg", { signal })],
  ["checks", (path, signal) => post(`${path}/verifications`, {}, { signal })],
  ["certificates", (path, signal) => get(`${path}/certificates`, { signal })],
];

/** Forms in which the whole record is saved: text, media type, extension. */
const EXPORTS = [
  ["page-save-eid", "application/x-beid-eid+xml", "eid"],
  ["page-save-csv", "text/csv", "csv"],
  ["page-save-fhir", "application/fhir+json", "fhir.json"],
];

/** Labels of the fields that may be malformed, by their members. */
const FIELDS = {
  cardNumber: "page-card-number",
  chipNumber: "page-card-chip",
  validFrom: "page-card-validity",
  validUntil: "page-card-validity",
  issuingMunicipality: "page-card-municipality",
  nationalNumber: "page-national-number",
  familyName: "page-family-name",
  givenNames: "page-given-names",
  thirdGivenNameInitial: "page-field-third-given-name",
  nationality: "page-nationality",
  birthPlace: "page-birth",
  birthDate: "page-birth",
  gender: "page-gender",
  nobleCondition: "page-noble-condition",
  documentType: "page-card-kind",
  specialStatus: "page-special-status",
  photoDigest: "page-part-photo",
  duplicate: "page-card-duplicate",
  specialOrganisation: "page-field-special-organisation",
  memberOfFamily: "page-field-member-of-family",
  dateAndCountryOfProtection: "page-field-protection",
  workPermit: "page-field-work-permit",
  employerVat: "page-field-employer-vat",
  regionalFileNumber: "page-field-regional-file",
  basicKeyDigest: "page-field-basic-key",
  brexit: "page-field-mentions",
  cardMentions: "page-field-mentions",
  euStartDate: "page-field-eu-start-date",
  streetAndNumber: "page-part-address",
  postalCode: "page-part-address",
  municipality: "page-part-address",
};

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
      body.replaceChildren(emptyState());
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
    body.replaceChildren(this.status, this.verdict, this.person, this.actions, this.exported, this.rest);
    this.#read();
  }

  /** Ends the reading, and forgets all that was read. */
  end() {
    this.#stop.abort();
    this.#data = {};
    if (this.#photo) URL.revokeObjectURL(this.#photo);
    for (const part of [this.verdict, this.person, this.actions, this.exported, this.left, this.right]) part.replaceChildren();
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

  #again() {
    this.left.replaceChildren();
    this.#read();
  }

  identity(identity) {
    this.#judge(identity.authenticity.outcome, identity.authenticity.checks);
    const given = identity.givenNames?.join(" ") ?? "";
    const photo = h("div", { class: "photo", "data-photo": "" });
    const birth = () => [day(identity.birthDate) ?? identity.birthDateText, identity.birthPlace].filter(Boolean).join(", ");
    const main = facts([
      ["page-national-number", nationalNumber(identity.nationalNumber)],
      ["page-birth", birth],
      ["page-gender", () => t(`page-gender-${identity.gender}`)],
      ["page-nationality", identity.nationality],
      ["page-noble-condition", identity.nobleCondition],
      ["page-special-status", () => special(identity.specialStatus)],
    ].filter(([, value]) => typeof value !== "function" || value() !== ""));
    const name = h("h2", { class: "name" }, h("span", {}, identity.familyName ?? "—"), h("span", { class: "given" }, given));
    this.person.replaceChildren(photo, h("div", { class: "who" }, name, main));
    this.addressPanel = section("page-part-address");
    const card = section(
      "page-part-card",
      facts([
        ["page-card-number", identity.cardNumber],
        ["page-card-validity", () => t("page-from-until", { from: day(identity.validFrom), until: day(identity.validUntil) })],
        ["page-card-municipality", identity.issuingMunicipality],
        ["page-card-kind", identity.documentType && (() => kind(identity.documentType))],
        ["page-card-duplicate", identity.duplicate],
        ["page-card-chip", identity.chipNumber],
      ]),
    );
    if (identity.validUntil && identity.validUntil < today()) card.append(h("p", { class: "note failed", say: "page-card-expired" }));
    this.left.append(this.addressPanel, card, ...malformed(identity));
    this.actions.append(
      button("page-save-json", () => this.#saveJson()),
      ...EXPORTS.map(([say, mediaType, extension]) => button(say, () => this.#export(mediaType, extension))),
      button("page-print", () => print()),
    );
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
    const lines = [address.streetAndNumber, [address.postalCode, address.municipality].filter(Boolean).join(" ")];
    const known = lines.filter(Boolean);
    const text = known.length ? h("address", {}, known.map((line) => h("span", {}, line))) : h("p", { say: "page-no-address" });
    this.addressPanel.append(text, ...malformed(address));
  }

  photo(blob) {
    this.#photo = URL.createObjectURL(blob);
    const image = h("img", { src: this.#photo, width: 140, height: 200, said: { alt: "page-photo" } });
    this.person.querySelector("[data-photo]").replaceChildren(image);
    this.actions.prepend(button("page-save-photo", () => save(this.#fileName("jpg"), "image/jpeg", blob)));
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

  /** Name for a file: the holder's, because the number is nobody's business who sees the folder. */
  #fileName(extension) {
    const { familyName = "", givenNames = [] } = this.#data.identity;
    const name = [familyName, ...givenNames].join(" ").replace(/[^\p{L}\p{N} '-]/gu, "").trim();
    return `${name || "eid"}.${extension}`;
  }

  /** Saves the record in the form of others; the settings may say that this is not done here. */
  async #export(mediaType, extension) {
    const { signal } = this.#stop;
    try {
      const blob = await getBlob(`/v1/cards/${this.id}/summary`, mediaType, { signal });
      if (!signal.aborted) save(this.#fileName(extension), mediaType, blob);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(this.exported, error.problem);
    }
  }

  #saveJson() {
    const { identity, address, checks, certificates } = this.#data;
    const all = { identity, address, checks: checks?.checks, certificates: certificates?.certificates };
    save(this.#fileName("json"), "application/json", `${JSON.stringify(all, null, 2)}\n`);
  }
}

/** Kind of card in words; one that is newer than this page by its name. */
function kind({ code, name }) {
  const id = `page-kind-${code}`;
  return has(id) ? t(id) : name;
}

/** Special statuses in words. */
function special(status = {}) {
  const words = ["whiteCane", "yellowCane", "extendedMinority"].filter((name) => status[name]);
  return words.map((name) => t(`page-special-${name}`)).join(", ");
}

/** Fields of a file that cannot be read. */
function malformed({ malformedFields = [] }) {
  if (malformedFields.length === 0) return [];
  const rows = malformedFields.map(({ member, tag }) => {
    const known = FIELDS[member];
    return h("li", { say: () => (known ? t(known) : t("page-field-unknown", { tag })) });
  });
  return [h("div", { class: "note unknown" }, h("p", { say: "page-malformed" }), h("ul", {}, rows))];
}

/** Today in Belgium, as the daemon writes days. */
function today() {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Brussels" }).format(new Date());
}
