"""Build -> what a Makefile, images and workflows speak of, made such that none of it can break out of them."""

from __future__ import annotations

import re
from typing import Any

from nb2pkg.machine import SystemPackage
from nb2pkg.project.config import needs_of
from nb2pkg.project.functions import Build
from nb2pkg.project.versions import pythons_of, versions

# What Debian calls its packages, with a version or an architecture if need be; variables and programs of a shell.
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~-]+)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROGRAM = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*")
# Whose models and corpora -> the variable that names the folder they are kept in.
_CACHES = {
    "easyocr": "EASYOCR_MODULE_PATH",
    "flair": "FLAIR_CACHE_ROOT",
    "gensim": "GENSIM_DATA_DIR",
    "huggingface": "HF_HOME",
    "keras": "KERAS_HOME",
    "nltk": "NLTK_DATA",
    "seaborn": "SEABORN_DATA",
    "sklearn": "SCIKIT_LEARN_DATA",
    "stanza": "STANZA_RESOURCES_DIR",
    "tiktoken": "TIKTOKEN_CACHE_DIR",
    "torch": "TORCH_HOME",
}


def machine_context(build: Build) -> dict[str, Any]:
    """Return what the Makefile, the images and the workflows speak of; what could not be said in them is left out."""
    needs, layout = needs_of(build), build.layout
    local = [module for module in build.flow.notebook.local_modules if not module.written]
    beside = sorted({name.split("/")[0] for module in local for name, _ in module.files})
    minor = needs.python_version if re.fullmatch(r"[0-9]+([.][0-9]+)*", needs.python_version) else "3"
    variables = [variable for variable in needs.variables if _VARIABLE.fullmatch(variable.name)]
    return {
        "image": re.sub(r"[^a-z0-9]+", "-", build.plan.package.lower()).strip("-") or "pipeline",
        "python": minor,
        "python_image": f"python:{versions()['python'].get(minor, minor)}-slim-{_word(needs.debian, 'bookworm')}",
        "debian": _word(needs.debian, "bookworm"),
        # Releases as old as those of the environment may not be built for a Python that came after them.
        "pythons": pythons_of(needs.python, minor if needs.environment else "") or [minor],
        "run_packages": [package for package in needs.system if _fits(package) and not package.build],
        "build_packages": [package for package in needs.system if _fits(package) and package.build],
        "variables": variables,
        "settled": [v for v in variables if v.value and v.required and not v.secret],
        "downloads": [d for d in needs.downloads if d.command and _PROGRAM.fullmatch(d.command[0])],
        "caches": {kind: name for kind, name in _CACHES.items() if kind in {d.kind for d in needs.downloads}},
        "folder": layout.notebooks if needs.folder == layout.notebooks else ".",
        "sources": [layout.source] if layout.source else [build.plan.package, *beside],
    }


def _fits(package: SystemPackage) -> bool:
    return bool(_PACKAGE.fullmatch(package.name))


def _word(text: str, otherwise: str) -> str:
    return text if re.fullmatch(r"[a-z]+", text) else otherwise
