"""How generated tests become files."""

from __future__ import annotations

from nb2pkg.project.cases import Case, Setup, case_files

CUSTOMERS = Setup(
    "customers",
    "@pytest.fixture\ndef customers() -> pd.DataFrame:\n    return pd.DataFrame({'age': [1, 2]})\n",
    ("import pandas as pd", "import pytest"),
)


def case(module: str, name: str) -> Case:
    source = f"def {name}(customers: pd.DataFrame) -> None:\n    assert len({module}.clean(customers)) == 2\n"
    return Case(module, "clean", name, source, ("import pandas as pd",), (CUSTOMERS,))


def test_a_file_holds_what_its_cases_need_once() -> None:
    files = case_files("shop", [case("data", "test_one"), case("data", "test_two")])
    assert files == {"tests/test_data.py": '''"""What the functions of `data` promise."""

import pandas as pd
import pytest

from shop import data


@pytest.fixture
def customers() -> pd.DataFrame:
    return pd.DataFrame({"age": [1, 2]})


def test_one(customers: pd.DataFrame) -> None:
    assert len(data.clean(customers)) == 2


def test_two(customers: pd.DataFrame) -> None:
    assert len(data.clean(customers)) == 2
'''}


def test_each_module_has_a_file_of_its_own() -> None:
    files = case_files("shop", [case("data", "test_one"), case("features", "test_two")])
    assert [*files] == ["tests/test_data.py", "tests/test_features.py"]
    assert "test_two" not in files["tests/test_data.py"]


def test_a_variable_called_as_its_module_does_not_hide_the_function() -> None:
    source = (
        "def test_features_stay() -> None:\n"
        '    features = build("features.clean")\n\n    result = features.clean(features)\n\n'
        "    assert len(result) == len(features.index)\n"
    )
    shadowed = Case("features", "clean", "test_features_stay", source)
    assert case_files("shop", [shadowed]) == {
        "tests/test_features.py": '''"""What the functions of `features` promise."""

from shop.features import clean


def test_features_stay() -> None:
    features = build("features.clean")

    result = clean(features)

    assert len(result) == len(features.index)
'''
    }
    both = case_files("shop", [shadowed, case("features", "test_one")])["tests/test_features.py"]
    assert "from shop import features\nfrom shop.features import clean\n" in both
    patched = source.replace("features = build", "monkeypatch.setattr(features, 'show', print)\n    features = build")
    assert case_files("shop", [Case("features", "clean", "test_features_stay", patched)]) == {}
