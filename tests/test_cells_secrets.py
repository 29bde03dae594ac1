"""Secrets: what is one, what only looks like one, and that none is left anywhere."""

from __future__ import annotations

import ast
import inspect
import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb2pkg.cells.hide import blank_copy, hide_secrets, secret_texts
from nb2pkg.cells.secrets import find_secrets
from nb2pkg.errors import RefusedError
from nb2pkg.model import Location

GITHUB = "ghp_" + "a1B2" * 9
AWS = "AKIA" + "Z2Y4" * 4
RANDOM = "rFsSehe51RLzREtYhLfo"

CASES = [
    (f'token = "{GITHUB}"', GITHUB, "GITHUB_TOKEN"),
    (f'headers = {{"Authorization": f"Bearer {GITHUB} {{x}}"}}', GITHUB, "GITHUB_TOKEN"),
    (f'key = "{AWS}"', AWS, "AWS_ACCESS_KEY_ID"),
    (f"quandl.ApiConfig.api_key = '{RANDOM}'", RANDOM, "API_KEY"),
    (f'd = {{"secret_key": "{RANDOM}"}}', RANDOM, "SECRET_KEY"),
    ('connect(user="bob", password="S3cr3t!!")', "S3cr3t!!", "PASSWORD"),
    ('def f(dbPassword="hunter22"): ...', "hunter22", "DB_PASSWORD"),
    (f'os.environ["MY_TOKEN"] = "{RANDOM}"', RANDOM, "MY_TOKEN"),
    ('e = "postgres://bob:hunter22@db.example.com/x"', "hunter22", "DATABASE_PASSWORD"),
    (f'!curl -H "token: {GITHUB}" https://example.com', GITHUB, "GITHUB_TOKEN"),
    (f'api_key: str = "{RANDOM}" if live else ""', RANDOM, "API_KEY"),
]
# In text that is no Python: (source, value, name).
LOOSE = [
    (f'# api_key = "{RANDOM}"', RANDOM, "API_KEY"),
    (f"# API_KEY={RANDOM}", RANDOM, "API_KEY"),
    (f"x = 1  # API_KEY={RANDOM}", RANDOM, "API_KEY"),
    (f"# export API_KEY={RANDOM}\nx = 1", RANDOM, "API_KEY"),
    (f"!export API_KEY={RANDOM} && ./run.sh", RANDOM, "API_KEY"),
    (f"!API_KEY='{RANDOM}' ./run.sh", RANDOM, "API_KEY"),
    (f"out = !./run.sh --api-key {RANDOM}", RANDOM, "API_KEY"),
    (f"!curl -H 'X-Api-Key: {RANDOM}' https://example.com", RANDOM, "X_API_KEY"),
    (f'%%bash\nexport API_KEY="{RANDOM}"\n./run.sh', RANDOM, "API_KEY"),
    (f"%%writefile .env\nAPI_KEY={RANDOM}\nA=1", RANDOM, "API_KEY"),
    (f"%%writefile a.yml\n- api_key: {RANDOM}", RANDOM, "API_KEY"),
    (f'%%writefile a.json\n{{"api_key": "{RANDOM}"}}', RANDOM, "API_KEY"),
    (f"鍵は{AWS}です", AWS, "AWS_ACCESS_KEY_ID"),
    ("redis://:hunter22@cache:6379", "hunter22", "DATABASE_PASSWORD"),
]
# Literals that do not hold the value as it is.
SPELLED = [
    ("token = 'ghp\\x5f" + "a1B2" * 9 + "'", GITHUB),
    ("password = 'a\\\\b!c9d7'", "a\\b!c9d7"),
    (f"api_key = ('{RANDOM[:8]}'\n  '{RANDOM[8:]}')", RANDOM),
    (f"api_key = '{RANDOM[:8]}' + '{RANDOM[8:]}'", RANDOM),
    (f"print(f'{GITHUB[:20]}' f'{GITHUB[20:]} {{x}}')", GITHUB),
    (f"api_key = '' if x else '{RANDOM[:8]}' '{RANDOM[8:]}'", RANDOM),
]
LOOK_ALIKES = [
    'pwd = "/home/anna/data2/"',
    "pwd = './data1'",
    'pwd = "C:/Users/anna/data1"',
    'pwd = "~/thesis1/x"',
    'patterns = {"password": r"^[A-Za-z\\d]{8,}$"}',
    'patterns = {"password": r"(?=.*[0-9]).{8,}"}',
    'fields = {"password": "input.pass-field", "passwd": "user.password_hash"}',
    'labels = {"password": "パスワード", "passwort": "Schlüssel:", "pwd": "密码："}',
    'usdc_token = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"',
    'sheet_key = "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"',
    'password = ""',
    'password = "your_password"',
    'api_key = "<your key here>"',
    'api_key = os.environ["API_KEY"]',
    'token = "running"',
    'pad_token = "[PAD]"',
    'secret = "xxxxxxxxxxxxxxxxxxxxxxxx"',
    'key = "column_name_that_is_rather_long_1"',
    'df["token"] = "NN"',
    'url = f"postgres://{user}:{password}@host/db"',
    'API_KEY = "sk-" + "test" * 5',
    'tokenizer = Tokenizer("bert-base-uncased-2020")',
    'sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    'password = getpass("Password: ")',
    "if password == 'hunter22': pass",
    "# token = getpass('Password:');login2('bob')",
    "# api_token = response.json2TokenOfTheApi1",
    "# password: required1",
    "!docker login --password $PASSWORD -u ${USER}",
    "!echo {api_key} && API_KEY=$(cat key.txt) ./run.sh",
    "%%bash\nread -p 'Password: ' PASSWORD\nexport API_KEY=${1:-none}",
    "<div class='sk-estimator-doc-link-container-2 sk-toggleable-content-3'>",
    "login(getpass('Password:'),name='bob12345')",
    'credentials = "/content/churn-123456-a1b2c3d4e5f6.json"',
    'client = storage.Client("my-project-123456")',
    'st.text_input("Password", type="password")',
    'token = "distilbert-base-uncased-finetuned-sst-2-english"',
    'cache_key = "9f86d081884c7d659a2feaa0c55ad015"',
    "!mysql -u root -proot",
    'requests.get(u, auth=("username", "password"))',
]


