"""Tokens that are secrets wherever they stand, by the shapes that their issuers give them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator

from nb2pkg.tuples import NamedTuple

Pattern = Callable[[], re.Pattern[str]]


def lazy(text: str, flags: int = 0) -> Pattern:
    """Return a function that compiles a pattern: most notebooks never need it, and `re` keeps what it has compiled."""
    return lambda: re.compile(text, flags)


class Shape(NamedTuple):
    """How the tokens of an issuer look; group 1 of the pattern is the secret itself.

    `starts` are what a token begins with. Where `anywhere` is true they are words that stand somewhere in the same
    text, since the tokens alone could be hashes.
    """

    kind: str
    env_name: str
    starts: tuple[str, ...]
    pattern: Pattern
    anywhere: bool = False


# Where a token may begin: at the border of a word, or after an escape of Python or JSON or the colour of a terminal.
_BORDER = r"(?:\b|(?<=\\[nrt])|(?<=\\u[0-9a-fA-F]{4})|(?<=[\[;]\dm)|(?<=[\[;]\d\dm))"
_KEY_MARK = "[A-Z ]{0,40}PRIVATE KEY-----"
_SCHEME = r"(?:(?:Bearer|Basic|[Tt]oken|Key|[Aa]pi-?[Kk]ey|Bot|Splunk)[ ])?"
_ROWS = (
    ("AWS access key", "AWS_ACCESS_KEY_ID", "AKIA|ASIA", r"\b((?:AKIA|ASIA)[0-9A-Z]{16})(?!\w)"),
    # The other half of the pair, when it follows at once.
    (
        "AWS secret key",
        "AWS_SECRET_ACCESS_KEY",
        "AKIA|ASIA",
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)[\s\S]{1,120}?(?<![\w/+])"
        r"((?=[^A-Z\s]{0,39}[A-Z])(?=[^a-z\s]{0,39}[a-z])[\w/+]{40})(?![\w/+=])",
    ),
    (
        "GitHub token",
        "GITHUB_TOKEN",
        "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
        r"\b(gh[pousr]_[0-9A-Za-z]{36,}|github_pat_\w{22,})",
    ),
    ("GitLab token", "GITLAB_TOKEN", "glpat-", r"\b(glpat-[\w-]{20,})"),
    ("Slack token", "SLACK_TOKEN", "xox", r"\b(xox[abeoprs]-[0-9A-Za-z-]{10,})"),
    ("Slack token", "SLACK_APP_TOKEN", "xapp-", r"\b(xapp-\d-[0-9A-Za-z-]{20,})"),
    (
        "Slack webhook",
        "SLACK_WEBHOOK",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([\w/]{30,})",
    ),
    ("Anthropic key", "ANTHROPIC_API_KEY", "sk-ant-", r"\b(sk-ant-[\w-]{20,})"),
    ("OpenAI key", "OPENAI_API_KEY", "sk-", r"\b(sk-(?:proj-)?[0-9A-Za-z_-]{20,})"),
    ("Hugging Face token", "HF_TOKEN", "hf_", r"\b(hf_[0-9A-Za-z]{30,})"),
    ("Google key", "GOOGLE_API_KEY", "AIza", r"\b(AIza[\w-]{35})(?![\w-])"),
    ("Google client secret", "GOOGLE_CLIENT_SECRET", "GOCSPX-", r"\b(GOCSPX-[\w-]{28})(?![\w-])"),
    ("Google access token", "GOOGLE_ACCESS_TOKEN", "ya29.", r"\b(ya29\.[\w-]{30,})"),
    (
        "Stripe key",
        "STRIPE_API_KEY",
        "sk_live_|rk_live_|sk_test_|rk_test_|whsec_",
        r"\b((?:[sr]k_(?:live|test)|whsec)_[0-9A-Za-z]{20,})",
    ),
    ("SendGrid key", "SENDGRID_API_KEY", "SG.", r"\b(SG\.[\w-]{16,32}\.[\w-]{32,64})(?![\w-])"),
    ("Databricks token", "DATABRICKS_TOKEN", "dapi", r"\b(dapi[0-9a-f]{32}(?:-\d)?)(?!\w)"),
    ("npm token", "NPM_TOKEN", "npm_", r"\b(npm_[0-9A-Za-z]{36})(?!\w)"),
    ("PyPI token", "PYPI_TOKEN", "pypi-AgE", r"\b(pypi-AgE[\w-]{50,})"),
    (
        "Azure key",
        "AZURE_STORAGE_KEY",
        "AccountKey=|SharedAccessKey=|SharedSecretValue=",
        r"\b(?:AccountKey|SharedAccessKey|SharedSecretValue)=([A-Za-z0-9+/]{32,}={0,2})",
    ),
    ("Azure signature", "AZURE_SAS_SIGNATURE", "sig=", r"(?<![\w-])sig=((?:[A-Za-z0-9+/_-]|%[0-9A-Fa-f]{2}){40,}=?)"),
    ("Discord webhook", "DISCORD_WEBHOOK", "/api/webhooks/", r"/api/webhooks/(\d{15,20}/[\w-]{50,90})"),
    (
        "API key",
        "API_KEY",
        "gsk_|r8_|xai-|pplx-|tvly-|shpat_|dop_v1_|dckr_pat_|lsv2_|hvs.",
        r"\b((?:gsk_|r8_|xai-|pplx-|tvly-|shpat_|dop_v1_|dckr_pat_|lsv2_[ps]t_|hvs\.)[0-9A-Za-z_-]{24,})",
    ),
    ("JSON web token", "JWT", "eyJ", r"\b(eyJ[\w-]{10,600}\.eyJ[\w-]{10,}\.[\w-]{10,})"),
    ("bearer token", "BEARER_TOKEN", "Bearer ", r"\bBearer ([\w.~+/-]{16,}=*)"),
    (
        "credentials of a header",
        "AUTHORIZATION",
        "uthorization",
        rf"uthorization\\?[\"']?\]?[ ]{{0,4}}[:=,][ ]{{0,4}}[bru]{{0,2}}\\?[\"']?{_SCHEME}([\w.~+/-]{{16,}}=*)",
    ),
    (
        "private key",
        "PRIVATE_KEY",
        "-----BEGIN ",
        rf"(-----BEGIN {_KEY_MARK}(?:(?!-----BEGIN)[\s\S]){{1,20000}}?-----END {_KEY_MARK})",
    ),
    (
        "password in a URL",
        "DATABASE_PASSWORD",
        "://",
        r"://(?<=[a-z0-9]://)[^\s:/@'\"{}]{0,200}:([^\s:/@'\"{}$<>*]{3,})@[\w.-]+",
    ),
)
_HEX = r"(?<![0-9A-Za-z])([0-9a-f]{%s})(?![0-9A-Za-z])"
# Tokens that are secrets where the issuer's name, or the like, stands in the same text.
_NEAR = (
    ("Telegram token", "TELEGRAM_BOT_TOKEN", ":AA", r"(?:(?<![\w-])|(?<=/bot))(\d{8,10}:AA[\w-]{33})(?![\w-])"),
    ("Discord token", "DISCORD_TOKEN", "discord", r"\b([MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,40})(?![\w-])"),
    ("Twilio key", "TWILIO_API_KEY", "twilio|Twilio", r"\b(SK[0-9a-f]{32})(?!\w)"),
    (
        "Twilio token",
        "TWILIO_AUTH_TOKEN",
        "twilio|Twilio",
        rf"\bAC[0-9a-f]{{32}}(?!\w)[\s\S]{{1,120}}?{_HEX % 32}",
    ),
    ("Mailgun key", "MAILGUN_API_KEY", "mailgun", r"\b(key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})(?!\w)"),
    ("Kaggle key", "KAGGLE_KEY", "kaggle", rf"\bkey\\?[\"'][ ]{{0,4}}:[ ]{{0,4}}\\?[\"']{_HEX % 32}"),
    ("Weights & Biases key", "WANDB_API_KEY", "wandb", rf"\bwandb[. ]login\b[^\n]{{1,60}}?{_HEX % 40}"),
)
# Without re.ASCII a token right after Japanese text would begin within a word.
SHAPES = tuple(
    Shape(kind, name, tuple(starts.split("|")), lazy(pattern.replace(r"\b", _BORDER, 1), re.ASCII), rows is _NEAR)
    for rows in (_ROWS, _NEAR)
    for kind, name, starts, pattern in rows
)
_PLACEHOLDER = lazy(
    r"^[<{\[(].*[>}\])]$|^\$\{?\w+\}?$|%(?:\(\w+\))?s$|x{3,}|\*{3,}|\.\.\.|your|here|change|example\b|dummy"
    r"|placeholder|todo|insert|replace|redacted|^test$|^none$",
    re.I,
)
# Kinds whose shape is that of any text: what they hold must look drawn at random.
_LOOSE = frozenset({"bearer token", "credentials of a header"})


def find_shapes(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield (offset, secret, kind, environment variable) of the tokens of known shapes in a text."""
    end = 0
    for offset, value, kind, name in sorted(_matches(text), key=lambda item: (item[0], -len(item[1]))):
        if offset < end or is_placeholder(value):
            continue
        if kind == "password in a URL" or (looks_drawn(value) if kind in _LOOSE else _is_token(value)):
            end = offset + len(value)
            yield offset, value, kind, name


