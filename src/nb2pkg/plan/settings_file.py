"""The `[[settings]]` of plan.toml: how settings are written there, and what people may change."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from nb2pkg.model import Place, Setting
from nb2pkg.plan.toml_text import toml_string


def setting_lines(settings: Sequence[Setting], statements: dict[int, str]) -> Iterator[str]:
    """Yield the settings as TOML.

    Args:
        settings: those of the plan.
        statements: how the plan names each statement.
    """
    for setting in settings:
        yield "[[settings]]"
        yield f"name = {toml_string(setting.name)}"
        yield f"type = {toml_string(setting.type)}"
        yield f"value = {toml_string(setting.value)}"
        yield f"places = [{', '.join(toml_string(_text(p, statements)) for p in setting.places)}]"
        yield ""


def _text(place: Place, statements: dict[int, str]) -> str:
    """Return how the plan names the place of a literal: `cell-12:1 test_size`."""
    return f"{statements[place.statement]} {place.label}"


class SettingError(ValueError):
    """A row does not fit; `needle` is what to look for in the file."""

    def __init__(self, message: str, needle: str) -> None:
        super().__init__(message)
        self.needle = needle


def read_settings(
    rows: Any, own: Sequence[Setting], statements: dict[int, str], kept: frozenset[int], taken: frozenset[str]
) -> tuple[Setting, ...]:
    """Return the settings that an edited plan asks for; places that no row names keep their literals.

    Args:
        rows: the file's.
        own: the settings that nb2pkg finds itself.
        statements: how the plan names each statement.
        kept: the statements of the units that the file has.
        taken: names that no field may have.

    Raises:
        SettingError: a row does not fit the notebook.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SettingError("the settings are no tables", "settings")
    origins = {_text(p, statements): (s, p) for s in own for p in s.places}
    used: set[str] = set()
    names: set[str] = set()
    found = []
    for row in rows:
        setting = _setting(row, origins, used)
        _check_name(setting, names, taken)
        names.add(setting.name)
        places = tuple(p for p in setting.places if p.statement in kept)
        if places:
            found.append(replace(setting, places=places))
    return tuple(found)


def _setting(row: dict[str, Any], origins: dict[str, tuple[Setting, Place]], used: set[str]) -> Setting:
    name = str(row.get("name", ""))
    needle = f"name = {toml_string(name)}"
    texts = row.get("places")
    if not isinstance(texts, list) or not texts:
        raise SettingError(f"the setting `{name}` has no places", needle)
    for text in texts:
        if text not in origins:
            raise SettingError(f"the notebook has no setting at {text!r}", toml_string(str(text)))
        if text in used:
            raise SettingError(f"{text!r} is in two settings", toml_string(text))
        used.add(text)
    settings = [*dict.fromkeys(origins[text][0] for text in texts)]
    first = settings[0]
    for other in settings:
        if (other.type, other.value) != (row.get("type"), row.get("value")):
            raise SettingError(
                f"the setting `{name}` is {other.value} of type {other.type} in the notebook; other values are for "
                "a run: --set, --config",
                needle,
            )
    places = [origins[text][1] for text in origins if text in texts]
    bound = [s for s in settings if s.variable and s.places[0] in places]
    if len(bound) > 1 or (bound and bound[0].local and len(texts) > 1):
        raise SettingError(f"the setting `{name}` has places that can't be one", needle)
    base = bound[0] if bound else replace(first, variable="", local=False, as_list=False)
    return replace(base, name=name, places=tuple(sorted(places, key=lambda p: not (bound and p == bound[0].places[0]))))


def _check_name(setting: Setting, names: set[str], taken: frozenset[str]) -> None:
    name = setting.name
    needle = f"name = {toml_string(name)}"
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
        raise SettingError(f"{name!r} can't be the name of a setting", needle)
    if name in names or (name in taken and name != setting.variable):
        raise SettingError(f"the name `{name}` is taken", needle)