@pytest.mark.parametrize(("source", "value", "name"), CASES)
def test_finds(source: str, value: str, name: str) -> None:
    (secret,) = find_secrets(source)
    assert (secret.value, secret.env_name) == (value, name)
    line = source.split("\n")[secret.line - 1]
    assert line[secret.column - 1 :][: secret.length] == value
    assert value not in repr(secret)


@pytest.mark.parametrize(("source", "value", "name"), LOOSE)
def test_finds_in_text_that_is_no_python(source: str, value: str, name: str) -> None:
    (secret,) = find_secrets(source, code=not source.startswith("鍵"))
    assert (secret.value, secret.env_name) == (value, name)
    line = source.split("\n")[secret.line - 1]
    assert line[secret.column - 1 :][: secret.length] == value


@pytest.mark.parametrize(("source", "value"), SPELLED)
def test_finds_what_a_literal_spells_in_another_way(source: str, value: str) -> None:
    (secret,) = find_secrets(source)
    assert secret.value == value
    assert value not in source
    assert secret.written in source


# Forms in which people give them: calls, commands, pairs, texts within texts.
FORMS = [
    'auth = OAuthHandler("{v}", other)',
    'requests.get(url, auth=("anna", "{v}"))',
    'session.auth = HTTPBasicAuth("anna", "{v}")',
    'FTP("ftp.example.com", "anna", "{v}")',
    'pymysql.connect("db", "anna", "{v}", "churn")',
    'client.set_access_token("{v}", other)',
    'os.environ.update({{"API_TOKEN": "{v}"}})',
    'user, password = "anna", "{v}"',
    'api_keys = ["{v}", other]',
    'spark.conf.set("fs.azure.account.key.acme.blob.core.windows.net", "{v}")',
    'x = cohere.Client("{v}")',
    'x = """\n[db]\npassword = {v}\n"""',
    'x = """api_key: {v}\nrows: 12"""',
    'x = \'{{"api_key": "{v}"}}\'',
    'x = f"https://example.com/?api_key={v}&q={{q}}"',
    "x = 'Server=h;User ID=anna;Password={v};Encrypt=yes'",
    "%%bash\naws configure set aws_secret_access_key {v}",
    "!curl -u anna:{v} https://example.com",
    "!mysql -u root -p{v} churn",
    "# the password for the database is {v}",
    "headers = {{'Authorization': 'Token {v}'}}",
]


