"""plan.toml: what people may change in it, and how a plan that doesn't fit is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import code_of, notebook

from nb2pkg.errors import PlanError
from nb2pkg.model import Change, Flow, Plan, Project
from nb2pkg.pipeline import plan_notebook
from nb2pkg.plan.file import apply_plan, plan_text
from nb2pkg.plan.stages import MODULES
from nb2pkg.project.build import build_project

CELLS = (
    "import math",
    "#md ## Load the numbers",
    "values = [3, 1, 2]\nvalues.append(math.floor(4.5))",
    "#md ## Double them",
    "doubled = [2 * v for v in values]",
    "#md ## Sum\n",
    "total = sum(doubled)\nlargest = max(doubled)",
    "print(total, largest)",
)


class Edited:
    """A notebook with its plan as text."""

    def __init__(self, folder: Path, cells: tuple[str, ...] = CELLS) -> None:
        self.flow: Flow
        self.plan: Plan
        self.flow, self.plan = plan_notebook(notebook(folder, *cells))
        self.text = plan_text(self.plan, self.flow)

    def names(self) -> list[str]:
        return [u.name for u in self.plan.units if u.kind == "function"]

    def apply(self, text: str) -> Plan:
        return apply_plan(text, "plan.toml", self.flow, self.plan)

    def build(self, text: str) -> Project:
        return build_project(self.flow, self.apply(text))

    def unit(self, name: str) -> str:
        """Return the text of a unit."""
        return next(part for part in self.text.split("\n\n") if f'name = "{name}"' in part)


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


def own_code(project: Project) -> str:
    """Return the modules that hold the notebook's code."""
    return "".join(text for name, text in sorted(code_of(project).items()) if name in (*MODULES, "pipeline"))


def shown(project: Project) -> str:
    """Return `run()`."""
    return code_of(project)["pipeline"]


def test_a_plan_that_nobody_edited_changes_nothing(edited: Edited) -> None:
    assert edited.apply(edited.text) == edited.plan
    assert edited.build(edited.text).files == build_project(edited.flow, edited.plan).files


def test_a_function_is_renamed_and_moved(edited: Edited) -> None:
    old = edited.names()[1]
    unit = edited.unit(old)
    text = edited.text.replace(unit, unit.replace(f'"{old}"', '"twice_each"').replace("preprocessing", "features"))

    project = edited.build(text)

    assert "def twice_each(values: list) -> list:" in code_of(project)["features"]
    assert "doubled = features.twice_each(values)" in shown(project)


def test_two_functions_are_merged(edited: Edited) -> None:
    first, second, third = edited.names()[1:4]
    unit, other, last = edited.unit(first), edited.unit(second), edited.unit(third)
    places = '"c5:1", "c7:1", "c7:2"'
    merged = unit.replace('statements = ["c5:1"]', f"statements = [{places}]")
    assert places in merged

    project = edited.build(edited.text.replace(unit, merged).replace(f"{other}\n\n{last}\n\n", ""))

    assert f"total, largest = preprocessing.{first}(values)" in shown(project)
    assert second not in shown(project)


def test_a_function_is_split(edited: Edited) -> None:
    name = edited.names()[0]
    unit = edited.unit(name)
    one = unit.replace('["c3:1", "c3:2"]', '["c3:1"]')
    two = unit.replace('["c3:1", "c3:2"]', '["c3:2"]').replace(f'"{name}"', '"finish_values"')

    project = edited.build(edited.text.replace(unit, f"{one}\n\n{two}"))

    assert f"values = data.{name}()" in shown(project)
    assert "values = data.finish_values(values)" in shown(project) or "data.finish_values(values)" in shown(project)


def test_a_unit_that_nothing_needs_is_dropped(edited: Edited) -> None:
    last = edited.text.partition("\n\n[needs]")[0].rsplit("\n\n", 1)[1]
    assert "c8:1" in last

    assert "print" not in shown(edited.build(edited.text.replace(last, "")))


def test_package_and_title_are_changed(edited: Edited) -> None:
    text = edited.text.replace('package = "small_book"', 'package = "sums"')
    text = text.replace('title = "Load the numbers"', 'title = "All sums"')

    project = edited.build(text)

    assert project.package == "sums"
    assert shown(project).startswith('"""All sums:')


SETTING = ("rate = 0.5", "print(rate * 2)")


def test_what_is_no_function_keeps_its_name(tmp_path: Path) -> None:
    edited = Edited(tmp_path, SETTING)
    with pytest.raises(PlanError, match="only functions can be renamed"):
        edited.apply(edited.text.replace('name = "rate"', 'name = "share"'))


