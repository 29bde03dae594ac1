"""What recorded tests need beside themselves: fixtures, and `tests/recorded.py`, which loads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from nb2pkg.project.cases import Case
from nb2pkg.project.format import format_code
from nb2pkg.project.functions import Build
from nb2pkg.project.recorded_cases import fixture_names
from nb2pkg.project.recording import Recording
from nb2pkg.project.render import render

_LOADED = re.compile(r"load\((['\"])(.+?)\1\)")


def recorded_files(build: Build, recording: Recording, cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the files that recorded tests need: path in the project -> content."""
    sources = [*(case.source for case in cases), *(need.source for case in cases for need in case.needs)]
    used = {found[1] for source in sources for found in _LOADED.findall(source)}
    names = fixture_names(build, recording)
    fixtures = {name: recording.files[file] for file, name in names.items() if name in used}
    code = "\n".join(case.source + "\n".join(case.imports) for case in cases)
    if "recorded import" not in code:
        return {}
    reader = format_code(render("tests/recorded.py.jinja", parts=_parts(code, fixtures)))
    files = {f"tests/fixtures/{name}": content for name, content in sorted(fixtures.items())}
    return {"tests/recorded.py": reader.encode("utf-8"), **files}


def _parts(code: str, fixtures: Mapping[str, bytes]) -> frozenset[str]:
    """Return the parts of the reader that these tests and files need."""
    texts = b"\n".join(content for name, content in fixtures.items() if name.endswith(".json"))
    arrays = [content for name, content in fixtures.items() if name.endswith(".npz")]
    found = {
        "parquet": any(name.endswith(".parquet") for name in fixtures),
        "npz": bool(arrays),
        "json": bool(texts),
        "arrays": bool(arrays) or b'"$array"' in texts or b'"$scalar"' in texts or b'"dtype":' in texts,
        "sparse": any(b"format.npy" in content for content in arrays),
        "frames": any(name.endswith(".parquet") for name in fixtures)
        or re.search(rb'"\$(frame|series|index|timestamp|timedelta|missing)"', texts) is not None,
        "bunch": b'"$bunch"' in texts,
        "captured": "captured()" in code,
        "figures": "shown.figures" in code,
        "same": "assert_same(" in code,
        "text": "rounded(" in code,
    }
    return frozenset(name for name, needed in found.items() if needed)
