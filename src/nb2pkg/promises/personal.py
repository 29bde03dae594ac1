"""What may say who somebody is, in the data that tests are made of, replaced by made-up values of the same form."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LABEL = re.compile(
    r"(^|[\s_.-])(names?|surname|(first|last|middle|full|user|nick|customer|maiden)[\s_-]?name|e-?mail|mail|phone|tel|"
    r"telephone|mobile|fax|address|street|addr|ssn|passport|birth[\s_-]?(day|date)?|dob|ip([\s_-]?address)?)($|[\s_.-])",
    re.IGNORECASE,
)
_JAPANESE = re.compile("氏名|名前|姓名|お名前|フリガナ|ふりがな|電話|携帯|住所|メール|アドレス|生年月日|郵便番号")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_PHONE = re.compile(r"\+?\(?\d[\d() .-]{7,}\d")
_DATE = re.compile(r"\d{4}[-. ]\d\d?[-. ]\d\d?\b|\d\d?[-. ]\d\d?[-. ]\d{4}\b")
_WORD = re.compile(r"[^\W\d_]+")
_TITLES = {"Mr", "Mrs", "Miss", "Ms", "Dr", "Rev", "Col", "Major", "Capt", "Master", "Don", "Sir", "Lady", "the", "of"}
_NAMES = ("Avery", "Blake", "Casey", "Devon", "Ellis", "Frankie", "Harper", "Jules", "Kim", "Lee", "Morgan", "Noel")
_KANJI = ("見本", "一郎", "例文", "花子", "架空", "太郎", "仮名", "次郎")


def is_personal(label: object, cells: Sequence[str]) -> bool:
    """True for a column whose label or values look like names, addresses, mail or telephone numbers."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(label))
    if _LABEL.search(text) or _JAPANESE.search(text):
        return True
    present = [c for c in cells if c]
    found = [c for c in present if _MAIL.search(c) or _is_phone(c)]
    return len(found) * 2 > len(present)


def _is_phone(text: str) -> bool:
    """True for a telephone number with separators, no date."""
    return bool(_PHONE.fullmatch(text) and re.search(r"[() +-]", text[1:]) and not _DATE.match(text))


def made_up(cells: Sequence[str]) -> list[str]:
    """Return made-up values of the same form, equal ones for equal ones; what is empty stays so."""
    new: dict[str, str] = {}
    for cell in cells:
        if cell not in new:
            new[cell] = _like(cell, len(new)) if cell.strip() else cell
    return [new[cell] for cell in cells]


def _like(text: str, number: int) -> str:
    if _MAIL.fullmatch(text.strip()):
        return f"person{number + 1}@example.com"
    count = number

    def word(found: re.Match[str]) -> str:
        nonlocal count
        old = found.group()
        if old in _TITLES or len(old) == 1:
            return old
        names = _NAMES if old.isascii() else _KANJI
        new = names[(count * 5 + number) % len(names)]
        count += 1
        return new.upper() if old.isupper() and old.isascii() else new.lower() if old.islower() else new

    digits = iter(range(number + 1, number + 1000, 3))
    return re.sub(r"\d", lambda _: str(next(digits) % 10), _WORD.sub(word, text))
