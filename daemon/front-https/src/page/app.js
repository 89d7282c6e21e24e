// The page: session, language, views, and the notices above them.

import { Refusal, startSession } from "./api.js";
import { desk } from "./desk.js";
import { button, controlId, h } from "./dom.js";
import { watchReviews } from "./reviews.js";
import { LANGUAGES, label, labelAttribute, preferred, speak, t } from "./texts.js";

/** Views by their name in the address. Each module exports `open(main)`, which returns a function that closes it. */
const VIEWS = [
  ["card", () => import("./views/card.js")],
  ["consent", () => import("./views/consent.js")],
  ["link", () => import("./views/link.js")],
  ["exclusion", () => import("./views/exclusion.js")],
  ["sign", () => import("./views/sign.js")],
  ["verify", () => import("./views/verify.js")],
  ["evidence", () => import("./views/evidence.js")],
  ["access", () => import("./views/access.js")],
  ["trust", () => import("./views/trust.js")],
  ["doctor", () => import("./views/doctor.js")],
  ["answer", () => import("./views/answer.js")],
  ["record", () => import("./views/record.js")],
  ["reading", () => import("./views/reading.js")],
  ["report", () => import("./views/report.js")],
];

/** Views that another one leads to, and that have no place of their own in the bar. */
const BELOW = { record: "card", reading: "card", report: "evidence" };

const main = document.getElementById("main");
const notices = document.getElementById("notices");

let close = () => {};
let shown = "";

/** The code in the address, which is taken out of it at once so that it stands in no history. */
function takeCode() {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code) history.replaceState(null, "", "/");
  return code;
}

async function begin(code) {
  if (!code) return "session-missing";
  try {
    await startSession(code);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code === "no-service" ? "no-service" : "session-used";
    throw error;
  }
}

function languages() {
  const select = document.getElementById("language");
  for (const [tag, name] of LANGUAGES) select.append(h("option", { value: tag, lang: tag }, name));
  select.value = preferred();
  select.addEventListener("change", async () => {
    await speak(select.value);
    title();
  });
  return select.value;
}

function views() {
  const nav = document.getElementById("views");
  labelAttribute(nav, "aria-label", "page-views");
  label(document.querySelector("label[for=language]"), "page-language");
  const skip = document.getElementById("skip");
  label(skip, "page-skip");
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  for (const [name] of VIEWS.filter(([name]) => !BELOW[name])) nav.append(h("a", { href: `#/${name}`, say: `page-view-${name}` }));
  addEventListener("hashchange", () => show(true));
}

async function show(moves) {
  const name = VIEWS.find(([known]) => location.hash === `#/${known}`)?.[0] ?? "card";
  shown = name;
  const view = await VIEWS.find(([known]) => known === name)[1]();
  // Another view was chosen while this one was loaded.
  if (shown !== name) return;
  close();
  for (const link of document.querySelectorAll("#views a")) {
    if (link.hash === `#/${BELOW[name] ?? name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = h("h1", { say: `page-view-${name}` });
  heading.id = controlId();
  const body = h("div", { class: "view" });
  main.replaceChildren(heading, body);
  main.setAttribute("aria-labelledby", heading.id);
  close = view.open(body) ?? (() => {});
  title();
  if (moves) {
    main.focus();
    scrollTo(0, 0);
  }
}

function title() {
  const forgotten = notices.querySelector("[data-forgotten]") ? `${t("page-forgotten-title")} · ` : "";
  document.title = `${forgotten}${t(`page-view-${shown || "card"}`)} · beidd`;
}

/** Opens the view anew once the session has ended: what forms were told, and files that were dropped, go with it. */
function watchSession() {
  let over = false;
  desk.addEventListener("change", () => {
    const was = over;
    over = desk.name.startsWith("session-");
    if (over && !was) show(false);
  });
}

/** The notices: invented people, and a card that was forgotten. */
function watchDesk() {
  const simulated = h("p", { class: "notice", say: "page-simulated" });
  const forgotten = h("div", { class: "notice warning", "data-forgotten": "" }, h("p", { say: "page-forgotten" }));
  forgotten.append(button("page-forgotten-still-here", () => forgotten.remove()));
  desk.addEventListener("change", () => {
    if (desk.simulated) notices.prepend(simulated);
    else simulated.remove();
  });
  desk.addEventListener("forgotten", ({ detail }) => {
    if (detail) notices.append(forgotten);
    else forgotten.remove();
    title();
  });
}

const code = takeCode();
await speak(languages());
views();
watchDesk();
watchReviews(notices);
const missing = await begin(code);
await show(false);
if (missing) desk.refuse(missing);
else desk.start();
watchSession();
