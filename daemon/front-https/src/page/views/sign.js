// Signing files: the list that one PIN signs, each with its size and digest, and the signatures as files.

import { desk } from "../desk.js";
import { base64, button, choice, field, h, octets, save, section } from "../dom.js";
import { emptyState } from "../empty.js";
import { dropZone, fileRow, open as openCopy, sha256 } from "../files.js";
import { ask, warnings, whileCard } from "../waiting.js";
import { withVerdict } from "./verdict.js";

/** Upper limit on all contents together, in bytes, as the daemon has it. */
const MOST = 6 * 1024 * 1024;

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const files = [];
  const list = h("ul", { class: "files" });
  const outcome = h("div");
  const card = h("div");
  const format = choice([
    ["cades", "page-format-cades"],
    ["xades", "page-format-xades"],
    ["asice", "page-format-asice"],
  ]);
  const sign = button("dialog-sign", run, { class: "primary" });
  const note = h("p", { class: "note failed", say: "page-sign-too-large", hidden: true });
  const zone = dropZone("page-sign-drop", true, add);
  body.replaceChildren(
    h("p", { class: "reader-text", say: "page-sign-intro" }),
    h("div", { class: "form" }, zone, list, note, field("page-format", format, "page-format-hint"), card, h("div", { class: "actions" }, sign)),
    outcome,
  );

  async function add(chosen) {
    for (const { name, type, bytes } of chosen) {
      const one = { name, type: type || "application/octet-stream", bytes, digest: await sha256(bytes) };
      const same = files.findIndex((other) => other.name === name);
      if (same >= 0) files[same] = one;
      else files.push(one);
    }
    draw();
  }

  function draw() {
    list.replaceChildren(...files.map(row));
    const whole = files.reduce((sum, one) => sum + one.bytes.length, 0);
    note.hidden = whole <= MOST && files.length <= 50;
    ready();
  }

  function row(one) {
    const look = button("page-file-look", () => openCopy(one));
    const remove = button("page-file-remove", () => {
      files.splice(files.indexOf(one), 1);
      draw();
    });
    return fileRow({ ...one, size: one.bytes.length, digest: `SHA-256 ${one.digest}` }, look, remove);
  }

  function ready() {
    sign.disabled = files.length === 0 || !note.hidden || desk.name !== "ready";
    card.replaceChildren(desk.name === "ready" ? "" : emptyState());
  }

  async function run() {
    sign.disabled = true;
    const sent = [...files];
    const documents = sent.map((one) => ({ name: one.name, mediaType: one.type, content: base64(one.bytes) }));
    const members = { cardId: desk.card.id, format: format.value, documents };
    if (documents.length > 1) members.mayLeaveOut = true;
    const answer = await ask(outcome, "/v1/signatures", members, stop.signal);
    if (answer) outcome.replaceChildren(signed(answer, sent));
    ready();
  }

  desk.addEventListener("change", ready, { signal: stop.signal });
  // The files are about the patient who sat here: they go with the card, lest the next one signs them.
  whileCard(outcome, stop.signal, () => {
    files.length = 0;
    draw();
  });
  ready();
  return () => stop.abort();
}

/** The signatures, each to be saved, and verified with the file that it stands beside. */
function signed(answer, sent) {
  const left = (answer.leftOut ?? []).map((one) => one.name);
  const beside = sent.filter((one) => !left.includes(one.name));
  const rows = answer.signatures.map((one, index) => {
    const row = h("li", {}, h("p", { class: "strong" }, one.name), button("page-save", () => save(one.name, one.mediaType, octets(one.data)), { class: "primary" }));
    return withVerdict(row, one.name, octets(one.data), answer.format === "asice" ? undefined : beside[index].bytes);
  });
  const panel = section("page-sign-done", h("p", { class: "note good", say: "page-sign-done-detail" }), h("ul", { class: "files" }, rows));
  panel.dataset.done = "";
  if (answer.leftOut) {
    const names = answer.leftOut.map((one) => h("li", {}, h("p", { class: "strong" }, one.name)));
    panel.append(h("div", { "data-left-out": "" }, h("p", { class: "note", say: "page-sign-left-out" }), h("ul", { class: "files" }, names)));
  }
  const noted = warnings(answer.warnings);
  if (noted) panel.append(noted);
  return panel;
}
