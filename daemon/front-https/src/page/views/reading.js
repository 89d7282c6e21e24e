// A patient who was identified in another way than by the chip of a card: the person at the desk says how, and why.

import { Refusal, get } from "../api.js";
import { button, choice, digits, facts, field, h, line, numberLine, offer, section } from "../dom.js";
import { t } from "../texts.js";
import { ask, refuse, whileCard } from "../waiting.js";
import { clearLines } from "./people.js";
import { recordedReading, share } from "./recorded.js";

/** The way that has its button beside the card itself. */
const CHIP = "chip";

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const way = choice([], { name: "way" });
  const support = choice([], { name: "support" });
  const number = line({ name: "number" });
  const patient = numberLine({ name: "patient-number" });
  const manual = choice([], { name: "manual-reason" });
  const vignette = choice([], { name: "vignette-reason" });
  const day = h("input", { type: "date", name: "service-date" });
  const provider = numberLine({ name: "provider" });
  const numberField = field("page-reading-number", number, "page-reading-number-hint");
  const manualField = field("page-reading-reason", manual);
  const vignetteField = field("page-reading-vignette-reason", vignette);
  const dayField = field("page-reading-day", day, "page-reading-day-hint");
  const go = button("page-reading-record", run, { class: "primary" });
  const outcome = h("div");
  const month = h("div");
  const form = h(
    "div",
    { class: "form" },
    field("page-reading-way", way),
    field("page-reading-support", support),
    numberField,
    field("page-national-number", patient),
    manualField,
    vignetteField,
    dayField,
    field("page-reading-provider", provider, "page-reading-provider-hint"),
  );
  body.replaceChildren(h("p", { class: "reader-text", say: "page-reading-intro" }), form, h("div", { class: "actions" }, go), outcome, month);
  let codes = { ways: [], supports: [], manualReasons: [] };
  let running = false;

  const chosen = (list, control) => list.find(({ word }) => word === control.value);
  const isLater = () => !manualField.hidden && chosen(codes.manualReasons, manual)?.deferred === true;

  function ready() {
    const supports = chosen(codes.ways, way)?.supports ?? [];
    offer(support, supports.map((word) => [word, `page-reading-support-${word}`]));
    const row = chosen(codes.supports, support);
    numberField.hidden = (row?.serialNumber ?? "none") === "none";
    manualField.hidden = chosen(codes.ways, way)?.needsManualReason !== true;
    offer(manual, (row?.manualReasons ?? []).map((word) => [word, `page-reading-manual-${word}`]));
    vignetteField.hidden = row?.needsVignetteReason !== true;
    dayField.hidden = !isLater();
    const needed = [patient, row?.serialNumber === "required" && number, isLater() && day].filter(Boolean);
    go.disabled = running || !row || needed.some((control) => control.value.trim() === "");
  }

  function members() {
    const asked = { way: way.value, support: support.value, nationalNumber: digits(patient) };
    // Printed with hyphens between groups.
    const serial = number.value.replace(/[\s.-]/g, "");
    if (!numberField.hidden && serial) asked.serialNumber = serial;
    if (!manualField.hidden) asked.manualReason = manual.value;
    if (!vignetteField.hidden) asked.vignetteReason = vignette.value;
    if (isLater()) asked.serviceDate = day.value;
    if (digits(provider)) asked.provider = { nihii: digits(provider) };
    return asked;
  }

  async function run() {
    running = true;
    ready();
    const answer = await ask(outcome, "/v1/identity-readings", members(), signal);
    if (signal.aborted) return;
    if (answer) {
      outcome.replaceChildren(recordedReading(answer));
      forget();
      load(showMonth);
    }
    running = false;
    ready();
  }

  /** Forgets the patient: the next one is another; who bills is the same. */
  function forget() {
    const kept = provider.value;
    clearLines(form);
    provider.value = kept;
  }

  function load(part) {
    part().catch((error) => {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(outcome, error.problem);
    });
  }

  async function showCodes() {
    codes = await get("/v1/identity-readings/codes", { signal });
    offer(way, codes.ways.filter(({ word }) => word !== CHIP).map(({ word }) => [word, `page-reading-way-${word}`]));
    way.value = "manual";
    offer(vignette, codes.vignetteReasons.map(({ word }) => [word, `page-reading-vignette-${word}`]));
    ready();
  }

  /** The shares of this month at this desk. They name no patient. */
  async function showMonth() {
    const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Brussels" }).format(new Date());
    const { counts, limitPerMille } = await get(`/v1/identity-readings/counts?from=${today}`, { signal });
    if (signal.aborted) return;
    if (counts.length === 0) {
      month.replaceChildren();
      return;
    }
    const sum = (name) => counts.reduce((total, row) => total + row[name], 0);
    const [electronic, other] = [sum("electronic"), sum("other")];
    const perMille = electronic + other === 0 ? 0 : Math.ceil((other * 1000) / (electronic + other));
    const said = () => t("page-reading-share", { electronic, other, share: share(perMille), limit: share(limitPerMille) });
    const panel = section("page-reading-this-month", facts([["page-reading-month", said]]), h("p", { class: "hint", say: "page-reading-month-hint" }));
    panel.dataset.month = "";
    month.replaceChildren(panel);
  }

  for (const kind of ["change", "input"]) form.addEventListener(kind, ready);
  whileCard(outcome, signal, () => {
    forget();
    ready();
  });
  load(showCodes);
  load(showMonth);
  ready();
  return () => stop.abort();
}
