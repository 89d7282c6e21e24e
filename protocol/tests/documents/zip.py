"""Writes a container as other software does, or as an attacker would: OUT WAY, then pairs of entry and file.

The first entry is the mimetype. Whatever `zipfile` cannot write is written by hand, from the same parts.
"""

import struct
import sys
import zipfile
import zlib

out, way, *pairs = sys.argv[1:]
entries = [(name, open(path, "rb").read()) for name, path in zip(pairs[::2], pairs[1::2])]


class Pipe:
    """A file that knows no way back."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        return self.file.write(data)

    def flush(self):
        self.file.flush()


class Part:
    """One entry, as its header and as the directory have it."""

    def __init__(self, name, content, method=0):
        self.name, self.content, self.method = name.encode(), content, method
        self.data = deflate(content) if method == 8 else content
        self.crc, self.size = zlib.crc32(content), len(content)
        self.flags = self.external = 0
        self.made_by = 0x031E
        self.extra = self.central_extra = self.tail = b""
        self.local = {}
        self.central = {}
        self.offset = None

    def values(self, other):
        known = dict(flags=self.flags, method=self.method, crc=self.crc, packed=len(self.data), size=self.size)
        return known | other

    def header(self):
        v = self.values(self.local)
        return (
            struct.pack(
                "<4s5H3I2H", b"PK\3\4", 20, v["flags"], v["method"], 0, 0x21, v["crc"], v["packed"], v["size"],
                len(self.name), len(self.extra),
            )
            + self.name + self.extra + self.data + self.tail
        )

    def entry(self):
        v = self.values(self.central)
        return (
            struct.pack(
                "<4s6H3I5H2I", b"PK\1\2", self.made_by, 20, v["flags"], v["method"], 0, 0x21, v["crc"], v["packed"],
                v["size"], len(self.name), len(self.central_extra), 0, 0, 0, self.external, self.offset,
            )
            + self.name + self.central_extra
        )


def deflate(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def end(count, size, start, comment=b""):
    return struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, len(comment)) + comment


def laid_out(parts, base=0):
    body = b""
    for part in parts:
        part.offset = base + len(body)
        body += part.header()
    return body


def directory(parts):
    return b"".join(part.entry() for part in parts)


def closed(parts, between=b"", comment=b""):
    body = laid_out(parts) + between
    listed = directory(parts)
    return body + listed + end(len(parts), len(listed), len(body), comment)


def by_zipfile():
    method = zipfile.ZIP_DEFLATED if way == "deflated" else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, content) in enumerate(entries):
            if way == "folders" and number == 1:
                archive.mkdir("META-INF")
                archive.mkdir("map")
            archive.writestr(name, content, compress_type=method if number else zipfile.ZIP_STORED)
        if way == "comment":
            archive.comment = b"made by a program that says so"


def by_pipe():
    method = zipfile.ZIP_STORED if way == "streamed-stored" else zipfile.ZIP_DEFLATED
    with open(out, "wb") as file, zipfile.ZipFile(Pipe(file), "w") as archive:
        for number, (name, content) in enumerate(entries):
            info = zipfile.ZipInfo(name)
            info.compress_type = method if number else zipfile.ZIP_STORED
            with archive.open(info, "w") as entry:
                entry.write(content)


def by_hand():
    parts = [Part(name, content, 0) for name, content in entries]
    mimetype, file = parts[0], parts[1]
    match way:
        case "utf-8":
            for part in parts:
                part.flags = 1 << 11
        case "extra":
            for part in parts[1:]:
                part.extra = struct.pack("<HHBII", 0x5455, 9, 3, 1, 1)
                part.central_extra = struct.pack("<HHBI", 0x5455, 5, 3, 1)
        case "zip64":
            full = 0xFFFFFFFF
            file.local = file.central = dict(packed=full, size=full)
            file.extra = file.central_extra = struct.pack("<HHQQ", 1, 16, file.size, len(file.data))
        case "zip64-records" | "zip64-elsewhere":
            body = laid_out(parts)
            listed = directory(parts)
            start = len(body) + (1 if way == "zip64-elsewhere" else 0)
            record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, len(parts), len(parts), len(listed), start)
            locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body) + len(listed), 1)
            return body + listed + record + locator + end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        case "no-mimetype":
            parts = parts[1:]
        case "two-directories":
            evil = Part(entries[1][0], b"evil", 0)
            first = [mimetype, evil, *parts[2:]]
            body = laid_out(first)
            listed = directory(first)
            rest = laid_out(parts, len(body) + len(listed))
            second = directory(parts)
            whole = body + listed + rest + second
            return whole + end(len(parts), len(second), len(body))
        case "gap":
            file.tail = Part("hidden.txt", b"hidden").header()
        case "gap-before-directory":
            return closed(parts, between=Part("hidden.txt", b"hidden").header())
        case "front":
            return b"PK\3\4" + closed(parts)
        case "other-size":
            file.local = dict(size=file.size - 1)
        case "other-method":
            file.local = dict(method=8)
        case "other-crc":
            file.local = file.central = dict(crc=file.crc ^ 1)
        case "behind-deflated":
            parts[1] = file = Part(file.name.decode(), file.content, 8)
            file.data += b"behind"
        case "second-end-in-comment":
            body = laid_out(parts)
            listed = directory(parts)
            inner = end(len(parts), len(listed), len(body), b"x")
            return body + listed + end(len(parts), len(listed), len(body), inner + b"yz")
        case "unicode-path":
            name = b"other.xml"
            field = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(file.name)) + name
            file.central_extra = field
        case "unicode-path-twice":
            field = lambda name: struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(file.name)) + name
            file.extra = file.central_extra = field(file.name) + field(b"other.xml")
        case "stray":
            parts.append(Part("META-INF/read me.html", b"nobody signed this"))
        case "name-like-a-signature":
            parts.append(Part("META-INF/signatures-policy.xml", b"<policy/>"))
        case "descriptor-differs":
            file.flags = 8
            file.local = dict(crc=0, packed=0, size=0)
            file.tail = struct.pack("<4s3I", b"PK\7\10", file.crc, len(file.data), file.size - 1)
        case "overlap":
            body = laid_out(parts)
            parts[2].offset = parts[1].offset
            listed = directory(parts)
            return body + listed + end(len(parts), len(listed), len(body))
        case "link":
            file.external = 0o120777 << 16
        case "encrypted":
            file.flags = 1
        case "not-utf-8":
            parts.append(Part("x", b""))
            parts[-1].name = b"caf\xe9"
        case "mimetype-last":
            parts = [*parts[1:], mimetype]
        case "mimetype-extra":
            mimetype.extra = struct.pack("<HHB", 0x5455, 1, 0)
        case "mimetype-deflated":
            parts[0] = Part("mimetype", mimetype.content, 8)
        case "bzip2":
            file.local = file.central = dict(method=12)
        case "other-mimetype":
            parts[0] = Part("mimetype", b"application/epub+zip")
        case _:
            raise SystemExit(f"no such way: {way}")
    return closed(parts)


if way in ("stored", "deflated", "folders", "comment"):
    by_zipfile()
elif way in ("streamed", "streamed-stored"):
    by_pipe()
else:
    whole = by_hand()
    with open(out, "wb") as file:
        file.write(whole)
