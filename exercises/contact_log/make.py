"""Draw `contacts.csv`: an invented term of contacts for the invented class of `class_list.csv`.

No real family is in it, and it imitates no study. Run `python make.py` in this folder; the seed makes
the same log every time. Another seed makes another log, and the answers in the exercise change with it.
"""

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
WAYS = [
    "app, noon",
    "email, noon",
    "text, morning",
    "text, evening",
    "call, morning",
    "call, evening",
    "paper",
]
HABIT = [0.45, 0.2, 0.05, 0.05, 0.1, 0.05, 0.1]  # which way this teacher takes without thinking
ABOUT = ["good news", "trouble", "errand"]
SCHOOL_DAYS = 60
random = np.random.default_rng(6389)

families = list(csv.DictReader((HERE / "class_list.csv").read_text("utf-8").splitlines()))
contacts = []
for place, family in enumerate(families):
    english = family["home_language"] == "English"
    works = random.integers(len(WAYS))  # the way that this family answers to
    many = random.poisson(random.gamma(2, 2.6 if english else 1.9))
    leaning = random.dirichlet([2.2, 1.0, 1.6] if english else [0.7, 1.3, 2.0])
    for day in np.sort(random.permutation(SCHOOL_DAYS)[:many]):
        about = random.choice(ABOUT, p=leaning)
        way = works if random.random() < 0.4 else random.choice(len(WAYS), p=HABIT)
        answered = random.random() < (0.95 if way == works else 0.06)
        contacts.append((day, place, "teacher", WAYS[way], about, "yes" if answered else "no"))
    for day in random.permutation(SCHOOL_DAYS)[: random.poisson(random.exponential(0.7))]:
        contacts.append((day, place, "family", WAYS[works], "question", "yes"))

with (HERE / "contacts.csv").open("w", encoding="utf-8", newline="") as file:
    log = csv.writer(file, lineterminator="\n")
    log.writerow(["week", "day", "family", "started_by", "way", "about", "answered"])
    for day, place, *rest in sorted(contacts):
        weekday = ["Mon", "Tue", "Wed", "Thu", "Fri"][day % 5]
        log.writerow([day // 5 + 1, weekday, families[place]["family"], *rest])
