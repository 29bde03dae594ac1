"""Names that lines of English give: headings and comments."""

from __future__ import annotations

import ast
import re

VERBS = frozenset("""
    add aggregate align annotate apply arrange assign average balance bin binarize bootstrap build calculate cast
    check choose classify clean cluster collect combine compare compile compute concatenate configure convert correct
    count crawl create cross_validate cut decode decompose define delete demonstrate derive describe detect determine
    display download draw drop encode engineer estimate evaluate examine expand experiment explain explore export
    extract fetch fill filter find fit fix flatten forecast format gather generate get group handle identify
    illustrate impute initialize inspect install integrate interpolate investigate iterate join keep label list load
    look make map mask measure merge minimize model modify normalize obtain open optimize order parse partition
    perform permute pick pivot plot predict prepare preprocess print process project prune pull query quantify rank
    read rebalance reconstruct reduce regress remove rename replace report resample reset reshape restrict retrieve
    run sample save scale score scrape search segment select separate set shift show shuffle simulate slice smooth
    solve sort split stack standardize store study subset sum summarize swap tabulate take test tokenize train
    transform transpose try tune update use validate vectorize verify view visualize write
    """.split())
# Verbs that only fit one stage.
VERB_STAGES = {
    "load": "data", "read": "data", "fetch": "data", "download": "data", "save": "export", "export": "export",
    "train": "training", "fit": "training", "evaluate": "evaluation", "score": "evaluation", "predict": "evaluation",
    "plot": "visualization", "visualize": "visualization", "draw": "visualization",
}  # fmt: skip
_STOP = frozenset("""
    a an the our we i you is are was be been and or let lets us now then here there so just also will can via again my
    your their its it this that these those some all each every any new how what why which if do does did don only very
    more most both between first next finally please step part section exercise question example examples
    """.split())
_OPENERS = frozenset("now then next first finally let lets us we to please here also again i will".split())
# Headings of one such word say where a cell stands, not what it does.
_STAGE_WORDS = frozenset("""
    analysis baseline conclusion data dataset evaluation experiment experiments exploration features imports
    introduction libraries loading model modeling modelling models notes overview prediction predictions
    preparation preprocessing
    results setup summary test testing tests training validation visualization visualisation
    """.split())
# Words that begin what a name can leave out: `Create an array | of ten numbers`.
_BORDERS = frozenset("""
    of for in on at by from with without into onto as using based after before because when while where whether so
    to per over under during than via through across against about who that which whose but not
    """.split())
_NUMBERING = re.compile(
    r"^\s*(?:(?:step|part|section|chapter|exercise|question|problem|task|q|ex|no)\s*[.:#-]?\s*)?"
    r"(?:\d+(?:[.\-]\d+)*|[ivx]+(?=[.)])|[a-z](?=[.)]))?\s*[.):\-]*\s+(?=\S)",
    re.I,
)
_FINITE = frozenset("is are was were has have had did does do should must needs seems looks".split())
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LONGEST_TEXT = 120
_LONGEST_WORD = 18


def names_from_text(text: str, verb: str, stage: str = "") -> list[str]:
    """Return the names that a line of English gives, the shortest first; none where it isn't English.

    Args:
        text: a heading, or the first line of a comment.
        verb: what the code does, for lines without a verb.
        stage: the code's; a verb of another one gives way to the code's: `Evaluate the default model` above its fit.
    """
    text = re.sub(r"`[^`]*`|\$[^$]*\$|https?://\S+|\([^)]*\)|\[[^\]]*\]|<[^>]*>", " ", text)
    text = without_number(text).replace("&", " and ")
    if not text.isascii() or len(text) > _LONGEST_TEXT:
        return []
    for part in _parts(text):
        words = [w.lower() for w in _WORD.findall(part)]
        found = _named(words, verb, stage)
        if found:
            return found
    return []


def without_number(text: str) -> str:
    """Return a heading without what counts it: `Step 3.`, `2.1`, `(a)`."""
    return _NUMBERING.sub("", text.strip() + " ").strip()


def _parts(text: str) -> list[str]:
    """Return the clauses of a line: what follows a colon first where it begins with a verb."""
    parts = [p for p in re.split(r"[:;?!]|\.\s| - | -- |, ", text) if p.strip()]
    return sorted(parts, key=lambda p: not opens_with_verb(p)) if len(parts) > 1 else parts


def opens_with_verb(text: str) -> bool:
    """True when a text begins with a verb of this trade: `Drop duplicates`, `Loading the data`."""
    words = [w.lower() for w in _WORD.findall(text)]
    while words and words[0] in _OPENERS:
        words.pop(0)
    return bool(words) and lemma(words[0]) in VERBS


def _named(words: list[str], verb: str, stage: str) -> list[str]:
    while words and words[0] in _OPENERS:
        words.pop(0)
    head = lemma(words[0]) if words else ""
    if head in VERBS:
        verb, words = head if VERB_STAGES.get(head, stage) == stage or not stage else verb, words[1:]
        if len(words) > 1 and words[0] == "and" and lemma(words[1]) in VERBS:
            verb, words = f"{head}_and_{lemma(words[1])}", words[2:]
            if not _meaning(words):
                return [verb]
    short = _meaning(_until_border(words))
    long = _meaning([w for w in words if w not in _BORDERS])
    if not short and not long:
        return []
    if len(long) == 1 and ((long[0] in _STAGE_WORDS and head not in VERBS) or lemma(long[0]) == verb):
        return []
    nouns = [short[-3:] if head not in VERBS else short[:3], long[:4]]
    return list(dict.fromkeys("_".join([verb, *part]) for part in nouns if part and part != [verb]))


def _until_border(words: list[str]) -> list[str]:
    for number, word in enumerate(words):
        if word in _BORDERS and number:
            return words[:number]
    return words


def _meaning(words: list[str]) -> list[str]:
    return [w for w in words if w not in _STOP and w not in _BORDERS and len(w) > 1 and len(w) <= _LONGEST_WORD]


def lemma(word: str) -> str:
    """Return the verb that a word may be a form of: `loading` and `loads` are `load`."""
    if word in VERBS:
        return word
    for ending, stem in (("ing", word[:-3]), ("ed", word[:-2]), ("es", word[:-2]), ("s", word[:-1])):
        if word.endswith(ending) and len(stem) > 2:
            for option in (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
                if option in VERBS:
                    return option
    return word


def bare_verb(text: str) -> str:
    """Return the verb that a heading of one word is: `Cleaning` gives `clean`; else the empty string."""
    words = [w.lower() for w in _WORD.findall(_NUMBERING.sub("", text.strip() + " "))]
    return lemma(words[0]) if len(words) == 1 and text.isascii() and lemma(words[0]) in VERBS else ""


def names_from_comment(comments: str, verb: str, stage: str) -> list[str]:
    """Return the names that comments give: a comment may be a whole sentence, which is no name."""
    text = first_line(comments)
    if _FINITE.intersection(w.lower() for w in _WORD.findall(text)):
        return []
    short = len(_WORD.findall(text)) <= 3
    return names_from_text(text, verb, stage) if short or opens_with_verb(text) else []


def first_line(comments: str) -> str:
    """Return the first line of comments that says something, without its marks."""
    for line in comments.splitlines():
        text = line.strip("# \t-=*")
        if text and not looks_like_code(text) and not re.match(r"(?i)(todo|fixme|xxx|noqa|type:|pylint)", text):
            return text
    return ""


def looks_like_code(text: str) -> bool:
    """True for a comment that is code put out of use."""
    if not re.search(r"[=(\[]", text):
        return False
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
