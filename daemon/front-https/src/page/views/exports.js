// Ways of taking along what was read of a card, as far as the settings let them be offered.

import { Refusal, getBlob, mayExport } from "../api.js";
import { button, h, save } from "../dom.js";
import { refuse } from "../waiting.js";

/** Forms in which the daemon writes the whole record: word of the setting, text, media type, extension. */
const FORMS = [
  ["eid", "page-save-eid", "application/x-beid-eid+xml", "eid"],
  ["csv", "page-save-csv", "text/csv", "csv"],
  ["fhir", "page-save-fhir", "application/fhir+json", "fhir.json"],
];

/** Words of the setting in the order of the buttons. */
const ALL = ["photo", "json", ...FORMS.map(([word]) => word), "print"];

/** Buttons for one insertion. `data` is filled as parts are read; `said` is the place for a refusal. */
export class ExportBar {
  #id;
  #data;
  #signal;
  #said;

  constructor(id, data, said, signal) {
    this.#id = id;
    this.#data = data;
    this.#said = said;
    this.#signal = signal;
    this.photo = button("page-save-photo", () => this.#savePhoto(), { hidden: true });
    const forms = FORMS.filter(([word]) => mayExport(word));
    this.buttons = [
      mayExport("photo") && this.photo,
      mayExport("json") && button("page-save-json", () => this.#saveJson()),
      ...forms.map(([, say, mediaType, extension]) => button(say, () => this.#saveForm(mediaType, extension))),
      mayExport("print") && button("page-print", () => print()),
    ].filter(Boolean);
    this.withheld = ALL.every(mayExport) ? "" : h("p", { class: "hint", "data-withheld": "", say: "page-exports-withheld" });
  }

  /** Name for a file: the holder's, because the number is nobody's business who sees the folder. */
  #fileName(extension) {
    const { familyName = "", givenNames = [] } = this.#data.identity;
    const name = [familyName, ...givenNames].join(" ").replace(/[^\p{L}\p{N} '-]/gu, "").trim();
    return `${name || "eid"}.${extension}`;
  }

  #savePhoto() {
    save(this.#fileName("jpg"), "image/jpeg", this.#data.photo);
  }

  #saveJson() {
    const { identity, address, checks, certificates } = this.#data;
    const all = { identity, address, checks: checks?.checks, certificates: certificates?.certificates };
    save(this.#fileName("json"), "application/json", `${JSON.stringify(all, null, 2)}\n`);
  }

  async #saveForm(mediaType, extension) {
    const signal = this.#signal;
    try {
      const blob = await getBlob(`/v1/cards/${this.#id}/summary`, mediaType, { signal });
      if (!signal.aborted) save(this.#fileName(extension), mediaType, blob);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(this.#said, error.problem);
    }
  }
}
