// A file that a viewer of cards saved. Nobody vouches for it, so that it is shown apart from the card, in a view of its own
// that knows nothing of the readers.

import { Refusal, post } from "../api.js";
import { announce } from "../announce.js";
import { base64, button, h, octets, section } from "../dom.js";
import { dropZone } from "../files.js";
import { t } from "../texts.js";
import { refuse } from "../waiting.js";
import { certificateTable, checkList, verdict } from "./checks.js";
import { addressLines, cardPanel, person, showPhoto } from "./holder.js";

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const shown = h("div", { class: "view" });
  let photo = "";
  let latest = 0;

  /** Clears what is shown; an answer that is still on its way is shown no more. */
  function clear() {
    latest += 1;
    if (photo) URL.revokeObjectURL(photo);
    photo = "";
    delete shown.dataset.record;
    shown.replaceChildren();
  }

  async function take([file]) {
    clear();
    const mine = latest;
    try {
      const record = await post("/v1/exported-records", { content: base64(file.bytes) }, { signal: stop.signal });
      if (mine === latest) photo = show(record, file.name, shown, clear);
    } catch (error) {
      if (stop.signal.aborted || mine !== latest) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(shown, error.problem);
    }
  }

  body.replaceChildren(
    h("p", { class: "reader-text", say: "page-record-intro" }),
    h("div", { class: "form" }, dropZone("page-record-drop", false, take)),
    shown,
  );
  return () => {
    stop.abort();
    clear();
  };
}

/** Shows a record, and returns the address of its photo, if there is one. */
function show({ authenticity, identity, address = {}, photo, certificates = [] }, name, place, clear) {
  const { outcome, checks } = authenticity;
  const who = h("div", { class: "person" }, ...person(identity));
  const left = h("div", { class: "column" });
  // A file may leave out the rest: that says nothing of the card.
  if (Object.keys(address).length > 0) left.append(section("page-part-address", addressLines(address)));
  const ofCard = cardPanel(identity);
  if (ofCard.querySelector("dd")) left.append(ofCard);
  const right = h("div", { class: "column" });
  if (checks.length > 0) right.append(section("page-part-checks", checkList(checks)));
  if (certificates.length > 0) right.append(section("page-part-certificates", certificateTable(certificates)));
  const file = h("div", { class: "waiting" }, h("span", { class: "strong" }, name), button("page-record-close", clear));
  // Never in green: right or wrong, it is a file, and no card was here.
  const manner = outcome === "failed" ? "failed" : "unknown";
  place.replaceChildren(verdict(manner, [], `page-record-${outcome}`), file, who, h("div", { class: "columns" }, left, right));
  place.dataset.record = outcome;
  announce(`${t(`page-record-${outcome}`)}. ${t(`page-record-${outcome}-detail`)}`);
  if (photo) return showPhoto(who, new Blob([octets(photo)], { type: "image/jpeg" }));
  who.querySelector("[data-photo]").remove();
  who.classList.add("faceless");
  return "";
}
