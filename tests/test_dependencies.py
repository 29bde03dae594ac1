"""Which distributions a package needs, in which versions, and how we know."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import converted, notebook
from packaging.requirements import Requirement as Read
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from nb2pkg.cells.read import read_notebook
from nb2pkg.flow.analyse import analyse
from nb2pkg.machine import Around, Environment, Installed, Needs, Requirement
from nb2pkg.needs.find import find_needs
from nb2pkg.needs.lock import with_lock
from nb2pkg.needs.standards import (
    exact,
    lower_end,
    marker_environment,
    needed,
    range_of,
    read_requirement,
    satisfies,
    without_user,
)
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan.make import make_plan
from nb2pkg.project.build import build_project

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def output(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def cell(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "execution_count": 1}


def environment(*installed: Installed, python: str = "3.11.7", **providers: str) -> Environment:
    """Return an environment; imports are given with `__` for dots."""
    return Environment(
        python,
        ".venv",
        {item.name: item for item in installed},
        {module.replace("__", "."): (name,) for module, name in providers.items()},
    )


def needs_of(
    folder: Path, *cells: Any, around: Around | None = None, python: str = "3.11.4"
) -> tuple[Needs, list[str]]:
    """Return what a notebook of these cells needs, and the messages of the findings."""
    read = read_notebook(notebook(folder, *cells))
    flow = analyse(replace(read, version=python))
    needs, findings = find_needs(flow, around or Around())
    return needs, [finding.message for finding in findings]


def rows_of(
    folder: Path, *cells: Any, around: Around | None = None, python: str = "3.11.4"
) -> dict[str, tuple[str, str]]:
    needs, _ = needs_of(folder, *cells, around=around, python=python)
    return {r.name: (str(r), r.why) for r in needs.requirements}


PANDAS = Installed("pandas", "2.2.3", ("numpy>=1.26", "pytz>=2020.1", 'lxml>=4; extra == "xml"'), ">=3.9")
NUMPY = Installed("numpy", "2.1.0", (), ">=3.10")
PYTZ = Installed("pytz", "2024.1")


# the order of evidence


def test_the_environment_says_the_version(tmp_path: Path) -> None:
    around = Around(environment=environment(PANDAS, NUMPY, PYTZ))
    assert rows_of(tmp_path, "import pandas as pd", around=around) == {
        "pandas": ("pandas>=2.2.3,<3", "import pandas; 2.2.3 in .venv")
    }


@pytest.mark.parametrize(
    ("files", "lines", "expected"),
    [
        ({}, "", "pandas"),
        ({}, "%pip install pandas==2.1.4", "pandas==2.1.4"),
        ({"requirements.txt": "pandas==2.0.3\n"}, "", "pandas==2.0.3"),
        ({"requirements.txt": "pandas==2.0.3\n"}, "%pip install pandas", "pandas==2.0.3"),
        ({"requirements.txt": "pandas==2.0.3\n"}, "%pip install 'pandas>=2.1,<2.2'", "pandas>=2.1,<2.2"),
        ({"requirements.txt": "pandas==2.0.3", "../requirements.txt": "pandas==1.5"}, "", "pandas==2.0.3"),
        ({"pyproject.toml": "[project]\ndependencies=['pandas']", "requirements.txt": "pandas>=2"}, "", "pandas>=2"),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npandas='^2.1.1'"}, "", "pandas>=2.1.1,<3"),
        ({"Pipfile": "[packages]\npandas={version='~2.1',extras=['xml']}"}, "", "pandas[xml]>=2.1,<2.2"),
        ({"Pipfile": "[packages]\npandas='==2.1.1'"}, "", "pandas==2.1.1"),
        ({"environment.yml": "dependencies:\n  - pandas=2.1\n"}, "", "pandas==2.1.*"),
        ({"environment.yml": "dependencies:\n  - conda-forge::pandas=2.1.3=py311_0\n"}, "", "pandas==2.1.3"),
        ({"environment.yml": "dependencies:\n  - pip:\n    - pandas==2.1.3\n"}, "", "pandas==2.1.3"),
        ({"setup.cfg": "[options]\ninstall_requires =\n    pandas>=2\n"}, "", "pandas>=2"),
        ({"requirements.txt": "-r base/all.txt", "base/all.txt": "pandas==2.0.1"}, "", "pandas==2.0.1"),
        ({"requirements.txt": "pandas==2.0.1; python_version < '3.0'"}, "", "pandas"),
        ({"requirements.txt": "pandas  >= 2.0 , <3  # new\n"}, "", "pandas>=2.0,<3"),
        ({"requirements.txt": "pandas==2.0.1 --hash=sha256:abc"}, "", "pandas==2.0.1"),
    ],
)  # fmt: skip
def test_what_people_wrote_says_versions(tmp_path: Path, files: Mapping[str, str], lines: str, expected: str) -> None:
    around = Around(files=tuple(files.items()))
    rows = rows_of(tmp_path, *([lines] if lines else []), "import pandas as pd", around=around)
    assert rows["pandas"][0] == expected


def test_a_range_that_people_wrote_stays_where_the_environment_is_within(tmp_path: Path) -> None:
    around = Around(files=(("requirements.txt", "pandas>=2,<2.5"),), environment=environment(PANDAS, NUMPY, PYTZ))
    row = rows_of(tmp_path, "import pandas", around=around)["pandas"]
    assert row == ("pandas>=2,<2.5", "import pandas; 2.2.3 in .venv")


def test_the_environment_is_stronger_than_what_people_wrote(tmp_path: Path) -> None:
    around = Around(environment=environment(PANDAS, NUMPY, PYTZ))
    row = rows_of(tmp_path, "%pip install pandas==1.5.3", "import pandas", around=around)["pandas"]
    assert row == ("pandas>=2.2.3,<3", "import pandas; 2.2.3 in .venv, though cell 1 installs ==1.5.3")


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("print(pd.__version__)", "2.0.1\n", "pandas>=2.0.1,<3"),
        ("print('pandas', pd.__version__, sys.version)", "pandas 2.0.1 3.11.4 (main)\n", "pandas>=2.0.1,<3"),
        ("print(sys.version, pd.__version__)", "3.11.4 (main) 2.0.1\n", "pandas"),
        ("print(sys.version)\nprint('pandas:', pd.__version__)", "3.8.2 (x)\npandas: 2.0.1\n", "pandas>=2.0.1,<3"),
        ("print(pd.__version__, np.__version__)", "2.0.1 1.24.0\n", "pandas>=2.0.1,<3"),
        ("print(pd.__version__)", "the accuracy is 0.95, of 2.0.1\n", "pandas"),
        ("print(df.shape)", "2.0.1\n", "pandas"),
        ("%load_ext watermark\n%watermark -iv", "numpy : 1.24.0\npandas: 2.0.1\n", "pandas>=2.0.1,<3"),
        ("!pip freeze", "numpy==1.24.0\npandas==2.0.1\n", "pandas>=2.0.1,<3"),
        ("!pip list", "Package  Version\n-------- -----\npandas   2.0.1\n", "pandas>=2.0.1,<3"),
        ("!pip show pandas", "Name: pandas\nVersion: 2.0.1\nSummary: x\n", "pandas>=2.0.1,<3"),
        ("%pip install pandas", "Successfully installed numpy-1.24.0 pandas-2.0.1\n", "pandas>=2.0.1,<3"),
        (
            "%pip install pandas",
            "Requirement already satisfied: pandas in /usr/lib (2.0.1)\n",
            "pandas>=2.0.1,<3",
        ),
    ],
)
def test_versions_that_outputs_tell(tmp_path: Path, source: str, text: str, expected: str) -> None:
    rows = rows_of(tmp_path, "import sys\nimport numpy as np\nimport pandas as pd\ndf = 1", cell(source, output(text)))
    assert rows["pandas"][0] == expected


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("3.11.4", ("pandas>=2.0.1,<3", "import pandas; cell 2 shows 2.0.1")),
        ("3.7.3", ("pandas>=2.0.1", "import pandas; cell 2 shows 2.0.1, with Python 3.7.3")),
        ("", ("pandas>=2.0.1", "import pandas; cell 2 shows 2.0.1")),
    ],
)
def test_what_an_old_python_had_is_only_a_lower_end(tmp_path: Path, python: str, expected: tuple[str, str]) -> None:
    shown = cell("print(pandas.__version__)", output("2.0.1\n"))
    assert rows_of(tmp_path, "import pandas", shown, python=python)["pandas"] == expected


def test_pins_for_an_old_python_are_only_lower_ends(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "%pip install pandas==1.1.5 'numpy<1.20'", "import pandas, numpy", python="3.7.3")
    assert rows["pandas"] == ("pandas>=1.1.5", "import pandas; cell 1 installs ==1.1.5, with Python 3.7.3")
    assert rows["numpy"][0] == "numpy"


def test_an_environment_with_an_old_python_gives_lower_ends_and_no_lock(tmp_path: Path) -> None:
    around = Around(environment=environment(PANDAS, NUMPY, PYTZ, python="3.8.1"))
    needs, _ = needs_of(tmp_path, "import pandas", around=around)
    assert [(str(r), r.why) for r in needs.requirements] == [
        ("pandas>=2.2.3", "import pandas; 2.2.3 in .venv, with Python 3.8.1")
    ]
    assert needs.lock == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("==1.5", ">=1.5"),
        ("~=1.5", ">=1.5"),
        ("==1.*", ">=1"),
        (">=1,<2", ">=1"),
        ("<2,!=1", ""),
        (">1", ">1"),
        ("", ""),
    ],
)
def test_lower_end(text: str, expected: str) -> None:
    assert lower_end(text) == expected


def test_other_numbers_are_no_versions(tmp_path: Path) -> None:
    code = "if pandas.__version__ > '0.1':\n    print(f(x))"
    assert rows_of(tmp_path, "import pandas", cell(code, output("10.840\n")))["pandas"][0] == "pandas"


def test_a_printed_version_may_go_by_the_name_of_the_import(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "import sklearn", cell("print('sklearn', sklearn.__version__)", output("sklearn 1.3.0")))
    assert rows["scikit-learn"] == ("scikit-learn>=1.3.0,<1.4", "import sklearn; cell 2 shows 1.3.0")


# which distribution it is


@pytest.mark.parametrize(
    ("cells", "around", "expected"),
    [
        (["import cv2"], Around(), "opencv-python-headless"),
        (["import cv2\ncv2.imshow('a', 1)"], Around(), "opencv-python"),
        (["%pip install opencv-contrib-python", "import cv2"], Around(), "opencv-contrib-python"),
        (["import cv2"], Around(files=(("requirements.txt", "opencv-python"),)), "opencv-python"),
        (["import cv2"], Around(environment=environment(cv2="opencv-python")), "opencv-python"),
        (["import cv2\ncv2.waitKey()"], Around(environment=environment(cv2="opencv-python-headless")), "opencv-python"),
        (["%pip install sklearn", "import sklearn"], Around(), "scikit-learn"),
        (["%pip install psycopg2", "import psycopg2"], Around(), "psycopg2"),
        (["%pip install azure-data-explorer", "import azure.data.explorer"], Around(), "azure-data-explorer"),
        (["!conda install -y pytorch", "import torch"], Around(), "torch"),
        (["from google.cloud import bigquery"], Around(), "google-cloud-bigquery"),
        (["import private_thing"], Around(environment=environment(private_thing="thing-client")), "thing-client"),
        (["import private_thing"], Around(files=(("requirements.txt", "private-thing"),)), "private-thing"),
    ],
)  # fmt: skip
def test_the_distribution_of_an_import(tmp_path: Path, cells: list[str], around: Around, expected: str) -> None:
    assert list(rows_of(tmp_path, *cells, around=around)) == [expected]


def test_the_unknown_is_a_finding(tmp_path: Path) -> None:
    needs, messages = needs_of(tmp_path, "import CaboCha, os\nfrom google.colab import drive")
    assert needs.requirements == ()
    assert messages[0] == "nobody knows which distribution `import CaboCha` comes from"
    assert [text for text in messages if "nobody knows" in text] == messages[:1]


def test_what_may_be_missing_is_no_warning(tmp_path: Path) -> None:
    flow = analyse(
        read_notebook(notebook(tmp_path, "try:\n    import CaboCha\nexcept ImportError:\n    CaboCha = None"))
    )
    found = [finding for finding in find_needs(flow, Around())[1] if finding.code == "NB302"]
    assert [finding.severity for finding in found] == ["info"]


def test_modules_beside_the_notebook_bring_their_imports(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("import yaml\nimport other\n", encoding="utf-8")
    (tmp_path / "other.py").write_text("def f():\n    import requests\n", encoding="utf-8")
    rows = rows_of(tmp_path, "import helpers")
    assert rows == {
        "pyyaml": ("pyyaml", "import yaml in helpers.py"),
        "requests": ("requests", "import requests in other.py"),
    }


def test_what_cells_install_is_needed_even_where_no_import_shows_it(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "%pip install -q pip jupyterlab watermark 'kaggle>=1.5' pandas[excel]", "import pandas")
    assert rows == {
        "kaggle": ("kaggle>=1.5", "cell 1 installs it"),
        "pandas": ("pandas[excel]", "import pandas"),
    }


def test_conda_installs_more_than_libraries(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "!conda install -y -c conda-forge python=3.8 nodejs gcc_linux-64 lightgbm", "x = 1")
    assert list(rows) == ["lightgbm"]


def test_channels_of_conda_are_no_requirements(tmp_path: Path) -> None:
    text = "channels:\n  - https://conda.anaconda.org/t/ab-12345678/x\n  - conda-forge\ndependencies:\n  - pandas=2.1\n"
    (tmp_path / "environment.yml").write_text(text, encoding="utf-8")
    from nb2pkg.pipeline import convert_notebook

    project = convert_notebook(notebook(tmp_path, "import pandas"))
    assert "ab-12345678" not in str(project.findings)
    assert "conda-forge" not in project.files["pyproject.toml"].decode()
    assert "pandas" in project.files["pyproject.toml"].decode()


def test_an_address_without_a_name_is_a_finding(tmp_path: Path) -> None:
    needs, messages = needs_of(tmp_path, "!pip install git+https://tok@github.com/a/some-repo", "import json")
    assert needs.requirements == ()
    url = "git+https://github.com/a/some-repo"
    assert messages == [f"nobody knows the name of the distribution at {url} (cell 1 installs it)"]


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        ("git+https://github.com/openai/whisper.git", "import whisper", "openai-whisper @ git+https://github.com/openai/whisper.git"),
        ("git+https://ghp_secret@github.com/a/shap.git@v1", "import shap", "shap @ git+https://github.com/a/shap.git@v1"),
        ("git+https://github.com/a/b.git#egg=shap", "import shap", "shap @ git+https://github.com/a/b.git"),
        ("'shap @ git+https://github.com/a/b.git'", "import shap", "shap @ git+https://github.com/a/b.git"),
        ("https://example.org/w/shap-0.4-py3-none-any.whl?key=abc", "import shap", "shap @ https://example.org/w/shap-0.4-py3-none-any.whl"),
    ],
)  # fmt: skip
def test_addresses(tmp_path: Path, line: str, code: str, expected: str) -> None:
    assert [text for text, _ in rows_of(tmp_path, f"%pip install {line}", code).values()] == [expected]
    text = converted(tmp_path, f"%pip install {line}", code).files["pyproject.toml"].decode("utf-8")
    pyproject = tomllib.loads(text)
    assert pyproject["project"]["dependencies"] == [expected]
    assert Read(pyproject["project"]["dependencies"][0]).url
    assert pyproject["tool"]["hatch"]["metadata"] == {"allow-direct-references": True}
    assert "secret" not in text


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("df.style.format('x')", ["jinja2"]),
        ("plt.style.use('x')", []),
        ("df.to_excel('a.xlsx')", ["openpyxl"]),
        ("a.b.to_parquet('x')", ["pyarrow"]),
        ("pd.read_sql('select 1', 'postgresql://h/d')", ["psycopg2-binary", "sqlalchemy"]),
        ("pd.read_csv(f's3://bucket/{x}.csv')", ["s3fs"]),
    ],
)
def test_what_no_import_shows(tmp_path: Path, code: str, expected: list[str]) -> None:
    rows = rows_of(tmp_path, f"import pandas as pd\nimport matplotlib.pyplot as plt\n{code}")
    assert sorted(set(rows) - {"pandas", "matplotlib"}) == expected


def test_hidden_ones_have_the_versions_of_the_environment(tmp_path: Path) -> None:
    around = Around(environment=environment(PANDAS, NUMPY, PYTZ, Installed("openpyxl", "3.1.2")))
    rows = rows_of(tmp_path, "import pandas\npandas.read_excel('a.xlsx')", around=around)
    assert rows["openpyxl"] == ("openpyxl>=3.1.2,<4", "`pandas.read_excel` needs it; 3.1.2 in .venv")


def test_what_was_installed_from_a_folder_of_this_machine_is_told(tmp_path: Path) -> None:
    mine = Installed("mine", "0.1", url="file:///home/me/mine")
    around = Around(environment=environment(mine, mine="mine"))
    needs, messages = needs_of(tmp_path, "import mine", around=around)
    assert messages == ["`mine` in .venv was installed from a folder of this machine: others can't install it"]
    assert needs.lock == ()
    assert "/home" not in str(needs)


@pytest.mark.parametrize(
    ("installed", "line", "expected"),
    [
        ("", "", "setuptools<82"),
        ("65.5.0", "", "setuptools>=65.5.0,<82"),
        ("", "%pip install setuptools==70", "setuptools==70"),
    ],
)
def test_newer_releases_may_lack_a_module(tmp_path: Path, installed: str, line: str, expected: str) -> None:
    around = Around(environment=environment(*([Installed("setuptools", installed)] if installed else [])))
    rows = rows_of(tmp_path, *([line] if line else []), "import pkg_resources", around=around)
    assert rows["setuptools"][0] == expected


# versions


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("pandas", "2.2.3", ">=2.2.3,<3"),
        ("seaborn", "0.13.2", ">=0.13.2,<0.14"),
        ("x", "0.0.4", ">=0.0.4,<0.1"),
        ("pytz", "2024.1", ">=2024.1"),
        ("black", "24.1.0", ">=24.1.0"),
        ("torch", "2.3.0+cpu", ">=2.3.0,<2.4"),
        ("scikit-learn", "1.3.2", ">=1.3.2,<1.4"),
        ("x", "1.0.0.dev3+g12", ">=1.0.0.dev3,<2"),
        ("x", "1!2.0", ">=1!2.0,<1!3"),
        ("x", "2.9.0.post0", ">=2.9.0.post0,<3"),
        ("x", "unknown", ""),
    ],
)
def test_range(name: str, version: str, expected: str) -> None:
    assert range_of(name, version) == expected


VERSIONS = st.builds(
    lambda release, tail: ".".join(map(str, release)) + tail,
    st.lists(st.integers(0, 3000), min_size=1, max_size=4),
    st.sampled_from(["", ".dev1", "a1", "rc2", ".post3", "+cu118", ".dev0+g1a2b"]),
)


@given(VERSIONS, st.sampled_from(["pandas", "black"]))
def test_a_range_holds_its_version(version: str, name: str) -> None:
    specifier = range_of(name, version)
    assert SpecifierSet(specifier).contains(Version(Version(version).public), prereleases=True)
    assert satisfies(version, specifier)


@given(st.text(max_size=60))
def test_no_text_is_too_odd_for_a_requirement(text: str) -> None:
    requirement = read_requirement(text, "", "file")
    if requirement is not None:
        assert Read(str(replace_url(requirement)))


def replace_url(requirement: Requirement) -> Requirement:
    """Return a requirement without its address, which may be any text."""
    return Requirement(requirement.name, "", requirement.specifier, extras=requirement.extras)


@pytest.mark.parametrize(
    "line",
    [
        "numpy>=1.26",
        "numpy (>=1.26)",
        'numpy>=1.26; python_version < "3.12"',
        'numpy>=1.26; python_version < "3.9"',
        'colorama; sys_platform == "win32"',
        'colorama; sys_platform == "win32" or os_name == "nt"',
        'uvloop; sys_platform != "win32" and python_version >= "3.8"',
        'tomli>=1; python_full_version <= "3.11.0a6"',
        'lxml>=4; extra == "xml"',
        'lxml>=4; extra == "html" and python_version >= "3.8"',
        'x[a,b]>=1,<2; (python_version >= "3.8" and extra == "xml") or extra == "all"',
        'triton==2.0; platform_system == "Linux" and platform_machine == "x86_64"',
    ],
)
@pytest.mark.parametrize("extras", [(), ("xml",), ("html", "all")])
def test_markers_mean_what_packaging_says(line: str, extras: tuple[str, ...]) -> None:
    read = Read(line)
    marker = read.marker
    expected = marker is None or any(marker.evaluate(marker_environment("3.11.7", e)) for e in ("", *extras))
    found = needed(line, extras, "3.11.7")
    assert (found is not None) == expected
    if found is not None:
        assert found[0] == read.name
        assert set(found[1]) == read.extras
        assert SpecifierSet(found[2]) == read.specifier


@pytest.mark.parametrize(("text", "expected"), [("==1.5", "1.5"), ("==1.*", ""), (">=1", ""), ("", ""), ("==1,<2", "")])
def test_exact(text: str, expected: str) -> None:
    assert exact(text) == expected


def test_addresses_lose_what_may_be_secret() -> None:
    assert without_user("git+https://me:pw@host/a.git@v1") == "git+https://host/a.git@v1"
    assert without_user("git+ssh://git@host/a.git") == "git+ssh://git@host/a.git"
    assert without_user("https://host/a.whl?sig=1#sha256=2") == "https://host/a.whl#sha256=2"


# Python


@pytest.mark.parametrize(
    ("python", "requires", "expected"),
    [
        ("3.11.7", "", (">=3.10", "3.11")),
        ("3.11.7", ">=3.9", (">=3.10", "3.11")),
        ("3.11.7", ">=3.11", (">=3.11", "3.11")),
        ("3.12.1", ">=3.9,<3.13", (">=3.10,<3.13", "3.12")),
        ("3.8.10", ">=3.7,<3.11", (">=3.10", "3.11")),  # the pandas of today needs no old Python
        ("3.10.10", ">=3.7,<3.10", (">=3.10", "3.10")),
        ("3.14.0", ">=3.12", (">=3.12", "3.13")),
    ],
)
def test_python(tmp_path: Path, python: str, requires: str, expected: tuple[str, str]) -> None:
    around = Around(environment=environment(Installed("pandas", "2.2.3", (), requires), python=python))
    needs, _ = needs_of(tmp_path, "import pandas", around=around)
    assert (needs.python, needs.python_version) == expected


def test_python_without_an_environment(tmp_path: Path) -> None:
    assert needs_of(tmp_path, "import pandas", python="")[0].python_version == "3.12"
    assert needs_of(tmp_path, "import pandas", python="3.7.1")[0].python_version == "3.12"
    assert needs_of(tmp_path, "import pandas", python="3.11.1")[0].python_version == "3.11"
    assert needs_of(tmp_path, "import pandas", python="3.14.1")[0].python_version == "3.13"
    files = (("environment.yml", "dependencies:\n- python=3.11\n- pandas\n"),)
    assert needs_of(tmp_path, "import pandas", around=Around(files=files), python="")[0].python_version == "3.11"


# the lock


def locked(*installed: Installed, requirements: tuple[Requirement, ...]) -> Needs:
    return with_lock(Needs(requirements=requirements), environment(*installed))


def test_the_lock_has_all_that_is_needed() -> None:
    needs = locked(PANDAS, NUMPY, PYTZ, requirements=(Requirement("pandas", ""),))
    assert needs.lock == (("numpy", "2.1.0"), ("pandas", "2.2.3"), ("pytz", "2024.1"))
    assert needs.needed_by == {"numpy": ("pandas",), "pandas": ("",), "pytz": ("pandas",)}
    assert needs.environment == ".venv"


def test_the_lock_has_what_extras_need() -> None:
    requirement = Requirement("pandas", "", extras=("xml",))
    assert locked(PANDAS, NUMPY, PYTZ, requirements=(requirement,)).lock == ()
    lxml = Installed("lxml", "5.2")
    assert ("lxml", "5.2") in locked(PANDAS, NUMPY, PYTZ, lxml, requirements=(requirement,)).lock


@pytest.mark.parametrize(
    "requirements",
    [
        (Requirement("pandas", ""), Requirement("absent", "")),
        (Requirement("pandas", "", ">=3"),),
        (Requirement("pandas", ""), Requirement("mine", "")),
    ],
)
def test_there_is_no_lock_where_something_is_missing(requirements: tuple[Requirement, ...]) -> None:
    mine = Installed("mine", "1", url="file:///x")
    assert locked(PANDAS, NUMPY, PYTZ, mine, requirements=requirements).lock == ()


def test_the_lock_of_circles_and_addresses_ends() -> None:
    a = Installed("a", "1.0+local", ("b[x]",))
    b = Installed("b", "2", ("a", 'c; extra == "x"'))
    c = Installed("c", "3", url="git+https://host/c@1f")
    assert locked(a, b, c, requirements=(Requirement("a", ""),)).lock == (
        ("a", "1.0"),
        ("b", "2"),
        ("c", "@ git+https://host/c@1f"),
    )


def test_the_lock_file_is_written_and_can_be_read_by_pip(tmp_path: Path) -> None:
    book = notebook(tmp_path, "import jinja2\nprint(jinja2.Template('a').render())")
    from nb2pkg.pipeline import convert_notebook

    files = convert_notebook(book, python=sys.prefix).files
    lock = tmp_path / "requirements.lock"
    lock.write_bytes(files["requirements.lock"])
    assert "jinja2==" in lock.read_text(encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps", "-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_an_edited_plan_has_a_lock_of_its_own(tmp_path: Path) -> None:
    from nb2pkg.pipeline import convert_notebook

    book = notebook(tmp_path, "import jinja2\nprint(jinja2.Template('a').render())")
    project = convert_notebook(book, python=sys.prefix)
    plan = tmp_path / "plan.toml"
    text = project.files[".nb2pkg/plan.toml"].decode("utf-8")
    plan.write_text(text.replace(project.plan.needs.requirements[0].specifier, "==1.0"), encoding="utf-8")
    assert "requirements.lock" not in convert_notebook(book, python=sys.prefix, plan_file=plan).files


def test_a_plan_puts_no_lines_into_files_that_are_read_by_lines(tmp_path: Path) -> None:
    from nb2pkg.pipeline import convert_notebook

    book = notebook(tmp_path, "import numpy\nprint(open('a.txt').read())")
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    plan = convert_notebook(book, python=sys.prefix).files[".nb2pkg/plan.toml"].decode()
    plan = re.sub('(?m)^(python_version = "[^"]*|sha256 = ")', r"\1\\nescaped", plan)
    (tmp_path / "plan.toml").write_text(plan, encoding="utf-8")
    files = convert_notebook(book, python=sys.prefix, plan_file=tmp_path / "plan.toml").files
    for name in ("requirements.lock", "data/README.md", "data/SHA256SUMS"):
        assert "\nescaped" not in files.get(name, b"").decode()


def test_without_an_environment_nothing_is_locked(tmp_path: Path) -> None:
    _, plan = plan_notebook(notebook(tmp_path, "import jinja2"))
    assert (plan.needs.lock, plan.needs.environment) == ((), "")


@pytest.mark.parametrize(("requires", "expected"), [(">=3.9", True), (">=3.11", False)])
def test_settings_need_a_reader_of_toml_before_python_3_11(tmp_path: Path, requires: str, expected: bool) -> None:
    around = Around(
        environment=Environment("3.11.4", ".venv", {"pandas": Installed("pandas", "2.2.3", python=requires)})
    )
    flow = analyse(read_notebook(notebook(tmp_path, "import pandas as pd\nlimit = 3\nprint(pd.Series(range(limit)))")))
    project = build_project(flow, make_plan(flow, around))
    settings = project.files["src/small_book/settings.py"].decode()
    assert ("tomli" in project.files["pyproject.toml"].decode().split("[project.optional")[0]) is expected
    assert ("import tomli as tomllib" in settings, "import sys" in settings) == (expected, expected)
    ast.parse(settings)
