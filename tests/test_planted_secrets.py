"""Secrets planted in whole notebooks: nearly all are found, look-alikes are left alone, none is written."""

from __future__ import annotations

import json
import random
import re
import string
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from making import notebook

from nb2pkg.cells.read import read_notebook
from nb2pkg.model import Finding
from nb2pkg.pipeline import convert_notebook

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PLANTED = tomllib.loads((Path(__file__).parent / "planted_secrets.toml").read_text("utf-8"))
FOUND = 58  # of 60
FALSE = 3
TOGETHER = 10  # secrets of a notebook that is converted
CLASSES = {
    "h": "0123456789abcdef",
    "a": string.ascii_letters + string.digits,
    "u": string.ascii_uppercase + "234567",
    "b": string.ascii_letters + string.digits + "+/",
    "w": string.ascii_letters + string.digits + "_-",
    "d": string.digits,
}
# What stands around a secret: an analysis.
BEFORE = [
    "#md # Churn\n\nWho leaves, and why?",
    "import json\nimport os\n\nimport pandas as pd\nimport requests",
    'df = pd.DataFrame({"user": [1, 2, 3], "token": ["a", "b", "c"], "spent": [3.5, 2.5, 9.0]})\ndf.head()',
]
AFTER = ['by_user = df.groupby("user")["spent"].sum()\nprint(by_user)']


def draw(shape: str, seed: str) -> str:
    """Return a text of a shape."""
    chance = random.Random(seed)

    def run(match: re.Match[str]) -> str:
        return "".join(chance.choice(CLASSES[match[1]]) for _ in range(int(match[2])))

    return re.sub(r"\{\{(\w)(\d+)\}\}", run, shape)


def pem(seed: str) -> str:
    lines = textwrap.wrap(draw("MIIE{{b828}}", seed), 64)
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])


def planted(number: int) -> tuple[str, str]:
    """Return (text, secret) of a row."""
    row = PLANTED["secret"][number]
    seed = f"{number} {row['kind']}"
    if row["kind"] in ("pem", "service_account"):
        value = pem(seed)
        # In a literal, JSON's escapes are escaped once more.
        value = value.replace("\n", "\\\\n" if '"""' in row["text"] else "\\n") if row["kind"] != "pem" else value
    else:
        value = draw(PLANTED["shapes"][row["kind"]], seed)
    return row["text"].replace("§", value), value


def cells_of(text: str) -> Iterator[str | dict[str, Any]]:
    """Yield the cells of a row."""
    for cell in text.strip("\n").split("\n---\n"):
        if cell.startswith("#md "):
            yield cell
            continue
        source, _, shown = cell.partition("\n#out ")
        outputs = [{"output_type": "stream", "name": "stdout", "text": shown.replace("\\n", "\n")}] if shown else []
        yield {"cell_type": "code", "source": source, "outputs": outputs, "execution_count": 1}


def book(folder: Path, texts: list[str]) -> Path:
    """Write a notebook that holds texts between the cells of an analysis."""
    return notebook(folder, *BEFORE, *(cell for text in texts for cell in cells_of(text)), *AFTER)


def pieces(value: str) -> set[str]:
    """Return what may stand in no file: the secret, and of a long one each part of it that tells something."""
    if "PRIVATE KEY" in value:
        return set(re.findall(r"[\w+/]{40,}", value.replace("\\n", "\n")))
    return {value, *(value[start : start + 16] for start in range(12, len(value) - 16, 4))}


def said(finding: Finding) -> str:
    return " ".join((finding.message, finding.why, finding.hint))


def test_there_are_sixty_of_each_and_many_kinds() -> None:
    assert len(PLANTED["secret"]) == len(PLANTED["alike"]) == 60
    assert len({row["kind"] for row in PLANTED["secret"]}) >= 20


def test_planted_secrets_are_found(tmp_path: Path) -> None:
    missed = []
    for number in range(len(PLANTED["secret"])):
        text, value = planted(number)
        read = read_notebook(book(tmp_path, [text]))
        told = [finding for finding in read.findings if finding.code == "secret"]
        cells = range(len(BEFORE) + 1, len(BEFORE) + 1 + len([*cells_of(text)]))
        elsewhere = any(finding.location.cell not in cells for finding in told)
        blanked = pieces(value) & {piece for text in read.secrets for piece in pieces(text)}
        if not told or elsewhere or not blanked:
            missed.append(PLANTED["secret"][number])
    assert len(PLANTED["secret"]) - len(missed) >= FOUND, missed


def test_look_alikes_are_left_alone(tmp_path: Path) -> None:
    false = []
    for number, row in enumerate(PLANTED["alike"]):
        read = read_notebook(book(tmp_path, [draw(row["text"], f"alike {number}")]))
        if any(finding.code == "secret" for finding in read.findings):
            false.append(row["text"])
    assert len(false) <= FALSE, false


@pytest.mark.parametrize("first", range(0, 60, TOGETHER))
def test_no_secret_is_written_or_told(tmp_path: Path, first: int) -> None:
    rows = [planted(number) for number in range(first, first + TOGETHER)]
    project = convert_notebook(book(tmp_path, [text for text, _ in rows]), keep_going=True)
    texts = {**{name: data.decode("utf-8", "replace") for name, data in project.files.items()}}
    texts["messages"] = "\n".join(map(said, project.findings))
    texts["plan"] = repr((project.plan, project.findings))
    for text, value in rows:
        for piece in pieces(value):
            forms = {piece, json.dumps(piece)[1:-1], json.dumps(json.dumps(piece)[1:-1])[1:-1]}
            held = [name for name, content in texts.items() if any(form in content for form in forms)]
            assert not held, text


def test_rows_with_tokens_are_not_taken_for_tests(tmp_path: Path) -> None:
    token = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
    (tmp_path / "a.csv").write_text(f"a,b\n1,{token}\n", encoding="utf-8")
    project = convert_notebook(notebook(tmp_path, "import pandas as pd\nd = pd.read_csv('a.csv')\nprint(len(d))"))
    assert not any(token.encode() in content for content in project.files.values())
