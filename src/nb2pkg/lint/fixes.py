"""Makes the edits of fixes in a notebook file, byte by byte: what no fix touches stays as it was saved."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from nb2pkg.lint.findings import Edit, Fix
from nb2pkg.lint.jsontext import CellLayout, Layout, Span, layout
from nb2pkg.lint.splices import SourceEditor, Splice, cut_elements
from nb2pkg.tuples import NamedTuple

Check = Callable[[bytes], bool]
_MOST_LINES = 10_000  # of a cell whose differences are shown: finding them may take the square of it


class Applied(NamedTuple):
    """What came of fixes: the new file, the fixes in it, and those left out, each in the order given."""

    data: bytes
    applied: tuple[Fix, ...] = ()
    left: tuple[Fix, ...] = ()


def apply_fixes(data: bytes, fixes: Sequence[Fix], check: Check | None = None) -> Applied:
    r"""Return a notebook file with fixes made.

    A fix is left out where it overlaps one before it, changes nothing, speaks of what the file has not, or where
    `check` refuses the result. Another round may take it then.

    Args:
        data: the file.
        fixes: offsets of their edits count the characters of the source with line ends as `\n`.
        check: whether a file with some of the fixes made is fine; None: it always is.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    found = _layout(data)
    if found is None:
        return Applied(data, left=tuple(fixes))

    def made(chosen: Sequence[int]) -> bytes:
        return mark + _spliced(found, [fixes[i] for i in chosen]).encode("utf-8")

    chosen = _accepted(made, (), _compatible(found, fixes), check) if check else _compatible(found, fixes)
    if not chosen:
        return Applied(data, left=tuple(fixes))
    kept = set(chosen)
    left = tuple(fix for i, fix in enumerate(fixes) if i not in kept)
    return Applied(made(chosen), tuple(fixes[i] for i in chosen), left)


def _layout(data: bytes) -> Layout | None:
    try:
        return layout(data.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _accepted(
    made: Callable[[Sequence[int]], bytes], before: Sequence[int], asked: Sequence[int], check: Check
) -> tuple[int, ...]:
    """Return those of the fixes asked for that `check` lets pass on top of others: all, or half by half."""
    if not asked or check(made((*before, *asked))):
        return tuple(asked)
    if len(asked) == 1:
        return ()
    half = len(asked) // 2
    first = _accepted(made, before, asked[:half], check)
    return first + _accepted(made, (*before, *first), asked[half:], check)


def _compatible(found: Layout, fixes: Sequence[Fix]) -> tuple[int, ...]:
    """Return the indexes of fixes that can be made together; the first one of those that overlap wins."""
    chosen = []
    edits: dict[int, list[Edit]] = {}
    gone: set[int] = set()  # cells, and outputs as negative numbers
    named = {edit.cell for fix in fixes for edit in fix.edits if 1 <= edit.cell <= len(found.cells)}
    sources = {number: _with_newlines(found.cells[number - 1].text) for number in named}
    for i, fix in enumerate(fixes):
        removed, cleared = set(fix.removed_cells), set(fix.cleared_outputs)
        touched = {edit.cell for edit in fix.edits}
        if not _possible(found, sources, fix) or removed & (touched | cleared):
            continue
        if gone & (removed | touched | cleared | {-cell for cell in cleared | removed}) or removed & edits.keys():
            continue
        own = sorted(fix.edits)
        if any(_overlap(*pair) for pair in pairwise(own)):
            continue
        if any(_overlap(edit, other) for edit in own for other in edits.get(edit.cell, ())):
            continue
        chosen.append(i)
        gone |= removed | {-cell for cell in cleared}
        for edit in own:
            edits.setdefault(edit.cell, []).append(edit)
    return tuple(chosen)


def _overlap(a: Edit, b: Edit) -> bool:
    """Return whether edits touch the same text; an insertion also overlaps what it touches at its edge."""
    if a.cell != b.cell:
        return False
    if a.start == a.end or b.start == b.end:
        return a.start <= b.end and b.start <= a.end
    return a.start < b.end and b.start < a.end


def _possible(found: Layout, sources: Mapping[int, str], fix: Fix) -> bool:
    """Return whether all that a fix speaks of is there, and it changes something."""
    named = {edit.cell for edit in fix.edits} | {*fix.removed_cells, *fix.cleared_outputs}
    if not named or not all(1 <= number <= len(found.cells) for number in named):
        return False
    changes = bool(fix.removed_cells)
    for edit in fix.edits:
        source = sources[edit.cell]
        if not found.cells[edit.cell - 1].plain or not 0 <= edit.start <= edit.end <= len(source):
            return False
        changes = changes or source[edit.start : edit.end] != edit.text
    for number in fix.cleared_outputs:
        outputs = found.cells[number - 1].outputs
        if outputs is None:
            return False
        changes = changes or not _is_empty(found.text, outputs)
    return changes


def _with_newlines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source


def _is_empty(text: str, span: Span) -> bool:
    """Return whether a list has no elements."""
    return text[span.start + 1 : span.end - 1].isspace() or span.end - span.start == len("[]")


def _spliced(found: Layout, fixes: Iterable[Fix]) -> str:
    """Return the file's text with fixes made, which are compatible."""
    edits: dict[int, list[Edit]] = {}
    removed: set[int] = set()
    splices = []
    for fix in fixes:
        removed.update(fix.removed_cells)
        for number in set(fix.cleared_outputs):
            outputs = found.cells[number - 1].outputs
            splices += [Splice(*outputs, "[]")] if outputs and not _is_empty(found.text, outputs) else []
        for edit in fix.edits:
            edits.setdefault(edit.cell, []).append(edit)
    for number, own in edits.items():
        splices += SourceEditor(found, found.cells[number - 1]).splices(own)
    splices += _removals(found, sorted(removed))
    parts, at = [], 0
    for splice in sorted(splices):
        parts += [found.text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, found.text[at:]])


