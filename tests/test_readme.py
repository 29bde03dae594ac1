"""What the README shows is real: its code stands in the examples and in what becomes of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"^```python\n(.*?)^```", README, flags=re.M | re.S)
SHOWN = [
    (ROOT / "examples/churn/source.py").read_text(encoding="utf-8"),
    *(p.read_text(encoding="utf-8") for p in sorted((ROOT / "tests/golden/churn").rglob("*.py.golden"))),
]

IMAGES = re.findall(r"^```dockerfile\n(.*?)^```", README, flags=re.M | re.S)
COMMANDS = re.findall(r"^\$ make help TARGET=(\w+)\n(.*?)(?=^\$|^```)", README, flags=re.M | re.S)


def test_there_is_code_before_and_after() -> None:
    assert len(CODE) >= 4


@pytest.mark.parametrize("code", CODE)
def test_code_is_real(code: str) -> None:
    assert any(code in text for text in SHOWN), f"no example, and nothing made of one, has:\n{code}"


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_the_image_is_real() -> None:
    made = (ROOT / "tests/golden/words_ja/Dockerfile.golden").read_text(encoding="utf-8")
    assert IMAGES and all(part in made for part in IMAGES)


@pytest.mark.parametrize(("target", "shown"), COMMANDS)
def test_help_is_real(target: str, shown: str) -> None:
    makefile = (ROOT / "tests/golden/churn/Makefile.golden").read_text(encoding="utf-8")
    above = makefile[: makefile.index(f"\n{target}: ")].rsplit(f".PHONY: {target}\n", 1)[1]
    what = re.search(rf"^{target}:.*## (.*)$", makefile, re.M)
    assert what is not None
    said = "".join(f"  {line.removeprefix('# ')}\n" for line in above.splitlines())
    assert shown == f"{target}: {what[1]}\n{said}"
