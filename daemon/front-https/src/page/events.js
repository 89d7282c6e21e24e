// The stream of events, read by hand: EventSource cannot send a token, and a token must not stand in an address.

import { call } from "./api.js";

/** Pauses between attempts, in milliseconds; the last one repeats. */
const PAUSES = [500, 1000, 2000, 5000, 10_000];

/**
 * Follows the events for as long as the page lives.
 *
 * `handlers.event(name, data)` is told each event, `handlers.open()` that the stream has begun, so that the state has to be
 * read, and `handlers.lost(refusal)` that it has ended; that one returns false to give up.
 */
export async function follow(handlers) {
  let lastEventId;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const response = await call("GET", "/v1/events", { accept: "text/event-stream", lastEventId });
      attempt = 0;
      handlers.open();
      for await (const event of events(response.body)) {
        lastEventId = event.id || lastEventId;
        handlers.event(event.name, event.data);
      }
      if (!handlers.lost(null)) return;
    } catch (refusal) {
      if (!handlers.lost(refusal)) return;
    }
    await new Promise((resume) => setTimeout(resume, PAUSES[Math.min(attempt, PAUSES.length - 1)]));
  }
}

/** Events of a stream (WHATWG HTML, 9.2.6). */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { name: "message", data: "", id: "" };
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (event.data) yield { ...event, data: JSON.parse(event.data) };
          event = { name: "message", data: "", id: "" };
        } else {
          const [, field, text] = /^([^:]*):? ?(.*)$/.exec(line);
          if (field === "event") event.name = text;
          else if (field === "data") event.data += text;
          else if (field === "id") event.id = text;
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