def _removals(found: Layout, numbers: Sequence[int]) -> list[Splice]:
    spans = [cell.span for cell in found.cells]
    runs: list[tuple[int, int]] = []
    for index in (number - 1 for number in numbers):
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return [cut_elements(found.cells_span, spans, first, last) for first, last in runs]


def write_atomically(path: str, data: bytes) -> None:
    """Write a file in one step: whoever reads it sees the old or the new content, and its permissions stay.

    Raises:
        nb2pkg.errors.WriteError: that can't be done; the file is as it was, and nothing lies beside it.
    """
    try:
        target = os.path.realpath(path)  # a link stays one
        old = os.stat(target) if os.path.lexists(target) else None
        if old and not os.access(target, os.W_OK):
            raise PermissionError("it may only be read")
        temporary = os.path.join(os.path.dirname(target), f".nb2pkg-{os.getpid()}-{os.urandom(4).hex()}.tmp")
        try:
            _write(temporary, data, old)
            os.replace(temporary, target)
        except BaseException:  # an interrupt, too, leaves nothing behind
            if os.path.lexists(temporary):
                os.unlink(temporary)
            raise
    except (OSError, ValueError) as error:  # a path with a null character is a ValueError
        from nb2pkg.errors import WriteError  # loads the types of `convert`

        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        hint = "see whether the file and its folder may be written, and the disk has room"
        raise WriteError(f"{path} can't be written", why=f"{reason}.", hint=hint) from None


def _write(path: str, data: bytes, like: os.stat_result | None) -> None:
    """Write a new file to the disk, with owner and permissions of another one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o600 if like else 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if like is None:
        return
    made = os.stat(path)
    if (made.st_uid, made.st_gid) != (like.st_uid, like.st_gid) and hasattr(os, "chown"):
        try:
            os.chown(path, like.st_uid, like.st_gid)
        except OSError:
            pass  # only root may; the content counts more
    os.chmod(path, like.st_mode & 0o7777)


def diff(path: str, before: bytes, after: bytes) -> str:
    """Return how the sources of a notebook's cells differ, as a unified diff of what people see.

    Args:
        path: as it is shown.
        before: the file.
        after: the file with fixes made.

    Returns:
        Lines that end in line feeds; removed cells and cleared outputs are said in words. Empty where nothing differs
        or one of the files is no notebook.
    """
    import difflib  # a tenth of a hook's time, and most hooks show no diff

    old, new = _layout(before), _layout(after)
    if old is None or new is None:
        return ""
    parts: list[str] = []
    for a, b in _pairs(old, new):
        name_a, name_b = f"{path}:cell {a + 1}", f"{path}:cell {b + 1}"
        if b < 0:
            parts += [f"{name_a}: removed", *(f"-{line}" for line in _shown_lines(old.cells[a]))]
        else:
            lines = _shown_lines(old.cells[a]), _shown_lines(new.cells[b])
            if max(map(len, lines)) > _MOST_LINES and lines[0] != lines[1]:
                parts.append(f"{name_a}: changed, and too long to show how")
            elif lines[0] != lines[1]:
                parts += difflib.unified_diff(*lines, name_a, name_b, lineterm="")
            emptied = _has_outputs(old, a) and not _has_outputs(new, b)
            parts += [f"{name_a}: outputs cleared"] if emptied else []
    return "".join(f"{line}\n" for line in parts)


def _shown_lines(cell: CellLayout) -> list[str]:
    source = _with_newlines(cell.text)
    return source.split("\n") if source else []


def _has_outputs(found: Layout, index: int) -> bool:
    outputs = found.cells[index].outputs
    return outputs is not None and not _is_empty(found.text, outputs)


def _pairs(old: Layout, new: Layout) -> Iterator[tuple[int, int]]:
    """Yield the index of each cell before and after fixes, which add none and keep the order; -1 where it went."""
    spare, at = len(old.cells) - len(new.cells), 0
    for i in range(len(old.cells)):
        if at >= len(new.cells) or (spare > 0 and _is_gone(old, i, new, at)):
            spare -= 1
            yield i, -1
        else:
            yield i, at
            at += 1


def _is_gone(old: Layout, i: int, new: Layout, at: int) -> bool:
    """Return whether a cell was removed, where some were, and another one stands in its place."""
    source, other = old.cells[i].text, new.cells[at].text
    around = _around(new, new.cells[at])
    if _around(old, old.cells[i]) != around:
        return True
    if source == other or i + 1 == len(old.cells) or _around(old, old.cells[i + 1]) != around:
        return False
    return not source.strip() or old.cells[i + 1].text == other  # without ids both may be the one


def _around(found: Layout, cell: CellLayout) -> str:
    """Return the text of a cell without what fixes change: its id, metadata and count remain."""
    text, at = "", cell.span.start
    for span in sorted(span for span in (cell.source, cell.outputs) if span):
        text += found.text[at : span.start]
        at = span.end
    return text + found.text[at : cell.span.end]
