"""Imports and the distributions that they come from."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from making import notebook

from nb2pkg.declarations import normalized
from nb2pkg.flow import distributions
from nb2pkg.flow.distributions import alternatives_of, distribution_of, hidden_requirements
from nb2pkg.pipeline import plan_notebook

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("numpy", "numpy"),
        ("numpy.linalg", "numpy"),
        ("sklearn.model_selection", "scikit-learn"),
        ("cv2", "opencv-python-headless"),
        ("PIL.Image", "Pillow"),
        ("yaml", "PyYAML"),
        ("bs4", "beautifulsoup4"),
        ("MeCab", "mecab-python3"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("mpl_toolkits.basemap", "basemap"),
        ("attr", "attrs"),
        ("imblearn.over_sampling", "imbalanced-learn"),
        ("osgeo.gdal", "GDAL"),
        ("google.cloud.bigquery.job", "google-cloud-bigquery"),
        ("google.cloud.pubsub_v1", "google-cloud-pubsub"),
        ("google.cloud.service_control_v2", "google-cloud-service-control"),
        ("google.protobuf", "protobuf"),
        ("category_encoders", "category-encoders"),
        ("distutils.core", "setuptools"),
    ],
)
def test_distribution(module: str, name: str) -> None:
    answer = distribution_of(module)
    assert answer is not None
    assert answer.name == name
    assert answer.source in {"table", "family"}


@pytest.mark.parametrize("module", ["json", "os.path", "collections.abc", "tomllib", "imp", "telnetlib", "__future__"])
def test_standard_library(module: str) -> None:
    answer = distribution_of(module)
    assert answer is not None
    assert (answer.name, answer.source) == ("", "standard")


@pytest.mark.parametrize("module", ["google.colab", "google.colab.drive", "kaggle_secrets", "dbutils.fs"])
def test_platforms(module: str) -> None:
    answer = distribution_of(module)
    assert answer is not None
    assert (answer.name, answer.source) == ("", "platform")


@pytest.mark.parametrize(
    "module", ["my_helpers", "google", "google.cloud", "google.something", "Numpy", "numpyx", "CaboCha", ""]
)
def test_the_unknown_is_not_guessed(module: str) -> None:
    assert distribution_of(module) is None


def test_opencv_with_windows() -> None:
    answer = distribution_of("cv2", {"cv2.imread", "cv2.imshow"})
    assert answer is not None
    assert answer.name == "opencv-python"


TRICKY = tomllib.loads((Path(__file__).parent / "tricky_imports.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("module", "right"), [*TRICKY["imports"].items(), *TRICKY["frequent"].items()])
def test_tricky_and_frequent_imports(module: str, right: list[str]) -> None:
    answer = distribution_of(module)
    assert (answer is not None and normalized(answer.name)) in (right or [False])


def test_tricky_imports_in_a_notebook(tmp_path: Path) -> None:
    """All of them at once: as many requirements as are right, and a finding for each that nobody knows."""
    imports = [m for m in TRICKY["imports"] if not m.startswith("google.re")]
    _, plan = plan_notebook(notebook(tmp_path, "\n".join(f"import {module}" for module in imports)))
    named = {requirement.name for requirement in plan.needs.requirements}
    assert all(named & set(right) for module in imports if (right := TRICKY["imports"][module]))
    unknown = {module for module in imports if not TRICKY["imports"][module]}
    told = [f.message for f in plan.findings if f.code == "NB302"]
    assert len(told) == len(unknown)
    assert all(any(f"`import {module}`" in message for message in told) for module in unknown)


# Builds of one library under several names, of which the table takes one.
ALTERNATIVES = {"lightning_fabric", "keras"}


def test_every_row_agrees_with_what_is_installed() -> None:
    """Whatever of the table is installed here must come from the distribution that the table names."""
    checked = 0
    for module, names in metadata.packages_distributions().items():
        answer = distribution_of(module)
        if answer is None or answer.source not in {"table", "family"} or module in ALTERNATIVES:
            continue
        checked += 1
        told = {normalized(name) for name in (answer.name, *alternatives_of(module))}
        assert told & {normalized(name) for name in names}, f"{module} comes from {names}"
    assert checked >= 10


def test_the_table_is_in_order() -> None:
    table = distributions._table()
    assert len(table.same) + len(table.names) > 300
    assert table.same.isdisjoint(table.names)
    for module in (*table.same, *table.names):
        assert all(part.isidentifier() for part in module.split(".")), module
    for name in (*table.names.values(), *(need for row in table.hidden for need in row.needs)):
        assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(<\d+)?", name), name
    for row in table.hidden:
        assert row.needs
        assert row.calls or row.text.startswith("^") or (row.beside and not row.text)
        re.compile(row.text)
        re.compile(row.unless_text)


def test_alternatives_are_of_what_the_table_knows() -> None:
    table = distributions._table()
    for module, names in table.alternatives.items():
        answer = distribution_of(module)
        assert names
        assert answer is not None, module


def test_packages_of_conda() -> None:
    assert distributions.from_conda("pytorch") == "torch"
    assert distributions.from_conda("cudatoolkit") == ""
    assert distributions.from_conda("pandas") == "pandas"


def _names(*args: list[str]) -> list[str]:
    return [requirement.name for requirement in hidden_requirements(*args)]


@pytest.mark.parametrize(
    ("calls", "texts", "known", "expected"),
    [
        (["pandas.read_excel"], ["sales.xlsx"], [], ["openpyxl"]),
        (["pandas.read_excel"], ["sales.xls"], [], ["xlrd"]),
        (["pandas.read_excel"], ["a.xls", "b.xlsx"], [], ["xlrd", "openpyxl"]),
        (["pandas.read_excel"], ["a.xlsx"], ["openpyxl"], []),
        (["pandas.read_csv"], ["a.xlsx"], [], []),
        (["pandas.read_parquet"], [], [], ["pyarrow"]),
        (["pandas.read_parquet"], [], ["fastparquet"], []),
        ([".to_markdown"], [], ["pandas"], ["tabulate"]),
        ([".plot_forest"], [], ["statsmodels"], ["matplotlib"]),
        ([".to_markdown"], [], [], []),
        ([".style"], [], ["jinja2"], []),
        ([], ["postgresql://someone:hunter2@example.org/shop"], [], ["SQLAlchemy", "psycopg2-binary"]),
        ([], ["mysql+pymysql://x"], ["sqlalchemy"], ["PyMySQL"]),
        ([], ["see s3://bucket"], [], []),
        (["pandas.read_csv"], ["s3://bucket/a.csv"], [], ["s3fs"]),
        (["tqdm.notebook.tqdm"], [], [], ["ipywidgets"]),
        (["MeCab.Tagger"], ["-Owakati"], [], ["unidic-lite"]),
        (["MeCab.Tagger"], ["-d /usr/share/dic"], [], []),
        (["MeCab.Tagger"], ["-Ochasen"], [], []),
        (["MeCab.Tagger"], [], ["ipadic"], []),
        (["MeCab.Tagger"], [], ["apt:mecab-ipadic-utf8"], []),
        ([], [], ["yellowbrick"], ["setuptools"]),
        ([], [], [], []),
    ],
)
def test_hidden_requirements(calls: list[str], texts: list[str], known: list[str], expected: list[str]) -> None:
    assert _names(calls, texts, known) == expected


def test_reasons_tell_no_secret() -> None:
    requirements = hidden_requirements([], ["postgresql://someone:hunter2@example.org/shop"])
    assert {requirement.why for requirement in requirements} == {"`postgresql://` needs it"}
