/** Waiting that can be given up. */
/**
 * Waits, or throws the signal's reason as soon as it is aborted.
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void>;
/**
 * Waits for a promise, or throws the signal's reason as soon as it is aborted.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} signal
 * @returns {Promise<T>}
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T>;
