"""What signxml says of each signature: arguments in threes, signature, signer (PEM), number of references.

One line for each, `passed` or `failed` and why. Files beside a signature are read from its own folder.
"""

import os
import sys
import urllib.parse
from pathlib import Path

from signxml.xades import XAdESVerifier
from signxml import SignatureConfiguration


def judge(signature, signer, references):
    def resolve(uri):
        return (Path(signature).parent / urllib.parse.unquote(uri)).read_bytes()

    XAdESVerifier().verify(
        Path(signature).read_bytes(),
        x509_cert=Path(signer).read_text(),
        expect_references=int(references),
        uri_resolver=resolve,
    )


arguments = sys.argv[1:]
for signature, signer, references in zip(*[iter(arguments)] * 3):
    try:
        judge(signature, signer, references)
        print("passed")
    except Exception as error:
        print("failed", type(error).__name__, str(error).replace("\n", " "))
