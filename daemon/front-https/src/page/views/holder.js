// What a record of a holder says, in panels: of a card and of a file alike. Each view says where its record comes from.

import { facts, h, section } from "../dom.js";
import { day, has, nationalNumber, t } from "../texts.js";

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

/** The person: place for the photo, name and numbers. */
export function person(identity) {
  const given = identity.givenNames?.join(" ") ?? "";
  const birth = () => [day(identity.birthDate) ?? identity.birthDateText, identity.birthPlace].filter(Boolean).join(", ");
  const main = facts([
    ["page-national-number", nationalNumber(identity.nationalNumber)],
    ["page-birth", birth],
    ["page-gender", identity.gender && (() => t(`page-gender-${identity.gender}`))],
    ["page-nationality", identity.nationality],
    ["page-noble-condition", identity.nobleCondition],
    ["page-special-status", () => special(identity.specialStatus)],
  ].filter(([, value]) => typeof value !== "function" || value() !== ""));
  const name = h("h2", { class: "name" }, h("span", {}, identity.familyName ?? "—"), h("span", { class: "given" }, given));
  return [h("div", { class: "photo", "data-photo": "" }), h("div", { class: "who" }, name, main)];
}

/** The photo at its place; returns its address, to be revoked when it is no longer shown. */
export function showPhoto(place, blob) {
  const url = URL.createObjectURL(blob);
  const image = h("img", { src: url, width: 140, height: 200, said: { alt: "page-photo" } });
  place.querySelector("[data-photo]").replaceChildren(image);
  return url;
}

/** Number, validity and kind of the card. */
export function cardPanel(identity) {
  const { validFrom, validUntil } = identity;
  const panel = section(
    "page-part-card",
    facts([
      ["page-card-number", identity.cardNumber],
      ["page-card-validity", (validFrom || validUntil) && (() => t("page-from-until", { from: day(validFrom), until: day(validUntil) }))],
      ["page-card-municipality", identity.issuingMunicipality],
      ["page-card-kind", identity.documentType && (() => kind(identity.documentType))],
      ["page-card-duplicate", identity.duplicate],
      ["page-card-chip", identity.chipNumber],
    ]),
  );
  if (validUntil && validUntil < today()) panel.append(h("p", { class: "note failed", say: "page-card-expired" }));
  return panel;
}

/** Lines of an address, as on the card. */
export function addressLines({ streetAndNumber, postalCode, municipality }) {
  const lines = [streetAndNumber, [postalCode, municipality].filter(Boolean).join(" ")].filter(Boolean);
  if (lines.length === 0) return h("p", { say: "page-no-address" });
  return h("address", {}, lines.map((line) => h("span", {}, line)));
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
export function malformed({ malformedFields = [] }) {
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
