"""SORT, written from its paper, to compare with: A. Bewley, Z. Ge, L. Ott, F. Ramos and B. Upcroft, Simple Online and
Realtime Tracking, ICIP 2016 (arXiv 1602.00763).

A track is a box that moves at a constant velocity: centre, area, ratio of width to height, and the velocities of the first
three, in a Kalman filter whose step is a frame. Detections are assigned to the predicted boxes by the greatest sum of
overlaps, none below 0.3. A track ends after more than `age` frames without a detection (the paper's T_lost, 1). It is shown
in frames with a detection, from the third in a row on, and at once in the first three frames. The paper leaves the noise
open; these are the values of the program that its authors published with it.
"""
import numpy
from scipy.optimize import linear_sum_assignment

from measures import overlaps

IOU_MIN = 0.3
HITS_LEAST = 3
AGE_PUBLISHED = 1

STATE = 7  # centre x, centre y, area, ratio, and how the first three change in a frame
MEASURED = 4
STEP = numpy.eye(STATE) + numpy.eye(STATE, k=MEASURED)
SEEN = numpy.eye(MEASURED, STATE)
START_VARIANCE = numpy.diag([10.0] * MEASURED + [1e4] * 3)
STEP_VARIANCE = numpy.diag([1.0, 1.0, 1.0, 1.0, 0.01, 0.01, 1e-4])
SEEN_VARIANCE = numpy.diag([1.0, 1.0, 10.0, 10.0])


def measured(box):
    left, top, width, height = box
    return numpy.array([left + width / 2, top + height / 2, width * height, width / height])


class Track:
    def __init__(self, number, box):
        self.number = number
        self.state = numpy.concatenate([measured(box), numpy.zeros(STATE - MEASURED)])
        self.variance = START_VARIANCE
        self.hits = 0  # in a row, after the first detection
        self.missed = 0

    def predict(self):
        if self.state[2] + self.state[6] <= 0:
            self.state[6] = 0.0  # an area does not become negative
        self.state = STEP @ self.state
        self.variance = STEP @ self.variance @ STEP.T + STEP_VARIANCE
        if self.missed > 0:
            self.hits = 0
        self.missed += 1

    def update(self, box):
        gain = self.variance @ SEEN.T @ numpy.linalg.inv(SEEN @ self.variance @ SEEN.T + SEEN_VARIANCE)
        self.state = self.state + gain @ (measured(box) - SEEN @ self.state)
        self.variance = (numpy.eye(STATE) - gain @ SEEN) @ self.variance
        self.hits += 1
        self.missed = 0

    def box(self):
        width = numpy.sqrt(max(self.state[2] * self.state[3], 0.0))
        height = self.state[2] / width if width > 0 else 0.0
        return self.state[0] - width / 2, self.state[1] - height / 2, width, height


def assign(tracks, boxes):
    """Pairs of a track's and a box's index."""
    if not tracks or not boxes:
        return []
    iou = overlaps([track.box() for track in tracks], boxes)
    return [(row, column) for row, column in zip(*linear_sum_assignment(-iou)) if iou[row, column] >= IOU_MIN]


def track(detections, frames, age=AGE_PUBLISHED):
    """detections: of each frame from 1, a list of boxes. Gives rows of frame, number, left, top, width, height."""
    tracks, rows, number = [], [], 0
    for frame in range(1, frames + 1):
        boxes = detections.get(frame, [])
        for one in tracks:
            one.predict()
        pairs = assign(tracks, boxes)
        for row, column in pairs:
            tracks[row].update(boxes[column])
        taken = {column for _, column in pairs}
        for column, box in enumerate(boxes):
            if column not in taken:
                number += 1
                tracks.append(Track(number, box))
        rows += [(frame, one.number, *one.box()) for one in tracks
                 if one.missed == 0 and (one.hits >= HITS_LEAST or frame <= HITS_LEAST)]
        tracks = [one for one in tracks if one.missed <= age]
    return rows
