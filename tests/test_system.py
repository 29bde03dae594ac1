"""Which Debian packages a notebook needs; whether Debian has what the table names."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import debian_names
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import analysed, converted

from nb2pkg.flow.distributions import normalized
from nb2pkg.machine import Around, Environment, Installed, Requirement, SystemPackage, Variable
from nb2pkg.model import Finding
from nb2pkg.needs.commands import commands_of, shell_words
from nb2pkg.needs.find import find_needs
from nb2pkg.needs.system import find_system
from nb2pkg.needs.system_table import PACKAGE_NAME, system_table
from nb2pkg.pipeline import flow_and_project
from nb2pkg.report.summary import summary_lines

TABLE = system_table()


def needed(
    folder: Path, *cells: str, requires: tuple[str, ...] = (), debian: str = "bookworm"
) -> tuple[tuple[SystemPackage, ...], tuple[Variable, ...], tuple[Finding, ...]]:
    """Return what a notebook of these cells needs, with these distributions."""
    requirements = tuple(Requirement(name, "a test", specifier) for name, _, specifier in map(_parted, requires))
    return find_system(analysed(folder, *cells), requirements, debian)


def _parted(text: str) -> tuple[str, str, str]:
    name = re.split(r"[<>=]", text)[0]
    return name, "", text[len(name) :]


def names(folder: Path, *cells: str, requires: tuple[str, ...] = (), debian: str = "bookworm") -> list[str]:
    """Return the packages that a run needs, those for building with `+` in front."""
    found = needed(folder, *cells, requires=requires, debian=debian)[0]
    return [("+" if package.build else "") + package.name for package in found]


# --- the table ---


def test_table_is_well_formed() -> None:
    for row in TABLE.rows:
        assert row.of or row.imports or row.calls or row.text, row
        assert row.run or row.build or row.task or row.note, row
        assert all(name == normalized(name.split("[")[0]) + name[len(name.split("[")[0]) :] for name in row.of), row
        re.compile(row.text)
    assert all(PACKAGE_NAME.fullmatch(name) for name in TABLE.all_names())
    assert all(name in TABLE.all_names() for renamed in TABLE.names.values() for name in renamed)
    assert not {name for row in TABLE.rows if not row.text and not row.labels for name in row.of} & TABLE.bundled


def test_a_distribution_that_brings_all_needs_nothing(tmp_path: Path) -> None:
    assert len(TABLE.bundled) > 40
    assert names(tmp_path, "x = 1", requires=tuple(sorted(TABLE.bundled))) == []


@pytest.mark.parametrize("release", TABLE.releases)
def test_every_release_has_what_the_table_names(release: str) -> None:
    assert sorted(debian_names.wanted(release) - debian_names.stored(release)) == []


@cache
def _this_release() -> str:
    """Return the release of this machine when its lists of packages are there, else nothing."""
    path = Path("/etc/os-release")
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    match = re.search(r"^VERSION_CODENAME=(\w+)$", text, flags=re.MULTILINE)
    return match[1] if match and match[1] in TABLE.releases and shutil.which("apt-cache") else ""


def test_apt_knows_what_the_table_names() -> None:
    """On Debian apt itself is asked; elsewhere the list that was made of Debian's is, in the test above."""
    release = _this_release()
    known = debian_names.stored(TABLE.releases[0])
    if release:
        done = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True)
        known = frozenset(done.stdout.split()) if len(done.stdout) > 100_000 else debian_names.stored(release)
    assert sorted(debian_names.wanted(release or TABLE.releases[0]) - known) == []


# --- distributions, calls, texts ---


