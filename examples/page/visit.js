// A patient at the desk, in a web page: reads the patient, has a therapeutic link signed, makes a consent, and ends both.
import { BeiddRefusal, connect } from "@beidd/client";

const SCOPES = ["readers", "identity.full", "proof.therlink", "proof.consent"];

/**
 * Runs one visit.
 * @param {(line: string) => void} report shows a line that stays
 * @param {(text: string) => void} wait shows what is being waited for
 * @param {import("@beidd/client").ConnectOptions} [options]
 * @returns {Promise<"done" | "refused" | "wrong PIN" | "failed">}
 */
export async function visit(report, wait, options) {
    try {
        // In `sessionStorage` the page stays known to the daemon until its tab is closed.
        const beidd = await connect({
            name: "Example practice", scopes: SCOPES, storage: sessionStorage, onState: ({ text }) => wait(text), ...options,
        });
        const { cardId, familyName, birthDate, authenticity } = await beidd.readIdentity();
        report(`patient: ${familyName} ${birthDate} ${authenticity.outcome}`);
        // From here on, this card or none: if it is changed, calls are refused (`card-removed`).
        const type = "gpconsultation";
        const link = await beidd.therapeuticLink({ cardId, operation: "put", type, proof: "eidsigning" });
        report(`link: ${link.proof?.type}`);
        const consent = await beidd.consent({ cardId, operation: "put" });
        report(`consent: ${consent.xml.includes("PutPatientConsentRequest") ? "made" : "?"}`);
        // `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
        const { start: startDate, end: endDate } = link.period ?? {};
        const days = { ...(startDate && { startDate }), ...(endDate && { endDate }) };
        const ended = await beidd.therapeuticLink({ cardId, operation: "revoke", type, proof: "eidreading", ...days });
        const withdrawn = await beidd.consent({ cardId, operation: "revoke" });
        report(`revoked: ${[ended, withdrawn].every(({ xml }) => xml.includes("Revoke")) ? "both" : "?"}`);
        return "done";
    } catch (error) {
        return understand(error, report);
    }
}

/** @param {any} error @param {(line: string) => void} report */
function understand(error, report) {
    if (error instanceof BeiddRefusal && error.code === "pin-incorrect") {
        report(`wrong PIN, tries left: ${error.triesLeft}`);
        return "wrong PIN";
    }
    if (error instanceof BeiddRefusal && ["user-declined", "user-timeout"].includes(error.code)) {
        report("refused, nothing is signed");
        return "refused";
    }
    // Every error of the client has a sentence for the person, and those of the connection the next thing to do.
    report([error.text ?? String(error), error.nextStep].filter(Boolean).join(" "));
    return "failed";
}
