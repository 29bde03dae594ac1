"""Make the tables of the notebooks: `python tests/notebooks/make_data.py`.

Stores, people, messages and sensors are invented. Only the standard library's generator is used, which gives the same
numbers everywhere.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

NOTEBOOKS = Path(__file__).parent
ROLES = {"backend": 40.0, "data": 39.0, "frontend": 38.0, "ops": 43.0}
COUNTRIES = ("DE", "FR", "JP", "PL")
REMOTE = ("always", "never", "sometimes")
TOOLS = ("git", "docker", "vim", "pytest", "make", "jupyter", "emacs")
THINGS = ("lunch", "the meeting", "football", "the cinema", "dinner", "the train", "your book", "the report")
TIMES = ("tomorrow", "tonight", "at 7", "on Friday", "next week", "in 20 minutes")
PRIZES = ("cash", "a holiday", "a free phone", "1000 pounds", "a gift card", "tickets")
HAM = (
    "are we still on for {thing} {time}?",
    "running late, see you {time}",
    "can you bring {thing} {time} please",
    "thanks for {thing}, it was great",
    "sorry I forgot {thing}, call me {time}",
    "mum says {thing} is {time}, ok?",
    "you won the bet, {thing} is on me {time}",
    "photos of {thing} are at https://photos.example/{number}",
)
SPAM = (
    "WINNER! You have won {prize}. Call 0800 {number} now to claim",
    "Free entry to win {prize}, text WIN to {number} {time}",
    "URGENT your account is locked, go to www.bank{number}.example",
    "Claim {prize} at www.prize.example before it ends {time}!",
    "Last chance: {prize} for you. Reply YES to {number}, 150p per message",
    "are you free {time}? meet singles at www.dates{number}.example",
)


def sales(random_source: random.Random) -> Iterable[Sequence[object]]:
    """Yield the rows of two stores: weeks and a slow growth, with some days closed."""
    for day in range(425):
        when = date(2022, 12, 12) + timedelta(days=day)
        for store, level in (("north", 60.0), ("south", 85.0)):
            busy = 1.5 if when.weekday() == 5 else 0.7 if when.weekday() == 0 else 1.0
            season = 1 + 0.2 * math.sin(2 * math.pi * day / 365)
            units = random_source.gauss(level * busy * season + 0.05 * day, 7.0)
            if random_source.random() > 0.02:
                yield when.isoformat(), store, max(1, round(units))


def survey(random_source: random.Random) -> Iterable[Sequence[object]]:
    """Yield the answers of 450 people; those who work long hours are less satisfied."""
    for number in range(1, 451):
        role = random_source.choice(list(ROLES))
        hours = round(random_source.gauss(ROLES[role], 5.0))
        remote = random_source.choices(REMOTE, weights=[3, 2, 5])[0]
        mood = 3.6 - 0.08 * (hours - 40) + (0.4 if remote == "always" else 0.0)
        yield (
            number,
            "" if random_source.random() < 0.05 else round(random_source.triangular(20, 64, 31)),
            random_source.choices(COUNTRIES, weights=[4, 3, 2, 1])[0],
            role,
            remote,
            hours,
            min(5, max(1, round(random_source.gauss(mood, 0.9)))),
            ";".join(random_source.sample(TOOLS, random_source.randint(0, 3))),
            "no" if random_source.random() < 0.06 else "yes",
        )


def messages(random_source: random.Random) -> Iterable[Sequence[object]]:
    """Yield 300 messages, a quarter of them spam, and a few of them labelled wrongly."""
    for _ in range(300):
        spam = random_source.random() < 0.25
        text = random_source.choice(SPAM if spam else HAM).format(
            thing=random_source.choice(THINGS),
            time=random_source.choice(TIMES),
            prize=random_source.choice(PRIZES),
            number=random_source.randint(100, 99999),
        )
        yield "spam" if spam != (random_source.random() < 0.03) else "ham", text


def readings(random_source: random.Random) -> Iterable[Sequence[object]]:
    """Yield a reading an hour for 18 days, with error codes, spikes and gaps."""
    for hour in range(18 * 24):
        when = datetime(2024, 3, 1) + timedelta(hours=hour)
        day = math.sin(2 * math.pi * (hour - 9) / 24)
        temp = 9 + 5 * day + 0.01 * hour + random_source.gauss(0, 0.5)
        humidity = 68 - 14 * day + random_source.gauss(0, 1.5)
        pressure = 1012 + 6 * math.sin(hour / 70) + random_source.gauss(0, 0.4)
        row: list[object] = []
        for value, wrong, spike in ((temp, -40, 30), (humidity, 0, 60), (pressure, 9999, 45)):
            chance = random_source.random()
            changed = value + spike if chance < 0.01 else value
            row.append(wrong if chance > 0.985 else "" if chance > 0.96 else round(changed, 1))
        yield when.isoformat(sep=" ", timespec="minutes"), *row


def write(path: str, columns: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str = ",") -> None:
    """Write a table; without columns, it has no header."""
    target = NOTEBOOKS / path
    target.parent.mkdir(exist_ok=True)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        if columns:
            writer.writerow(columns)
        writer.writerows(rows)


def main() -> None:
    """Write the tables; each has a generator of its own, so that a change of one leaves the others alone."""
    write("sales_forecast/data/sales.csv", ("date", "store", "units"), sales(random.Random(20240501)))
    columns = ("id", "age", "country", "role", "remote", "hours", "satisfaction", "tools", "finished")
    write("survey_report/data/survey.csv", columns, survey(random.Random(20240502)))
    write("spam_pipeline/data/messages.tsv", (), messages(random.Random(20240503)), delimiter="\t")
    write(
        "sensor_cleaning/data/readings.csv",
        ("time", "temp", "humidity", "pressure"),
        readings(random.Random(20240504)),
    )


if __name__ == "__main__":
    main()