@pytest.mark.parametrize(
    ("requires", "found"),
    [
        (("opencv-python",), ["libgl1", "libglib2.0-0", "libsm6", "libxext6"]),
        (("opencv-python-headless", "scikit-learn", "soundfile", "lxml", "pillow"), []),
        (("lightgbm",), ["libgomp1"]),
        (("librosa",), ["ffmpeg"]),
        (("pyodbc",), ["libodbc2"]),
        (("psycopg2",), ["+gcc", "+libpq-dev", "libpq5"]),
        (("psycopg2-binary",), []),
        (("mysqlclient",), ["+default-libmysqlclient-dev", "+gcc", "libmariadb3", "+pkg-config"]),
        (("pymssql",), ["libsybdb5"]),
        (("pyhive",), []),
        (("pyspark",), ["default-jre-headless"]),
        (("pydot",), ["graphviz"]),
        (("pygraphviz",), ["+gcc", "graphviz", "+libgraphviz-dev", "+pkg-config"]),
        (("pytesseract",), ["tesseract-ocr"]),
        (("pdf2image", "camelot-py", "pdfkit"), ["ghostscript", "poppler-utils", "wkhtmltopdf"]),
        (("weasyprint", "cairosvg"), ["libcairo2", "libharfbuzz-subset0", "libpango-1.0-0", "libpangoft2-1.0-0"]),
        (("python-magic", "sounddevice", "phonemizer"), ["espeak-ng", "libmagic1", "libportaudio2"]),
        (("pyicu",), ["+g++", "+libicu-dev", "libicu72", "+pkg-config"]),
        (("pyenchant", "pyzbar", "rtree"), ["hunspell-en-us", "libenchant-2-2", "libspatialindex-c6", "libzbar0"]),
        (("dlib",), ["+cmake", "+g++", "+libopenblas-dev", "libopenblas0"]),
        (("rpy2",), ["+libtirpc-dev", "r-base-core", "+r-base-dev"]),
        (("mpi4py",), ["openmpi-bin"]),
        (("selenium",), ["chromium", "chromium-driver"]),
        (("kaleido",), ["chromium"]),
        (("kaleido>=1",), ["chromium"]),
        (("kaleido==0.2.1",), []),
        (("kaleido<1",), []),
        (("openslide-python", "pyvips", "wand"), ["libmagickwand-6.q16-6", "libopenslide0", "libvips42"]),
        (("pyvips", "pyvips-binary"), []),
        (("gitpython",), ["git"]),
        (("graphviz", "pydot", "torchviz"), ["graphviz"]),
    ],
)
def test_distributions(requires: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    assert names(tmp_path, "x = 1", requires=requires) == found


@pytest.mark.parametrize(
    ("requires", "found"),
    [
        (("opencv-python",), ["libgl1", "libglib2.0-0t64", "libsm6", "libxext6"]),
        (("pyicu",), ["+g++", "+libicu-dev", "libicu76", "+pkg-config"]),
        (("wand", "pyvips"), ["libmagickwand-7.q16-10", "libvips42t64"]),
        (("rtree",), ["libspatialindex-c8"]),
    ],
)
def test_names_of_another_release(requires: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    assert names(tmp_path, "x = 1", requires=requires, debian="trixie") == found


def test_what_a_release_lacks_is_a_finding(tmp_path: Path) -> None:
    packages, _, findings = needed(tmp_path, "x = 1", requires=("pdfkit",), debian="trixie")
    assert packages == ()
    assert [f.message for f in findings] == [
        "Debian trixie has no package wkhtmltopdf, which is needed: pdfkit needs it"
    ]


ANIMATION = "import matplotlib.animation as animation\n"


@pytest.mark.parametrize(
    ("code", "requires", "found"),
    [
        (ANIMATION + "a.save('out.mp4')", ("matplotlib",), ["ffmpeg"]),
        (ANIMATION + "a.save('out.gif')", ("matplotlib",), []),
        ("import cv2\ncv2.VideoCapture('in.mp4')", ("matplotlib", "opencv-python-headless"), []),
        ("from tensorflow.keras.utils import plot_model\nplot_model(m)", (), ["graphviz"]),
        ("import xgboost as xgb\nxgb.plot_tree(m)", (), ["graphviz"]),
        ("import tkinter", (), ["libtk8.6"]),
        (
            "import pytesseract as t\nt.image_to_string(i, lang='jpn+eng')",
            ("pytesseract",),
            ["tesseract-ocr", "tesseract-ocr-eng", "tesseract-ocr-jpn"],
        ),
        ("plt.rcParams['font.family'] = 'IPAexGothic'", ("matplotlib",), ["fonts-ipaexfont"]),
        ("f = '/usr/share/fonts/truetype/takao-gothic/TakaoPGothic.ttf'", ("wordcloud",), ["fonts-takao-gothic"]),
        ("import matplotlib.pyplot as plt\nplt.title('売上')", ("matplotlib",), ["fonts-ipaexfont"]),
        ("import matplotlib.pyplot as plt\nplt.title('売上')", ("matplotlib", "japanize-matplotlib"), []),
        (
            "import matplotlib.pyplot as plt\nplt.rc('font', family='Noto Sans CJK JP')\nplt.title('売上')",
            ("matplotlib",),
            ["fonts-noto-cjk"],
        ),
        ("import matplotlib.pyplot as plt\nplt.title('sales')\nprint('売上')", ("matplotlib",), []),
        ("c = 'DRIVER={FreeTDS};SERVER=a'", ("pyodbc",), ["libodbc2", "tdsodbc"]),
        ("import locale\nlocale.setlocale(locale.LC_ALL, 'ja_JP.UTF-8')", (), ["locales-all"]),
    ],
)
def test_calls_and_texts(code: str, requires: tuple[str, ...], found: list[str], tmp_path: Path) -> None:
    assert names(tmp_path, code, requires=requires) == found


def test_a_password_of_a_connection_is_not_told(tmp_path: Path) -> None:
    packages, _, findings = needed(tmp_path, "c = 'DRIVER={FreeTDS};UID=me;PWD=hidden9!'", requires=("pyodbc",))
    assert "hidden9" not in repr((packages, findings))


def test_a_distribution_from_git_needs_git_to_build(tmp_path: Path) -> None:
    requirement = Requirement("own", "a test", url="git+https://a.example/own")
    packages, *_ = find_system(analysed(tmp_path, "x = 1"), (requirement,))
    assert packages == (SystemPackage("git", "own comes from a Git repository", build=True),)
    packages, *_ = find_system(analysed(tmp_path, "!git log"), (requirement,))
    assert packages == (SystemPackage("git", "cell 1 runs `git`"),)


# --- commands ---


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("!git clone https://a.example/b && cd b", ["git"]),
        ("!ffmpeg -i a.mp3 a.wav > /dev/null 2>&1", ["ffmpeg"]),
        ("!wget -q https://a.example/a.zip; unzip -o a.zip", ["unzip", "wget"]),
        ("!curl -s https://a.example | jq .a", ["curl", "jq"]),
        ("!cat a | sort | uniq -c | head", []),
        ("!tar xzf a.tar.gz", []),
        ("!tar xjf a.tar.bz2", ["bzip2"]),
        ("!tar -xf a.tar.xz", ["xz-utils"]),
        ("!7z x a.7z", ["p7zip-full"]),
        ("!tesseract a.png out -l jpn", ["tesseract-ocr", "tesseract-ocr-jpn"]),
        ("!mecab < a.txt", ["mecab", "mecab-ipadic-utf8"]),
        ("!pandoc a.md -o a.html\n!dot -Tpng a.dot", ["graphviz", "pandoc"]),
        ("!java -version\n!Rscript a.R", ["default-jre-headless", "r-base-core"]),
        ("!make all\n!gcc a.c", ["gcc", "libc6-dev", "make"]),
        ("!tree\n!aria2c a\n!rsync a b\n!ssh a ls", ["aria2", "openssh-client", "rsync", "tree"]),
        ("x = !git rev-parse HEAD", ["git"]),
        ("import subprocess\nsubprocess.run(['ffmpeg', '-i', p])", ["ffmpeg"]),
        ("import subprocess as sp\nsp.check_output('git log | head', shell=True)", ["git"]),
        ("import subprocess\ncommand = ['wget', u]\nsubprocess.call(command)", ["wget"]),
        ("import subprocess\nsubprocess.Popen('jq . a.json'.split())", ["jq"]),
        ("import subprocess\nsubprocess.run(['bash', '-c', 'unzip a.zip'])", ["unzip"]),
        ("import os\nos.system(f'wget {url}')", ["wget"]),
        ("import os\nos.system('wget ' + url)", ["wget"]),
        ("import os\nos.system('convert %s b.png' % name)", ["imagemagick"]),
        ("import shutil\nshutil.which('ffmpeg')", ["ffmpeg"]),
        ("import os\nos.system(command)", []),
        ("!echo git wget; echo 'a | unzip'", []),
        ("!sudo LANG=C time git log", ["git"]),
        ("!which ffmpeg", ["ffmpeg"]),
        ("!echo $(git rev-parse HEAD)", ["git"]),
        ("!./git\n!my/wget a", []),
        ("!/usr/bin/git log", ["git"]),
        ("%%bash\nset -e\nfor f in *.zip; do unzip $f; done\nif ! curl a; then wget a; fi", ["curl", "unzip", "wget"]),
        ("%%bash\ncat <<EOF > notes\ngit wget unzip\nEOF\ntree", ["tree"]),
        ("%%script ruby\nputs 1", ["ruby"]),
    ],
)
def test_commands(cell: str, found: list[str], tmp_path: Path) -> None:
    assert names(tmp_path, cell) == found


