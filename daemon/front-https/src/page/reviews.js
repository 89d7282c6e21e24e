// Files about which a dialog is open on this computer, asked for by a website or a program: a person can look at the page's
// own copy of each before deciding there.

import { announce } from "./announce.js";
import { Refusal, get } from "./api.js";
import { desk } from "./desk.js";
import { button, h, octets } from "./dom.js";
import { fileRow, hex, open, sha256 } from "./files.js";
import { t } from "./texts.js";

/** Shows the files among the notices, for as long as they are asked about. */
export function watchReviews(notices) {
  const stand = h("div", { class: "reviews" });
  notices.append(stand);
  let latest = 0;
  let known = new Set();

  function show(reviews) {
    stand.replaceChildren(...reviews.map(notice));
    const added = reviews.find(({ id }) => !known.has(id));
    known = new Set(reviews.map(({ id }) => id));
    if (added) announce(asks(added));
  }

  desk.addEventListener("change", () => {
    if (!isOver(desk.name)) return;
    // An answer that is still on its way would bring them back.
    latest += 1;
    show([]);
  });
  desk.addEventListener("reviews", async () => {
    latest += 1;
    const mine = latest;
    const reviews = await current();
    // An older answer must not bring back what has ended.
    if (mine === latest) show(reviews);
  });
}

/** Returns true if nothing is asked any more in this state of the desk: neither session nor service is there. */
function isOver(name) {
  return name.startsWith("session-") || name === "no-service" || name === "draining";
}

/** The lists that are asked about now; none once the session has ended. */
async function current() {
  try {
    return (await get("/v1/reviews")).reviews;
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

/** The sentence that says who asks. */
function asks({ website, program }) {
  if (website) return t("page-review-site", { website });
  if (program) return t("page-review-program", { program });
  return t("page-review-page");
}

function notice(review) {
  const said = h("p", { class: "note failed", hidden: true });
  const rows = review.documents.map((one) => row(review, one, said));
  return h("section", { class: "notice", "data-review": "" }, h("p", { say: () => asks(review) }), h("ul", { class: "files" }, rows), said);
}

function row(review, one, said) {
  const digest = hex(octets(one.digest.value));
  const file = { name: one.name, type: one.mediaType, size: one.size, digest: `${one.digest.algorithm} ${digest}` };
  if (one.size === undefined) return fileRow(file);
  const path = `/v1/reviews/${review.id}/documents/${one.number}`;
  return fileRow(file, button("page-file-look", () => look(path, one, digest, said)));
}

/** Opens one file, if it is the one of which the dialog shows the digest. */
async function look(path, one, digest, said) {
  said.hidden = true;
  try {
    const bytes = octets((await get(path)).content);
    if ((await sha256(bytes)) !== digest) throw new Refusal({ code: "internal", detail: t("page-review-other-file") });
    open({ name: one.name, type: one.mediaType, bytes });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    said.textContent = error.problem.detail ?? t("page-review-ended");
    said.hidden = false;
  }
}
