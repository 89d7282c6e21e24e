// Answers of the daemon that are altered on their way to its own page, to show what this desk cannot bring about.

import { eventually } from './facts.mjs';

/** Puts the page's calls through `alterations`; before the tab visits the page. */
export async function prepare(tab) {
    await tab.page.addInitScript(() => {
        const real = globalThis.fetch.bind(globalThis);
        const alterations = new Map();
        const named = (address) => [...alterations.keys()].find((end) => new URL(address, location.href).pathname.endsWith(end));
        globalThis.beiddTest = alterations;
        globalThis.fetch = async (address, options) => {
            const end = named(address);
            if (end === undefined) return real(address, options);
            const alteration = alterations.get(end);
            const { held, status = 200, members, check } = alteration;
            if (held) {
                alteration.holds = true;
                while (alterations.has(end)) await new Promise((resume) => { setTimeout(resume, 20); });
                return real(address, options);
            }
            const body = status === 200 ? await (await real(address, options)).json() : {};
            Object.assign(body, members);
            const judged = [body, body.authenticity].filter((one) => one?.checks);
            if (check) {
                for (const one of judged) one.checks = one.checks.map((old) => ({ ...old, reason: undefined, ...check }));
                if (body.authenticity) body.authenticity.outcome = check.outcome;
            }
            return Response.json(body, { status });
        };
    });
}

/** Waits until a call is kept waiting at paths with this end: what happens next happens behind it. */
export async function holds(tab, end) {
    await eventually(`a call of ${end} waits`, () => tab.evaluate((end) => globalThis.beiddTest.get(end)?.holds === true, end));
}

/**
 * Alters answers at paths with this end, until the returned function is called: `members` replace the answer's own, `check`
 * replaces members of each check, `status` makes it a refusal with these members, and `held` keeps the call waiting.
 */
export async function altered(tab, end, alteration) {
    await tab.evaluate(([end, alteration]) => { globalThis.beiddTest.set(end, alteration); }, [end, alteration]);
    return () => tab.evaluate((end) => { globalThis.beiddTest.delete(end); }, end);
}
