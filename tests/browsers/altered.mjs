// Answers of the daemon that are altered on their way to its own page, to show what this desk cannot bring about.

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
            const { held, status = 200, members, check } = alterations.get(end);
            if (held) {
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

/**
 * Alters answers at paths with this end, until the returned function is called: `members` replace the answer's own, `check`
 * replaces members of each check, `status` makes it a refusal with these members, and `held` keeps the call waiting.
 */
export async function altered(tab, end, alteration) {
    await tab.evaluate(([end, alteration]) => { globalThis.beiddTest.set(end, alteration); }, [end, alteration]);
    return () => tab.evaluate((end) => { globalThis.beiddTest.delete(end); }, end);
}
