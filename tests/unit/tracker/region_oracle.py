#!/usr/bin/env python3
"""Compares the tracker's pure functions with a model of the reference's, over random input.

  region_oracle.py REGION_LINES

Regions, clusters, grid, reduction, filters and standing still are modelled on the description of the reference's
functions, in plain Python; appearance needs NumPy and is left out, with a word, where that is missing.
"""
import math
import random
import subprocess
import sys
import tempfile
from collections import defaultdict

try:
    import numpy
except ImportError:
    numpy = None

GRID = 8
CASES = 400
LABELS = ["car", "person", "face", "license_plate", "package"]


def width(box):
    return box[2] - box[0]


def height(box):
    return box[3] - box[1]


def area(box):
    return (width(box) + 1) * (height(box) + 1)


def intersection(a, b):
    if a[0] > b[2] or a[2] < b[0] or a[1] > b[3] or a[3] < b[1]:
        return None
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def iou(a, b):
    common = intersection(a, b)
    return area(common) / (area(a) + area(b) - area(common)) if common else 0.0


def union(boxes):
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def region(frame, box, factor):
    w, h, least = frame
    size = max(int((max(width(box), height(box)) * factor) // 4 * 4), least)
    x = min(max(int(width(box) / 2 + box[0] - size / 2), 0), max(0, w - size))
    y = min(max(int(height(box) / 2 + box[1] - size / 2), 0), max(0, h - size))
    return x, y, x + size, y + size


def boundary(box, least):
    side = max(least, int(math.sqrt(width(box) * height(box) / 0.1)))
    dx, dy = int(side - width(box) / 2 * 1.1), int(side - height(box) / 2 * 1.1)
    x, y = width(box) / 2 + box[0], height(box) / 2 + box[1]
    return int(x - dx), int(y - dy), int(x + dx), int(y + dy)


def inside(outer, box):
    return box[0] >= outer[0] and box[1] >= outer[1] and box[2] <= outer[2] and box[3] <= outer[3]


def clusters(frame, boxes):
    used, found = set(), []
    for i, seed in enumerate(boxes):
        if i in used:
            continue
        members, reach = [i], boundary(seed, frame[2])
        used.add(i)
        for j, box in enumerate(boxes):
            if j in used or not inside(reach, box):
                continue
            wider = members + [j]
            square = region(frame, union([boxes[k] for k in wider]), 1.35)
            if width(square) > frame[2] and any(area(boxes[k]) / area(square) < 0.05 for k in wider):
                continue
            members = wider
            used.add(j)
        found.append(members)
    return found


def motion_region(frame, box, grid):
    w, h, _ = frame
    square = region(frame, box, 2)
    x = square[0] + (min(w, square[2]) - square[0]) / 2
    y = square[1] + (min(h, square[3]) - square[1]) / 2
    count, mean, deviation = grid[int(x / w * GRID)][int(y / h * GRID)]
    if not count or width(square) / w >= mean - deviation:
        return square
    size = mean * w
    return region(frame, (x - size / 2, y - size / 2, x + size / 2, y + size / 2), 1)


def startup(frame, grid):
    cells = sorted(((x, y) for x in range(GRID) for y in range(GRID)), key=lambda c: -grid[c[0]][c[1]][0])
    found = []
    for x, y in cells[:8]:
        count, mean, _ = grid[x][y]
        if not count:
            break
        size, cx, cy = mean * frame[0], (x + .5) * frame[0] / GRID, (y + .5) * frame[1] / GRID
        found.append(region(frame, (cx - size / 2, cy - size / 2, cx + size / 2, cy + size / 2), 1))
    return found


def merge(boxes, least):
    groups = []
    for box in boxes:
        hits = [i for i, group in enumerate(groups) if iou(box, group) > least]
        for i in hits:
            groups[i] = union([box, groups[i]])
        if not hits:
            groups.append(box)
    return groups


def clipped(box, square, w, h):
    return ((square[0] > 5 and box[0] - square[0] <= 5) or (square[1] > 5 and box[1] - square[1] <= 5)
            or (w - square[2] > 5 and square[2] - box[2] <= 5) or (h - square[3] > 5 and square[3] - box[3] <= 5))


def rect_iou(a, b):
    common = intersection(a, b)
    shared = width(common) * height(common) if common else 0
    whole = width(a) * height(a) + width(b) * height(b) - shared
    return shared / whole if whole else 0.0


def reduce(w, h, detections):
    groups, left = defaultdict(list), []
    for detection in detections:
        groups[detection[0]].append(detection)
    for label in sorted(groups):
        scored = [(0.6 if clipped(d[2], d[3], w, h) else d[1], d) for d in groups[label]]
        scored = sorted((s for s in scored if s[0] > 0.5), key=lambda s: -s[0])
        kept = []
        for _, d in scored:
            if all(rect_iou(d[2], k[2]) <= (0.6 if label == 0 else 0.4) for k in kept):
                kept.append(d)
        kept.sort(key=lambda d: width(d[2]) * height(d[2]))
        for i, d in enumerate(kept):
            covered = False
            for other in kept[i + 1:]:
                common = intersection(d[2], other[2])
                if (area(d[2]) / area(other[2]) >= 0.05 and common
                        and area(common) / area(d[2]) > {0: .8, 2: .5}.get(label, .9)):
                    covered = True
            if not covered:
                left.append((label, d[2]))
    return left


def place(w, h, labels, square, row):
    label, _, ymin, xmin, ymax, xmax = row
    size = width(square)
    box = (int(max(0, xmin * size + square[0])), int(max(0, ymin * size + square[1])),
           int(min(w - 1, xmax * size + square[0])), int(min(h - 1, ymax * size + square[1])))
    bad = box[0] >= w - 1 or box[1] >= h - 1 or box[2] <= box[0] or box[3] <= box[1] or not 0 <= label < labels
    return None if bad else box


def check(w, h, limits, box, score):
    min_score, _, min_area, max_area, min_ratio, max_ratio = limits
    size, ratio = width(box) * height(box), width(box) / max(1, height(box))
    whole = [a * w * h if 0 < a < 1 else a for a in (min_area, max_area)]
    if whole[0] > size:
        return 1
    if whole[1] < size:
        return 2
    if min_score > score:
        return 3
    return 4 if min_ratio > ratio else 5 if max_ratio < ratio else 0


def percentile(values, part):
    ordered = sorted(values)
    rank = part * (len(ordered) - 1)
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (rank - low) * (ordered[high] - ordered[low])


def stand(label, w, h, threshold, boxes):
    known, still, active, cap = {0: (.2, .6, .75, 10), 3: (.9, .9, .9, 4), 4: (0, .6, .9, 10)}.get(label, (.2, .6, .9, 10))
    history, samples, position, motionless, changes, out = [], [], (0, 0, w, h), 0, 0, []
    for box in boxes:
        is_still = motionless >= threshold
        history = (history + [box])[-cap:]
        mean = tuple(sum(b[i] for b in history) / len(history) for i in range(4))
        median = sorted(history, key=area)[len(history) // 2]
        least, now = still if is_still else active, iou(box, mean)
        if now < known or (now < least and iou(position, median) < least):
            if changes == 0 or is_still:
                changes += 1
            motionless, history, samples = 0, [], [box]
            position = box
        else:
            if len(samples) < 10:
                samples.append(box)
                position = tuple(percentile([s[i] for s in samples], .15 if i < 2 else .85) for i in range(4))
            motionless += 1
        out.append(f"{motionless}/{changes}")
    return out


def text(box):
    return ",".join(str(v) for v in box)


def numbers(*values):
    flat = []
    for value in values:
        flat += numbers(*value) if isinstance(value, (tuple, list)) else [repr(value)]
    return flat


class Random(random.Random):
    def box(self, w, h, least=2, most=400):
        x, y = self.randrange(w - least), self.randrange(h - least)
        return (x, y, min(x + self.randint(least, most), w - 1), min(y + self.randint(least, most), h - 1))

    def frame(self):
        return self.randint(200, 2600), self.randint(200, 1500), self.choice([160, 224, 300, 304, 320])

    def near(self, w, h, count):
        """Boxes some of which are near each other."""
        seeds = [self.box(w, h) for _ in range(max(count // 3, 1))]
        boxes = []
        for _ in range(count):
            box, shift = self.choice(seeds), [self.randint(-40, 40) for _ in range(4)]
            x1, y1, x2, y2 = (v + s for v, s in zip(box, shift))
            x1, y1 = min(max(x1, 0), w - 3), min(max(y1, 0), h - 3)
            boxes.append((x1, y1, max(min(x2, w - 1), x1 + 1), max(min(y2, h - 1), y1 + 1)))
        return boxes

    def grid(self):
        def cell():
            count = self.choice([0, 0, self.randint(1, 50)])
            # values that a float holds exactly
            return (count, self.randint(1, 200) / 256, self.randint(0, 40) / 256) if count else (0, 0.0, 0.0)
        return [[cell() for _ in range(GRID)] for _ in range(GRID)]


def cases(r):
    for _ in range(CASES):
        frame = r.frame()
        w, h, _ = frame
        box = r.box(w, h)
        factor = r.choice([1, 1.35, 2])
        yield ["around", *numbers(frame, factor, box)], [text(region(frame, box, factor))]
        boxes = r.near(w, h, r.randint(1, 24))
        found = clusters(frame, boxes)
        of = {i: n for n, members in enumerate(found) for i in members}
        squares = [text(region(frame, union([boxes[i] for i in members]), 1.35)) for members in found]
        yield (["cluster", *numbers(frame, len(boxes), boxes)], [str(of[i]) for i in range(len(boxes))] + squares)
        grid = r.grid()
        yield ["motion", *numbers(frame, box, grid)], [text(motion_region(frame, box, grid))]
        yield ["startup", *numbers(frame, grid)], [text(b) for b in startup(frame, grid)]
        least = r.choice([0.0, 0.2])
        yield ["merge", *numbers(least, len(boxes), boxes)], [text(b) for b in merge(boxes, least)]
        yield ["iou", *numbers(boxes[0], boxes[-1])], [f"{iou(boxes[0], boxes[-1]):.9f}"]
        detections = [(r.randrange(3), r.randint(20, 64) / 64, b, region(frame, b, r.choice([1, 1.35, 2]))) for b in boxes]
        yield (["reduce", *numbers(w, h, len(boxes), detections)], [f"{n}:{text(b)}" for n, b in reduce(w, h, detections)])
        row = [r.randint(-1, 4), 0.75] + [r.randint(-16, 80) / 64 for _ in range(4)]
        square = region(frame, box, 2)
        placed = place(w, h, 3, square, row)
        yield ["place", *numbers(w, h, 3, square, row)], [text(placed) if placed else "none"]
        limits = [.5, .7, r.choice([0, 900, 0.0625]), r.choice([24e6, 9000, 0.25]), r.choice([0, .5]), r.choice([24e6, 2])]
        score = r.randint(20, 64) / 64
        yield ["check", *numbers(w, h, limits, box, score)], [str(check(w, h, limits, box, score))]
        label, threshold, size, path = r.randrange(5), r.randint(1, 20), r.randint(2, 60), []
        x, y = r.randrange(150), r.randrange(150)
        for _ in range(r.randint(1, 80)):
            if r.random() < .05:
                x, y = x + r.randint(-60, 60), y + r.randint(-60, 60)
            jitter = [r.randint(-size // 8 - 1, size // 8 + 1) for _ in range(4)]
            corners = [x + jitter[0], y + jitter[1], x + size + jitter[2], y + size + jitter[3]]
            path.append((corners[0], corners[1], max(corners[2], corners[0] + 1), max(corners[3], corners[1] + 1)))
        yield (["stand", *numbers(label, w, h, threshold, len(path), path)], stand(label, w, h, threshold, path))


def run(program, lines):
    result = subprocess.run([program], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, check=True, text=True)
    return result.stdout.split("\n")


def compare(program, seed):
    wanted = list(cases(Random(seed)))
    differing, agree = 0, defaultdict(int)
    for (line, expected), got in zip(wanted, run(program, [" ".join(line) for line, _ in wanted])):
        if got.split() == expected:
            agree[line[0]] += 1
            continue
        differing += 1
        if differing <= 5:
            print(f"{' '.join(line)}\n  program: {got}\n  model:   {' '.join(expected)}")
    print(", ".join(f"{word} {agree[word]}" for word in sorted(agree)) + f": {differing} differ")
    return differing


# ---- appearance ----

SIDE = 96


def area_weights(length):
    """Each row: how much of each source pixel goes into one of the SIDE pixels."""
    edges = numpy.arange(SIDE + 1) * length / SIDE
    pixels = numpy.arange(length)
    shares = numpy.minimum(edges[1:, None], pixels + 1) - numpy.maximum(edges[:-1, None], pixels)
    return numpy.clip(shares, 0, None) * SIDE / length


def appearance(luma, box):
    crop = luma[box[1]:box[3], box[0]:box[2]].astype(float)
    reduced = numpy.rint(area_weights(crop.shape[0]) @ crop @ area_weights(crop.shape[1]).T)
    kernel = numpy.exp(-numpy.array([1, 0, 1]) / (2 * .5 ** 2))
    kernel /= kernel.sum()
    padded = numpy.pad(reduced, 1, mode="reflect")
    blurred = sum(kernel[i] * kernel[j] * padded[i:i + SIDE, j:j + SIDE] for i in range(3) for j in range(3))
    return numpy.floor(blurred + .5)


def shift(a, b):
    window = numpy.outer(numpy.hanning(SIDE), numpy.hanning(SIDE))
    power = numpy.fft.fft2(a * window) * numpy.conj(numpy.fft.fft2(b * window))
    surface = numpy.fft.fftshift(numpy.fft.ifft2(power / (numpy.abs(power) + 1e-12)).real)
    y, x = numpy.unravel_index(surface.argmax(), surface.shape)
    ys, xs = numpy.mgrid[max(y - 2, 0):min(y + 3, SIDE), max(x - 2, 0):min(x + 3, SIDE)]
    values = surface[ys, xs]
    return numpy.hypot((xs * values).sum() / values.sum() - SIDE / 2, (ys * values).sum() / values.sum() - SIDE / 2) / SIDE


def compare_appearances(program):
    """Levels may differ by one where they lie between two; shift and correlation then differ a little, too."""
    r, w, h, failed = numpy.random.default_rng(3), 320, 240, 0
    with tempfile.NamedTemporaryFile() as file:
        noise = r.integers(0, 256, (h, w)).astype(float)
        spectrum = numpy.fft.fft2(noise) / (1 + 60 * numpy.hypot(*numpy.meshgrid(numpy.fft.fftfreq(w), numpy.fft.fftfreq(h))))
        luma = numpy.fft.ifft2(spectrum).real
        luma = (255 * (luma - luma.min()) / numpy.ptp(luma)).astype(numpy.uint8)
        file.write(luma.tobytes())
        file.flush()
        for _ in range(60):
            bw, bh, x, y = r.integers(30, 150), r.integers(30, 150), r.integers(8, 140), r.integers(8, 70)
            dx, dy = r.integers(-6, 7), r.integers(-6, 7)
            first, second = (x, y, x + bw, y + bh), (x + dx, y + dy, x + dx + bw, y + dy + bh)
            line = run(program, [f"look {w} {h} {' '.join(map(str, first + second))} {file.name}"])[0].split()
            levels = numpy.frombuffer(bytes.fromhex(line[2]), numpy.uint8).reshape(SIDE, SIDE).astype(float)
            a, b = appearance(luma, first), appearance(luma, second)
            ncc = numpy.corrcoef(a.ravel(), b.ravel())[0, 1]
            moved = shift(a, b)
            good = (numpy.abs(levels - a).max() <= 1 and (levels != a).mean() < .01
                    and abs(float(line[0]) - ncc) < 2e-3 and abs(float(line[1]) - moved) < 5e-3)
            failed += not good
            if not good:
                print(f"look {first} {second}: {line[0]} {line[1]}, model {ncc:.6f} {moved:.6f}, "
                      f"levels {numpy.abs(levels - a).max():.0f} {(levels != a).mean():.4f}")
    print(f"look: {failed} differ")
    return failed


def main():
    differing = sum(compare(sys.argv[1], seed) for seed in (1, 2))
    if numpy:
        differing += compare_appearances(sys.argv[1])
    else:
        print("appearance is not compared: no NumPy (Debian: python3-numpy)")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
