// The main job with a client that was generated from docs/openapi.json: reads a patient, has a link signed, meets an error.
// BEIDD_URL and BEIDD_TOKEN say where and who; NODE_EXTRA_CA_CERTS names the authority.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { env: Record<string, string | undefined> };

function check(holds: unknown, what: string): asserts holds {
    if (!holds) throw new Error(what);
}

const client = createClient<paths, "application/json" | "application/problem+json">({
    baseUrl: process.env.BEIDD_URL ?? "",
    headers: { Authorization: `Bearer ${process.env.BEIDD_TOKEN}` },
});
const current = { params: { path: { cardId: "current" } } };

const status = await client.GET("/v1/status");
check(status.data?.simulated === true, "simulated");
const readers = await client.GET("/v1/readers");
const card: components["schemas"]["CardAnswer"] | null | undefined = readers.data?.readers[0]?.card;
check(card?.status === "ready", "a card is ready");

const identity = await client.GET("/v1/cards/{cardId}/identity", current);
check(identity.data?.cardId === card.id && identity.data.familyName, "an identity");
check(identity.data.authenticity.outcome === "passed", "an authentic one");
const few = await client.GET("/v1/cards/{cardId}/identity", {
    params: { path: { cardId: "current" }, query: { fields: "gender,birthDate" } },
});
check(few.data?.gender === identity.data.gender && few.data?.familyName === undefined, "two members of it");

const summary = await client.GET("/v1/cards/{cardId}/summary", current);
check(summary.data?.address.municipality && summary.data.checks.length >= 3, "a summary");
const photo = await client.GET("/v1/cards/{cardId}/photo", { ...current, parseAs: "arrayBuffer" });
check(photo.data && new Uint8Array(photo.data)[0] === 0xff, "a photo");

const link = await client.POST("/v1/therapeutic-links", {
    body: { operation: "put", type: "gpconsultation", proof: "eidsigning" },
});
check(link.data && "xml" in link.data && link.data.xml.includes("PutTherapeuticLinkRequest"), "a link");
check(link.data.proof?.cms, "a signature");

const gone = await client.GET("/v1/cards/{cardId}/identity", { params: { path: { cardId: "0".repeat(32) } } });
check(gone.error?.code === "not-found" && !gone.error.retriable, "a problem");
console.log("read, signed, refused");
