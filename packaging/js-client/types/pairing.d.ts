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
export function askPairing(exchange: PairingExchange, asked: object, { signal, waiting, ended }: {
    signal: AbortSignal | undefined;
    waiting: (matchCode: string) => void;
    ended: (code: "pairingRefused" | "pairingExpired") => Error;
}): Promise<{
    token: string;
    expiresAt?: string;
}>;
/**
 * Sends a call about a pairing.
 */
export type PairingExchange = (id: "pair" | "pairing" | "revoke-pairing", input: object, signal?: AbortSignal) => Promise<Response>;
