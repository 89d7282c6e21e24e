/** Making a page known to the daemon. */
import { answerOf } from "./calls.js";
import { BeiddRefusal } from "./errors.js";
import { pause } from "./time.js";

/** Interval at which the person's answer is asked for, in milliseconds. */
const LOOK_AGAIN = 1000;

/**
 * Sends a call about a pairing.
 * @typedef {(id: "pair" | "pairing" | "revoke-pairing", input: object, signal?: AbortSignal) => Promise<Response>} PairingExchange
 */

/**
 * Asks the daemon to let the page in, and waits until a person has answered. A page that an administrator has listed is
 * let in at once. If the signal ends the wait, the question is taken back.
 * @param {PairingExchange} exchange
 * @param {object} asked name, scopes and days
 * @param {object} course
 * @param {AbortSignal | undefined} course.signal
 * @param {(matchCode: string) => void} course.waiting
 * @param {(code: "pairingRefused" | "pairingExpired") => Error} course.ended
 * @returns {Promise<{ token: string, expiresAt?: string }>}
 */
export async function askPairing(exchange, asked, { signal, waiting, ended }) {
    let pairing = await answerOf(await exchange("pair", asked, signal));
    const { id, matchCode } = pairing;
    try {
        while (pairing.state === "waitingForUser") {
            waiting(String(matchCode ?? ""));
            await pause(LOOK_AGAIN, signal);
            pairing = await answerOf(await exchange("pairing", { id }, signal));
        }
    } catch (error) {
        if (signal?.aborted) {
            await exchange("revoke-pairing", { id }).catch(() => {});
        }
        // The daemon forgets questions that nobody answered, and all of them when it starts anew.
        throw error instanceof BeiddRefusal && error.code === "not-found" ? ended("pairingExpired") : error;
    }
    if (pairing.state === "granted" && typeof pairing.token === "string") {
        return pairing;
    }
    throw ended(pairing.state === "refused" ? "pairingRefused" : "pairingExpired");
}
