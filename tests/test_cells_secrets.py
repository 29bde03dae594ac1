"""Secrets: what is one, what only looks like one, and that none is left anywhere."""

from __future__ import annotations

import ast
import json

import pytest

from nb2pkg.cells.hide import hide_secrets
from nb2pkg.cells.secrets import blank_secrets, find_secrets

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
LOOK_ALIKES = [
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
]


@pytest.mark.parametrize(("source", "value", "name"), CASES)
def test_finds(source: str, value: str, name: str) -> None:
    (secret,) = find_secrets(source)
    assert (secret.value, secret.env_name) == (value, name)
    line = source.split("\n")[secret.line - 1]
    assert line[secret.column - 1 :][: secret.length] == value
    assert value not in repr(secret)


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
    source = f'a = "x{GITHUB}y"\nb = f"{{a}}-{GITHUB}"\nc = b"{GITHUB}"\n'
    python, lines = hide_secrets(source, (1, 2, 3, 4), {GITHUB: "T"})
    before: dict[str, object] = {}
    after: dict[str, object] = {"__nb_secret": lambda name: GITHUB}
    exec(source, before)
    exec(python, after)
    assert [before[name] for name in "abc"] == [after[name] for name in "abc"]
    assert lines == (1, 2, 3, 4)


def test_one_name_a_value() -> None:
    secrets = find_secrets(f'a_token = "{RANDOM}"\nb = dict(a_token="{RANDOM}", x=dict(a_token="{RANDOM}2"))')
    assert [secret.env_name for secret in secrets] == ["A_TOKEN", "A_TOKEN", "A_TOKEN_2"]


def test_copies_are_blanked_in_sources_and_outputs() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0B\nAQEFAASCBKYwggSiAgEAAoIB\n-----END PRIVATE KEY-----"
    source = f'key = """{key}"""\ntoken = "{GITHUB}"\nprint(token)'
    book = {"cells": [{"source": source.splitlines(keepends=True), "outputs": [{"text": [GITHUB]}]}]}
    for ascii_only in (True, False):
        blanked = blank_secrets(json.dumps(book, ensure_ascii=ascii_only).encode(), find_secrets(source)).decode()
        json.loads(blanked)
        assert GITHUB not in blanked
        assert "MIIEvAIBADANBgkqhkiG9w0B" not in blanked
