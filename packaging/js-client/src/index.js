/**
 * Client of beidd, the Belgian eID daemon for care.
 *
 * {@link connect} finds the daemon on this computer, pairs the page with it, and gives a {@link BeiddClient} with one
 * method for each operation.
 */
export { BeiddClient, connect } from "./client.js";
export { BeiddConnectionError, BeiddError, BeiddRefusal } from "./errors.js";
export { openDaemonPage } from "./find.js";
export { OPERATIONS } from "./operations.js";
export { callByRedirect, redirectAnswer } from "./redirect.js";
export { LANGUAGES } from "./texts.js";

/**
 * @typedef {import("./client.js").ConnectOptions} ConnectOptions
 * @typedef {import("./calls.js").CallOptions} CallOptions
 * @typedef {import("./calls.js").OperationId} OperationId
 * @typedef {import("./errors.js").ConnectionCode} ConnectionCode
 * @typedef {import("./events.js").BeiddEvent} BeiddEvent
 * @typedef {import("./states.js").BeiddState} BeiddState
 * @typedef {import("./storage.js").TextStorage} TextStorage
 * @typedef {import("./texts.js").Language} Language
 * @typedef {import("../types/openapi.js").components["schemas"]} Schemas
 */
