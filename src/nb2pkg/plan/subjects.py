"""What a piece of code is about: the words that tell it from others, read off its calls, columns and texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from nb2pkg.flow.context import Context
from nb2pkg.model import Statement

# Names that say nothing of what they hold.
VAGUE = frozenset("""
    a ans arr array ax axes axs b base c col cols d data df e f fig figure fn g h i idx img index item j k key keys
    l line lines lst m my n name obj out output p plt point q r res result results ret row rows s se ser series step t
    temp tmp u v val value values var w x x1 x2 xs xx y y1 y2 ys yy z zz
    """.split())
# What a drawing call leaves on the paper.
_DRAWN = {
    "annotate": "notes", "bar": "bars", "barh": "bars", "barplot": "bars", "boxplot": "boxes", "catplot": "categories",
    "clustermap": "clusters", "contour": "contours", "contourf": "contours", "countplot": "counts",
    "density": "density",
    "displot": "distribution", "distplot": "distribution", "ecdfplot": "distribution", "errorbar": "errors",
    "factorplot": "categories", "fill_between": "band", "heatmap": "heatmap", "hexbin": "hexagons", "hist": "histogram",
    "hist2d": "histogram", "histplot": "histogram", "imshow": "image", "jointplot": "joint", "kdeplot": "density",
    "lineplot": "lines", "lmplot": "regression", "matshow": "matrix", "pairplot": "pairs", "pcolormesh": "mesh",
    "pie": "pie", "plot_surface": "surface", "plot_trisurf": "surface", "pointplot": "points", "quiver": "arrows",
    "regplot": "regression", "residplot": "residuals", "scatter": "scatter", "scatterplot": "scatter",
    "scatter_matrix": "pairs", "stem": "stems", "stripplot": "strips", "swarmplot": "swarm", "violinplot": "violins",
}  # fmt: skip
_TITLES = frozenset({"title", "set_title", "suptitle"})
_FITTING = frozenset("fit fit_transform fit_predict partial_fit score train predict predict_proba".split())
_COLUMN_KEYWORDS = frozenset({"x", "y", "hue", "by", "on", "columns", "column", "subset", "values", "index"})
# Keywords that say how something looks, not what it is.
_LOOKS = frozenset("""
    ax alpha axis bins c cmap color colors data figsize fontsize fmt inplace kind label labels lw linewidth linestyle
    loc marker markersize ls ms ncol ncols nrows palette s size sharex sharey style title transform copy dtype
    encoding sep header
    """.split())
_FILLER = re.compile(r"^(__nb_|get_|set_|make_|to_|is_)|_+$")  # of the names of calls
_STOP = frozenset("the a an of and or to in for with by on from is are per vs at as this that it".split())


def receivers(statements: Sequence[Statement]) -> list[str]:
    """Return the names of the models that statements fit, score or predict with: `model` of `model.fit(X)`."""
    found = []
    for call in _calls(statements):
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in _FITTING
            and isinstance(call.func.value, ast.Name)
        ):
            found.append(call.func.value.id)
    return list(dict.fromkeys(found))


def details(statements: Sequence[Statement], context: Context) -> list[str]:
    """Return words that tell a piece of code from others of its kind, the most telling first."""
    calls = list(_calls(statements))
    found = [*_titles(calls), *_columns(statements, calls), *drawn(calls), *_built(calls, context)]
    found += [name for name in _names(statements, context) if name.lower() not in VAGUE]
    return _words(found)


def echoes(statements: Sequence[Statement]) -> list[str]:
    """Return words that only repeat the code: what it calls, and the keywords that it passes."""
    calls = list(_calls(statements))
    found = [_FILLER.sub("", _called(call)) for call in calls]
    found += [keyword.arg or "" for call in calls for keyword in call.keywords if keyword.arg not in _LOOKS]
    found += ["lines" for call in calls if _called(call) == "plot"]
    texts = [n.value for s in statements for n in ast.walk(s.node) if isinstance(n, ast.Constant)]
    return _words([*found, *(text for text in texts if isinstance(text, str) and len(text) <= 20)])


def _words(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(w for w in map(snake, texts) if len(w) > 2 and w not in VAGUE))


def snake(text: str) -> str:
    """Return a text as lower-case words with underscores between; nothing where it has no letters of ASCII."""
    if not text.isascii():
        return ""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    words = [w for w in re.sub(r"[^A-Za-z0-9]+", "_", text).lower().split("_") if w]
    while words and (words[-1] in _STOP or words[0].isdigit()):
        words.pop(-1 if words[-1] in _STOP else 0)
    return "_".join(words)


def _calls(statements: Sequence[Statement]) -> Iterator[ast.Call]:
    for statement in statements:
        yield from (n for n in ast.walk(statement.node) if isinstance(n, ast.Call))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _titles(calls: Sequence[ast.Call]) -> Iterator[str]:
    """Yield short titles of figures, without the words that titles are filled with."""
    for call in calls:
        if _called(call) in _TITLES and call.args and isinstance(call.args[0], ast.Constant):
            words = [w for w in snake(str(call.args[0].value)).split("_") if w not in _STOP]
            if 0 < len(words) <= 4:
                yield "_".join(words)


def _columns(statements: Sequence[Statement], calls: Sequence[ast.Call]) -> Iterator[str]:
    """Yield the columns (or keys) that code names, those that it stores first."""
    subscripts = [n for s in statements for n in ast.walk(s.node) if isinstance(n, ast.Subscript)]
    for n in sorted(subscripts, key=lambda n: isinstance(n.ctx, ast.Load)):
        if isinstance(n.slice, ast.Constant) and isinstance(n.slice.value, str) and len(n.slice.value) <= 30:
            yield n.slice.value
    for call in calls:
        for keyword in call.keywords:
            if keyword.arg in _COLUMN_KEYWORDS and isinstance(keyword.value, ast.Constant):
                yield str(keyword.value.value) if isinstance(keyword.value.value, str) else ""
        if _called(call) == "groupby" and call.args and isinstance(call.args[0], ast.Constant):
            yield str(call.args[0].value)


def drawn(calls: Sequence[ast.Call]) -> Iterator[str]:
    """Yield what drawing calls leave on the paper: `histogram`."""
    for call in calls:
        name = _called(call)
        if name in _DRAWN:
            yield _DRAWN[name]


def _built(calls: Sequence[ast.Call], context: Context) -> Iterator[str]:
    """Yield the classes of libraries that code makes objects of: `RandomForestClassifier`."""
    for call in calls:
        last = context.qualified(call.func).rpartition(".")[2]
        if last[:1].isupper() and not last.isupper():
            yield last


def _names(statements: Sequence[Statement], context: Context) -> Iterator[str]:
    for statement in statements:
        for n in ast.walk(statement.node):
            if isinstance(n, ast.Name) and n.id in context.bound and n.id not in context.aliases:
                yield n.id
