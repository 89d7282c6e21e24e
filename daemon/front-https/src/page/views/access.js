// Websites and programs that may call, and their end.

import { Refusal, get, remove } from "../api.js";
import { announce } from "../announce.js";
import { desk } from "../desk.js";
import { button, facts, h, section } from "../dom.js";
import { day, has, moment, t } from "../texts.js";
import { refuse } from "../waiting.js";

/** Opens the view. */
export function open(body) {
  const stop = new AbortController();
  const { signal } = stop;
  const said = h("div");
  const lists = h("div", { class: "view" });
  body.replaceChildren(h("p", { class: "reader-text", say: "page-access-intro" }), said, lists);

  async function load() {
    try {
      const [pages, programs] = await Promise.all([get("/v1/pairings", { signal }), get("/v1/tokens", { signal })]);
      lists.replaceChildren(
        list("page-access-sites", "page-access-no-sites", pages.pairings.map(site)),
        list("page-access-allowed", "page-access-no-allowed", pages.allowed.map(allowed)),
        list("page-access-programs", "page-access-no-programs", programs.tokens.map(program)),
        list("page-access-silenced", "page-access-no-silenced", pages.silenced.map(silenced)),
      );
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refuse(lists, error.problem);
    }
  }

  function site(one) {
    const rows = [
      ["page-access-name", one.name],
      ["page-access-scopes", scopes(one.scopes)],
      ["page-access-until", () => moment(one.expiresAt)],
      ["page-access-last-used", lastUsed(one)],
    ];
    return entry(one.origin, rows, () => revoke(`/v1/pairings/${one.id}`, one.origin));
  }

  function allowed(one) {
    return entry(one.origin, [["page-access-scopes", scopes(one.scopes)], ["page-access-ground", () => t(`page-access-ground-${one.ground}`)]]);
  }

  function program(one) {
    const rows = [
      ["page-access-scopes", scopes(one.scopes)],
      ["page-access-since", () => moment(one.createdAt)],
      ["page-access-until", () => (one.expiresAt ? moment(one.expiresAt) : t("page-access-revoked-only"))],
      ["page-access-last-used", lastUsed(one)],
    ];
    return entry(one.name, rows, () => revoke(`/v1/tokens/${encodeURIComponent(one.name)}`, one.name));
  }

  function silenced(one) {
    const until = () => (one.until ? moment(one.until) : t("page-access-silenced-for-good"));
    const rows = [["page-access-since", () => moment(one.since)], ["page-access-until", until]];
    const again = button("page-access-unsilence", () => unsilence(one.caller), {
      said: { "aria-label": () => t("page-access-unsilence-of", { name: one.caller }) },
    });
    return entry(one.caller, rows, again);
  }

  /** Lets a caller open dialogs again: that does no harm, so nobody is asked twice. */
  async function unsilence(caller) {
    await change(`/v1/silenced/${encodeURIComponent(caller)}`, "page-access-unsilenced", caller);
  }

  /** Ends one access, once the person has said so a second time: there is no way back. */
  function revoke(path, name) {
    return change(path, "page-access-ended", name);
  }

  async function change(path, done, name) {
    try {
      await remove(path);
      said.replaceChildren(h("p", { class: "note good", say: () => t(done, { name }) }));
      announce(t(done, { name }));
      await load();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(said, error.problem);
    }
  }

  desk.addEventListener("pairings", load, { signal });
  load();
  return () => stop.abort();
}

function list(say, none, entries) {
  return section(say, entries.length ? h("ul", { class: "files" }, entries) : h("p", { class: "hint", say: none }));
}

/** One caller; `end` is a button, or what a button does that asks once more before it ends the access. */
function entry(name, rows, end) {
  const item = h("li", {}, h("p", { class: "strong" }, name));
  if (end instanceof Node) {
    item.append(h("div", { class: "actions" }, end));
  } else if (end) {
    const actions = h("div", { class: "actions" });
    const first = button("page-access-end", () => {
      actions.replaceChildren(sure, keep);
      sure.focus();
    }, { said: { "aria-label": () => t("page-access-end-of", { name }) } });
    const sure = button("page-access-end-sure", end, { class: "primary", said: { "aria-label": () => t("page-access-end-sure-of", { name }) } });
    const keep = button("dialog-cancel", () => {
      actions.replaceChildren(first);
      first.focus();
    });
    actions.append(first);
    item.append(actions);
  }
  item.append(facts(rows));
  return item;
}

/** Day of the last use of a token. */
function lastUsed(one) {
  return () => (one.lastUsed ? day(one.lastUsed) : t("page-access-never"));
}

/** Scopes in words; a newer one by its name. */
function scopes(words) {
  const rows = words.map((word) => {
    // Names of texts have no full stops.
    const id = `scope-${word.replaceAll(".", "-")}`;
    return h("li", { say: () => (has(id) ? t(id) : word) });
  });
  return h("ul", {}, rows);
}
