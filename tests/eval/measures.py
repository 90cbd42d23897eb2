"""How alike tracks are to the ground truth, by the published measures.

MOTA: K. Bernardin and R. Stiefelhagen, Evaluating Multiple Object Tracking Performance: The CLEAR MOT Metrics (2008).
IDF1: E. Ristani, F. Solera, R. Zou, R. Cucchiara and C. Tomasi, Performance Measures and a Data Set for Multi-Target,
Multi-Camera Tracking (2016). Both take boxes for the same from an IoU of 0.5.
HOTA: J. Luiten, A. Osep, P. Dendorfer, P. Torr, A. Geiger, L. Leal-Taixe and B. Leibe, HOTA: A Higher Order Metric for
Evaluating Multi-Object Tracking (2021): the mean over thresholds of the IoU from 0.05 to 0.95.

A set of boxes is a dict: frame, to a list of (number, (left, top, width, height)).
"""
from collections import Counter

import numpy
from scipy.optimize import linear_sum_assignment

SAME = 0.5
ALPHAS = numpy.arange(1, 20) / 20
NAMES = ("MOTA", "IDF1", "HOTA")


def read(path, confidence=None):
    """MOTChallenge CSV. confidence: what rows need at least in the seventh column."""
    frames = {}
    for line in open(path, encoding="ascii"):
        fields = [float(field) for field in line.split(",")] if line.strip() else []
        if fields and (confidence is None or fields[6] >= confidence):
            frames.setdefault(int(fields[0]), []).append((int(fields[1]), tuple(fields[2:6])))
    return frames


def overlaps(boxes, others):
    """IoU of each with each: an array of len(boxes) rows and len(others) columns."""
    a, b = numpy.reshape(boxes, (-1, 1, 4)).astype(float), numpy.reshape(others, (1, -1, 4)).astype(float)
    near = numpy.maximum(a[..., :2], b[..., :2])
    far = numpy.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    common = numpy.prod(numpy.clip(far - near, 0, None), axis=-1)
    whole = numpy.prod(a[..., 2:], axis=-1) + numpy.prod(b[..., 2:], axis=-1) - common
    return common / numpy.maximum(whole, 1e-9)


class Frame:
    """One frame's boxes of both sides, their numbers counted from 0, and their overlaps."""

    def __init__(self, true, found, true_index, found_index):
        self.true = numpy.array([true_index[number] for number, _ in true], int)
        self.found = numpy.array([found_index[number] for number, _ in found], int)
        self.iou = overlaps([box for _, box in true], [box for _, box in found])


def align(truth, result):
    """Frames in their order, and how many boxes each number has on either side."""
    counts = [Counter(number for rows in side.values() for number, _ in rows) for side in (truth, result)]
    indices = [{number: index for index, number in enumerate(sorted(count))} for count in counts]
    frames = [Frame(truth.get(frame, []), result.get(frame, []), *indices)
              for frame in range(1, max([*truth, *result, 0]) + 1)]
    totals = [numpy.array([count[number] for number in sorted(count)], float) for count in counts]
    return frames, totals


def best_pairs(worth):
    """Rows and columns of the assignment with the greatest sum."""
    return linear_sum_assignment(-worth) if worth.size else (numpy.zeros(0, int), numpy.zeros(0, int))


def clear(frames):
    """False positives, misses and switches; who was paired in the last frame stays so while they are alike."""
    false = missed = switches = 0
    last, current = {}, {}
    for frame in frames:
        pairs = {}
        for row, number in enumerate(frame.true):
            for column in numpy.flatnonzero(frame.found == current.get(number, -1)):
                if frame.iou[row, column] >= SAME:
                    pairs[row] = column
        rows = [row for row in range(len(frame.true)) if row not in pairs]
        columns = [column for column in range(len(frame.found)) if column not in pairs.values()]
        left = frame.iou[numpy.ix_(rows, columns)]
        for row, column in zip(*best_pairs(numpy.where(left >= SAME, left, -1e3))):
            if left[row, column] >= SAME:
                pairs[rows[row]] = columns[column]
        current = {frame.true[row]: frame.found[column] for row, column in pairs.items()}
        switches += sum(last.get(number, other) != other for number, other in current.items())
        last.update(current)
        missed += len(frame.true) - len(pairs)
        false += len(frame.found) - len(pairs)
    return false, missed, switches


def identity(frames, totals):
    """Boxes that are rightly named, when each number of one side stands for at most one of the other."""
    together = numpy.zeros((len(totals[0]), len(totals[1])))
    for frame in frames:
        rows, columns = numpy.nonzero(frame.iou >= SAME)
        numpy.add.at(together, (frame.true[rows], frame.found[columns]), 1)
    return together[best_pairs(together)].sum()


def higher_order(frames, totals):
    """HOTA, 0..1."""
    likely = numpy.zeros((len(totals[0]), len(totals[1])))
    for frame in frames:
        whole = frame.iou.sum(0, keepdims=True) + frame.iou.sum(1, keepdims=True) - frame.iou
        numpy.add.at(likely, (frame.true[:, None], frame.found[None, :]), frame.iou / numpy.maximum(whole, 1e-9))
    alike = likely / numpy.maximum(totals[0][:, None] + totals[1][None, :] - likely, 1e-9)
    matched = numpy.zeros((len(ALPHAS), *likely.shape))
    for frame in frames:
        rows, columns = best_pairs(alike[numpy.ix_(frame.true, frame.found)] * frame.iou)
        for row, column in zip(rows, columns):
            hits = frame.iou[row, column] >= ALPHAS - 1e-9
            matched[hits, frame.true[row], frame.found[column]] += 1
    right = matched.sum((1, 2))
    detection = right / numpy.maximum(totals[0].sum() + totals[1].sum() - right, 1)
    shared = matched / numpy.maximum(totals[0][:, None] + totals[1][None, :] - matched, 1)
    association = (matched * shared).sum((1, 2)) / numpy.maximum(right, 1)
    return float(numpy.sqrt(detection * association).mean())


def evaluate(truth, result):
    """The measures, in percent, and what MOTA is made of."""
    frames, totals = align(truth, result)
    true, found = (int(total.sum()) for total in totals)
    false, missed, switches = clear(frames)
    return {
        "MOTA": round(100 * (1 - (false + missed + switches) / max(true, 1)), 1),
        "IDF1": round(200 * identity(frames, totals) / max(true + found, 1), 1),
        "HOTA": round(100 * higher_order(frames, totals), 1),
        "false": false, "missed": missed, "switches": switches, "boxes": true,
    }
