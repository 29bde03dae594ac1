"""Which literals are settings: the tables of keywords, of seeds, and of calls that take a path or a URL.

A setting is what somebody would try another value for: a share, a seed, a hyper-parameter, a file. What the data look
like (names of columns, types, `axis`, `inplace`) and what figures look like (`figsize`, `color`, `bins`, titles, files
of figures) stays in the code. To add one, add a word to a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nb2pkg.flow.libraries import draws, is_setting


@dataclass(frozen=True, slots=True)
class KeywordFact:
    """What the keywords of one row have in common.

    Args:
        keywords: how calls spell them, apart by spaces.
        type: `float` where whole numbers mean the same as others; `number` where the notebook's type counts
            (`max_features=1` is one feature, `1.0` all of them); `text` for one of several words.
        of_model: they configure an object, by whose name the field is called too: `forest_n_estimators`.
        shared: calls that draw, and methods that nobody knows, mean something else: `alpha` is transparency.
        field: how the field is called, if not as the keyword.
    """

    keywords: str
    type: Literal["float", "number", "text"] = "number"
    of_model: bool = False
    shared: bool = False
    field: str = ""


_KEYWORDS = (
    # how the data are split, and how often
    KeywordFact("test_size train_size validation_split validation_size val_size test_ratio train_ratio valid_size"),
    KeywordFact("cv n_splits n_repeats n_folds k_folds"),
    KeywordFact("n_iter n_trials n_bootstrap n_boot n_permutations n_resamples n_simulations"),
    KeywordFact("n_samples"),
    # how networks are trained
    KeywordFact("epochs num_epochs n_epochs max_epochs batch_size patience steps_per_epoch num_train_epochs"),
    KeywordFact("learning_rate learning_rate_init weight_decay", "float", of_model=True),
    KeywordFact("lr", "float", of_model=True, field="learning_rate"),
    KeywordFact("momentum dropout dropout_rate", "float", of_model=True),
    KeywordFact("optimizer", "text", of_model=True),
    # trees and boosting
    KeywordFact("n_estimators max_depth max_leaf_nodes num_leaves min_samples_split min_samples_leaf", of_model=True),
    KeywordFact("num_boost_round early_stopping_rounds iterations min_child_samples", of_model=True),
    KeywordFact("subsample colsample_bytree reg_alpha reg_lambda min_child_weight", "float", of_model=True),
    KeywordFact("criterion", "text", of_model=True),
    # linear models and support vectors
    KeywordFact("C l1_ratio", "float", of_model=True),
    KeywordFact("alpha gamma epsilon tol", "float", of_model=True, shared=True),
    KeywordFact("degree", of_model=True, shared=True),
    KeywordFact("max_iter", of_model=True),
    KeywordFact("penalty solver", "text", of_model=True),
    KeywordFact("kernel", "text", of_model=True, shared=True),
    # neighbours, clusters, components
    KeywordFact("n_neighbors n_clusters n_components n_init n_topics num_topics min_cluster_size", of_model=True),
    KeywordFact("eps contamination perplexity", "float", of_model=True),
    KeywordFact("min_samples", of_model=True),
    # words
    KeywordFact("min_df max_df max_features vocab_size num_words maxlen", of_model=True),
    # limits
    KeywordFact("threshold", "float", shared=True),
)
KEYWORDS = {keyword: fact for fact in _KEYWORDS for keyword in fact.keywords.split()}

SEED_KEYWORDS = frozenset({"random_state", "seed", "random_seed"})
# Calls whose first argument is a seed.
SEED_CALLS = frozenset("""
    numpy.random.seed numpy.random.default_rng numpy.random.RandomState numpy.random.SeedSequence random.seed
    random.Random torch.manual_seed torch.cuda.manual_seed torch.cuda.manual_seed_all torch.mps.manual_seed
    tensorflow.random.set_seed tensorflow.set_random_seed tensorflow.keras.utils.set_random_seed
    keras.utils.set_random_seed jax.random.PRNGKey jax.random.key pytorch_lightning.seed_everything
    lightning.pytorch.seed_everything lightning.seed_everything transformers.set_seed .manual_seed
    """.split())


@dataclass(frozen=True, slots=True)
class PathFact:
    """Calls that take a path or a URL: where among the positional arguments, or by which keywords."""

    calls: str
    positions: tuple[int, ...] = (0,)
    keywords: str = ""


_PATHS = (
    PathFact(
        " ".join(f"pandas.read_{k}" for k in "csv table fwf json excel parquet feather pickle hdf html xml".split()),
        keywords="filepath_or_buffer path_or_buf path io",
    ),
    PathFact(" ".join(f"pandas.read_{k}" for k in "stata sas spss orc".split()), keywords="filepath_or_buffer path"),
    PathFact("pandas.ExcelFile pandas.ExcelWriter pandas.HDFStore", keywords="path_or_buffer path"),
    PathFact(
        ".to_csv .to_excel .to_json .to_parquet .to_feather .to_pickle .to_hdf .to_html .to_stata .to_xml .to_file",
        keywords="path_or_buf excel_writer path buf filename",
    ),
    PathFact(" ".join(f"polars.read_{k} polars.scan_{k}" for k in "csv parquet json ndjson excel".split())),
    PathFact(".write_csv .write_parquet .write_json .write_excel", keywords="file"),
    PathFact("geopandas.read_file xarray.open_dataset xarray.open_dataarray nibabel.load", keywords="filename"),
    PathFact("builtins.open io.open codecs.open gzip.open bz2.open lzma.open tarfile.open", keywords="file filename"),
    PathFact("zipfile.ZipFile h5py.File sqlite3.connect", keywords="file name database"),
    PathFact("pathlib.Path os.listdir os.scandir os.walk glob.glob glob.iglob", keywords="path"),
    PathFact("shutil.copy shutil.copyfile shutil.copytree shutil.move shutil.unpack_archive", (0, 1)),
    PathFact("numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap", keywords="file fname filename"),
    PathFact("numpy.save numpy.savez numpy.savez_compressed numpy.savetxt", keywords="file fname"),
    PathFact("joblib.load torch.load tensorflow.keras.models.load_model keras.models.load_model", keywords="filename"),
    PathFact("joblib.dump torch.save", (1,), "filename f"),
    PathFact(".save .save_model .load_model .save_weights .load_weights .save_pretrained", keywords="filepath fname"),
    PathFact(".flow_from_directory tensorflow.keras.utils.image_dataset_from_directory", keywords="directory"),
    PathFact("requests.get requests.post requests.put requests.head requests.request", keywords="url"),
    PathFact("httpx.get httpx.post urllib.request.urlopen wget.download gdown.download", keywords="url"),
    PathFact("urllib.request.urlretrieve", (0, 1), "url filename"),
    PathFact("cv2.imread cv2.imwrite cv2.VideoCapture PIL.Image.open matplotlib.pyplot.imread skimage.io.imread"),
    PathFact("imageio.imread imageio.v2.imread imageio.v3.imread librosa.load soundfile.read"),
    PathFact("scipy.io.loadmat scipy.io.wavfile.read"),
)
PATHS = {call: fact for fact in _PATHS for call in fact.calls.split()}

# Keywords whose value names columns; a list that is given to them holds such names.
COLUMN_KEYWORDS = frozenset("""
    columns subset by on left_on right_on id_vars value_vars usecols feature_names cat_features categorical_features
    """.split())
# Methods of tables whose first argument names columns, and that leave it as it is.
COLUMN_METHODS = frozenset(
    {".drop", ".dropna", ".drop_duplicates", ".groupby", ".sort_values", ".set_index", ".reindex"}
)
COLUMN_TAKERS = frozenset({"sklearn.compose.ColumnTransformer", "sklearn.compose.make_column_transformer"})


def keyword_fact(call: str, keyword: str, *, own: bool) -> KeywordFact | None:
    """Return what a keyword of a call sets, or None if it is no setting.

    Args:
        call: what is called, in full.
        keyword: the keyword.
        own: it is a function or class of the notebook.
    """
    fact = KEYWORDS.get(keyword)
    if fact is None:
        return None
    known = not own and not call.startswith((".", "builtins.")) and not draws(call)
    if fact.shared and not known:
        return None
    return None if not own and is_setting(call) else fact
