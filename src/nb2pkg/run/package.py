"""Runs a generated package in a copy of the notebook's folder, and says what it showed and what its names held."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb2pkg.run.limits import NO_LIMITS, Limits, run
from nb2pkg.run.notebook import Probe, boot_code, clean_environment, common_probes, probe_config, read_observed


@dataclass(frozen=True, slots=True)
class PackageRun:
    """A package as run.

    Args:
        package: its name.
        status: its exit status; None when it was ended.
        out: what it wrote to stdout.
        err: what it wrote to stderr.
        observed: what the probes reported, in order.
        error: the exception that ended it: `name`, `message`, `frames`.
        seconds: how long it took.
        peak: bytes that its processes used together.
        stopped: `timeout`, `memory`, or the empty string.
    """

    package: str
    status: int | None
    out: bytes
    err: str
    observed: tuple[Mapping[str, Any], ...] = ()
    error: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    peak: int = 0
    stopped: str = ""


def run_package(
    source: Path,
    package: str,
    folder: Path,
    *,
    python: str,
    functions: Mapping[str, Sequence[str]],
    driver: str,
    sample: int | None = None,
    seed: int | None = None,
    limits: Limits = NO_LIMITS,
) -> PackageRun:
    """Run a package as `python -m PACKAGE` does.

    Args:
        source: the folder that holds the package.
        package: its name.
        folder: the working directory; a copy, see `sandbox`.
        python: the interpreter.
        functions: module -> functions whose statements are watched.
        driver: the function of `pipeline` that returns the results.
        sample: rows that loaders give back at most.
        seed: for the generators of random numbers that the notebook leaves to chance.
        limits: what it may take.
    """
    probes = [
        Probe("mentions"),
        Probe("trace", {"package": package}),
        Probe("package", {"package": package, "functions": dict(functions), "driver": driver}),
        *common_probes(sample, seed),
    ]
    with tempfile.TemporaryDirectory(prefix="nb2pkg-") as home:
        config = probe_config(Path(home), probes)
        code = boot_code(config) + f"import sys\nsys.exit(sys.modules['_nb2pkg_package'].run({package!r}))\n"
        done = run(
            [python, "-c", code], folder=folder, environment=_environment(Path(home), source.resolve()), limits=limits
        )
        observed = read_observed(config)
    end = next((entry for entry in observed if entry["kind"] == "end"), {})
    return PackageRun(
        package, done.code, done.out, done.err, observed, end.get("error") or {}, done.seconds, done.peak, done.stopped
    )


def _environment(home: Path, source: Path) -> dict[str, str]:
    environment = clean_environment(home)
    path = os.pathsep.join(part for part in (str(source), environment.get("PYTHONPATH", "")) if part)
    return {**environment, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
