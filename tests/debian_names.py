"""Which Debian releases have the packages of our table: `python tests/debian_names.py --update` asks the network.

It reads the lists of packages of each release from deb.debian.org and writes debian_names.txt, with which the tests ask
the same on a machine that has another Debian, or none: a line is a package that the table can lead to, and the releases
that have it.
"""

from __future__ import annotations

import lzma
import re
import sys
import urllib.request
from pathlib import Path

from nb2pkg.needs.system_table import system_table

FILE = Path(__file__).resolve().parent / "debian_names.txt"
LIST = "http://deb.debian.org/debian/dists/{release}/main/binary-amd64/Packages.xz"


def names_in(release: str) -> frozenset[str]:
    """Return the packages of a release, as its list on the network has them."""
    with urllib.request.urlopen(LIST.format(release=release), timeout=120) as answer:
        text = lzma.decompress(answer.read()).decode("utf-8")
    return frozenset(re.findall(r"^Package: (\S+)$", text, flags=re.MULTILINE))


def wanted(release: str) -> frozenset[str]:
    """Return what the table asks of a release."""
    table = system_table()
    return frozenset({table.name_in(release, name) for name in table.all_names()} - {""})


def stored(release: str) -> frozenset[str]:
    """Return the packages that the file says a release has."""
    lines = [line.split() for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return frozenset(name for name, *releases in lines if release in releases)


def update() -> list[str]:
    """Write the file, and return the names that are missing in their release: `release name`."""
    releases = system_table().releases
    there = {release: names_in(release) for release in releases}
    names = sorted({name for release in releases for name in wanted(release)})
    lines = [f"{name} {' '.join(release for release in releases if name in there[release])}" for name in names]
    head = "# Package and the releases of Debian that have it; python tests/debian_names.py --update writes this."
    FILE.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return [f"{release} {name}" for release in releases for name in sorted(wanted(release) - there[release])]


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/debian_names.py --update")
    missing = update()
    sys.exit("\n".join(f"missing: {name}" for name in missing) if missing else 0)
