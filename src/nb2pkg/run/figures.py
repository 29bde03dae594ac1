"""Compares pictures pixel by pixel, with Pillow where it is installed."""

from __future__ import annotations

import importlib.util
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SEEN = 8  # of 255: a smaller difference of a pixel is that of a processor's rounding
_SHARE = 0.0005  # of the pixels that may be different
_AFAR, _SEEN_AFAR, _SHARE_AFAR = 16, 16, 0.005  # the same for pictures of two resolutions, made smaller by the first


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
    if _is_retina(left.size, right.size):
        return _compare_roughly(left, right)
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


def _is_retina(wanted: tuple[int, int], got: tuple[int, int]) -> bool:
    """True for a picture of twice the resolution, which a notebook shows at half its size."""
    return all(abs(a - 2 * b) <= 3 for a, b in zip(wanted, got, strict=True))


def _compare_roughly(left: Any, right: Any) -> PictureDifference:
    """Compare pictures of two resolutions by how they look from afar: edges are drawn in another way."""
    from PIL import Image, ImageChops

    small = (max(right.width // _AFAR, 1), max(right.height // _AFAR, 1))
    far = [picture.resize(small, Image.Resampling.BOX) for picture in (left, right)]
    difference = ImageChops.difference(*far).convert("L").point(lambda value: 255 if value > _SEEN_AFAR else 0)
    share = difference.histogram()[255] / (small[0] * small[1])
    return PictureDifference(f"{share:.1%} of the picture differs") if share > _SHARE_AFAR else PictureDifference()


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
