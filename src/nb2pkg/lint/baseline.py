from __future__ import annotations
from nb2pkg.lint.digests import digest_of
def fingerprint(code: str, source_line: str, message: str, name: str) -> str:
    return digest_of(code.encode(), " ".join(source_line.split()).encode("utf-8", "replace"), message.encode("utf-8", "replace")).hex()
