"""Signs a file with pyHanko: plain CMS, RSA-PSS where there is an RSA key, and CAdES; the content inside.

Arguments: the authority, the content and signers, each by the path of its files without their endings.
"""

import asyncio
import sys
from pathlib import Path

from asn1crypto import algos
from pyhanko.keys import load_cert_from_pemder, load_private_key_from_pemder
from pyhanko.sign import signers
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

authority, content, *names = sys.argv[1:]
data = Path(content).read_bytes()
store = SimpleCertificateStore()
store.register(load_cert_from_pemder(authority + ".pem"))


async def main():
    for name in names:
        certificate = load_cert_from_pemder(name + ".pem")
        key = load_private_key_from_pemder(name + ".key", passphrase=None)
        is_rsa = key.algorithm == "rsa"
        forms = [("plain", False, False), ("cades", False, True)] + [("pss", True, False)] * is_rsa
        digest = "sha512" if key.algorithm == "ed25519" else "sha256"
        for form, prefer_pss, use_cades in forms:
            signer = SimpleSigner(
                signing_cert=certificate, signing_key=key, cert_registry=store, prefer_pss=prefer_pss
            )
            signed = await signer.async_sign_general_data(
                data, digest, detached=False, use_cades=use_cades
            )
            Path(f"{name}-{form}.p7m").write_bytes(signed.dump())


asyncio.run(main())
