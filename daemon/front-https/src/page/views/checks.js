// Checks and certificates in words: green, red or grey, and never by colour alone.

import { facts, h } from "../dom.js";
import { has, moment, t } from "../texts.js";

const MARKS = { passed: "✓", failed: "✕", unknown: "?", test: "!", optional: "–" };

/** The verdict on a holder's data, in one line; `say` is the text if it is not that of a card. */
export function verdict(outcome, checks, say) {
  const test = checks.some((check) => check.trust === "test");
  const id = outcome === "passed" && test ? "test" : outcome;
  const box = h("div", { class: `verdict ${id}`, "data-verdict": id }, mark(id));
  const text = say ?? `page-verdict-${id}`;
  box.append(h("div", {}, h("p", { class: "strong", say: text }), h("p", { say: `${text}-detail` })));
  return box;
}

/** A mark for the eye; the word beside it is for everybody. */
export function mark(outcome) {
  return h("span", { class: `mark ${outcome}`, "aria-hidden": "true" }, MARKS[outcome] ?? MARKS.unknown);
}

/** Each check: its name, its outcome and the reason. */
export function checkList(checks) {
  const rows = checks.map((check) => {
    const name = `page-check-${check.name}`;
    const words = h("div", {}, h("p", { say: () => (has(name) ? t(name) : check.name) }));
    const outcome = () => t(`page-outcome-${check.outcome}`);
    const reason = check.reason ? () => `${outcome()} ${said(check.reason)}` : outcome;
    words.append(h("p", { class: "hint", say: reason }));
    return h("li", { class: check.outcome, "data-check": check.name }, mark(check.outcome), words);
  });
  return h("ul", { class: "checks" }, rows);
}

/** Sentence for the reason of a check; the word itself if it is newer than this page. */
export function said(reason) {
  return has(`check-${reason}`) ? t(`check-${reason}`) : reason;
}

/** Certificates, one after the other. */
export function certificateTable(certificates) {
  const one = (certificate) => {
    const title = h("summary", { say: () => t(`page-certificate-${certificate.name}`) });
    if (!certificate.present) return h("p", { class: "hint", say: () => `${t(`page-certificate-${certificate.name}`)}: ${t("page-certificate-absent")}` });
    const rows = facts([
      ["page-certificate-subject", certificate.subject],
      ["page-certificate-issuer", certificate.issuer],
      ["page-certificate-validity", () => t("page-from-until", { from: moment(certificate.notBefore), until: moment(certificate.notAfter) })],
      ["page-certificate-key", certificate.publicKey],
      ["page-certificate-serial", certificate.serialNumber],
    ].filter(([, value]) => typeof value !== "function" || certificate.notBefore));
    return h("details", {}, title, rows);
  };
  return h("div", { class: "certificates" }, certificates.map(one));
}
