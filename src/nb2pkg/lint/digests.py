"""Short digests, the same on every machine."""

from __future__ import annotations

try:  # `hashlib` loads OpenSSL, which takes longer than a notebook to check
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b


def digest_of(*parts: bytes, size: int = 16) -> bytes:
    """Return the digest of parts, which may hold anything: their lengths count too."""
    hashed = blake2b(digest_size=size)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "little"))
        hashed.update(part)
    return hashed.digest()