SETTINGS = (
    "SEED = 3\nrate = 0.5",
    "def draw(n, *, seed, epochs=1):\n    return [n * seed * epochs]\nvalues = draw(2, seed=3, epochs=4)",
    "more = draw(1, seed=5, epochs=4)\nmore += draw(1, seed=5, epochs=6) + draw(1, seed=5, epochs=6)",
    "print(SEED, rate, values, more, open('a.txt', 'w').close())",
)


@pytest.fixture
def with_settings(tmp_path: Path) -> Edited:
    return Edited(tmp_path, SETTINGS)


def setting(edited: Edited, name: str) -> str:
    """Return the text of a setting."""
    return next(p for p in edited.text.split("\n\n") if p.startswith("[[settings]]") and f'name = "{name}"\n' in p)


def test_settings_that_nobody_edited_are_the_same(with_settings: Edited) -> None:
    assert [s.name for s in with_settings.plan.settings] == [
        "seed", "rate", "draw_epochs", "more_seed", "draw_epochs_2", "a_txt",
    ]  # fmt: skip
    assert with_settings.apply(with_settings.text) == with_settings.plan
    assert 'places = ["c1:1 SEED", "c2:2 seed"]' in with_settings.text
    assert 'places = ["c3:2 epochs", "c3:2 epochs 2"]' in with_settings.text


def test_a_setting_is_renamed(with_settings: Edited) -> None:
    project = with_settings.build(with_settings.text.replace('name = "more_seed"', 'name = "second_seed"'))

    assert "    second_seed: int = 5  # cell 3\n" in code_of(project)["config"]
    assert "second_seed" in own_code(project)


def test_a_setting_that_is_dropped_stays_in_the_code(with_settings: Edited) -> None:
    text = with_settings.text
    for name in ("draw_epochs", "rate"):
        text = text.replace(setting(with_settings, name), "")

    project = with_settings.build(text)

    assert "draw_epochs:" not in code_of(project)["config"]
    assert "epochs=4" in own_code(project)
    assert "    rate = 0.5\n" in shown(project)


def test_one_place_of_a_setting_is_dropped(with_settings: Edited) -> None:
    project = with_settings.build(with_settings.text.replace('["c3:2 epochs", "c3:2 epochs 2"]', '["c3:2 epochs 2"]'))

    code = own_code(project)
    assert "seed=more_seed, epochs=6) + draw(" in code
    assert "seed=more_seed, epochs=draw_epochs_2" in code
    again = with_settings.apply(plan_text(project.plan, with_settings.flow))
    assert again == project.plan


def test_without_settings_there_is_no_config(with_settings: Edited) -> None:
    text = with_settings.text[: with_settings.text.index("[[settings]]")]

    project = with_settings.build(text)

    assert "config" not in code_of(project)
    assert "def run() -> None:" in shown(project)
    assert "    SEED = 3\n" in shown(project)


def test_settings_of_a_dropped_unit_are_gone(with_settings: Edited) -> None:
    last = next(part for part in with_settings.text.split("\n\n") if '"c4:1"' in part)

    project = with_settings.build(with_settings.text.replace(last, ""))

    assert "a_txt" not in code_of(project)["config"]


REFUSED_SETTINGS: dict[str, tuple[str, str, str]] = {
    "a name that is no name": ('name = "more_seed"', 'name = "a b"', "'a b' can't be the name of a setting"),
    "a keyword": ('name = "more_seed"', 'name = "class"', "'class' can't be the name of a setting"),
    "a name twice": ('name = "more_seed"', 'name = "rate"', "the name `rate` is taken"),
    "a name of the notebook": ('name = "more_seed"', 'name = "more"', "the name `more` is taken"),
    "a builtin": ('name = "more_seed"', 'name = "list"', "the name `list` is taken"),
    "another value": ('value = "0.5"', 'value = "0.7"', "the setting `rate` is 0.5 of type float in the notebook"),
    "another type": ('type = "float"', 'type = "str"', "the setting `rate` is 0.5 of type float in the notebook"),
    "another place": ('"c1:2 rate"', '"c1:9 rate"', "the notebook has no setting at 'c1:9 rate'"),
    "a place twice": ('"c1:2 rate"', '"c1:2 rate", "c1:2 rate"', "'c1:2 rate' is in two settings"),
    "no places": ('places = ["c1:2 rate"]', "places = []", "the setting `rate` has no places"),
}