def test_a_command_that_pip_brings_needs_no_package(tmp_path: Path) -> None:
    assert names(tmp_path, "!yt-dlp a", requires=("yt-dlp",)) == []
    assert names(tmp_path, "!yt-dlp a") == ["yt-dlp"]


def test_commands_name_their_cells(tmp_path: Path) -> None:
    found = commands_of(analysed(tmp_path, "x = 'a.mp4'", "!ffmpeg -i {x} b.mp4"))
    assert [(c.program, c.arguments, c.cell) for c in found] == [("ffmpeg", ("-i", "X", "b.mp4"), 2)]


@given(st.text(alphabet="git |&;()'\"\\\n$`<>EO{}-", max_size=40))
def test_any_shell_text_is_read(text: str) -> None:
    assert all(words and words[0] for words in shell_words(text))


# --- install lines ---


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("!apt-get install -y tree", ["tree"]),
        ("!apt-get -qq install -y tree jq > /dev/null", ["jq", "tree"]),
        ("!sudo apt-get update && sudo apt-get install -y tree=2.1.0-1 jq:amd64 nkf/stable", ["jq", "nkf", "tree"]),
        ("!apt-get install -y \\\n    tree \\\n    jq &> /dev/null", ["jq", "tree"]),
        ("!apt-get -f -o Dpkg::Use-Pty=0 install -t stable tree 2>&1 | tail -1", ["tree"]),
        ("!DEBIAN_FRONTEND=noninteractive apt install --no-install-recommends tree", ["tree"]),
        ("%%bash\napt-get update\napt-get install -y \\\n  tree jq", ["jq", "tree"]),
        ("%%bash\napt-get install -y tree\ngit log", ["git", "tree"]),
        ("%%sh\n# packages\nset -e\nexport DEBIAN_FRONTEND=noninteractive\napt-get install -y tree", ["tree"]),
        ("!add-apt-repository -y ppa:a/b\n!apt install chromium-chromedriver", ["chromium-driver"]),
        ("!apt-get install -y openjdk-8-jdk-headless -qq", ["default-jdk-headless"]),
        ("!apt install build-essential libpq-dev", ["+build-essential", "+libpq-dev", "libpq5"]),
        ("!apt install build-essential\n!make -j2", ["build-essential", "make"]),
        ("!apt install python3-opengl python3-pip", []),
        ("!apt-get remove tree", []),
    ],
)
def test_install_lines(cell: str, found: list[str], tmp_path: Path) -> None:
    assert names(tmp_path, cell) == found


