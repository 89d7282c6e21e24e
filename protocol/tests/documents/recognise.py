"""Writes XML in every encoding that Python knows, and says which of the files other parsers read.

Usage: recognise.py DIRECTORY. Two readers judge each file: xmllint (libxml2 with the system's iconv), also where it goes
on after errors, and expat. One line a file: its name, then `platform`, `letter` or `nothing`, as the reader that sees
most in it says. A `platform` line ends in nothing else; a `letter` line in `plain` if the encoding is one that leaves no
doubt and no octet stands where none belongs, else in `odd`.
"""

import encodings.aliases
import pathlib
import subprocess
import sys
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor

NAMESPACE = "http://www.ehealth.fgov.be/hubservices/core/v2"
BODIES = {
    "platform": f'<therapeuticlink xmlns="{NAMESPACE}"/>',
    "letter": '<letter xmlns="urn:letter"/>',
}
# What is read without doubt; `utf_16` and `utf_8_sig` bring their mark.
PLAIN = ["ascii", "latin_1", "utf_8", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be", "cp1252", "iso8859_15"]
BLANKS = ["", " \r\n"]


def declared_names(codec):
    """Names under which a declaration may call a codec: as Python has it, as IBM writes it, and as IANA does."""
    names = {codec.replace("_", "-"), codec.replace("cp", "IBM"), codec.replace("cp", "windows-")}
    names |= {alias.replace("_", "-") for alias, known in encodings.aliases.aliases.items() if known == codec}
    return sorted(names)


def namespace_in_xmllint(path, *more):
    command = ["xmllint", "--nonet", *more, "--xpath", "namespace-uri(/*)", str(path)]
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return told.stdout.decode(errors="replace").strip() if told.returncode in (0, 1) else ""


def namespace_in_expat(octets):
    try:
        root = xml.etree.ElementTree.fromstring(octets)
    except Exception:
        return ""
    return root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""


def judge(path):
    octets = path.read_bytes()
    seen = {namespace_in_xmllint(path), namespace_in_xmllint(path, "--recover"), namespace_in_expat(octets)}
    if any("ehealth.fgov.be/hubservices" in namespace for namespace in seen):
        return "platform"
    return "letter" if "urn:letter" in seen else "nothing"


def main():
    directory = pathlib.Path(sys.argv[1])
    files = []
    for codec in sorted(set(encodings.aliases.aliases.values())):
        for kind, body in BODIES.items():
            declarations = [""] + [f'<?xml version="1.0" encoding="{name}"?>' for name in declared_names(codec)]
            for number, declaration in enumerate(declarations):
                for blanks in BLANKS if number < 2 else [""]:
                    try:
                        whole = (blanks + declaration + body).encode(codec)
                        # The declaration alone in ASCII, and what follows in the encoding it names.
                        mixed = declaration.encode() + body.encode(codec)
                    except (LookupError, UnicodeError, TypeError):
                        continue
                    for way, octets in {"whole": whole, "mixed": mixed}.items():
                        if way == "mixed" and (not declaration or octets == whole):
                            continue
                        path = directory / f"{codec}-{kind}-{number}-{len(blanks)}-{way}"
                        path.write_bytes(octets)
                        is_plain = codec in PLAIN and not declaration and not blanks
                        files.append((path, "plain" if is_plain else "odd"))
    with ThreadPoolExecutor(4) as pool:
        for (path, form), judged in zip(files, pool.map(judge, [path for path, _ in files])):
            print(path.name, judged, form)


main()
