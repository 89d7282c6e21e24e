// Runs a script as a web page would, without a browser: usage `in_page.mjs SCRIPT PORT`. The page is https://emr.example,
// its texts go to standard output, and so does what it sends to its own server.
import { resolve } from "node:path";
import { fetchOf, Drawer } from "./page.mjs";

const [script, port] = process.argv.slice(2);
const element = {
    set textContent(text) {
        console.log(text);
    },
};
const reach = fetchOf("https://emr.example");
globalThis.document = { querySelector: () => element };
// The page remembers a port, as after an earlier visit: the daemon of a test has one of its own.
globalThis.sessionStorage = new Drawer([["beidd.port", port]]);
globalThis.navigator ??= { language: "en" };
globalThis.fetch = async (url, init) => {
    if (String(url).startsWith("https://localhost:")) {
        return reach(url, init);
    }
    console.log(`sent: ${init.body}`);
    return new Response(undefined, { status: 204 });
};
await import(resolve(script));
