// The verdict on a file, as the daemon gives it: in words first, then each check, and what the file says.

import { announce } from "../announce.js";
import { Refusal, post } from "../api.js";
import { base64, facts, h, section } from "../dom.js";
import { day, has, language, moment, nationalNumber, periodInWords, t } from "../texts.js";
import { refuse } from "../waiting.js";
import { checkList, mark } from "./checks.js";

/** Upper limit on a file with its content, in bytes, as the daemon has it. */
const MOST = 6 * 1024 * 1024;

/** Looks of the verdicts. */
const LOOKS = { valid: "passed", "valid-test-card": "test", "not-signed": "unknown", "not-checked": "unknown", invalid: "failed" };

/** Reasons of an open question that a person can do something about. */
const OPEN = ["content-not-given", "signer-certificate-missing", "root-not-trusted"];

let last = Promise.resolve();

/** Has the daemon verify octets, with the content beside them if there is one. */
export function verify(file, content, signal) {
  // One after the other: the daemon reads few large bodies at once.
  const verified = last.then(() => judged(file, content, signal));
  last = verified.catch(() => {});
  return verified;
}

async function judged(file, content, signal) {
  if (file.length + (content?.length ?? 0) > MOST) {
    throw new Refusal({ code: "too-large", detail: t("page-verify-too-large") });
  }
  const members = { file: base64(file) };
  if (content) members.content = base64(content);
  return post("/v1/verifications", members, { signal });
}

/** Verifies what was made just now, and shows the verdict below it in `panel`; returns the panel. */
export function withVerdict(panel, name, file, content) {
  const place = h("div", { "data-verified": "" });
  panel.append(place);
  verify(file, content).then(
    (answer) => {
      place.replaceChildren(verdict(answer));
      announce(`${name}: ${t(words(answer))}`);
    },
    (error) => {
      if (!(error instanceof Refusal)) throw error;
      // Nothing is wrong with what was made: it may only be larger than what is verified here.
      if (error.code === "too-large") place.replaceChildren(h("p", { class: "note unknown", "data-unverified": "", say: "page-verify-not-here" }));
      else refuse(place, error.problem);
    },
  );
  return panel;
}

/** Id of the text for a verdict. */
export function words(answer) {
  const { verdict } = answer;
  if (isUnjudgedPdf(answer)) return "page-verify-pdf";
  return `page-verify-${LOOKS[verdict] ? verdict : "not-checked"}`;
}

/** The verdict in one line. */
function verdict(answer) {
  const look = LOOKS[answer.verdict] ?? "unknown";
  const id = words(answer);
  const box = h("div", { class: `verdict ${look}`, "data-verdict": answer.verdict }, mark(look));
  const open = reservations(answer);
  box.append(h("div", {}, h("p", { class: "strong", say: id }), h("p", { say: () => t(explanation(answer)) }), open));
  return box;
}

/** What a good signature leaves open, in one line: whether the card was blocked, and whose clock gave the time. */
function reservations(answer) {
  if (!answer.verdict.startsWith("valid")) return null;
  const parts = [...(answer.signatures ?? []), ...(answer.links ?? [])];
  const judged = parts.length > 0 ? parts : [answer];
  const wasAsked = ({ checks }) => checks.some(({ name, outcome }) => name === "revocation" && outcome === "passed");
  const ids = [
    !judged.every(wasAsked) && "page-verify-revocation-unknown",
    judged.some(({ signingTime, stampedAt }) => signingTime && !stampedAt) && "page-verify-own-clock",
  ].filter(Boolean);
  if (ids.length === 0) return null;
  return h("p", { "data-reservations": "", say: () => ids.map((id) => t(id)).join(" ") });
}

/** Returns true for a PDF, of which nobody looked whether it is signed at all. */
function isUnjudgedPdf({ verdict, notJudged, signatures }) {
  return verdict === "not-checked" && !signatures && notJudged?.length === 1 && notJudged[0] === "pdf";
}

