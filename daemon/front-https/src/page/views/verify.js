// Verifying files that anybody signed: dropped or chosen, several at once, with what was signed beside them.

import { announce } from "../announce.js";
import { Refusal } from "../api.js";
import { button, h, section } from "../dom.js";
import { dropZone, readFile } from "../files.js";
import { t } from "../texts.js";
import { onCardChange, refuse } from "../waiting.js";
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
      files.set(file.name, { ...file, isDetached: false });
    }
    for (const { name } of chosen) {
      const one = files.get(name);
      if (!one) continue;
      const signatures = [...files.values()].filter((other) => other.isDetached && isBeside(other, one));
      // What was signed is no signature itself: the one beside it is verified, with this.
      if (signatures.length > 0) one.panel?.remove();
      for (const each of signatures) if (each.beside !== one) await judge(each);
      if (signatures.length === 0) await judge(one);
    }
  }

  /** Verifies a file; with the one that it stands beside, if it needs one and that was given. */
  async function judge(one) {
    const place = h("div", { class: "view" }, h("progress", { said: { "aria-label": "page-waiting" } }));
    show(one, place);
    try {
      let answer = one.isDetached ? null : await verify(one.bytes, undefined, signal);
      if (!isShown(one)) return;
      one.isDetached ||= isOpen(answer, "content-not-given");
      one.beside = one.isDetached ? (one.content ?? nearest(one)) : undefined;
      if (one.beside) {
        one.beside.panel?.remove();
        place.before(h("p", { class: "hint", say: () => t("page-verify-with", { name: one.beside.name }) }));
      }
      if (one.isDetached && (one.beside || !answer)) answer = await verify(one.bytes, one.beside?.bytes, signal);
      if (!isShown(one)) return;
      place.replaceChildren(...report(answer));
      if (isOpen(answer, "content-not-given")) place.append(chooseContent(one));
      announce(`${one.name}: ${t(words(answer))}`);
    } catch (error) {
      if (signal.aborted || !isShown(one)) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(place, error.problem);
    }
  }

  function show(one, place) {
    const panel = section(() => one.name, place);
    panel.dataset.file = one.name;
    if (one.panel?.isConnected) one.panel.replaceWith(panel);
    else list.prepend(panel);
    one.panel = panel;
  }

  /** Returns false if the files were cleared, or another one has come under this name. */
  function isShown(one) {
    return files.get(one.name) === one;
  }

  /** File that a signature stands beside, by its name; of several the one with the longest. */
  function nearest(signature) {
    const named = [...files.values()].filter((other) => isBeside(signature, other));
    return named.sort((one, other) => other.name.length - one.name.length)[0];
  }

  /** A way to name what was signed, whatever it is called. */
  function chooseContent(one) {
    const unread = h("div");
    const input = h("input", { type: "file", hidden: true });
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      unread.replaceChildren();
      const content = await readFile(file, unread);
      if (!content) return;
      one.content = content;
      await judge(one);
    });
    return h("div", {}, h("div", { class: "actions" }, button("page-verify-add-content", () => input.click(), { class: "primary" }), input), unread);
  }

  // They are about a patient, and must not stand beside the card of another.
  onCardChange(signal, () => {
    files.clear();
    list.replaceChildren();
  });
  return () => stop.abort();
}

/**
 * Returns true if `signature` is named after `content`: with something behind the whole name, as `letter.pdf.p7s`, or, as
 * the evidence of a consent, with `evidence` in place of the extension, as `1234.evidence.p7s` beside `1234.xml`.
 */
function isBeside(signature, content) {
  const stem = content.name.replace(/\.[^.]*$/, "");
  return [`${content.name}.`, `${stem}.evidence.`].some((start) => signature !== content && signature.name.startsWith(start));
}
