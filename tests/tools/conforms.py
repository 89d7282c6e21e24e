"""Holds answers and requests against an OpenAPI document: conforms.py DOCUMENT SAMPLES, both JSON.

Each sample has method, path (as the document writes it), and status, mediaType and body of the answer; a request that was
taken may stand beside them. Others have the name of a schema and the body, of which part may be true: then some members
may be missing. Members that the document does not name are as wrong as members that it misses.
"""
import copy
import json
import sys

from jsonschema import Draft202012Validator, FormatChecker


def closed(schema):
    """The same, where an object has no members but those named."""
    if isinstance(schema, dict):
        schema = {name: closed(part) for name, part in schema.items()}
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    elif isinstance(schema, list):
        schema = [closed(part) for part in schema]
    return schema


def escaped(part):
    return part.replace("~", "~0").replace("/", "~1")


def faults(document, pointer, value):
    validator = Draft202012Validator({**document, "$ref": "#/" + "/".join(map(escaped, pointer))}, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def of_object(document, sample):
    """Faults of an object by the name of its schema."""
    schema = document["components"]["schemas"].get(sample["schema"])
    if schema is None:
        yield f"no schema {sample['schema']}"
        return
    if sample["part"]:
        schema.pop("required", None)
    yield from faults(document, ["components", "schemas", sample["schema"]], sample["body"])


def of_sample(document, sample):
    if "schema" in sample:
        yield from of_object(copy.deepcopy(document), sample)
        return
    operation = ["paths", sample["path"], sample["method"].lower()]
    found = document["paths"][sample["path"]][sample["method"].lower()]
    if sample.get("request") is not None and sample["status"] < 300:
        pointer = [*operation, "requestBody", "content", "application/json", "schema"]
        yield from (f"request {fault}" for fault in faults(document, pointer, sample["request"]))
    response = found["responses"].get(str(sample["status"]))
    if response is None:
        yield "status not in the document"
        return
    if sample["mediaType"] not in response.get("content", {}):
        yield f"{sample['mediaType']} not in the document"
        return
    if "x-codes" in response and sample["body"]["code"] not in response["x-codes"]:
        yield f"code {sample['body']['code']} not in the document"
    if "json" in sample["mediaType"]:
        pointer = [*operation, "responses", str(sample["status"]), "content", sample["mediaType"], "schema"]
        yield from faults(document, pointer, sample["body"])
    else:
        schema = response["content"][sample["mediaType"]]["schema"]
        if schema.get("type") != "string":
            yield f"octets described as {schema}"


def main():
    with open(sys.argv[1]) as file:
        document = json.load(file)
    with open(sys.argv[2]) as file:
        samples = json.load(file)
    Draft202012Validator.check_schema(document["components"]["schemas"]["IdentityAnswer"])
    strict = {**copy.deepcopy(document), "components": closed(document["components"])}
    wrong = 0
    for sample in samples:
        for fault in of_sample(strict, sample):
            wrong += 1
            place = sample.get("place") or (sample["method"], sample["path"], sample["status"])
            print(place, fault[:300])
    print(f"{len(samples)} samples, {wrong} faults")
    sys.exit(1 if wrong else 0)


main()