@pytest.mark.parametrize("form", FORMS)
def test_finds_what_is_given_in_other_ways(form: str) -> None:
    (secret,) = find_secrets(form.format(v=RANDOM))
    assert secret.value == RANDOM


@given(st.text(), st.sampled_from(FORMS), st.text(), st.booleans())
@settings(deadline=None)
def test_the_place_is_the_secret_whatever_stands_around(before: str, form: str, after: str, code: bool) -> None:
    source = f"{before}\n{form.format(v=RANDOM)}\n{after}"
    for secret in find_secrets(source, code=code):
        line = source.split("\n")[secret.line - 1]
        assert secret.value in source or secret.written in source
        if "\n" not in secret.value and not secret.written:
            assert line[secret.column - 1 :].startswith(secret.value)
        assert secret.env_name.isascii()
        assert secret.env_name.isidentifier()


@pytest.mark.parametrize("name", ["pwd", "2nd_api_key", "鍵 api_key", "x'] api-key"])
def test_a_variable_has_a_name_that_shells_take(name: str) -> None:
    (secret,) = find_secrets(f"d[{name!r}] = '{RANDOM}'")
    assert re.fullmatch("[A-Z_][A-Z0-9_]*", secret.env_name)
    assert secret.env_name != "PWD"


@pytest.mark.parametrize("source", LOOK_ALIKES)
def test_look_alikes_stay(source: str) -> None:
    assert find_secrets(source) == ()


@pytest.mark.parametrize(("source", "value", "name"), [case for case in CASES if not case[0].startswith("!")])
def test_code_reads_the_environment(source: str, value: str, name: str) -> None:
    python, _ = hide_secrets(source + f"  # was {value}", (1,), {value: name})
    assert value not in python
    calls = [node for node in ast.walk(ast.parse(python)) if isinstance(node, ast.Call)]
    assert any(ast.unparse(call) == f"__nb_secret('{name}')" for call in calls)


def test_hidden_code_means_the_same() -> None:
    fields = "f" + "'" * 3 + "{a!r:>{4}}\n \\' \" {{" + GITHUB + "}}" + "'" * 3
    lines_of_source = (
        f'a = "x{GITHUB}y"',
        f'b = f"{{a}}-{GITHUB}"',
        f'c = b"{GITHUB}"',
        f"d = {fields}",
        f"e = f\"{{len('{GITHUB}'[1:])}}\"",
        f'f = "{GITHUB[:9]}" "{GITHUB[9:]}" f"{{a}}"',
        f'def g():\n    return"{GITHUB}"if a else"%s{GITHUB}"%1',
        f'h = "{GITHUB}{{}}".format(1), f"{{a}}" "{GITHUB} {{}}", [g(), g()]',
    )
    source = "\n".join(lines_of_source)
    python, lines = hide_secrets(source, tuple(range(1, source.count("\n") + 2)), {GITHUB: "T"})
    assert GITHUB not in python
    before: dict[str, object] = {}
    after: dict[str, object] = {"__nb_secret": lambda name: GITHUB}
    exec(source, before)
    exec(python, after)
    assert [before[name] for name in "abcdefh"] == [after[name] for name in "abcdefh"]
    assert len(lines) == python.count("\n") + 1
    assert [line for line in lines if line not in (4, 5)] == [1, 2, 3, 6, 7, 8, 9, 10]


