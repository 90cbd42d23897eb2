"""Detections as a detector might give them, from ground truth: what is hidden is found less often and worse, errors last for some
frames, things that are no people are found again and again. The same seed gives the same detections.
"""
import math
import random

LASTING_S = 0.3  # how long an error is like the one before

# found: the part of what is in full view; scatter: times the errors below; false: a frame; score: what it lacks, mostly
LEVELS = {
    "good": {"found": 0.96, "scatter": 0.8, "false": 0.25, "score": 0.0},
    "medium": {"found": 0.85, "scatter": 1.2, "false": 0.7, "score": 0.06},
    "poor": {"found": 0.65, "scatter": 1.7, "false": 1.5, "score": 0.15},
}
SHIFT, STRETCH = 0.033, 0.07  # standard deviations: in heights, and of the logarithm of sizes
PLACES = 4                    # where things are that are no people


def normal_part(value):
    """Of a normal distribution, below that value."""
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


class Errors:
    """Normal errors that last, one set for each number."""

    def __init__(self, chance, rate, count):
        self.chance, self.count = chance, count
        self.kept = math.exp(-1 / rate / LASTING_S)
        self.of = {}

    def next(self, number):
        fresh = [self.chance.gauss(0, 1) for _ in range(self.count)]
        if number in self.of:
            fresh = [self.kept * old + math.sqrt(1 - self.kept ** 2) * new for old, new in zip(self.of[number], fresh)]
        self.of[number] = fresh
        return fresh


def look(chance, level, box, visible, errors):
    """What is found of one person: a box and a score, or None."""
    left, top, width, height = box
    lucky = normal_part(0.7 * errors[4] + 0.714 * chance.gauss(0, 1))
    if lucky > level["found"] * min(max((visible - 0.15) / 0.45, 0), 1):
        return None
    scatter = level["scatter"] * (1 + 1.2 * (1 - visible))
    x = left + width / 2 + height * scatter * SHIFT * errors[0]
    bottom = top + height + height * scatter * SHIFT * errors[1]
    tall, wide = height * math.exp(scatter * STRETCH * errors[2]), width * math.exp(scatter * STRETCH * 1.3 * errors[3])
    lacks = level["score"] + abs(chance.gauss(0, 0.05 + 0.6 * level["score"])) + 0.45 * (1 - visible) * chance.random()
    return (x - wide / 2, bottom - tall, wide, tall), min(1 - lacks, 0.999)


def false_ones(chance, level, frames, rate, size, height):
    """Of each frame from 1, boxes and scores of what is no person: at places where it comes and goes, and anywhere."""
    found = {frame: [] for frame in range(1, frames + 1)}
    places = [[chance.uniform(0, size[0]), chance.uniform(0.3, 0.8) * size[1], False] for _ in range(PLACES)]
    for frame in found:
        for place in places:
            often = level["false"] / 2 / PLACES
            place[2] = chance.random() > 2 / rate if place[2] else chance.random() < 2 / rate * often
            if place[2] and chance.random() < 0.7:
                tall = height * chance.uniform(0.6, 0.7)
                box = place[0] + chance.gauss(0, 2), place[1] + chance.gauss(0, 2), 0.42 * tall, tall
                found[frame].append((box, 0.95 * chance.betavariate(5, 3)))
        if chance.random() < level["false"] / 2:
            tall = height * chance.uniform(0.5, 1.5)
            box = chance.uniform(0, size[0]), chance.uniform(0, size[1] - tall), 0.42 * tall, tall
            found[frame].append((box, chance.betavariate(3, 3)))
    return found


def detections(truth, visible, frames, rate, size, name, seed):
    """Of each frame from 1, boxes and scores. truth: as measures.py has it; visible: parts by (frame, number)."""
    level, chance = LEVELS[name], random.Random(f"{name} {seed}")
    errors = Errors(chance, rate, 5)
    heights = sorted(box[3] for rows in truth.values() for _, box in rows)
    found = false_ones(chance, level, frames, rate, size, heights[len(heights) // 2])
    for frame in found:
        for number, box in truth.get(frame, []):
            seen = look(chance, level, box, visible.get((frame, number), 1.0), errors.next(number))
            if seen and seen[1] >= 0.25:
                found[frame].append(seen)
    return found
