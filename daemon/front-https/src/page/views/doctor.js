// The doctor's findings: what is well on this computer, what is not, and what to do.

import { Refusal, get } from "../api.js";
import { announce } from "../announce.js";
import { button, h, section } from "../dom.js";
import { has, t } from "../texts.js";
import { refuse } from "../waiting.js";
import { mark } from "./checks.js";

/** Looks of the outcomes. */
const LOOKS = { ok: "passed", notice: "test", problem: "failed", unknown: "unknown" };

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const again = button("page-doctor-again", () => load("/v1/diagnostics"));
  const network = button("page-doctor-network", () => load("/v1/diagnostics?network=true"));
  const report = h("div", { class: "view", "data-doctor": "" });
  body.replaceChildren(h("p", { class: "reader-text", say: "page-doctor-intro" }), h("div", { class: "actions" }, again, network), report);

  async function load(path) {
    again.disabled = network.disabled = true;
    report.replaceChildren(h("div", { class: "panel waiting" }, h("progress", { said: { "aria-label": "page-waiting" } }), h("p", { say: "page-doctor-looking" })));
    try {
      const answer = await get(path, { signal });
      report.replaceChildren(summary(answer), ...areas(answer.findings));
      announce(t(`doctor-${answer.outcome}`));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(report, error.problem);
    }
    again.disabled = network.disabled = false;
  }

  load("/v1/diagnostics");
  return () => stop.abort();
}

/** The whole in one line. */
function summary({ outcome }) {
  const look = LOOKS[outcome] ?? "unknown";
  return h("div", { class: `verdict ${look}`, "data-outcome": outcome }, mark(look), h("p", { class: "strong", say: `doctor-${outcome}` }));
}

/** Findings, those of one area together, in the order in which they came. */
function areas(findings) {
  const names = [...new Set(findings.map(({ area }) => area))];
  return names.map((area) => {
    const rows = findings.filter((finding) => finding.area === area).map(row);
    const title = `doctor-area-${area}`;
    return section(() => (has(title) ? t(title) : area), h("ul", { class: "checks" }, rows));
  });
}

function row(finding) {
  const look = LOOKS[finding.outcome] ?? "unknown";
  const words = h("div", {}, h("p", { say: () => said(finding, "", finding.text) }));
  if (finding.next) words.append(h("p", { class: "strong", say: () => said(finding, "-next", finding.next) }));
  return h("li", { class: look, "data-finding": finding.code }, mark(look), words);
}

/** Text of a finding in the language of the page; as it came if it is newer than the page. */
function said({ code, facts }, part, text) {
  const id = `finding-${code}${part}`;
  return has(id) ? t(id, Object.fromEntries(facts.map(({ name, value }) => [name, value]))) : text;
}
