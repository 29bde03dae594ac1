"""Story -> functions of pipeline.py that run as tasks of their own, which `run()` calls one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nb2pkg.model import Unit
from nb2pkg.plan.chapters import LONGEST, Block, Chapter
from nb2pkg.plan.headings import headings_of
from nb2pkg.plan.naming import Names, wishes
from nb2pkg.plan.phrases import without_number
from nb2pkg.plan.pictures import may_draw
from nb2pkg.plan.stages import DEFAULT
from nb2pkg.plan.subjects import VAGUE, snake
from nb2pkg.plan.tasks import Task, cut_tasks
from nb2pkg.project.chapters import (
    block_texts,
    chapter_call,
    chapter_names,
    chapter_source,
    given_back,
    taken,
    told_story,
)
from nb2pkg.project.functions import Build
from nb2pkg.project.results import returned_results
from nb2pkg.project.story import run_source

_AIRFLOW = "airflow"
_LONGEST_TITLE = 70


@dataclass(frozen=True, slots=True)
class Stage:
    """One function that runs as a task of its own.

    Args:
        name: of the function, and of the task.
        title: what it is about.
        takes: the variables of `run()` that it takes, the settings included.
        gives: those that it gives back.
        keeps: those that later stages need after it.
    """

    name: str
    title: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    keeps: tuple[str, ...] = ()

    @property
    def arguments(self) -> str:
        """What it takes, gives and keeps, as arguments of a call."""
        fields = {"takes": self.takes, "gives": self.gives, "keeps": self.keeps}
        return ", ".join(f"{name}={names!r}" for name, names in fields.items() if names)


@dataclass(frozen=True, slots=True)
class Staged:
    """A story in stages.

    Args:
        stages: in order; none where the package runs as one task.
        options: how the stages call the function that sets options; empty where there is none.
        why: why there are no more of them, in words.
        source: the functions of pipeline.py.
    """

    stages: tuple[Stage, ...] = ()
    options: str = ""
    why: tuple[str, ...] = ()
    source: str = ""


def staged_story(build: Build) -> Staged:
    """Return the stages of a package that a scheduler is to run stage by stage; none for others."""
    if _AIRFLOW not in build.plan.scaffold.schedules:
        return Staged()
    found = cut_tasks(build.story, build.plan)
    if not found.steps:
        return Staged(why=found.why)
    return _Teller(build).told(found.options, found.steps, found.why)


class _Teller:
    """Tells one story in stages."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.names: Names = chapter_names(build)
        self.figures = may_draw(build.flow, build.flow.statements)

    def told(self, options: Sequence[Unit], tasks: Sequence[Task], why: tuple[str, ...]) -> Staged:
        """Return the stages; none where what one takes is not what another gave."""
        build = self.build
        lines, functions, stages = [], [], []
        setting_up = ""
        if options:
            chapter, texts = self._chapter(["set_options", "set_process_options"], "Set options", Task("", (*options,)))
            told, _ = told_story(build, texts, self.names, room=10**6)
            functions.append(chapter_source(build, chapter, _without_heading(told), []))
            setting_up = chapter_call(build, chapter)
            lines.append(setting_up)
        for number, task in enumerate(tasks):
            last = number == len(tasks) - 1
            chapter, texts = self._chapter(self._wishes(task), task.kind.capitalize(), task, last=last)
            told, chapters = told_story(build, texts, self.names, room=LONGEST - 4)
            told = _without_heading(told)
            ends = last and bool(build.plan.results)
            given = [] if last else given_back(build, chapter)
            told += [*returned_results(build)] if ends else []
            functions += [
                chapter_source(build, chapter, told, given, result=build.names.results_class if ends else ""),
                *chapters,
            ]
            takes = tuple(taken(build, chapter))
            call = chapter_call(build, chapter) if not last else f"{chapter.name}({', '.join(takes)})"
            lines.append(f"return {call}" if ends else call)
            stages.append(Stage(chapter.name, chapter.title, takes, tuple(given)))
        if not _is_whole(stages, build.names.config):
            return Staged(why=why)
        has_config = bool(build.plan.settings)
        run = run_source(build, lines, has_config=has_config, returns=False)
        return Staged(_with_keeps(stages, build.names.config), setting_up, why, "\n\n\n".join([run, *functions]))

    def _chapter(
        self, wishes: Sequence[str], otherwise: str, task: Task, *, last: bool = False
    ) -> tuple[Chapter, dict[Block, Sequence[str]]]:
        """Return the chapter of a task, and its code by blocks."""
        build = self.build
        texts = block_texts(build, task.units, uses_figures=self.figures)
        titles = [t for t in dict.fromkeys(without_number(b.heading) for b in texts) if t]
        titles = [t for t in titles if t != build.plan.title] or titles or [otherwise]
        title = "; ".join(titles)
        inputs = [*task.inputs]
        if last:  # it gives back what the notebook ended with, whoever made it
            parts = build.plan.predictor.parts if build.plan.predictor is not None else ()
            bound = {n for u in task.units for i in u.statements for n in build.flow.statements[i].names.defs}
            inputs += [n for n in dict.fromkeys((*build.plan.results, *parts)) if n not in {*bound, *inputs}]
        return (
            Chapter(
                name=self.names.give([w for w in wishes if w]),
                title=title if len(title) <= _LONGEST_TITLE else f"{titles[0]} to {titles[-1]}",
                blocks=tuple(texts),
                inputs=tuple(inputs),
                outputs=task.outputs,
                configured=any(b.configured for b in texts),
            ),
            texts,
        )

    def _wishes(self, task: Task) -> list[str]:
        flow = self.build.flow
        nouns = [snake(n) for n in (*task.outputs, *task.inputs) if n.lower() not in VAGUE]
        statements = [flow.statements[i] for u in task.units for i in u.statements]
        heading = without_number(headings_of(flow.notebook.cells).get(statements[0].location.cell, ""))
        stage = next((u.module for u in task.units if u.kind == "function"), DEFAULT)
        found = wishes(statements, task.outputs, stage, heading, flow.context)
        return [task.kind, *(f"{task.kind}_{noun}" for noun in nouns[:3]), *found, f"{task.kind}_stage"]


def _without_heading(lines: list[str]) -> list[str]:
    """Return the code of a function whose docstring says the heading that it begins with."""
    lines = lines[1:] if lines and lines[0].startswith("\n#") else lines
    return [lines[0].lstrip("\n"), *lines[1:]] if lines else ["pass"]


def _is_whole(stages: Sequence[Stage], config: str) -> bool:
    """True when every stage takes what an earlier one gives."""
    known = {config}
    for stage in stages:
        if not known.issuperset(stage.takes):
            return False
        known.update(stage.gives)
    return True


def _with_keeps(stages: Sequence[Stage], config: str) -> tuple[Stage, ...]:
    """Return the stages with what later ones need, found from the last one to the first."""
    found: list[Stage] = []
    needed: set[str] = set()
    for stage in reversed(stages):
        keeps = tuple(sorted(needed))
        found.append(Stage(stage.name, stage.title, stage.takes, stage.gives, keeps))
        needed = (needed - set(stage.gives)) | (set(stage.takes) - {config})
    return tuple(reversed(found))
