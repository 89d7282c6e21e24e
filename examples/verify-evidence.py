#!/usr/bin/env python3
"""Verifies an export of evidence, as docs/evidence-chain.md says: verify-evidence.py EXPORT. Needs Python 3.8 alone."""
import hashlib, json, sys
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519: RFC 8032, 5.1
D = -121665 * pow(121666, -1, P) % P
def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1]
    return (a[0]*b[1] + a[1]*b[0]) * pow(1 + k, -1, P) % P, (a[1]*b[1] + a[0]*b[0]) * pow(1 - k, -1, P) % P
def times(n, a): return add(times(n >> 1, add(a, a)), a if n & 1 else (0, 1)) if n else (0, 1)
def point(octets):
    y = int.from_bytes(octets, "little") & (1 << 255) - 1
    square = (y*y - 1) * pow(D*y*y + 1, -1, P) % P
    x = next((x for i in (1, pow(2, (P-1)//4, P)) for x in [pow(square, (P+3)//8, P)*i % P] if x*x % P == square), 0)
    return (P - x if x & 1 != octets[31] >> 7 else x), y
def signed(key, text, signature):
    n = int.from_bytes(hashlib.sha512(signature[:32] + key + text.encode()).digest(), "little") % Q
    s, base = int.from_bytes(signature[32:], "little"), point(b"\x58" + b"\x66" * 31)
    return len(signature) == 64 and s < Q and times(s, base) == add(point(signature[:32]), times(n, point(key)))
def sha256(text): return hashlib.sha256(text.encode()).hexdigest()
def check(holds, fault): holds or sys.exit(f"BROKEN at line {number}: {fault}")
def read(text):  # There is one way to write each text, so that no two programs read two things in it.
    check(json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == text, "its form")
    return json.loads(text)
ends, known = {}, set()  # Ends of the chains by desk; ends that a signed head or a later chain knows.
for number, line in enumerate(map(json.loads, open(sys.argv[1] if sys.argv[1:] else sys.exit(__doc__), encoding="utf-8")), 1):
    if "genesis" in line:
        chain = read(line["genesis"])
        desk, ends[chain["desk"]] = chain["desk"], (0, sha256(line["genesis"]))
        known.update((end["desk"], end["position"], end["hash"]) for end in chain["earlier"])
    elif "record" in line:
        record, (count, last) = read(line["record"]), ends[desk]
        check((record["desk"], record["position"], record["previous"]) == (desk, count + 1, last), "does not follow")
        check("content" not in line or sha256(line["content"]) == record["content"], "its content was changed")
        ends[desk] = count + 1, sha256(line["record"])
    else:
        head, end = read(line["head"]), (desk, *ends[desk])
        check(signed(bytes.fromhex(chain["key"]), line["head"], bytes.fromhex(line["signature"])), "its signature")
        check((head["desk"], head["position"], head["hash"]) == end, "a signed head knows another record")
        known.add(end)
check({desk for desk, *_ in known} <= set(ends), "an earlier chain is missing")
check(known.issuperset((desk, *end) for desk, end in ends.items() if end[0]), "no signed head at the end")
print(*(f"desk {desk}: {count} records hold, the last has hash {last}" for desk, (count, last) in ends.items()), sep="\n")
