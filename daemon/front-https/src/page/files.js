// Files that a person drops or chooses. They are read here, and go nowhere but to the daemon on this computer.

import { announce } from "./announce.js";
import { button, controlId, h, save } from "./dom.js";
import { size, t } from "./texts.js";

/** Types that browsers show without running anything in them. */
const SHOWN = ["application/pdf", "image/jpeg", "image/png", "text/plain"];

/**
 * A place to drop files on, with a button for those who do not drop. `take` is given those that can be read, each as
 * `{name, type, bytes}`; the others are named in the place itself. Where one file is taken, the last one counts.
 */
export function dropZone(say, multiple, take) {
  const input = h("input", { type: "file", multiple, hidden: true });
  const unread = h("div");
  let latest = 0;

  async function read(files) {
    latest += 1;
    const mine = latest;
    unread.replaceChildren();
    if (files.length === 0) complain(unread, "page-file-none");
    const taken = [];
    for (const file of files) {
      const one = await readFile(file, unread);
      if (one) taken.push(one);
    }
    if (taken.length > 0 && (multiple || mine === latest)) await take(taken);
  }

  input.addEventListener("change", () => {
    read([...input.files]);
    // The same file may be chosen again after a change.
    input.value = "";
  });
  const words = h("p", { id: controlId(), say });
  // The browser's own button would speak the browser's language.
  const choose = button("page-choose-file", () => input.click(), { "aria-describedby": words.id });
  const zone = h("div", { class: "drop" }, words, choose, input, unread);
  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    read([...event.dataTransfer.files].slice(0, multiple ? undefined : 1));
  });
  return zone;
}

/** Reads a file; nothing if it cannot be read, which `place` then says: a folder, or a file that is gone or locked. */
export async function readFile(file, place) {
  try {
    return { name: file.name, type: file.type, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch {
    complain(place, "page-file-unreadable", { name: file.name });
    return null;
  }
}

function complain(place, id, values) {
  place.append(h("p", { class: "note failed", "data-unread": "", say: () => t(id, values) }));
  announce(t(id, values));
}

/** SHA-256 of octets, lower-case hex. */
export async function sha256(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** Octets in lower-case hex. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One file in a list: name, type, size if that is known, and digest; with these buttons. */
export function fileRow({ name, type, size: length, digest }, ...actions) {
  const words = () => (length === undefined ? type : `${type}, ${size(length)}`);
  const what = h("div", {}, h("p", { class: "strong" }, name), h("p", { class: "hint", say: words }));
  return h("li", {}, what, h("div", { class: "actions" }, actions), h("p", { class: "digest" }, digest));
}

/**
 * Opens the page's own copy of a file: in another tab if browsers only show its type, else as a file to save. Nothing in
 * it runs with the rights of this page.
 */
export function open({ name, type, bytes }) {
  const [essence] = type.toLowerCase().split(";", 1);
  if (!SHOWN.includes(essence.trim())) {
    save(name, "application/octet-stream", bytes);
    return;
  }
  // Otherwise the browser guesses the letters.
  const shown = essence.trim() === "text/plain" ? "text/plain;charset=utf-8" : essence.trim();
  const url = URL.createObjectURL(new Blob([bytes], { type: shown }));
  const link = h("a", { href: url, target: "_blank", rel: "noopener noreferrer" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

// A file that misses the zone would replace the page, and end its session.
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