@pytest.mark.parametrize("case", REFUSED_SETTINGS)
def test_a_setting_that_does_not_fit_is_refused_with_its_line(case: str, with_settings: Edited) -> None:
    old, new, message = REFUSED_SETTINGS[case]
    assert old in with_settings.text
    with pytest.raises(PlanError, match=message) as caught:
        with_settings.apply(with_settings.text.replace(old, new, 1))
    line = int(str(caught.value).split("plan.toml:")[1].split(":")[0])
    assert line > with_settings.text[: with_settings.text.index("[[settings]]")].count("\n")


REFUSED: dict[str, tuple[str, str, str, bool]] = {  # (old, new, message, it names the line)
    "no TOML": ("schema = 1", "schema = = 1", "is no TOML", False),
    "another schema": ("schema = 1", "schema = 9", "schema is 9", True),
    "another notebook": ('digest = "', 'digest = "0', "another state of the notebook", True),
    "unknown statement": ('"c5:1"', '"c5:9"', "no statement 'c5:9'", False),
    "unknown module": ('module = "preprocessing"', 'module = "kitchen"', "`kitchen` is no module", False),
    "name that is no name": ('name = "FIRST"', 'name = "two words"', "can't be the name of a function", False),
    "keyword": ('name = "FIRST"', 'name = "lambda"', "can't be the name of a function", False),
    "name of a variable": ('name = "FIRST"', 'name = "doubled"', "the name `doubled` is taken", False),
    "name of an import": ('name = "FIRST"', 'name = "math"', "the name `math` is taken", False),
    "name of a builtin": ('name = "FIRST"', 'name = "list"', "the name `list` is taken", False),
    "package that shadows": ('package = "small_book"', 'package = "math"', "would shadow a module", True),
    "statement twice": ('statements = ["c5:1"]', 'statements = ["c5:1", "c5:1"]', "do not stand one after", False),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_plan_that_does_not_fit_is_refused_with_its_line(case: str, edited: Edited) -> None:
    old, new, message, line = REFUSED[case]
    old = old.replace("FIRST", edited.names()[0])
    assert old in edited.text
    with pytest.raises(PlanError, match=message) as caught:
        edited.apply(edited.text.replace(old, new, 1))
    number = edited.text[: edited.text.index(old)].count("\n") + 1
    assert (f"plan.toml:{number}:" if line else "plan.toml:") in str(caught.value)


def test_what_is_needed_cannot_be_dropped(edited: Edited) -> None:
    unit = edited.unit(edited.names()[1])
    with pytest.raises(PlanError, match=r"`doubled` is needed by .*cell 7.*dropped"):
        edited.apply(edited.text.replace(unit + "\n\n", ""))


def test_statements_keep_the_notebook_s_order(edited: Edited) -> None:
    one, two = (edited.unit(name) for name in edited.names()[1:3])
    swapped = edited.text.replace(one, "PLACE").replace(two, one).replace("PLACE", two)
    with pytest.raises(PlanError, match="notebook's order"):
        edited.apply(swapped)


def test_definitions_cannot_be_dropped(tmp_path: Path) -> None:
    edited = Edited(tmp_path, ("def f(v):\n    return v + 1", "print(f(1))"))
    with pytest.raises(PlanError, match="definitions and constants can't be dropped"):
        edited.apply(edited.text.replace(edited.unit("f") + "\n\n", ""))


CHANGES = """
[[changes]]
cell = [3, 5]
reason = "rounded otherwise"

[[changes]]
name = "total"
reason = "another rate"
"""


def test_intended_changes_are_read_and_written_again(edited: Edited) -> None:
    plan = edited.apply(edited.text + CHANGES)
    assert plan.changes == (Change("rounded otherwise", (3, 5)), Change("another rate", name="total"))
    again = plan_text(plan, edited.flow)
    assert edited.apply(again) == plan
    assert 'cell = [3, 5]\nreason = "rounded otherwise"' in again


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("cell = 3", "a change needs a `reason`"),
        ('reason = "why"', "a change names a `cell`, or a `name`, or both"),
        ('cell = 2\nreason = "why"', "the notebook has no code cell 2"),
        ('cell = "3"\nreason = "why"', "`cell` is the number of a cell, not '3'"),
        ('name = "nothing"\nreason = "why"', "the notebook has no variable 'nothing'"),
        ('cell = 3\nwhy = "why"', "a change has no `why`; there are: cell, name, reason"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(rows: str, message: str, edited: Edited) -> None:
    with pytest.raises(PlanError) as caught:
        edited.apply(f"{edited.text}\n[[changes]]\n{rows}\n")
    assert caught.value.message.startswith(message)
    assert str(caught.value.location).startswith("plan.toml:")
