// Connects the buttons of the page.
import { openDaemonPage } from "@beidd/client";
import { visit } from "./visit.js";

const at = (id) => document.getElementById(id);

at("visit").addEventListener("click", async () => {
    at("visit").disabled = true;
    at("lines").replaceChildren();
    const report = (line) => at("lines").append(Object.assign(document.createElement("li"), { textContent: line }));
    const outcome = await visit(report, (text) => { at("wait").textContent = text; });
    at("wait").textContent = "";
    // Where the browser hides the reason, the daemon's own page shows whether it runs and is trusted.
    at("help").hidden = outcome !== "failed";
    at("visit").disabled = false;
});
at("help").addEventListener("click", () => openDaemonPage());
// Without the client none of this runs, and the page goes on saying so.
at("wait").textContent = "";
at("visit").disabled = false;