def _matches(text: str) -> Iterator[tuple[int, str, str, str]]:
    for kind, name, starts, pattern, anywhere in SHAPES:
        if anywhere:
            if any(start in text for start in starts):
                yield from ((match.start(1), match[1], kind, name) for match in pattern().finditer(text))
            continue
        for start in starts:
            at = text.find(start)
            while at >= 0:
                match = pattern().match(text, at)
                if match:
                    yield match.start(1), match[1], kind, name
                at = text.find(start, match.end() if match else at + 1)


def _is_token(value: str) -> bool:
    """Return whether a text is no name such as `sk-learn-contrib-...`, nor one of scikit-learn's CSS classes."""
    return bool(re.search(r"\d", value) and re.search(r"[A-Z]|[0-9a-z]{20}", value))


def is_placeholder(value: str) -> bool:
    """Return whether a text only stands in for a secret: `<your key>`, `xxxx`, `${TOKEN}`."""
    return len(set(value)) < 4 or bool(_PLACEHOLDER().search(value))


def looks_drawn(value: str) -> bool:
    """Return whether a text looks drawn at random: of two classes of characters at least, often changing between them.

    Names such as `distilbert-base-uncased-2` or `CustomerAccountKey` change only where a word ends.
    """
    classes = sum(bool(re.search(pattern, value)) for pattern in (r"[a-z]", r"[A-Z]", r"\d"))
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    changes = len(re.findall(r"[a-z](?=[A-Z])|[A-Za-z](?=\d)|\d(?=[A-Za-z])", value))
    return classes >= 2 and entropy >= 3.0 and changes >= max(3, len(value) * 0.14)
