"""THE TABLE of rules: code, name, severity, whether it is on by default, and words that a notebook with a finding has.

A rule's file is imported only when it is selected and one of its words stands in the notebook: that is what
keeps a hook fast. The file holds the rest: documentation, check, cases.
"""

from __future__ import annotations

from nb2pkg.tuples import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nb2pkg.lint.findings import Severity


class Row(NamedTuple):
    """One rule.

    Args:
        code: `NB201`; codes never change their meaning.
        name: for people; the file is `nb201_undefined_name.py`.
        severity: of its findings, unless one says otherwise.
        default: it is on unless it is ignored.
        words: one of them stands in the code of every notebook with a finding; none: always look.
        fix: the kind of the fixes that it offers.
        novel: no other tool that we know has it.
        anywhere: the words are looked for in the whole file, outputs included.
    """

    code: str
    name: str
    severity: Severity
    default: bool
    words: tuple[str, ...] = ()
    fix: str = ""
    novel: bool = False
    anywhere: bool = False

    @property
    def module(self) -> str:
        """The name of the rule's file."""
        return f"nb2pkg.lint.rules.{self.code.lower()}_{self.name.replace('-', '_')}"


_ABSOLUTE = ('"/', "'/", "~", "/home/", "/Users/", "/Volumes/", "drive/", ":/", ":\\")
_NETWORK = (
    "://",
    "httpx",
    "urlopen",
    "urlretrieve",
    "requests",
    "wget",
    "curl",
    "gdown",
    "kaggle",
    "yfinance",
    "pandas_data",
)
# Libraries of estimators: without one of them nothing is known to be fitted.
_LEARNING = ("sklearn", "imblearn", "xgboost", "lightgbm", "catboost", "category_encoders", "boruta", "mlxtend")

ROWS: tuple[Row, ...] = (
    # file and environment
    Row("NB101", "unreadable-notebook", "error", True),
    Row("NB102", "syntax-error", "error", True),
    Row("NB103", "not-python", "error", True),
    Row("NB104", "undeclared-dependency", "warning", True, ("import",), novel=True),
    Row("NB105", "machine-path", "warning", True, _ABSOLUTE),
    Row("NB106", "secret-literal", "error", True),
    Row("NB107", "install-in-notebook", "info", False, ("pip", "conda", "mamba", "apt", "install", "uv ", "poetry")),
    Row("NB108", "network-read", "info", False, _NETWORK),
    Row(
        "NB109",
        "missing-file",
        "warning",
        False,
        ("open", "read", "load", "File", "fromfile", "genfromtxt"),
        novel=True,
    ),
    # order and state
    Row("NB201", "undefined-name", "error", True),
    Row("NB202", "out-of-order", "warning", True, ("execution_count", "prompt_number"), anywhere=True),
    Row("NB203", "stale-output", "warning", True, ("output_type",), novel=True, anywhere=True),
    Row("NB204", "never-executed", "info", False, ("execution_count", "prompt_number"), anywhere=True),
    Row("NB205", "redefined-function", "warning", True, ("def ", "class ")),
    Row("NB206", "rebound-type", "info", False, novel=True),
    Row("NB207", "not-idempotent", "warning", False, novel=True),
    Row("NB208", "shared-mutation", "warning", False, novel=True),
    Row("NB209", "session-history", "warning", True, ("_", "Out", "In")),
    Row("NB210", "dead-cell", "info", False, novel=True),
    Row("NB211", "name-survives-deletion", "error", True, ("del ", "del(", "xdel", "reset"), novel=True),
    # reproducibility
    Row("NB301", "unseeded-random", "warning", True, ("random", "torch", "rvs")),
    Row("NB302", "unseeded-estimator", "warning", True, ("sklearn", "imblearn", "umap", ".sample("), fix="unsafe"),
    Row("NB303", "clock-dependent", "info", False, ("now", "today", "time")),
    Row(
        "NB304",
        "unordered-listing",
        "warning",
        True,
        ("listdir", "glob", "iterdir", "scandir", "walk", "set(", "set ("),
        fix="unsafe",
    ),
    Row("NB305", "unpinned-download", "info", False, ("http", "ftp:")),
    Row("NB306", "hidden-parallelism", "info", False, ("n_jobs", "as_completed", "imap_unordered"), novel=True),
    # structure
    Row("NB401", "function-reads-global", "warning", True, ("def ", "lambda")),
    Row("NB402", "function-writes-global", "warning", True, ("def ", "lambda")),
    Row("NB403", "long-cell", "info", True),
    Row(
        "NB404",
        "mixed-stages",
        "warning",
        True,
        ("fit", "train", "backward", "score", "metric", "evaluat", "cross_val", "save", "dump", "write", "to_"),
        novel=True,
    ),
    Row("NB405", "wide-interface", "info", False, novel=True),
    Row("NB406", "duplicate-cells", "warning", True),
    Row("NB407", "no-functions", "warning", True),
    Row("NB408", "io-in-transformation", "info", False, ("def ",), novel=True),
    Row("NB409", "untested-preprocessing", "info", False, novel=True),
    Row("NB410", "deep-top-level", "info", False, ("for ", "if ", "while ", "with ", "try")),
    # machine learning
    Row("NB501", "fit-before-split", "warning", True, ("fit_transform", ".transform(", "preprocessing")),
    Row("NB502", "fit-on-test", "error", True, _LEARNING),
    Row("NB503", "resample-before-split", "error", True, ("resample", "fit_sample", "replace")),
    Row("NB504", "score-on-train", "warning", True, (".score", "metrics")),
    Row("NB505", "target-in-features", "error", True, _LEARNING, novel=True),
    Row("NB506", "test-set-tuning", "warning", False, (".score", "metrics")),
    Row("NB507", "statistics-from-all-rows", "warning", False, ("split", "Split", "cross_val", "KFold"), novel=True),
    Row("NB508", "id-or-time-split", "info", False, ("split", "Split", "KFold"), novel=True),
    Row("NB509", "accuracy-on-imbalance", "info", False, ("accuracy", ".score"), novel=True),
    # what keeps convert from making functions
    Row(
        "NB601",
        "dynamic-names",
        "warning",
        True,
        ("exec", "eval", "globals", "locals", "vars", "setattr", "get_ipython"),
    ),
    Row("NB602", "unknown-magic", "error", True, ("%", "get_ipython")),
    Row("NB603", "star-import", "warning", True, ("import *", "import*", "pylab")),
    Row("NB604", "waits-for-person", "error", True, ("input", "getpass")),
    Row("NB605", "shell-dependent", "info", False, ("!", "%", "os.system", "subprocess", "popen")),
    Row("NB606", "exits-kernel", "error", True, ("exit", "quit")),
    Row("NB607", "top-level-await", "info", False, ("await", "async ")),
    Row("NB608", "patches-library", "warning", True, ("import",)),
    # hygiene
    Row("NB701", "unused-import", "info", True, ("import",), fix="safe"),
    Row("NB702", "empty-cell", "info", False, fix="safe"),
    Row("NB703", "huge-output", "info", True, ("outputs",), fix="unsafe", anywhere=True),
    Row("NB704", "commented-out-code", "info", False, ("#",)),
    Row("NB705", "untitled", "info", True),
    Row("NB706", "display-in-function", "info", False, ("def ",)),
    Row("NB707", "unused-suppression", "warning", True, ("nb2pkg", "noqa"), fix="safe", anywhere=True),
    Row("NB708", "error-output", "warning", True, ('"error"', '"pyerr"'), anywhere=True),
)
BY_CODE = {row.code: row for row in ROWS}
