// Types of the client, as a page in TypeScript sees them. Lines below `@ts-expect-error` must not compile.
import { BeiddClient, BeiddConnectionError, connect, type BeiddEvent, type Schemas } from "@beidd/client";

const beidd: BeiddClient = await connect({ name: "EMR", storage: localStorage, onState: ({ text, matchCode }) => console.log(text, matchCode) });
const identity: Schemas["IdentityAnswer"] = await beidd.readIdentity();
const few: string | undefined = (await beidd.readIdentity({ fields: "familyName" }, { signal: AbortSignal.timeout(1000) })).familyName;
const photo: Blob = await beidd.readPhoto({ cardId: identity.cardId });
const link = await beidd.therapeuticLink({ operation: "put", type: "gpconsultation", proof: "eidsigning" });
const xml: string = link.xml;
const operation: Schemas["OperationAnswer"] = await beidd.operation({ id: "x" });
for await (const event of beidd.events({ lastEventId: "1" })) {
    const { name, data }: BeiddEvent = event;
    console.log(name, data.cardId);
}
// @ts-expect-error: no such operation on links
await beidd.therapeuticLink({ operation: "puts" });
// @ts-expect-error: an operation is named by its id
await beidd.operation();
// @ts-expect-error: no such member
await beidd.readIdentity({ field: "familyName" });
// @ts-expect-error: no such answer
identity.surname;
const error = new BeiddConnectionError("notRunning", "nl");
if (error.code === "permissionDenied") console.log(few, photo, xml, operation, error.likely[0]?.nextStep);
