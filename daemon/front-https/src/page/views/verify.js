// Verifying files that anybody signed: dropped or chosen, several at once, with what was signed beside them.

import { announce } from "../announce.js";
import { Refusal } from "../api.js";
import { button, h, section } from "../dom.js";
import { dropZone } from "../files.js";
import { t } from "../texts.js";
import { refuse } from "../waiting.js";
import { isOpen, report, verify, words } from "./verdict.js";

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const files = new Map();
  const list = h("div", { class: "view" });
  body.replaceChildren(
    h("p", { class: "reader-text", say: "page-verify-intro" }),
    h("div", { class: "form" }, dropZone("page-verify-drop", true, take)),
    list,
  );

  async function take(chosen) {
    for (const file of chosen) {
      files.get(file.name)?.panel?.remove();
      files.set(file.name, { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    }
    for (const { name } of chosen) {
      const one = files.get(name);
      const signatures = [...files.values()].filter((other) => isBeside(other, one));
      // What was signed is no signature itself: the one beside it is verified, with this.
      if (signatures.length > 0) one.panel?.remove();
      for (const each of signatures.length > 0 ? signatures : [one]) await judge(each);
    }
  }

  /** Verifies a file, with the one that it stands beside if that was given. */
  async function judge(one) {
    const content = one.content ?? [...files.values()].find((other) => isBeside(one, other));
    const place = h("div", { class: "view" }, h("progress", { said: { "aria-label": "page-waiting" } }));
    const panel = section(() => one.name, content && h("p", { class: "hint", say: () => t("page-verify-with", { name: content.name }) }), place);
    panel.dataset.file = one.name;
    if (one.panel?.isConnected) one.panel.replaceWith(panel);
    else list.prepend(panel);
    one.panel = panel;
    try {
      const answer = await verify(one.bytes, content?.bytes, signal);
      place.replaceChildren(...report(answer));
      if (isOpen(answer, "content-not-given")) place.append(chooseContent(one));
      announce(`${one.name}: ${t(words(answer))}`);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(place, error.problem);
    }
  }

  /** A way to name what was signed, whatever it is called. */
  function chooseContent(one) {
    const input = h("input", { type: "file", hidden: true });
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      one.content = { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
      await judge(one);
    });
    return h("div", { class: "actions" }, button("page-verify-add-content", () => input.click(), { class: "primary" }), input);
  }

  return () => stop.abort();
}

/** Returns true if the name of `signature` is that of `content` with something behind it: `letter.pdf.p7s`. */
function isBeside(signature, content) {
  return signature.name.startsWith(`${content.name}.`);
}