/** Id of the sentence below a verdict: what it means, or what can be done about it. */
function explanation(answer) {
  if (answer.verdict !== "not-checked" || isUnjudgedPdf(answer)) return `${words(answer)}-detail`;
  const reason = OPEN.find((reason) => isOpen(answer, reason));
  return reason ? `page-verify-do-${reason}` : "page-verify-not-checked-detail";
}

/** Returns true if a check of the file is open for this reason. */
export function isOpen({ checks }, reason) {
  // A time stamp that cannot be judged is as good as none.
  return checks.some((check) => check.reason === reason && check.outcome === "unknown" && check.name !== "time-stamp");
}

/** Everything that is known of a file, the verdict first. */
export function report(answer) {
  const parts = [verdict(answer)];
  if (!answer.signatures) parts.push(...signed(answer));
  for (const content of answer.contents ?? []) parts.push(written(content));
  parts.push(...several(answer.signatures, "page-verify-signature-of"), ...several(answer.links, "page-verify-link-of"));
  if (!answer.signatures) parts.push(checks(answer));
  if (answer.notJudged) parts.push(facts([["page-verify-not-judged", answer.notJudged.join(", ")]]));
  return parts;
}

/** The signer and the times of one signature; nothing where there is none. */
function signed({ signer, signingTime, stampedAt, covers }) {
  const covered = `page-verify-covers-${covers}`;
  // The whole name of the issuer is long; its common name is what people know.
  const issuer = /(?:^|, )CN=([^,]+)/.exec(signer?.issuer ?? "")?.[1] ?? signer?.issuer;
  const rows = facts([
    ["page-verify-signer", signer?.name],
    ["page-certificate-issuer", issuer],
    ["page-verify-signed-at", signingTime && (() => moment(signingTime))],
    ["page-verify-stamped-at", stampedAt && (() => moment(stampedAt))],
    // Why it covers nothing that is known, a check says.
    ["page-verify-covers", covers && covers !== "nothing" && (() => (has(covered) ? t(covered) : covers))],
  ].filter(([, value]) => value));
  return rows.childElementCount > 0 ? [rows] : [];
}

/** Each of several signatures or links. */
function several(parts, say) {
  return (parts ?? []).map((part, index) => {
    const title = () => t(say, { number: index + 1, count: parts.length });
    return section(title, verdict(part), ...signed(part), checks(part));
  });
}

function checks(answer) {
  const open = answer.verdict === "invalid" || answer.verdict === "not-checked";
  return h("details", { open }, h("summary", { say: "page-part-checks" }), checkList(answer.checks));
}

/** What a document of the platform says. */
function written(content) {
  const title = `page-verify-document-${content.document}`;
  const names = content.typeNames;
  const rows = facts([
    ["page-operation", content.operation && (() => t(action(content.operation)))],
    ["page-verify-made-on", content.madeOn && (() => day(content.madeOn))],
    ["page-verify-patient", content.patient && who(content.patient)],
    ["page-representative", content.representative && who(content.representative)],
    ["page-verify-provider", content.parties.map(provider).join("; ")],
    ["page-link-type", content.type && (() => names?.[language()] ?? content.type)],
    ["page-period", content.period && (() => periodInWords(content.period))],
    ["page-comment", content.comment],
  ]);
  return section(() => (has(title) ? t(title) : content.document), rows);
}

function action(operation) {
  const [verb] = operation.split("-");
  return ["put", "revoke"].includes(verb) ? `page-verify-${verb}` : "page-verify-ask";
}

function who({ name, nationalNumber: number }) {
  return [name, nationalNumber(number)].filter(Boolean).join(", ");
}

/** A provider by name and public number; by the national number only where there is nothing else. */
function provider({ name, nationalNumber: number, nihii }) {
  return [name, nihii].filter(Boolean).join(", ") || nationalNumber(number);
}
