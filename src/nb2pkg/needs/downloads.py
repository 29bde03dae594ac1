"""Which models and corpora libraries fetch: the image has them, so that a run needs no network for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from nb2pkg.machine import Download
from nb2pkg.model import Flow
from nb2pkg.tuples import NamedTuple

# What names of models and corpora are made of; anything else is left to the run.
_NAME = re.compile(r"[A-Za-z0-9][\w.+/-]*")
_LOCAL = (".pt", ".pth", ".bin", ".h5", ".pkl", ".json", ".gz", ".zip", ".onnx")
_CORPORA = frozenset(
    "abc alpino brown cess_cat cess_esp cmudict comtrans conll2000 conll2002 dependency_treebank floresta "
    "framenet_v17 gazetteers genesis gutenberg ieer inaugural indian knbc mac_morpho movie_reviews names "
    "nps_chat omw_1_4 opinion_lexicon pl196x ppattach product_reviews_1 pros_cons ptb qc reuters rte semcor "
    "senseval sentence_polarity sentiwordnet shakespeare sinica_treebank state_union stopwords subjectivity "
    "swadesh switchboard timit toolbox treebank twitter_samples udhr udhr2 verbnet webtext wordnet wordnet_ic "
    "words ycoe".split()
)
# Functions of NLTK -> what they read.
_NLTK_CALLS = {
    "nltk.word_tokenize": ("punkt_tab",),
    "nltk.tokenize.word_tokenize": ("punkt_tab",),
    "nltk.sent_tokenize": ("punkt_tab",),
    "nltk.tokenize.sent_tokenize": ("punkt_tab",),
    "nltk.pos_tag": ("averaged_perceptron_tagger_eng",),
    "nltk.tag.pos_tag": ("averaged_perceptron_tagger_eng",),
    "nltk.ne_chunk": ("maxent_ne_chunker_tab", "words"),
    "nltk.WordNetLemmatizer": ("wordnet",),
    "nltk.stem.WordNetLemmatizer": ("wordnet",),
    "nltk.stem.wordnet.WordNetLemmatizer": ("wordnet",),
    "nltk.sentiment.SentimentIntensityAnalyzer": ("vader_lexicon",),
    "nltk.sentiment.vader.SentimentIntensityAnalyzer": ("vader_lexicon",),
}
_SKLEARN = re.compile(r"sklearn\.datasets\.(fetch_[a-z0-9_]+)$")
_KERAS_DATA = re.compile(r"(?:tensorflow\.)?keras\.datasets\.([a-z0-9_]+)\.load_data$")
_KERAS_MODEL = re.compile(r"((?:tensorflow\.)?keras)\.applications\.(?:[a-z0-9_]+\.)?([A-Z]\w+)$")
_VISION = re.compile(r"torchvision\.models\.(?:[a-z_]+\.)*([a-z0-9_]+)$")
_WEIGHTS = re.compile(r"(?:\w+\.)*\w+_Weights\.(\w+)")
_HUB = re.compile(r"(transformers|diffusers|peft|timm|tokenizers)\.(\w+)\.from_pretrained$")
_TASKS = frozenset({"transformers.pipeline", "transformers.pipelines.pipeline"})
_SPACY = {"spacy.load", "spacy.cli.download"}


class _Call(NamedTuple):
    """A call with its literal arguments; what is no literal is missing."""

    name: str
    arguments: tuple[object, ...]
    keywords: Mapping[str, object]
    given: frozenset[str]  # names of all keywords, the literal and the others

    def text(self, position: int, *names: str) -> str:
        """Return an argument that is the name of something to fetch, else nothing."""
        value = self.arguments[position] if position < len(self.arguments) else None
        value = next((self.keywords[name] for name in names if name in self.keywords), value)
        fits = isinstance(value, str) and _NAME.fullmatch(value) and ".." not in value
        return value if fits and isinstance(value, str) and not value.endswith(_LOCAL) else ""

    def texts(self, position: int, *names: str) -> tuple[str, ...]:
        """Return the names of a list, or the one that stands for it."""
        value = self.arguments[position] if position < len(self.arguments) else None
        value = next((self.keywords[name] for name in names if name in self.keywords), value)
        if isinstance(value, (list, tuple)):
            return tuple(v for v in value if isinstance(v, str) and _NAME.fullmatch(v))
        return tuple(filter(None, (self.text(position, *names),)))


def find_downloads(flow: Flow) -> tuple[Download, ...]:
    """Return what libraries fetch by names that stand in the code, sorted; each with the command that fetches it.

    Args:
        flow: the analysed notebook.
    """
    found: dict[tuple[str, str], Download] = {}
    values, loops = _values(flow)
    for statement in flow.statements:
        cell = statement.location.cell
        for node in ast.walk(statement.node):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for add in _imported(node, cell):
                    found.setdefault((add.kind, add.name), add)
            elif isinstance(node, ast.Call) and (name := flow.context.qualified(node.func)):
                for values_now in _rounds(node, values, loops):
                    for add in _fetched(_read(node, name, values_now), f"cell {cell} calls `{name.lstrip('.')}`"):
                        found.setdefault((add.kind, add.name), add)
    return tuple(found[key] for key in sorted(found))


def _imported(node: ast.Import | ast.ImportFrom, cell: int) -> Iterator[Download]:
    """Yield what imports alone ask for."""
    if isinstance(node, ast.ImportFrom) and node.module == "nltk.corpus":
        for alias in node.names:
            if alias.name in _CORPORA:
                yield _nltk(
                    alias.name.replace("1_4", "1.4").replace("omw_", "omw-"), f"cell {cell} imports {alias.name}"
                )
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    if "unidic" in modules:
        yield Download("unidic", "unidic", ("python", "-m", "unidic", "download"), f"cell {cell} imports unidic")


def _fetched(call: _Call, why: str) -> Iterator[Download]:
    for reader in (_nltk_calls, _spacy_calls, _hub_calls, _vision_calls, _keras_calls, _data_calls, _other_calls):
        yield from reader(call, why)


def _nltk_calls(call: _Call, why: str) -> Iterator[Download]:
    if call.name in {"nltk.download", "nltk.downloader.download"}:
        for name in call.texts(0, "info_or_id"):
            yield _nltk(name, why)
    for name in _NLTK_CALLS.get(call.name, ()):
        yield _nltk(name, why)


def _nltk(name: str, why: str) -> Download:
    return Download("nltk", name, ("python", "-m", "nltk.downloader", name), why)


def _spacy_calls(call: _Call, why: str) -> Iterator[Download]:
    name = call.text(0, "name") if call.name in _SPACY else ""
    if re.fullmatch(r"[a-z]{2,3}_[a-z]+_[a-z]+_[a-z]+", name):
        yield Download("spacy", name, ("python", "-m", "spacy", "download", name), why)
    if call.name in {"stanza.download", "stanza.Pipeline"} and (name := call.text(0, "lang")):
        yield _python("stanza", name, "import stanza", f"stanza.download({name!r})", why)


def _hub_calls(call: _Call, why: str) -> Iterator[Download]:
    """Yield models of the Hugging Face hub; each class fetches the files that it reads."""
    if (match := _HUB.fullmatch(call.name)) and (name := call.text(0, "pretrained_model_name_or_path")):
        line = f"{match[2]}.from_pretrained({name!r})"
        yield _python("huggingface", f"{name} ({match[2]})", f"from {match[1]} import {match[2]}", line, why)
    if call.name in _TASKS and (task := call.text(0, "task")):
        model = call.text(1, "model")
        if model or not (len(call.arguments) > 1 or "model" in call.given):
            line = f"pipeline({task!r}, model={model!r})" if model else f"pipeline({task!r})"
            yield _python("huggingface", f"{model or task} (pipeline)", "from transformers import pipeline", line, why)
    made = call.name.rpartition(".")[2] if call.name.startswith("sentence_transformers.") else ""
    name = call.text(0, "model_name_or_path", "model_name")
    if name and made in {"SentenceTransformer", "CrossEncoder"}:
        yield _python("huggingface", name, f"from sentence_transformers import {made}", f"{made}({name!r})", why)
    if call.name == "datasets.load_dataset" and (name := call.text(0, "path")):
        second = call.text(1, "name")
        if name not in {"csv", "json", "parquet", "text", "imagefolder", "audiofolder"}:
            line = f"load_dataset({name!r}, {second!r})" if second else f"load_dataset({name!r})"
            label = f"{name}/{second}" if second else name
            yield _python("huggingface", label, "from datasets import load_dataset", line, why)


def _vision_calls(call: _Call, why: str) -> Iterator[Download]:
    if match := _VISION.fullmatch(call.name):
        first = call.arguments[0] if call.arguments else None
        weights = call.keywords.get("weights", first if isinstance(first, str) else None)
        if call.keywords.get("pretrained", first) is True:
            line = f"getattr(models, {match[1]!r})(pretrained=True)"
        elif isinstance(weights, str) and _NAME.fullmatch(weights):
            line = f"getattr(models, {match[1]!r})(weights={weights.rpartition('.')[2]!r})"
        else:
            line = ""
        if line:
            yield _python("torch", match[1], "from torchvision import models", line, why)
    repository, model = call.text(0, "repo_or_dir"), call.text(1, "model")
    remote = "/" in repository and call.keywords.get("source", "github") == "github"
    if call.name == "torch.hub.load" and remote and model:
        extra = ", pretrained=True" if call.keywords.get("pretrained") is True else ""
        line = f"torch.hub.load({repository!r}, {model!r}, trust_repo=True{extra})"
        yield _python("torch", f"{repository}:{model}", "import torch", line, why)


def _keras_calls(call: _Call, why: str) -> Iterator[Download]:
    library = "tensorflow.keras" if call.name.startswith("tensorflow.") else "keras"
    if match := _KERAS_DATA.fullmatch(call.name):
        yield _python("keras", match[1], f"from {library}.datasets import {match[1]}", f"{match[1]}.load_data()", why)
    match = _KERAS_MODEL.fullmatch(call.name)
    weights = call.keywords.get("weights", "imagenet")
    if match and weights == "imagenet" and ("weights" not in call.given or "weights" in call.keywords):
        top = call.keywords.get("include_top", True)
        line = f"{match[2]}(include_top={bool(top)})"
        yield _python(
            "keras",
            match[2] + ("" if top else " without top"),
            f"from {library}.applications import {match[2]}",
            line,
            why,
        )


def _data_calls(call: _Call, why: str) -> Iterator[Download]:
    if match := _SKLEARN.fullmatch(call.name):
        if match[1] != "fetch_openml":
            yield _python("sklearn", match[1][6:], f"from sklearn.datasets import {match[1]}", f"{match[1]}()", why)
        elif name := call.text(0, "name"):
            version = call.keywords.get("version")
            more = f", version={version}" if type(version) is int else ""
            more += ", as_frame=True" if call.keywords.get("as_frame") is True else ""
            yield _python(
                "sklearn",
                f"openml {name}",
                f"from sklearn.datasets import {match[1]}",
                f"{match[1]}({name!r}{more})",
                why,
            )
    if call.name == "seaborn.load_dataset" and (name := call.text(0, "name")):
        yield _python("seaborn", name, "import seaborn", f"seaborn.load_dataset({name!r})", why)


def _other_calls(call: _Call, why: str) -> Iterator[Download]:
    row = _SIMPLE.get(call.name)
    if call.name == "timm.create_model" and call.keywords.get("pretrained") is not True:
        row = None
    if row is not None and (name := call.text(0, *row.keywords)):
        yield _python(row.kind, name, row.imports, row.line.format(name=repr(name)), why)
    if call.name == "easyocr.Reader" and (names := call.texts(0, "lang_list")):
        gpu = ", gpu=False" if call.keywords.get("gpu") is False else ""
        yield _python("easyocr", "+".join(names), "import easyocr", f"easyocr.Reader({list(names)!r}{gpu})", why)


class _Row(NamedTuple):
    kind: str
    imports: str
    line: str
    keywords: tuple[str, ...] = ("name",)


_SIMPLE: Mapping[str, _Row] = {
    "gensim.downloader.load": _Row("gensim", "import gensim.downloader", "gensim.downloader.load({name})"),
    "gensim.downloader.api.load": _Row("gensim", "import gensim.downloader", "gensim.downloader.load({name})"),
    "tiktoken.get_encoding": _Row("tiktoken", "import tiktoken", "tiktoken.get_encoding({name})", ("encoding_name",)),
    "tiktoken.encoding_for_model": _Row(
        "tiktoken", "import tiktoken", "tiktoken.encoding_for_model({name})", ("model_name",)
    ),
    "whisper.load_model": _Row("whisper", "import whisper", "whisper.load_model({name}, device='cpu')"),
    "timm.create_model": _Row(
        "huggingface", "import timm", "timm.create_model({name}, pretrained=True)", ("model_name",)
    ),
    "flair.models.SequenceTagger.load": _Row(
        "flair", "from flair.models import SequenceTagger", "SequenceTagger.load({name})", ("model_path",)
    ),
    "flair.models.TextClassifier.load": _Row(
        "flair", "from flair.models import TextClassifier", "TextClassifier.load({name})", ("model_path",)
    ),
    "open_clip.create_model_and_transforms": _Row("huggingface", "import open_clip", "open_clip.create_model({name})"),
}


def _python(kind: str, name: str, imports: str, line: str, why: str) -> Download:
    """Return a download by a Python command; all that is not ours in it is the `repr` of a name that was checked."""
    return Download(kind, name, ("python", "-c", f"{imports}; {line}"), why)


def _read(node: ast.Call, name: str, values: Mapping[str, ast.expr]) -> _Call:
    return _Call(
        name,
        tuple(_value(argument, values) for argument in node.args),
        {k.arg: value for k in node.keywords if k.arg and (value := _value(k.value, values)) is not None},
        frozenset(k.arg for k in node.keywords if k.arg),
    )


def _value(node: ast.expr, values: Mapping[str, ast.expr]) -> object:
    """Return a literal, given as it is or by a name that is bound to it alone."""
    if isinstance(node, ast.Name):
        node = values.get(node.id, node)
    if isinstance(node, ast.Attribute) and (match := _WEIGHTS.fullmatch(ast.unparse(node))):
        return match[1]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _values(flow: Flow) -> tuple[dict[str, ast.expr], dict[str, Sequence[ast.expr]]]:
    """Return name -> its one literal, and name -> the literals that a loop binds it to."""
    times: dict[str, int] = {}
    found: dict[str, ast.expr] = {}
    loops: dict[str, Sequence[ast.expr]] = {}
    for statement in flow.statements:
        for name in statement.names.defs:
            times[name] = times.get(name, 0) + 1
        node = statement.node
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            items = found.get(node.iter.id, node.iter) if isinstance(node.iter, ast.Name) else node.iter
            if isinstance(items, (ast.List, ast.Tuple, ast.Set)):
                loops[node.target.id] = items.elts
    once = {name: value for name, value in found.items() if times.get(name) == 1}
    return once, {name: items for name, items in loops.items() if times.get(name) == 1}


def _rounds(
    node: ast.Call, values: Mapping[str, ast.expr], loops: Mapping[str, Sequence[ast.expr]]
) -> Iterator[Mapping[str, ast.expr]]:
    """Yield what names stand for in a call: once for each item of a loop that it takes one of."""
    looped = next((a.id for a in node.args if isinstance(a, ast.Name) and a.id in loops), None)
    if looped is None:
        yield values
    else:
        yield from ({**values, looped: item} for item in loops[looped])
