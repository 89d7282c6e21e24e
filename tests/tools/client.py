"""The main job with a client that was generated from docs/openapi.json: reads a patient, has a link signed, meets an error.

Imports the generated package `beidd_client`; BEIDD_URL, BEIDD_CA and BEIDD_TOKEN say where and who.
"""
import base64
import os
import ssl

from beidd_client import AuthenticatedClient
from beidd_client.api.cards import list_readers, read_identity, read_photo, read_summary
from beidd_client.api.documents import therapeutic_link
from beidd_client.api.service import status
from beidd_client.models import (
    AuthenticityAnswerOutcome,
    LinkOperation,
    Problem,
    TherapeuticLinkRequest,
    TherapeuticLinkRequestProof,
    TherapeuticLinkRequestType,
)

trust = ssl.create_default_context(cafile=os.environ["BEIDD_CA"])
client = AuthenticatedClient(base_url=os.environ["BEIDD_URL"], token=os.environ["BEIDD_TOKEN"], verify_ssl=trust, timeout=60)

assert status.sync(client=client).simulated is True
readers = list_readers.sync(client=client)
assert readers.readers[0].card.status.value == "ready", readers
card = readers.readers[0].card.id

identity = read_identity.sync("current", client=client)
assert identity.card_id == card and identity.family_name and identity.valid_from.year > 2000, identity
assert identity.authenticity.outcome is AuthenticityAnswerOutcome.PASSED
few = read_identity.sync("current", client=client, fields="gender,birthDate")
assert few.gender is identity.gender and few.birth_date == identity.birth_date and not few.family_name, few

summary = read_summary.sync("current", client=client)
assert summary.identity.national_number == identity.national_number and summary.address.municipality
assert len(summary.checks) >= 3
photo = read_photo.sync(card, client=client)
assert photo.payload.read(2) == b"\xff\xd8"

link = TherapeuticLinkRequest(
    operation=LinkOperation.PUT,
    type_=TherapeuticLinkRequestType.GPCONSULTATION,
    proof=TherapeuticLinkRequestProof.EIDSIGNING,
)
signed = therapeutic_link.sync(client=client, body=link)
assert "PutTherapeuticLinkRequest" in signed.xml and base64.b64decode(signed.proof.cms), signed
assert signed.period.end > signed.period.start

gone = read_identity.sync("0" * 32, client=client)
assert isinstance(gone, Problem) and gone.code.value == "not-found" and not gone.retriable, gone
print("read, signed, refused")
