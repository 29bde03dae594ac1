"""How a project's folders are laid out: ours, and those of two templates that many teams have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nb2pkg.errors import UsageError
from nb2pkg.model import LocalModule

# Whatever the layout, these lie in the project's folder, or tools make them there.
_BESIDE = frozenset(
    {
        "build",
        "conftest",
        "data",
        "deploy",
        "dist",
        "docs",
        "noxfile",
        "reports",
        "requirements",
        "scripts",
        "setup",
        "tests",
    }
    | {"src", "venv", "env", "notebook", "notebooks", "model", "models", "config", "docker", "references"}
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in a project; paths are relative to it, an empty one is the project itself.

    Args:
        name: as people ask for it.
        source: the folder that holds the package.
        notebooks: the folder of the notebook's copy.
        docker: the folder of the Dockerfiles.
        models: the folder for models that are saved.
        folders: further folders that it has, kept by an empty file.
    """

    name: str
    source: str
    notebooks: str
    docker: str
    models: str
    folders: tuple[str, ...] = ()

    def place(self, name: str) -> str:
        """Return where a file of the source folder lies: `churn/cli.py` -> `src/churn/cli.py`."""
        return f"{self.source}/{name}" if self.source else name

    @property
    def reserved(self) -> frozenset[str]:
        """The names that a package or module can't have, since other things lie beside it."""
        if self.source:
            return frozenset()
        own = (self.notebooks, self.docker, self.models, *self.folders)
        return _BESIDE | {folder.partition("/")[0] for folder in own if folder}


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        layout.name: layout
        for layout in (
            Layout("src", "src", "notebooks", "", "models", ("models", "reports/figures")),
            Layout("docker-science", "", "notebook", "docker", "model", ("config", "model", "scripts")),
            Layout(
                "ccds",
                "",
                "notebooks",
                "",
                "models",
                (
                    *(f"data/{name}" for name in ("external", "interim", "processed", "raw")),
                    *("docs", "models", "references", "reports/figures"),
                ),
            ),
        )
    }
)


def layout_of(name: str) -> Layout:
    """Return a layout.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in LAYOUTS:
        raise UsageError(f"--layout {name}: there are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]


def check_names(layout: Layout, package: str, modules: Iterable[LocalModule]) -> None:
    """Refuse a package, or modules that come along, that would lie where the layout has something else.

    Raises:
        UsageError: one would.
    """
    for name in (package, *(module.name for module in modules if not module.written)):
        if name in layout.reserved:
            raise UsageError(
                f"--layout {layout.name}: `{name}` would lie where the layout has something else of this name",
                hint="take --layout src, which keeps code in a folder of its own",
            )
