"""What libraries fetch by names in the code, and the commands that fetch it when the image is built."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import analysed, converted

from nb2pkg.machine import Download
from nb2pkg.needs.downloads import find_downloads

PYTHON_C = ("python", "-c")


def fetched(folder: Path, *cells: str) -> list[tuple[str, str, str]]:
    """Return what a notebook of these cells has fetched: kind, name, and what Python runs."""
    return [(d.kind, d.name, " ".join(d.command[2:])) for d in find_downloads(analysed(folder, *cells))]


NLTK = "import nltk\n"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("nltk.download('punkt')", ["punkt"]),
        ("nltk.download(['stopwords', 'wordnet'], quiet=True)", ["stopwords", "wordnet"]),
        ("NAME = 'punkt'\nnltk.download(NAME)", ["punkt"]),
        ("for name in ['a1', 'b2']:\n    nltk.download(name)", ["a1", "b2"]),
        ("from nltk.corpus import stopwords, reader", ["stopwords"]),
        ("from nltk.tokenize import word_tokenize\nword_tokenize('a b')", ["punkt_tab"]),
        ("from nltk.sentiment.vader import SentimentIntensityAnalyzer as A\nA()", ["vader_lexicon"]),
        ("nltk.download(which)", []),
        ("nltk.download()", []),
        ("nltk.download('punkt; rm -rf /')", []),
        ("nltk.download('../x')", []),
    ],
)
def test_nltk(code: str, names: list[str], tmp_path: Path) -> None:
    found = find_downloads(analysed(tmp_path, NLTK + code))
    assert [(d.kind, d.command) for d in found] == [("nltk", ("python", "-m", "nltk.downloader", n)) for n in names]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import spacy\nspacy.load('en_core_web_sm')", [("spacy", "en_core_web_sm", "spacy download en_core_web_sm")]),
        ("import spacy\nspacy.load('./model')", []),
        ("import unidic", [("unidic", "unidic", "unidic download")]),
        (
            "from transformers import AutoModel\nAutoModel.from_pretrained('bert-base-uncased')",
            [
                (
                    "huggingface",
                    "bert-base-uncased (AutoModel)",
                    "from transformers import AutoModel; AutoModel.from_pretrained('bert-base-uncased')",
                )
            ],
        ),
        ("from transformers import AutoModel\nAutoModel.from_pretrained('./mine')", []),
        (
            "from transformers import pipeline\npipeline('summarization', model='a/b')",
            [
                (
                    "huggingface",
                    "a/b (pipeline)",
                    "from transformers import pipeline; pipeline('summarization', model='a/b')",
                )
            ],
        ),
        ("from transformers import pipeline\npipeline('summarization', model=own)", []),
        (
            "from sentence_transformers import SentenceTransformer\nSentenceTransformer('all-MiniLM-L6-v2')",
            [
                (
                    "huggingface",
                    "all-MiniLM-L6-v2",
                    "from sentence_transformers import SentenceTransformer; SentenceTransformer('all-MiniLM-L6-v2')",
                )
            ],
        ),
        (
            "from torchvision import models\nmodels.resnet18(weights=models.ResNet18_Weights.DEFAULT)",
            [
                (
                    "torch",
                    "resnet18",
                    "from torchvision import models; getattr(models, 'resnet18')(weights='DEFAULT')",
                )
            ],
        ),
        ("from torchvision import models\nmodels.resnet18()\nmodels.resnet18(pretrained=False)", []),
        (
            "import torch\ntorch.hub.load('a/b', 'm')",
            [("torch", "a/b:m", "import torch; torch.hub.load('a/b', 'm', trust_repo=True)")],
        ),
        ("import torch\ntorch.hub.load('.', 'm', source='local')", []),
        (
            "from tensorflow.keras.applications import VGG16\nVGG16(include_top=False)",
            [
                (
                    "keras",
                    "VGG16 without top",
                    "from tensorflow.keras.applications import VGG16; VGG16(include_top=False)",
                )
            ],
        ),
        ("from keras.applications import VGG16\nVGG16(weights=None)", []),
        (
            "from keras.datasets import mnist\nmnist.load_data()",
            [("keras", "mnist", "from keras.datasets import mnist; mnist.load_data()")],
        ),
        (
            "import gensim.downloader as api\napi.load('glove-twitter-25')",
            [("gensim", "glove-twitter-25", "import gensim.downloader; gensim.downloader.load('glove-twitter-25')")],
        ),
        (
            "import tiktoken\ntiktoken.encoding_for_model('gpt-4')",
            [("tiktoken", "gpt-4", "import tiktoken; tiktoken.encoding_for_model('gpt-4')")],
        ),
        ("import stanza\nstanza.download('ja')", [("stanza", "ja", "import stanza; stanza.download('ja')")]),
        (
            "import easyocr\neasyocr.Reader(['ja', 'en'])",
            [("easyocr", "ja+en", "import easyocr; easyocr.Reader(['ja', 'en'])")],
        ),
        (
            "import whisper\nwhisper.load_model('base')",
            [("whisper", "base", "import whisper; whisper.load_model('base', device='cpu')")],
        ),
        (
            "from sklearn.datasets import fetch_california_housing as f\nf(as_frame=True)",
            [
                (
                    "sklearn",
                    "california_housing",
                    "from sklearn.datasets import fetch_california_housing; fetch_california_housing()",
                )
            ],
        ),
        (
            "from sklearn.datasets import fetch_openml\nfetch_openml('titanic', version=1)",
            [
                (
                    "sklearn",
                    "openml titanic",
                    "from sklearn.datasets import fetch_openml; fetch_openml('titanic', version=1)",
                )
            ],
        ),
        ("from sklearn.datasets import load_iris\nload_iris()", []),
        (
            "import seaborn as sns\nsns.load_dataset('iris')",
            [("seaborn", "iris", "import seaborn; seaborn.load_dataset('iris')")],
        ),
        ("import seaborn as sns\nsns.load_dataset(name)", []),
    ],
)
def test_libraries(code: str, found: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert fetched(tmp_path, code) == found


def test_reasons_name_the_cell(tmp_path: Path) -> None:
    found = find_downloads(analysed(tmp_path, "import nltk", "nltk.download('punkt')"))
    assert found == (
        Download("nltk", "punkt", ("python", "-m", "nltk.downloader", "punkt"), "cell 2 calls `nltk.download`"),
    )


def test_order_does_not_depend_on_the_notebook(tmp_path: Path) -> None:
    assert fetched(tmp_path, NLTK, "nltk.download('b')", "nltk.download('a')") == fetched(
        tmp_path, NLTK, "nltk.download('a')", "nltk.download('b')"
    )


CALLS = (
    "nltk.download({})",
    "spacy.load({})",
    "transformers.AutoModel.from_pretrained({})",
    "transformers.pipeline({})",
    "torch.hub.load({}, {})",
    "sklearn.datasets.fetch_openml({})",
    "stanza.download({})",
    "easyocr.Reader([{}])",
    "seaborn.load_dataset({})",
    "datasets.load_dataset({}, {})",
    "torchvision.models.resnet18(weights={})",
)
IMPORTS = "import nltk, spacy, transformers, torch, sklearn.datasets, stanza, easyocr, seaborn, datasets, torchvision\n"


@settings(max_examples=60)
@given(st.sampled_from(CALLS), st.text(alphabet="ab/.-_ '\"\\;$`(){}\n\x00%", max_size=12))
def test_commands_hold_nothing_but_names(call: str, name: str) -> None:
    with TemporaryDirectory() as folder:
        found = find_downloads(analysed(Path(folder), IMPORTS + call.format(repr(name), repr(name))))
    for download in found:
        assert re.fullmatch(r"[\w.+/: ()-]+", download.name)
        if download.command[:2] == PYTHON_C:
            statements = ast.parse(download.command[2]).body
            assert len(statements) == 2
            assert isinstance(statements[1], ast.Expr)
            assert isinstance(statements[1].value, ast.Call)
        else:
            assert all(re.fullmatch(r"[\w./+-]+", word) for word in download.command)


def test_plan_has_what_is_fetched(tmp_path: Path) -> None:
    plan = converted(tmp_path, "import nltk\nnltk.download('punkt')").files[".nb2pkg/plan.toml"].decode("utf-8")
    assert 'command = ["python", "-m", "nltk.downloader", "punkt"]' in plan
