"""HTML of a notebook without anything that acts or that is loaded from elsewhere."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

# What is kept; the content of other elements stays, that of the second row goes with them.
_KEPT = frozenset(
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img kbd li mark ol p pre q s samp small span strong sub summary sup "
    "table tbody td tfoot th thead tr tt u ul var".split()
)
_DROPPED = frozenset("script style iframe object template noscript svg math head title form select textarea".split())
_EMPTY = frozenset({"br", "col", "hr", "img"})
_ATTRIBUTES = frozenset({"class", "colspan", "rowspan", "align", "alt", "width", "height", "title", "start", "style"})
_STYLE = re.compile(r"^[\w\s.,:;%#()-]*$")
_LOADS = re.compile(r"url|expression|import|position\s*:|@|\\", re.I)
_PICTURE = re.compile(r"^data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+$")


def clean_html(text: str) -> str:
    """Return HTML whose elements and attributes only lay out text, tables and pictures that are part of it."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return "".join([*cleaner.parts, *(f"</{tag}>" for tag in reversed(cleaner.open))])


class _Cleaner(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: list[str] = []
        self.dropping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self.dropping.append(tag)
        elif not self.dropping and tag in _KEPT:
            kept = "".join(f' {name}="{escape(value)}"' for name, value in _attributes(tag, attrs))
            self.parts.append(f"<{tag}{kept}>")
            if tag not in _EMPTY:
                self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _DROPPED:
            self.handle_starttag(tag, attrs)
            if tag not in _EMPTY:
                self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.dropping:
            if tag == self.dropping[-1]:
                self.dropping.pop()
        elif tag in self.open:
            while self.open:
                last = self.open.pop()
                self.parts.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self.dropping:
            self.parts.append(escape(data, quote=False))


def _attributes(tag: str, attributes: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
    found = []
    for name, value in attributes:
        text = value or ""
        if name == "style" and not (_STYLE.match(text) and not _LOADS.search(text)):
            continue
        if name in _ATTRIBUTES or (tag == "img" and name == "src" and _PICTURE.match(text)):
            found.append((name, text))
    return found
