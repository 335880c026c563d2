"""Rows of results drawn by chance, under names that are hard to carry, and what each is, worked out plainly."""

from __future__ import annotations

import random

from frcnn_viz.analysis.verdicts import MECHANISMS, Verdict
from frcnn_viz.analysis.waterfall import LOST_AT, STAGES
from frcnn_viz.data.statistics import BANDS
from tests.scale.made import Row

HOSTILE = ("car", "';drop table findings;--", '"x"', "<img src=x>", "péniche\u202e", "")
MISTAKES = ("badly placed", "background")


def draw(seed: int, images: int = 30) -> tuple[list[Row], list[Row]]:
    """Findings and images, of names that are hard to carry; the truth does not hang on the seed."""
    same, drawn = random.Random(0), random.Random(seed)
    findings, seen = [], []
    for image in range(images):
        name = f"{HOSTILE[image % len(HOSTILE)]} {image}"
        tags = {"camera": HOSTILE[image % 3], "'; \"w": f"w{image % 4}"}
        classes = [same.choice(HOSTILE) for _ in range(same.randint(0, 6))]
        truth = []
        for number, class_ in enumerate(classes):
            x0, y0, side = same.uniform(0, 50), same.uniform(0, 50), same.uniform(2, 200)
            verdict = drawn.choice([Verdict.FOUND] * 6 + list(Verdict))
            told = {"image_id": name, "number": number, "class": class_, "verdict": verdict.value}
            told |= {"what": "ignored object" if verdict is Verdict.IGNORED else "object"}
            told |= {"stage": LOST_AT.get(verdict), "score": drawn.random(), "iou": drawn.random()}
            told |= {"x0": x0, "y0": y0, "x1": x0 + side, "y1": y0 + side, "size": 2 * side}
            findings.append(told | {"ious": [drawn.random() for _ in STAGES], "sentence": f"About {class_}."})
            truth.append({**{k: told[k] for k in ("x0", "y0", "x1", "y1")}, "label": class_})
        for number in range(drawn.randint(0, 3)):
            told = {"image_id": name, "what": "false alarm", "number": number, "class": drawn.choice(HOSTILE)}
            told |= {"verdict": drawn.choice(MISTAKES), "score": drawn.random(), "iou": 0.1, "size": 9.0}
            findings.append(told | {"x0": 0.0, "y0": 0.0, "x1": 9.0, "y1": 9.0})
        mine = [row for row in findings if row["image_id"] == name]
        counts = {fate: sum(fate_of(row) == fate for row in mine) for fate in ("found", "missed")}
        counts |= {"left_out": 0, "false_alarms": sum(fate_of(row) == "false alarm" for row in mine)}
        seen.append({"image_id": name, "path": f"/no/{image}", "tags": list(tags.items()), "truth": truth, **counts})
    return findings, seen


def fate_of(row: Row) -> str:
    if row["what"] == "false alarm":
        return "false alarm"
    if row["verdict"] == "found":
        return "found"
    return "missed" if Verdict(row["verdict"]) in MECHANISMS else "left out"


def band_of(row: Row) -> str:
    side = ((row["x1"] - row["x0"]) * (row["y1"] - row["y0"])) ** 0.5
    return next(name for name, (low, high) in BANDS.items() if low <= side < high)


def in_shards(findings: list[Row], images: list[Row], count: int) -> list[dict[str, list[Row]]]:
    shards = []
    for shard in range(count):
        mine = images[shard::count]
        names = {image["image_id"] for image in mine}
        shards.append({"images": mine, "findings": [row for row in findings if row["image_id"] in names]})
    return shards
