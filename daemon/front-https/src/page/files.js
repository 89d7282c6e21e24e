// Files that a person drops or chooses. They are read here, and go nowhere but to the daemon on this computer.

import { button, controlId, h } from "./dom.js";

/** A place to drop files on, with a button for those who do not drop. `take` is given the files. */
export function dropZone(say, multiple, take) {
  const input = h("input", { type: "file", multiple, hidden: true });
  input.addEventListener("change", () => {
    take([...input.files]);
    // The same file may be chosen again after a change.
    input.value = "";
  });
  const words = h("p", { id: controlId(), say });
  // The browser's own button would speak the browser's language.
  const choose = button("page-choose-file", () => input.click(), { "aria-describedby": words.id });
  const zone = h("div", { class: "drop" }, words, choose, input);
  for (const type of ["dragenter", "dragover"]) {
    zone.addEventListener(type, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.files].slice(0, multiple ? undefined : 1));
  });
  return zone;
}

/** SHA-256 of octets, lower-case hex. */
export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A file that misses the zone would replace the page, and end its session.
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
