// Numbers of what was done, by month: a chart and tables for each profession and calling software. Nobody is named here,
// and small numbers are not in the answer.

import { Refusal, get } from "../api.js";
import { announce } from "../announce.js";
import { barChart } from "../chart.js";
import { button, field, h, save, section } from "../dom.js";
import { has, language, month, t } from "../texts.js";
import { refuse } from "../waiting.js";

/** Texts of values, by measure: the beginning of their ids. */
const VALUES = {
  operation: "page-evidence-kind-",
  outcome: "page-report-outcome-",
  proof: "page-proof-",
  representative: "page-report-representative-",
  way: "page-reading-way-",
  gender: "page-gender-",
  province: "page-report-province-",
};

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const from = h("input", { type: "month", name: "from", value: monthsAgo(12) });
  const to = h("input", { type: "month", name: "to", value: monthsAgo(0) });
  const form = h("div", { class: "form" }, field("page-report-from", from, "page-report-month-hint"), field("page-report-to", to));
  const shown = h("div", { class: "view", "data-report": "" });
  const actions = h("div", { class: "actions" });
  body.replaceChildren(h("p", { class: "reader-text", say: "page-report-intro" }), section("page-report-months", form, actions), shown);
  let names = new Map();

  async function load() {
    shown.replaceChildren(h("progress", { said: { "aria-label": "page-waiting" } }));
    actions.replaceChildren(button("page-report-show", load, { class: "primary" }));
    try {
      const wanted = Object.entries({ from: from.value, to: to.value }).filter(([, value]) => value);
      const answer = await get(`/v1/reports?${new URLSearchParams(wanted)}`, { signal });
      names = await professions(signal, names);
      if (answer.from <= monthsAgo(1)) actions.append(button("page-report-save", () => saveAnswer(answer)));
      shown.replaceChildren(...report(answer, names));
      shown.dataset.groups = String(answer.groups.length);
      announce(t("page-report-shown", { count: answer.groups.length }));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(shown, error.problem);
    }
  }

  load();
  return () => stop.abort();
}

/** A month in Belgium, as 2026-11: this one, or one that is some months before. */
function monthsAgo(months) {
  const [year, month] = new Intl.DateTimeFormat("sv", { timeZone: "Europe/Brussels", year: "numeric", month: "2-digit" }).format().split("-");
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 7);
}

/** Saves what can be passed on: of two reports of an open month, the difference would be what was done between them. */
function saveAnswer(answer) {
  const last = monthsAgo(1);
  const over = { ...answer, to: answer.to < last ? answer.to : last, groups: answer.groups.filter(({ open: isOpen }) => !isOpen) };
  save(`report-${over.from}-${over.to}.json`, "application/json", JSON.stringify(over, null, 2));
}

/** Names of professions by their codes, in four languages. */
async function professions(signal, known) {
  if (known.size > 0) return known;
  const { partyTypes } = await get("/v1/therapeutic-links/types", { signal });
  return new Map(partyTypes.map(({ code, names }) => [code, names]));
}

function report(answer, names) {
  const rule = h("p", { class: "hint", say: () => t("page-report-suppressed", { threshold: answer.threshold }) });
  if (answer.groups.length === 0) return [h("p", { say: "page-report-none" }), rule];
  return [rule, ...series(answer.groups).map((groups) => part(groups, names))];
}

/** Groups of the same profession and software together, month after month. */
function series(groups) {
  const parts = new Map();
  for (const group of groups) {
    const key = JSON.stringify([group.profession, group.caller, group.simulated ?? false]);
    parts.set(key, [...(parts.get(key) ?? []), group]);
  }
  return [...parts.values()];
}

function part(groups, names) {
  const [first] = groups;
  const title = () => `${professionOf(first.profession, names)} · ${callerOf(first.caller)}`;
  const rows = groups.map((group) => ({ month: group.month, open: group.open, number: whole(group, "requests"), group }));
  const chart = barChart({
    title: () => t("page-report-chart", { of: title() }),
    rows: rows.map(({ month: which, number }) => ({ label: () => month(which), number })),
    hidden: () => t("page-report-hidden"),
  });
  return section(
    title,
    first.simulated && h("p", { class: "notice", say: "page-report-simulated" }),
    chart,
    overview(rows),
    ...groups.map(details),
  );
}

/** The numbers of the chart, and those of people, month after month. */
function overview(rows) {
  const head = ["page-report-month", "page-report-requests", "page-report-patients", "page-report-providers"];
  const line = ({ month: which, open: isOpen, group }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", say: () => (isOpen ? t("page-report-open", { month: month(which) }) : month(which)) }),
      ...["requests", "patients", "providers"].map((measure) => cell(whole(group, measure), `page-report-${measure}`)),
    );
  return table("page-report-numbers", head, rows.map(line));
}

/** All numbers of a month but the zeros, folded. */
function details(group) {
  const divided = group.cells.filter((one) => one.of && one.number !== 0);
  if (divided.length === 0) return null;
  const line = (one) => h("tr", { class: `depth-${depth(one)}`, "data-measure": one.measure }, h("th", { scope: "row", say: () => labelOf(one) }), cell(one.number, "page-report-number"));
  const rows = table("page-report-details", ["page-report-what", "page-report-number"], divided.map(line));
  return h("details", {}, h("summary", { say: () => month(group.month) }), rows);
}

function table(caption, head, rows) {
  const columns = head.map((say) => h("th", { scope: "col", say }));
  return h("table", {}, h("caption", { say: caption }), h("thead", {}, h("tr", {}, columns)), h("tbody", {}, rows));
}

/** A number below its head; a narrow screen has the head's text beside it. */
function cell(number, head) {
  const text = () => (number === undefined ? t("page-report-hidden") : String(number));
  return h("td", { "data-number": number ?? "", say: text, said: { "data-head": head } });
}

function whole(group, measure) {
  return group.cells.find((one) => one.measure === measure && !one.of)?.number;
}

/** Number of wholes between a number and the whole of its group. */
function depth({ of, measure }) {
  if (of === "requests" || of === "patients") return 1;
  return measure === "outcome" ? 2 : 3;
}

function labelOf({ measure, value }) {
  if (measure === "age" && value !== "unknown") return t("page-report-age", { years: value });
  const id = `${VALUES[measure] ?? "page-report-"}${value}`;
  if (has(id)) return t(id);
  return value === "unknown" ? t("page-report-unknown") : value;
}

function professionOf(code, names) {
  const id = `page-report-profession-${code}`;
  return names.get(code)?.[language()] ?? (has(id) ? t(id) : code);
}

function callerOf(caller) {
  return caller === "own-page" ? t("page-evidence-caller-own-page") : caller;
}