def test_one_name_a_value() -> None:
    secrets = find_secrets(f'a_token = "{RANDOM}"\nb = dict(a_token="{RANDOM}", x=dict(a_token="{RANDOM}2"))')
    assert [secret.env_name for secret in secrets] == ["A_TOKEN", "A_TOKEN", "A_TOKEN_2"]


def test_copies_are_blanked_in_sources_and_outputs() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0B\nAQEFAASCBKYwggSiAgEAAoIB\n-----END PRIVATE KEY-----"
    source = f'key = """{key}"""\ntoken = "{GITHUB}"\nprint(token)'
    book = {"cells": [{"source": source.splitlines(keepends=True), "outputs": [{"text": [GITHUB]}]}]}
    texts = secret_texts(secret.value for secret in find_secrets(source))
    for ascii_only in (True, False):
        blanked = blank_copy(json.dumps(book, ensure_ascii=ascii_only).encode(), texts).decode()
        json.loads(blanked)
        assert GITHUB not in blanked
        assert "MIIEvAIBADANBgkqhkiG9w0B" not in blanked


def test_docstrings_stay_docstrings() -> None:
    function = f'def f():\n    """Use {GITHUB}.\n\n    Twice.\n    """\n\n\n'
    source = f'{function}class A:\n    "See {GITHUB[:9]}" "{GITHUB[9:]}"\n    x = 1'
    python, lines = hide_secrets(source, tuple(range(1, 11)), {GITHUB: "T"})
    names: dict[str, object] = {}
    exec(python, names)
    said = [inspect.cleandoc(str(names[name].__doc__)) for name in "fA"]  # Python 3.13 takes the indentation off itself
    assert said == ["Use ***.\n\nTwice.", "See ***"]
    assert len(lines) == python.count("\n") + 1


@pytest.mark.parametrize(
    "source",
    [
        f'match x:\n    case {{"a": ["{GITHUB}"]}}:\n        pass',
        f"match x:\n    case 'a' | '{GITHUB}':\n        pass",
    ],
)
def test_a_pattern_can_not_read_the_environment(source: str) -> None:
    with pytest.raises(RefusedError, match="secret stands where") as error:
        hide_secrets(source, (1, 2, 3), {GITHUB: "T"}, Location("a.ipynb", 4))
    assert error.value.location == Location("a.ipynb", 4, 2)
    assert GITHUB not in str(error.value)


def test_words_are_no_secrets_elsewhere() -> None:
    """The password of a URL may be a word, even a key of the notebook's JSON."""
    raw = b'{"metadata": {}, "source": ["postgres://u:metadata@h/x", "metadata", "abc12!\\nabc12!x abc12!"]}'
    blanked = blank_copy(raw, secret_texts(["metadata", "abc12!"]))
    assert blanked == b'{"metadata": {}, "source": ["postgres://u:***@h/x", "metadata", "***\\nabc12!x ***"]}'


def test_finding_takes_no_time() -> None:
    hostile = [start * 5_000 for start in ("sk-", "eyJ-", "a-", "a: ", "://a:", "-----BEGIN PRIVATE KEY-----")]
    started = time.perf_counter()
    for text in hostile:
        find_secrets(f"password {text}")
        find_secrets(f"# token {text}", code=False)
    assert time.perf_counter() - started < 10  # seconds; a quarter of one, and minutes for a pattern that looks back


def test_a_secret_that_has_another_name_first() -> None:
    (secret,) = find_secrets('p = "Tr0ub4dor3x"\npassword = p')
    assert (secret.line, secret.value) == (1, "Tr0ub4dor3x")
    assert not find_secrets('column = "customer_id"\npassword = column\ncolumn = "age"')
