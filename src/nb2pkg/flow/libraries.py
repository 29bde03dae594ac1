"""Look up what a call of a library is for: its part of a project, its verb, and what else the analysis must know of it.

A call is written in full, aliases resolved (`pandas.read_csv`), or, as a method of an unknown object, with a leading
dot (`.dropna`, `.plot.bar`). The facts are in `library_facts`, `model_facts` and `picture_facts`.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Collection, Iterator
from functools import lru_cache

from nb2pkg.flow.library_facts import DATA_FACTS, Fact, Stage
from nb2pkg.flow.model_facts import MODEL_FACTS
from nb2pkg.flow.picture_facts import METHOD_FACTS, PICTURE_FACTS

# Words (modules, attributes, classes) in whose company `apply` or `map` may keep the function and call it later.
DEFERRING_WORDS = frozenset(
    {"Executor", "Pool", "ProcessPoolExecutor", "ThreadPoolExecutor", "concurrent", "multiprocessing", "dask", "ray"}
    | {"lazy", "polars", "pyspark", "style", "Styler", "tensorflow", "tf", "datasets", "beam"}
    | {"modin", "vaex", "ibis", "rx"}
)
# Calls that surely return None: a notebook shows nothing for them.
RETURNING_NOTHING = frozenset(
    {"builtins.print", "builtins.setattr", "builtins.delattr", "time.sleep", "gc.enable", "gc.disable"}
    | {f"matplotlib.pyplot.{name}" for name in ("show", "tight_layout", "close", "cla", "clf", "savefig")}
    | {f"matplotlib.pyplot.{name}" for name in ("subplots_adjust", "style.use", "rc", "rcdefaults", "pause", "sca")}
    | {"matplotlib.style.use", "matplotlib.rc", "matplotlib.use", "matplotlib.rcdefaults"}
    | {"matplotlib.pyplot.set_cmap", "matplotlib.pyplot.draw"}
    | {f"seaborn.{name}" for name in ("set", "set_theme", "set_style", "set_context", "despine", "reset_defaults")}
    | {"numpy.random.seed", "numpy.random.shuffle", "numpy.set_printoptions", "random.seed", "random.shuffle"}
    | {f"pandas.{name}" for name in ("set_option", "reset_option", "set_eng_float_format")}
    | {"warnings.filterwarnings", "warnings.simplefilter", "warnings.resetwarnings", "warnings.warn"}
    | {"os.makedirs", "os.mkdir", "os.remove", "os.chdir", "os.rmdir", "os.rename", "os.environ.update"}
    | {"shutil.rmtree", "json.dump", "pickle.dump", "logging.basicConfig"}
    | {f"numpy.{name}" for name in ("save", "savez", "savez_compressed", "savetxt", "put", "copyto", "fill_diagonal")}
    | {"torch.save", "torch.set_printoptions", "torch.set_default_dtype", "tensorflow.random.set_seed"}
    | {"sklearn.set_config", "logging.disable", "logging.info", "logging.warning", "pprint.pprint", "pprint.pp"}
)
LAZY_ITERATORS = frozenset(
    {"builtins.map", "builtins.filter", "builtins.zip", "builtins.enumerate", "builtins.reversed", "builtins.iter"}
    | {f"itertools.{name}" for name in ("accumulate", "chain", "chain.from_iterable", "cycle", "dropwhile")}
    | {
        f"itertools.{name}"
        for name in ("filterfalse", "groupby", "islice", "starmap", "takewhile", "tee", "zip_longest")
    }
)
EXHAUSTING_CALLS = frozenset(
    {f"builtins.{name}" for name in ("all", "any", "bytes", "dict", "frozenset", "list", "max", "min", "set")}
    | {"builtins.sorted", "builtins.sum", "builtins.tuple", "builtins.bytearray"}
    | {"collections.Counter", "collections.OrderedDict", "collections.deque", "functools.reduce"}
    | {"math.fsum", "math.prod", "numpy.fromiter", "statistics.mean", "statistics.median", "statistics.stdev", ".join"}
)
# Libraries without a row that surely leave pyplot alone.
PICTURELESS = frozenset(
    {
        "IPython",
        "aiohttp",
        "attr",
        "attrs",
        "boto3",
        "botocore",
        "chardet",
        "click",
        "cloudpickle",
        "dateutil",
        "dotenv",
    }
    | {
        "html5lib",
        "httpx",
        "ipywidgets",
        "lxml",
        "mpmath",
        "numba",
        "numexpr",
        "patsy",
        "psutil",
        "psycopg2",
        "pyarrow",
    }
    | {"pydantic", "pymysql", "pytest", "pytz", "regex", "simplejson", "six", "tabulate", "tables", "toml", "tomli"}
    | {"typing_extensions", "urllib3", "xlrd", "zoneinfo"}
)


def stage_of_call(qualified: str) -> Stage | None:
    """Return the part of a project that a call belongs to, or None where nothing is known or it belongs to each."""
    return _fact(qualified).stage


def stage_of_method(name: str) -> Stage | None:
    """Return the part of a project that a method belongs to by its name (`fit`, `str.replace`), or None."""
    return _method_fact(name.lstrip(".")).stage


def verb_of(call: str) -> str | None:
    """Return the verb that names a function which mainly makes this call: `load` for `pandas.read_csv`."""
    return _fact(call).verb or None


def draws(call: str) -> bool:
    """Tell whether a call may open a matplotlib figure or draw on one; unknown libraries may."""
    if call.startswith(".") or _is_known(call):
        return _fact(call).draws
    return True


def consumes_callable(call: str, words: Collection[str] = ()) -> bool:
    """Tell whether a call has done with a function that it is given when it returns.

    Args:
        call: the call; of a method only the name is known, so the caller must rule out classes of the notebook's own.
        words: modules and classes that the notebook names, and attributes that it reads of objects (not of modules, so
            the `style` of pandas counts, that of pyplot doesn't); some make the answer unsure for all methods.
    """
    if call.startswith(".") and not DEFERRING_WORDS.isdisjoint(words):
        return False
    return _fact(call).consumes


def returns_nothing(call: str) -> bool:
    """Tell whether a call surely returns None."""
    return call in RETURNING_NOTHING


def is_lazy_iterator(call: str) -> bool:
    """Tell whether a call returns an iterator that calls the functions it is given only when it is read."""
    return call in LAZY_ITERATORS


def exhausts(call: str) -> bool:
    """Tell whether a call has done with an iterator that it is given when it returns."""
    return call in EXHAUSTING_CALLS


def is_setting(call: str) -> bool:
    """Tell whether a call changes a state of the whole process (options, seeds, filters) that later code depends on."""
    return _fact(call).setting


def result_type(qualified: str, keywords: Collection[str] = ()) -> tuple[str, str] | None:
    """Return module and name of the type that a call surely returns, or None.

    Args:
        qualified: the call.
        keywords: names of its keyword arguments; with some (`chunksize`) it returns another type.
    """
    fact = _fact(qualified)
    if fact.result is None or not set(fact.unless.split()).isdisjoint(keywords):
        return None
    if fact.result != "=":
        return fact.result
    module, _, name = qualified.rpartition(".")
    is_class = name[:1].isupper() or qualified in _CALLS
    return (module, name) if is_class and not module.rpartition(".")[2][:1].isupper() else None


def _fact(call: str) -> Fact:
    if call.startswith("."):
        return _method_fact(call[1:])
    return _longest(call, _CALLS, _CALL_PREFIXES)


def _method_fact(chain: str) -> Fact:
    """Return the fact of the longest known end of a chain of attributes: `str.replace` before `replace`."""
    parts = chain.split(".")
    for start in range(len(parts)):
        fact = _longest(".".join(parts[start:]), _METHODS, _METHOD_PREFIXES)
        if fact is not _UNKNOWN:
            return fact
    return _UNKNOWN


@lru_cache(maxsize=4096)
def _is_known(call: str) -> bool:
    top = call.partition(".")[0]
    if top in sys.stdlib_module_names or top in PICTURELESS or hasattr(builtins, top):
        return True
    return any(name == top or name.startswith(f"{top}.") for name in (*_CALLS, *_CALL_PREFIXES))


def _longest(name: str, exact: dict[str, Fact], prefixes: dict[str, Fact]) -> Fact:
    if name in exact:
        return exact[name]
    for end in range(len(name), 0, -1):
        if name[:end] in prefixes:
            return prefixes[name[:end]]
    return _UNKNOWN


def _names(fact: Fact) -> Iterator[str]:
    for name in fact.names.split():
        yield f"{fact.module}.{name}" if fact.module else name


def _index(facts: tuple[Fact, ...]) -> tuple[dict[str, Fact], dict[str, Fact]]:
    """Return facts by exact name and by the text before `*`; rows with the same name add up."""
    exact: dict[str, Fact] = {}
    prefixes: dict[str, Fact] = {}
    for fact in facts:
        for name in _names(fact):
            table, key = (prefixes, name[:-1]) if name.endswith("*") else (exact, name)
            table[key] = _sum(table[key], fact) if key in table else fact
    return exact, prefixes


def _sum(first: Fact, second: Fact) -> Fact:
    return first._replace(
        stage=first.stage or second.stage,
        verb=first.verb or second.verb,
        draws=first.draws or second.draws,
        consumes=first.consumes or second.consumes,
        setting=first.setting or second.setting,
        result=first.result or second.result,
        unless=f"{first.unless} {second.unless}".strip(),
    )


_UNKNOWN = Fact("", "")
_CALLS, _CALL_PREFIXES = _index(DATA_FACTS + MODEL_FACTS + PICTURE_FACTS)
_METHODS, _METHOD_PREFIXES = _index(METHOD_FACTS)


# What headings say, the surest phrases first; a later line counts only where none before it is found.
_HEADINGS: tuple[tuple[Stage, str], ...] = (
    (
        "preprocessing",
        r"train[\s/,&-]*(and|\+)?\s*test\s+splits?|split\w*( the| our)? (data|dataset)|feature scaling|分割",
    ),
    ("visualization", r"data visuali[sz]ation|可視化|描画|プロット|グラフ|作図"),
    ("exploration", r"explor\w*|\beda\b|探索|概要|要約統計|基本統計|データの?(確認|理解)"),
    ("evaluation", r"feature importances?|cross[\s-]?validat\w*|評価|精度|検証|予測|推論|混同行列|正解率|誤差|重要度"),
    ("export", r"保存|書き出し|書き込み|出力|エクスポート|提出|submission"),
    ("features", r"feature (engineering|extraction|selection|creation)|特徴量?|説明変数|次元削減|ベクトル化|埋め込み"),
    (
        "preprocessing",
        r"前処理|クリーニング|クレンジング|整形|欠損|外れ値|正規化|標準化|形態素解析|分かち書き|トークン|変換",
    ),
    (
        "data",
        r"(train\w*|test) data\b(?=.*\bload|$)|読み?込|データ(の)?(取得|準備|作成|生成|収集)|ダウンロード",
    ),
    ("training", r"モデル|学習|訓練|回帰|分類|クラスタリング|機械学習|チューニング"),
    ("data", r"データ"),
)
_ENGLISH: tuple[tuple[Stage, str], ...] = (
    (
        "data",
        r"(down)?load(s|ing|ed)?|read(s|ing)?|import(ing)? (the )?data\w*|fetch\w*|ingest\w*|acqui\w*|generat\w* data",
    ),
    ("data", r"data (set )?(loading|collection|acquisition|import|generation|sources?)|simulat\w+ data"),
    (
        "exploration",
        r"inspect\w*|(first |quick )?look\b|summary statistics|descriptive|overview|correlations?|distributions?",
    ),
    (
        "preprocessing",
        r"pre-?process\w*|clean\w*|missing|impute?\w*|outliers?|encod\w*|scal(e|ing)|normali[sz]\w*|tokeni[sz]\w*",
    ),
    ("preprocessing", r"prepar\w*|wrangl\w*|munging|filter\w*|split\w*|standardi[sz]\w*|tidy\w*|convert\w*|resampl\w*"),
    ("features", r"features?|dimensionality reduction|vectori[sz]\w*|embeddings?|aggregat\w*"),
    ("training", r"train(s|ing|ed)?|fit(s|ting|ted)?|modell?ing|learn(ing)?|hyper-?parameters?|tun(e|ing)|grid search"),
    (
        "training",
        r"build\w* (a |the )?(model|classifier)|regression|classif\w+|cluster\w*|random forests?|neural nets?",
    ),
    (
        "evaluation",
        r"evaluat\w*|scor(e|es|ing)|metrics?|accuracy|confusion matrix|predict\w*|validat\w*|perform\w*|diagnostics?",
    ),
    ("evaluation", r"test(ing)?|compar\w*|errors?|residuals?|assess\w*|inference|interpret\w*"),
    (
        "visualization",
        r"plot(s|ting|ted)?|visuali[sz]\w*|charts?|graph(s|ing)?|figures?|draw(s|ing)?|histograms?|heatmaps?",
    ),
    ("export", r"sav(e|es|ing)|export\w*|persist\w*|writ(e|es|ing)|stor(e|ing)|outputs?|serializ\w*"),
)
_WEAK: tuple[tuple[Stage, str], ...] = (
    ("evaluation", r"results?"),
    ("training", r"models?"),
    ("data", r"data|datasets?|dataframe"),
    ("exploration", r"analy[sz]\w*"),
)


def stage_of_heading(text: str) -> Stage | None:
    """Return the part of a project that a heading, English or Japanese, announces, or None.

    In English the first telling word decides (`Plot the training loss`), in Japanese the surest.
    """
    lowered = text.lower()
    for stage, pattern in _HEADINGS:
        if re.search(pattern, lowered):
            return stage
    for table in (_ENGLISH, _WEAK):
        found = [(match.start(), -len(match[0]), stage) for stage, match in _matches(table, lowered)]
        if found:
            return min(found)[2]
    return None


def _matches(table: tuple[tuple[Stage, str], ...], text: str) -> Iterator[tuple[Stage, re.Match[str]]]:
    for stage, pattern in table:
        if match := re.search(rf"\b(?:{pattern})\b", text):
            yield stage, match
