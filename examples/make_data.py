"""Make the tables of the examples: `python examples/make_data.py` writes the customers of churn and the wines of wine.

People and wines are invented. Only the standard library's generator is used, which gives the same numbers everywhere.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Sequence
from pathlib import Path

COLUMNS = ("customer", "joined", "plan", "household", "boxes", "skipped", "basket", "tickets", "rating", "cancelled")
PLANS = {"small": 29.0, "family": 54.0, "vegetarian": 38.0}


def customer(number: int, random_source: random.Random) -> dict[str, object]:
    """Return one row; who skips many boxes, complains and rates low is more likely to have cancelled."""
    plan = random_source.choices(list(PLANS), weights=[5, 3, 2])[0]
    months = random_source.randint(1, 30)
    boxes = max(1, round(months * random_source.uniform(1.2, 4.0)))
    skipped = round(boxes * random_source.betavariate(1.6, 5.0))
    tickets = sum(random_source.random() < 0.18 for _ in range(6))
    rating = min(5.0, max(1.0, round(random_source.gauss(4.1 - 0.35 * tickets, 0.7) * 2) / 2))
    score = -2.1 + 5.0 * skipped / boxes + 0.7 * tickets - 0.75 * (rating - 3.5) - 0.05 * months
    cancelled = random_source.random() < 1 / (1 + math.exp(-score))
    basket = random_source.gauss(PLANS[plan], 4.5)
    year, month = divmod(2024 * 12 + 5 - months, 12)
    return {
        "customer": f"C{number:04d}",
        "joined": f"{year}-{month + 1:02d}-{random_source.randint(1, 28):02d}",
        "plan": plan,
        "household": random_source.randint(3, 6) if plan == "family" else random_source.randint(1, 3),
        "boxes": boxes,
        "skipped": skipped,
        "basket": "" if random_source.random() < 0.04 else f"{basket:.2f} EUR",
        "tickets": tickets,
        "rating": "" if random_source.random() < 0.12 else rating,
        "cancelled": "yes" if cancelled else "no",
    }


def wine(number: int, random_source: random.Random) -> dict[str, object]:
    """Return one row; strong and dry wines are liked more often."""
    color = "red" if number % 3 == 0 else "white"
    alcohol = random_source.gauss(12.4 if color == "red" else 11.6, 0.9)
    acidity = random_source.gauss(6.6, 0.8)
    sugar = random_source.gammavariate(2.0, 1.4)
    sulphates = random_source.gauss(0.55, 0.1)
    score = 1.1 * (alcohol - 11.9) - 0.5 * (sugar - 2.8) - 0.6 * (acidity - 6.6) ** 2 + 3.0 * (sulphates - 0.55)
    return {
        "color": color,
        "alcohol": round(alcohol, 1),
        "acidity": round(acidity, 2),
        "sugar": round(sugar, 2),
        "sulphates": round(sulphates, 2),
        "good": int(random_source.random() < 1 / (1 + math.exp(-score))),
    }


def write(path: Path, columns: Sequence[str], rows: Sequence[dict[str, object]]) -> None:
    """Write a table."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write 600 customers, some of them twice as exports of shops have them, and 500 wines."""
    examples = Path(__file__).parent
    random_source = random.Random(20240401)
    rows = [customer(number, random_source) for number in range(1, 601)]
    for position in (57, 211, 340, 498):
        rows.insert(position + 40, rows[position])
    write(examples / "churn" / "data" / "customers.csv", COLUMNS, rows)
    random_source = random.Random(20240402)
    wines = [wine(number, random_source) for number in range(1, 501)]
    write(examples / "wine" / "data" / "wines.csv", tuple(wines[0]), wines)


if __name__ == "__main__":
    main()
