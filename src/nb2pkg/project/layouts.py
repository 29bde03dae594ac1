"""How a project's folders are laid out: ours, and those of two templates that many teams have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nb2pkg.errors import UsageError


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
