"""Draw summer.csv: 435 invented students in three groups, like those of Kraft and Rogers (2015).

Published: 435 students, three kinds of weekly message, 15.8% without credit when there was no
message, 9.3% with one, and almost nine points more credit with messages on what to improve.
Invented: that the groups are of equal size, the figure for good news (it follows from the others if
they are), who dropped out and who failed, and which student is which.
"""

import csv
from pathlib import Path

import numpy as np

GROUPS = {  # message: how many dropped out, how many stayed and failed, of 145
    "none": (14, 9),
    "good news": (9, 8),
    "what to improve": (2, 8),
}
EACH = 145

rng = np.random.default_rng(2015)
rows = []
for message, (dropped, failed) in GROUPS.items():
    earned = EACH - dropped - failed
    rows += [(message, "earned credit")] * earned
    rows += [(message, "dropped out")] * dropped + [(message, "failed")] * failed
rng.shuffle(rows)

with (Path(__file__).parent / "summer.csv").open("w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["student", "message", "ended"])
    writer.writerows((number, *row) for number, row in enumerate(rows, start=1))
