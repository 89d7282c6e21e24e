// Writes the generated files of this package: `types/` and `src/operations.js`, from the OpenAPI document.
//
// usage: node generate.mjs PACKAGE DOCUMENT MODULES
//   PACKAGE   directory of the package to write to
//   DOCUMENT  docs/openapi.json
//   MODULES   node_modules with openapi-typescript and typescript, at the versions in tests/tools/npm/package.json
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [target, documentFile, modules] = process.argv.slice(2);
const document = JSON.parse(readFileSync(documentFile, "utf8"));

const resolved = (part) => (part.$ref ? part.$ref.slice(2).split("/").reduce((found, name) => found[name], document) : part);
const camel = (id) => id.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

function rowOf(path, method, operation) {
    const parameters = (operation.parameters ?? []).map(resolved);
    const takes = (header) => parameters.some((one) => one.in === "header" && one.name === header);
    const success = Object.entries(operation.responses).find(([status]) => /^2/.test(status) && status !== "202")?.[1];
    return {
        method: method.toUpperCase(),
        path,
        query: parameters.filter((one) => one.in === "query").map((one) => one.name),
        body: operation.requestBody !== undefined,
        open: (operation.security ?? document.security).some((way) => Object.keys(way).length === 0),
        waits: takes("Prefer"),
        keyed: takes("Idempotency-Key"),
        answer: Object.keys(success?.content ?? { "application/json": {} })[0],
    };
}

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).filter(([method]) => /^(get|post|put|delete)$/.test(method))
        .map(([method, operation]) => ({ id: operation.operationId, operation, row: rowOf(path, method, operation) })));

// Pairing and the stream of events have methods of their own, in client.js.
const called = operations.filter(({ id, row }) => id !== "pair" && row.answer !== "text/event-stream");

const rows = operations.map(({ id, row }) => `    ${JSON.stringify(id)}: ${JSON.stringify(row)},`).join("\n");
const methods = called.map(({ id, operation }) => {
    const scope = operation["x-scope"] ? ` Scope: \`${operation["x-scope"]}\`.` : "";
    return `    /**
     * ${sentence(operation.summary)}${scope}
     * @param {import("./calls.js").OperationArguments<"${id}">} args
     * @returns {Promise<import("./calls.js").OperationAnswer<"${id}">>}
     */
    ${camel(id)}(...args) {
        return this.call("${id}", args[0] ?? /** @type {any} */ ({}), args[1]);
    }`;
}).join("\n\n");

writeFileSync(join(target, "src/operations.js"), `/** Table of operations, and one method for each. Generated from docs/openapi.json: \`make api-docs\` writes it anew. */

/** @typedef {import("./calls.js").CallOptions} CallOptions */

/** Operations by their name. See \`OperationRow\` in calls.js for the members. */
export const OPERATIONS = /** @type {const} */ ({
${rows}
});

/** One method for each operation, with the members of its path, its query and its body side by side. */
export class OperationCalls {
    /**
     * Calls an operation by its name.
     * @template {import("./calls.js").OperationId} K
     * @param {K} _id
     * @param {import("./calls.js").OperationInput<K>} _input
     * @param {CallOptions} [_options]
     * @returns {Promise<import("./calls.js").OperationAnswer<K>>}
     */
    call(_id, _input, _options) {
        throw new TypeError("use BeiddClient");
    }

${methods}
}
`);

const node = (script, ...args) => execFileSync(process.execPath, [join(modules, script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
node("openapi-typescript/bin/cli.js", documentFile, "--default-non-nullable=false", "-o", join(target, "types/openapi.d.ts"));
try {
    node("typescript/bin/tsc", "-p", target);
} catch (error) {
    // tsc prints its findings on standard output.
    process.stderr.write(error.stdout ?? "");
    process.exit(1);
}
