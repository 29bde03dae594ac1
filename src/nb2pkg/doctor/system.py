"""Are the system packages installed? Where Debian's names mean nothing: are their commands and libraries there?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nb2pkg.doctor.check import Check, Fix
from nb2pkg.doctor.state import State, System, Wanted
from nb2pkg.machine import SystemPackage

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*")


@dataclass(frozen=True, slots=True)
class Trace:
    """What a system package brings: one command of `commands`, or the shared library."""

    commands: tuple[str, ...] = ()
    library: str = ""


def _commands(*names: str) -> Trace:
    return Trace(commands=names)


# Debian's package -> what it brings. A package that no row names brings the command of its own name, if any.
TRACES: Mapping[str, Trace] = MappingProxyType(
    {
        "chromium-driver": _commands("chromedriver"),
        "default-jre": _commands("java"),
        "default-jre-headless": _commands("java"),
        "gdal-bin": _commands("gdalinfo"),
        "ghostscript": _commands("gs"),
        "graphviz": _commands("dot"),
        "imagemagick": _commands("magick", "convert"),
        "openmpi-bin": _commands("mpirun"),
        "p7zip-full": _commands("7z"),
        "poppler-utils": _commands("pdftotext"),
        "r-base-core": _commands("R"),
        "tesseract-ocr": _commands("tesseract"),
        "xz-utils": _commands("xz"),
        "libcairo2": Trace(library="libcairo.so.2"),
        "libenchant-2-2": Trace(library="libenchant-2.so.2"),
        "libgl1": Trace(library="libGL.so.1"),
        "libglib2.0-0": Trace(library="libglib-2.0.so.0"),
        "libgomp1": Trace(library="libgomp.so.1"),
        "libmagic1": Trace(library="libmagic.so.1"),
        "libmecab2": Trace(library="libmecab.so.2"),
        "libodbc2": Trace(library="libodbc.so.2"),
        "libopenblas0": Trace(library="libopenblas.so.0"),
        "libpango-1.0-0": Trace(library="libpango-1.0.so.0"),
        "libpangoft2-1.0-0": Trace(library="libpangoft2-1.0.so.0"),
        "libportaudio2": Trace(library="libportaudio.so.2"),
        "libpq5": Trace(library="libpq.so.5"),
        "libsm6": Trace(library="libSM.so.6"),
        "libsndfile1": Trace(library="libsndfile.so.1"),
        "libxext6": Trace(library="libXext.so.6"),
        "libzbar0": Trace(library="libzbar.so.0"),
    }
)


def trace_of(package: str) -> Trace:
    """Return what a package brings, as far as the table or its name says."""
    if package in TRACES:
        return TRACES[package]
    data = package.startswith(("lib", "fonts-")) or package.count("-") > 1
    return Trace() if data else Trace(commands=(package,))


def check_system(wanted: Wanted, state: State) -> Iterator[Check]:
    """Yield a check for each system package of the plan; what only building needs is no more than a note."""
    system = state.system
    for package in wanted.needs.system:
        if not _NAME.fullmatch(package.name):
            yield Check("system", package.name, "note", "this is no name of a Debian package")
        elif system.dpkg:
            yield _on_debian(package, wanted, system)
        else:
            yield _elsewhere(package, system)


def _on_debian(package: SystemPackage, wanted: Wanted, system: System) -> Check:
    if package.name in system.installed:
        return Check("system", package.name, "ok", "installed")
    command = _command(package.name, system)
    if command:
        return Check("system", package.name, "ok", f"not from Debian, but there is {command}")
    other = system.release and system.release != wanted.needs.debian
    hint = f"; the name is from {wanted.needs.debian}, this is {system.release}" if other else ""
    text = f"not installed: {package.why}{hint}"
    if package.build:
        return Check("system", package.name, "note", f"{text} (only to build distributions)")
    sudo = "" if system.root else "sudo "
    return Check("system", package.name, "missing", text, Fix(f"{sudo}apt-get install -y", (package.name,)))


def _elsewhere(package: SystemPackage, system: System) -> Check:
    trace = trace_of(package.name)
    command = _command(package.name, system)
    if command:
        return Check("system", package.name, "ok", f"there is {command}")
    if trace.library and system.libraries is not None and trace.library in system.libraries:
        return Check("system", package.name, "ok", f"there is {trace.library}")
    what = f"the command {trace.commands[0]}" if trace.commands else trace.library and f"the library {trace.library}"
    look = f"look for {what}" if what else "look for what your system calls it"
    text = f"Debian calls it {package.name}: {package.why}"
    told = bool(trace.commands) or bool(trace.library and system.libraries is not None)
    if package.build or not told:
        return Check("system", package.name, "note", f"{text}; {look}")
    return Check("system", package.name, "missing", text, Fix(by_hand=f"install what brings {what}"))


def _command(package: str, system: System) -> str:
    return next((system.commands[name] for name in trace_of(package).commands if name in system.commands), "")
