"""What pyHanko says of each CMS: arguments are two roots (PEM; the signer's, the time stamp's), then pairs of signature
and content.

One line for each: `passed`, with the time of its time stamp if it has one, or `failed` and why.
"""

import asyncio
import sys
from pathlib import Path

from asn1crypto import cms
from pyhanko.keys import load_cert_from_pemder
from pyhanko.sign.validation import KeyUsageConstraints
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

roots = [load_cert_from_pemder(name) for name in sys.argv[1:3]]


def context():
    return ValidationContext(trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail")


async def judge(signature, content):
    signed = cms.ContentInfo.load(Path(signature).read_bytes(), strict=True)["content"]
    status = await async_validate_detached_cms(
        Path(content).read_bytes(),
        signed,
        signer_validation_context=context(),
        ts_validation_context=context(),
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )
    if not status.bottom_line:
        return "failed " + status.summary()
    stamp = status.timestamp_validity
    return "passed" + (" " + stamp.timestamp.isoformat() if stamp else "")


async def main():
    for signature, content in zip(*[iter(sys.argv[3:])] * 2):
        try:
            print(await judge(signature, content))
        except Exception as error:
            print("failed", type(error).__name__, str(error).replace("\n", " "))


asyncio.run(main())
