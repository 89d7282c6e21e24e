// Calls to the daemon. The token is a variable of this module and nowhere else: not in storage, not in an address.

import { language } from "./texts.js";

let token = "";
let exports = [];

/** An error that the daemon answered with, or none at all. */
export class Refusal extends Error {
  constructor(problem) {
    super(problem.code);
    this.code = problem.code;
    this.problem = problem;
  }
}

/** Exchanges the code of the address for the session of this page. */
export async function startSession(code) {
  ({ token, exports } = await post("/v1/page-sessions", { code }));
}

/** Returns true if the settings let a holder's data be taken along in this way. */
export function mayExport(form) {
  return exports.includes(form);
}

/** Forgets the token. */
export function endSession() {
  token = "";
}

/** Returns true once there is a session. */
export function hasSession() {
  return token !== "";
}

/** Members of an answer. */
export async function get(path, options = {}) {
  return (await call("GET", path, options)).json();
}

/** Octets or text of an answer, in one media type. */
export async function getBlob(path, accept, options = {}) {
  return (await call("GET", path, { ...options, accept })).blob();
}

/** Members of the answer to a request with a body. */
export async function post(path, members, options = {}) {
  return (await call("POST", path, { ...options, members })).json();
}

/** Cancels or removes something. */
export async function remove(path) {
  return (await call("DELETE", path, {})).json();
}

/** A call that waits for a person: begins it, and returns the members of the operation. */
export async function begin(path, members) {
  return post(path, members, { prefer: "respond-async" });
}

/** Sends one request. Errors are [`Refusal`]s; `no-service` if nobody answered. */
export async function call(method, path, { members, signal, accept, prefer, lastEventId }) {
  const headers = { "Accept-Language": language() };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (accept) headers.Accept = accept;
  if (prefer) headers.Prefer = prefer;
  if (lastEventId) headers["Last-Event-ID"] = lastEventId;
  let body;
  if (members !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(members);
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body, signal, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal({ code: "no-service" });
  }
  if (response.ok) return response;
  throw new Refusal(await problem(response));
}

/** Problem document of a response that is an error. */
async function problem(response) {
  try {
    return await response.json();
  } catch {
    return { code: "no-service" };
  }
}
