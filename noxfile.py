"""The checks of this repository: `nox` runs the tests and the linters, `nox -l` lists everything."""

from __future__ import annotations

import nox

nox.options.sessions = ["tests", "lint"]
nox.options.default_venv_backend = "venv"

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest."""
    session.install(".[test]")
    session.run("pytest", "-q", "-n", "2", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and types."""
    session.install(".[lint]")
    session.run("ruff", "check", ".")
    session.run("black", "--check", ".")
    session.run("mypy")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Compare random notebooks with their packages: `nox -s fuzz -- 5000`."""
    count = session.posargs[0] if session.posargs else "2000"
    if not count.isdigit():
        session.error(f"the number of notebooks to try is expected, not {count!r}")
    session.install(".[test]")
    session.run(
        "pytest",
        "-q",
        "-m",
        "slow or not slow",
        "tests/test_fuzz.py",
        "tests/test_defects.py",
        *session.posargs[1:],
        env={"NB2PKG_FUZZ_EXAMPLES": count},
    )


@nox.session
def corpus(session: nox.Session) -> None:
    """Measure conversions with a script from outside: `nox -s corpus -- judge.py ARGUMENT...`."""
    if not session.posargs:
        session.error("name the script that judges conversions: nox -s corpus -- judge.py")
    session.install(".[test]")
    session.run("python", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Time the stages of a conversion; arguments go to tests/bench.py."""
    session.install(".[test]")
    session.run("python", "tests/bench.py", *session.posargs)
