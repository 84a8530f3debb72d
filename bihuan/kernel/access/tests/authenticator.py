"""An authenticator made by hand: it keeps a real P-256 key, counts, and signs whatever it is asked, true or false."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """``origin`` and ``host`` are what the browser would tell it; ``verified``: it asked for finger, face or PIN."""

    def __init__(self, origin: str = "https://bihuan.example", host: str = "bihuan.example", *, verified: bool = True) -> None:
        self.origin, self.host, self.verified, self.count = origin, host, verified, 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.handle = b""

    def make(self, options: dict[str, Any]) -> str:
        """The answer to creation options, with no attestation."""
        self.handle = _bytes(options["user"]["id"])
        client = self._client("webauthn.create", options["challenge"])
        data = self._data(ATTESTED) + bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self._public()
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": bytes_to_base64url(client),
            "attestationObject": bytes_to_base64url(attestation),
            "transports": ["internal"],
        }
        return self._answer(response)

    def sign(self, options: dict[str, Any], *, count: int | None = None) -> str:
        """The answer to request options."""
        self.count = self.count + 1 if count is None else count
        client, data = self._client("webauthn.get", options["challenge"]), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._answer({name: bytes_to_base64url(part) for name, part in parts.items()})

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _public(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def _answer(self, response: dict[str, Any]) -> str:
        own = bytes_to_base64url(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response, "clientExtensionResults": {}})


def _bytes(text: str) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(text)