def test_a_cell_that_only_installs_is_no_code(tmp_path: Path) -> None:
    assert analysed(tmp_path, "%%bash\napt-get update -y\napt-get install -y tree\npip install pandas").statements == ()
    assert len(analysed(tmp_path, "%%bash\napt-get install -y tree\ntree").statements) == 1
    assert len(analysed(tmp_path, "%%bash\nif true; then apt-get install -y tree; fi").statements) == 1


@pytest.mark.parametrize("word", ["./own.deb", "'a b'", '"x;rm"', "$PACKAGES", "Upper"])
def test_what_is_no_name_of_a_package_goes_into_no_file(word: str, tmp_path: Path) -> None:
    packages, _, findings = needed(tmp_path, f"!apt-get install -y tree {word}")
    assert [package.name for package in packages] == ["tree"]
    assert len(findings) == 1
    assert findings[0].location.cell == 1


@given(st.lists(st.text(alphabet="abz09.+-=/:$`(){}|&;<>'\"~ \\", min_size=1, max_size=12), max_size=4))
def test_packages_are_names_whatever_is_installed(words: list[str]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        found = needed(Path(folder), f"get_ipython().system({'apt-get install ' + ' '.join(words)!r})")[0]
    assert all(PACKAGE_NAME.fullmatch(package.name) for package in found)


@pytest.mark.parametrize(
    "code",
    [
        "f = '/usr/share/fonts/truetype/wqy/\\nRUN rm -rf /'",
        "import subprocess\nsubprocess.run(['git\\nRUN id', 'x'])",
        "j = '/usr/lib/jvm/java-8\\nRUN id'",
        "plt.rc('font', family='Hiragino\\nRUN id')",
    ],
)
def test_reasons_are_one_line(code: str, tmp_path: Path) -> None:
    packages, variables, findings = needed(tmp_path, code, requires=("matplotlib",))
    texts = [p.why for p in packages] + [v.why for v in variables] + [f.message for f in findings]
    assert not [text for text in texts if "\n" in text]


# --- MeCab ---


MECAB = "import MeCab\n"
VARIABLE = [("MECABRC", "/etc/mecabrc")]


@pytest.mark.parametrize(
    ("code", "requires", "found", "variables"),
    [
        ("MeCab.Tagger('-Ochasen')", ("mecab-python3",), ["mecab", "mecab-ipadic-utf8"], VARIABLE),
        ("MeCab.Tagger()", ("mecab-python3",), ["mecab", "mecab-ipadic-utf8"], VARIABLE),
        ("MeCab.Tagger()", ("mecab-python3", "unidic-lite"), [], []),
        ("import ipadic\nMeCab.Tagger(ipadic.MECAB_ARGS)", ("mecab-python3", "ipadic"), [], []),
        (
            "MeCab.Tagger('-d /var/lib/mecab/dic/juman-utf8')",
            ("mecab-python3", "unidic-lite"),
            ["mecab", "mecab-jumandic-utf8"],
            VARIABLE,
        ),
        (
            "p = '/var/lib/mecab/dic/unidic'\nMeCab.Tagger(f'-d {p} -Ochasen')",
            ("mecab-python3",),
            ["mecab", "unidic-mecab"],
            VARIABLE,
        ),
        (
            "!apt install mecab libmecab-dev mecab-jumandic-utf8\nMeCab.Tagger()",
            ("mecab-python3",),
            ["+libmecab-dev", "libmecab2", "mecab", "mecab-jumandic-utf8"],
            VARIABLE,
        ),
        ("import fugashi\nfugashi.Tagger()", ("fugashi", "unidic-lite"), [], []),
        ("from fugashi import GenericTagger", ("fugashi",), ["mecab", "mecab-ipadic-utf8"], VARIABLE),
        ("from natto import MeCab", ("natto-py",), ["libmecab2", "mecab-ipadic-utf8"], []),
        ("import neologdn", ("neologdn",), [], []),
    ],
)
def test_mecab_has_its_dictionary(
    code: str, requires: tuple[str, ...], found: list[str], variables: list[tuple[str, str]], tmp_path: Path
) -> None:
    packages, found_variables, findings = needed(tmp_path, MECAB + code, requires=requires)
    assert [("+" if p.build else "") + p.name for p in packages] == found
    assert [(v.name, v.value) for v in found_variables] == variables
    assert findings == ()


@pytest.mark.parametrize(
    ("code", "installed", "found"),
    [
        ("", ("mecab-python3",), ("mecab", "mecab-ipadic-utf8")),
        ("", ("mecab-python3", "unidic-lite"), ()),
        ("", ("pandas",), ()),
        ("import unidic_lite\n", ("mecab-python3",), ()),
    ],
)
def test_the_environment_says_whose_dictionary_it_was(
    code: str, installed: tuple[str, ...], found: tuple[str, ...], tmp_path: Path
) -> None:
    environment = Environment(distributions={name: Installed(name, "1.0") for name in installed})
    flow = analysed(tmp_path, code + MECAB + "MeCab.Tagger()")
    needs, _ = find_needs(flow, Around(environment=environment))
    assert needs.run_packages == found
    assert ("unidic-lite" in {r.name for r in needs.requirements}) == (not found)


def test_the_dictionary_is_recorded(tmp_path: Path) -> None:
    packages, *_ = needed(tmp_path, MECAB + "MeCab.Tagger('-Ochasen')", requires=("mecab-python3",))
    assert "ipadic" in packages[1].why
    assert "chasen" in packages[1].why


@pytest.mark.parametrize(
    ("code", "requires", "said"),
    [
        ("MeCab.Tagger('-d /usr/lib/x86_64-linux-gnu/mecab/dic/mecab-ipadic-neologd')", ("mecab-python3",), "NEologd"),
        ("MeCab.Tagger('-d /usr/local/lib/mecab/dic/ipadic')", ("mecab-python3",), "/usr/local/lib/mecab/dic/ipadic"),
        ("import CaboCha", (), "CaboCha"),
        ("!jumanpp < a", (), "Juman++"),
        ("x = 1", ("pyknp",), "Juman++"),
        ("x = 1", ("gdal",), "GDAL==3.6.2"),
        ("!gsutil cp gs://a/b .", (), "Google Cloud CLI"),
        ("plt.rcParams['font.family'] = 'Hiragino Sans'", ("matplotlib",), "Hiragino"),
        ("c = 'mssql+pyodbc://h/d?driver=ODBC+Driver+17+for+SQL+Server'", ("pyodbc",), "Microsoft"),
        ("os.environ['JAVA_HOME'] = '/usr/lib/jvm/java-8-openjdk-amd64'", (), "java-8-openjdk-amd64"),
        ("f = '/usr/share/fonts/own/own.ttf'", (), "own.ttf"),
    ],
)
def test_what_no_package_has_is_told(code: str, requires: tuple[str, ...], said: str, tmp_path: Path) -> None:
    _, _, findings = needed(tmp_path, MECAB + code, requires=requires)
    assert len(findings) == 1
    assert said in findings[0].message


# --- the whole chain ---


def test_plan_has_what_is_needed(tmp_path: Path) -> None:
    project = converted(tmp_path, MECAB + "tagger = MeCab.Tagger('-Ochasen')\nprint(tagger.parse('今日'))\n!git log")
    plan = project.files[".nb2pkg/plan.toml"].decode("utf-8")
    assert project.plan.needs.run_packages == ("git", "mecab", "mecab-ipadic-utf8")
    assert 'name = "MECABRC"' in plan
    assert 'name = "mecab-ipadic-utf8"' in plan
    assert "unidic" not in plan


def test_summary_tells_the_packages(tmp_path: Path) -> None:
    analysed(tmp_path, "!git log")
    flow, project = flow_and_project(tmp_path / "small_book.ipynb")
    assert "  needs git (Debian bookworm)" in summary_lines(flow, project.plan, "out", dry_run=False)
