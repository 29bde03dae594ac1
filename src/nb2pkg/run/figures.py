"""Compares pictures pixel by pixel, with Pillow where it is installed."""

from __future__ import annotations

import importlib.util
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_SEEN = 8  # of 255: a smaller difference of a pixel is that of a processor's rounding
_SHARE = 0.0005  # of the pixels that may be different


@dataclass(frozen=True, slots=True)
class PictureDifference:
    """How two pictures differ.

    Args:
        text: in a few words; empty when they look the same.
        image: a PNG that marks where, if it could be made.
        unknown: they are not the same bytes, and nothing is installed that could look closer.
    """

    text: str = ""
    image: bytes = b""
    unknown: bool = False


def compare_pictures(wanted: bytes, got: bytes) -> PictureDifference:
    """Return how two PNG files differ."""
    if wanted == got or _pixels(wanted) == _pixels(got) != b"":
        return PictureDifference()
    if importlib.util.find_spec("PIL") is None:
        return PictureDifference(unknown=True)
    return _compare_with_pillow(wanted, got)


def _pixels(data: bytes) -> bytes:
    """Return the header and the pixels of a PNG, without what says when and by what it was made."""
    try:
        chunks = [*_chunks(data)]
        packed = b"".join(content for kind, content in chunks if kind == b"IDAT")
        return b"".join(content for kind, content in chunks if kind == b"IHDR") + zlib.decompress(packed)
    except (zlib.error, ValueError):
        return b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(b"\x89PNG"):
        raise ValueError("no PNG")
    at = 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _compare_with_pillow(wanted: bytes, got: bytes) -> PictureDifference:
    from PIL import Image, ImageChops

    try:
        left, right = (Image.open(io.BytesIO(data)).convert("RGB") for data in (wanted, got))
    except OSError as error:
        return PictureDifference(f"a picture can't be read: {error}")
    if left.size != right.size:
        return PictureDifference(f"{_size(right.size)} pixels instead of {_size(left.size)}")
    difference = ImageChops.difference(left, right).convert("L").point(lambda value: 255 if value > _SEEN else 0)
    changed = difference.histogram()[255]
    share = changed / (left.width * left.height)
    if share <= _SHARE:
        return PictureDifference()
    pale = Image.blend(left, Image.new("RGB", left.size, "white"), 0.75)
    marked = Image.composite(Image.new("RGB", left.size, "red"), pale, difference)
    file = io.BytesIO()
    marked.save(file, "PNG")
    return PictureDifference(f"{share:.1%} of the pixels differ", file.getvalue())


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
