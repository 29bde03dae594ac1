"""What the documents show of `nb2pkg check` is what it prints. `python tests/test_check_docs.py --update` renews it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("docs/check.md", "README.md")
SHOWN = re.compile(r"^```\n\$ (nb2pkg check [^\n]*)\n(.*?)^```$", re.M | re.S)
LEFT_OUT = "...\n"


def printed(command: str) -> str:
    """Return what a command prints in the project's folder."""
    words = [sys.executable, "-m", *shlex.split(command), "--no-cache"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.stdout


def examples(document: str) -> list[tuple[str, str]]:
    """Return the commands that a document shows, with their output."""
    return SHOWN.findall((ROOT / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_output_is_real(document: str) -> None:
    assert examples(document)
    for command, shown in examples(document):
        assert all(part in printed(command) for part in shown.split(LEFT_OUT)), command


def test_problem_matcher_reads_what_is_printed() -> None:
    (text,) = re.findall(r'"regexp": "(.*)"', (ROOT / "docs/check.md").read_text(encoding="utf-8"))
    pattern = re.compile(text.replace("\\\\", "\\"))
    lines = [line for line in printed("nb2pkg check docs/untidy.ipynb").splitlines() if line.startswith("docs/")]
    found = [pattern.match(line) for line in lines]
    assert len(found) > 5
    assert all(match and match[1] == "docs/untidy.ipynb" and match[2] and match[5].startswith("NB") for match in found)


def update() -> None:
    """Write what commands print today into the documents, where nothing was left out."""
    for document in DOCUMENTS:
        path = ROOT / document
        text = path.read_text(encoding="utf-8")
        for command, shown in examples(document):
            if LEFT_OUT not in shown:
                text = text.replace(f"$ {command}\n{shown}", f"$ {command}\n{printed(command)}")
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/test_check_docs.py --update")
    update()
