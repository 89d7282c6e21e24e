// A tab of either browser.

export class Tab {
    #end;

    /** `page` is Playwright's or Puppeteer's; `end` closes all that was opened for it. */
    constructor(page, end) {
        this.page = page;
        this.#end = end;
    }

    /** Navigates; returns {status, text}, or {refused} with the browser's own words. */
    async visit(url) {
        try {
            const response = await this.page.goto(url, { waitUntil: 'load', timeout: 20_000 });
            return { status: response?.status(), text: await this.page.evaluate(() => document.documentElement?.innerText ?? '') };
        } catch (error) {
            return { refused: error.message.split('\n')[0] };
        }
    }

    /** Runs a function in the page, with one argument that JSON can carry. */
    evaluate(run, argument) {
        return this.page.evaluate(run, argument);
    }

    /**
     * Calls from within the page. `options` are fetch's, and `limit`: milliseconds after which the page gives up. Returns
     * {status, type, body}, {refused, ms} or {pending: true, ms}.
     */
    fetch(url, { limit = 20_000, ...options } = {}) {
        return this.evaluate(async ({ url, limit, options }) => {
            const began = performance.now();
            const leaving = new AbortController();
            const clock = setTimeout(() => leaving.abort(), limit);
            try {
                const reply = await fetch(url, { ...options, signal: leaving.signal });
                const text = await reply.text();
                let body = text;
                try { body = JSON.parse(text); } catch { /* no JSON: as it came */ }
                return { status: reply.status, type: reply.type, body };
            } catch (error) {
                const ms = Math.round(performance.now() - began);
                return leaving.signal.aborted ? { pending: true, ms } : { refused: `${error.name}: ${error.message}`, ms };
            } finally {
                clearTimeout(clock);
            }
        }, { url, limit, options });
    }

    /** Calls the interface with a token and JSON. */
    call(url, { token, body, method = body === undefined ? 'GET' : 'POST', headers = {}, ...rest } = {}) {
        const sent = { ...headers };
        if (token !== undefined) sent.authorization = `Bearer ${token}`;
        if (body !== undefined) sent['content-type'] = 'application/json';
        return this.fetch(url, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body), ...rest });
    }

    /** What the page is told about its permission to call this computer. */
    permission() {
        return this.evaluate(async () => {
            for (const name of ['loopback-network', 'local-network-access']) {
                try { return (await navigator.permissions.query({ name })).state; } catch { /* not known to this browser */ }
            }
            return 'unknown';
        });
    }

    async screenshot(path) {
        await this.page.screenshot({ path });
        return path;
    }

    close() {
        return this.#end();
    }
}
