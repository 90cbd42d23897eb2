#!/usr/bin/env python3
"""Compares camd's motion detector with an independent model of it on NumPy, SciPy and OpenCV.

  motion_oracle.py MOTION_LINES [CLIP WIDTH HEIGHT FPS]

Without a clip: random pictures (noise, moving rectangles, flashes, masks, odd sizes), and the surveillance clip
where it is found (CAMD_DATA, or Debian's opencv-doc). The model is written from the description of the reference's
pipeline, with the differences that motion.h lists, each marked DIFFERENCE; nothing is shared with camd's code. Exit status 77 (skipped) when OpenCV, NumPy or SciPy is missing.
"""
import os
import shutil
import subprocess
import sys

try:
    import cv2
    import numpy as np
    from scipy.ndimage import gaussian_filter
except ImportError as problem:
    print(f"skipped: {problem} (Debian: python3-opencv python3-scipy)")
    sys.exit(77)

BOXES_MAX = 64
DEFAULTS = {
    "motion_height": 100, "threshold": 30, "contour_area": 10, "frame_alpha": 0.01,
    "lightning": 0.8, "skip": 0.0, "contrast": 1, "light": 0, "restless": 0,
}


def largest(contours):
    """At most BOXES_MAX; of equal ones those that come first, from the top, and the places of those that had to go are taken."""
    kept = list(contours[:BOXES_MAX])
    for contour in contours[BOXES_MAX:]:
        smallest = min(range(len(kept)), key=lambda i: kept[i][0])
        if contour[0] > kept[smallest][0]:
            kept[smallest] = contour
    return kept


class Model:
    def __init__(self, width, height, settings, polygons):
        self.s = settings
        self.height = min(settings["motion_height"] or height, height)
        self.width = self.height * width // height
        self.scale = height / self.height
        self.average = None
        self.calibrating = True
        self.calibrated_frames = self.motion_frames = self.learnt = 0
        self.history = []
        self.differed = np.zeros((self.height, self.width), bool)
        self.restless = np.zeros((self.height, self.width), np.int64)
        self.sudden, self.before = 0.0, []
        mask = np.full((height, width), 255, np.uint8)
        for polygon in polygons:
            points = np.array([[int(x * width), int(y * height)] for x, y in polygon])
            cv2.fillPoly(mask, pts=[points], color=0)
        small = cv2.resize(mask, (self.width, self.height), interpolation=cv2.INTER_AREA)
        self.masked = small == 0

    def prepare(self, luma):
        picture = cv2.resize(luma, (self.width, self.height), interpolation=cv2.INTER_NEAREST)
        if self.s["contrast"]:
            low = np.percentile(picture, 4).astype(np.uint8)
            high = np.percentile(picture, 96).astype(np.uint8)
            if low < high:
                # DIFFERENCE: the first pair fills the history, which begins with (0, 255) in the reference
                self.history = (self.history or [(low, high)] * 50)[1:] + [(low, high)]
                black, white = np.mean(self.history, axis=0)
                clipped = np.clip(picture, black, white)
                picture = ((clipped - black) / (white - black) * 255).astype(np.uint8)
        picture[self.masked] = 0
        return gaussian_filter(picture, sigma=1, radius=1)

    def threshold(self):
        # DIFFERENCE: the average is a mean of few pictures at first, and noisy
        if 0 < self.learnt <= 16:
            return min(255, int(np.floor(self.s["threshold"] * np.sqrt(1 + 1 / self.learnt) + 0.5)))
        return self.s["threshold"]

    def compare(self, picture):
        """What differs: by the threshold, more of it where pixels come and go (DIFFERENCE: restless)."""
        delta, threshold = cv2.absdiff(picture, self.levels).astype(int), self.threshold()
        if not self.s["restless"]:
            return (delta > threshold).astype(np.uint8)
        part = (self.restless // 256) * threshold
        changed = delta > threshold + np.minimum(part // 32 + part // 128, 3 * threshold)
        turned = (delta > threshold) != self.differed
        self.restless += 511 * turned - self.restless // 128
        self.differed = delta > threshold
        return changed.astype(np.uint8)

    def contours(self, changed):
        """Total area, and (area, x, y, width, height) of those that are large enough."""
        grown = cv2.dilate(changed, None, iterations=1)
        contours = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        contours = sorted(contours, key=lambda c: min((y, x) for x, y in c[:, 0]))
        areas = [(cv2.contourArea(c),) + cv2.boundingRect(c) for c in contours]
        return sum(c[0] for c in areas), [c for c in areas if c[0] > self.s["contour_area"]]

    def without_light(self, picture, changed, found):
        """DIFFERENCE: light. Where the structure is what it was, more or less of it, nothing changed."""
        def structure(of):
            nine = cv2.boxFilter(of.astype(np.float64), -1, (3, 3), normalize=False, borderType=cv2.BORDER_REPLICATE)
            return of.astype(np.int64) - (nine.astype(np.int64) * 57 >> 9)

        def energy(product):
            window = cv2.boxFilter(product.astype(np.float64), -1, (5, 5), normalize=False, borderType=cv2.BORDER_CONSTANT)
            return np.rint(window).astype(np.float32)

        def unexplained(of, by, least):
            allowed = np.float32(0.5) * np.maximum(of, np.float32(int(least * 2 * self.s["threshold"] ** 2)))
            return (of - allowed) * np.maximum(by, 1) - common * common > 0

        now, before = structure(picture), structure(self.scene)
        gained, lost, common = energy(now * now), energy(before * before), np.maximum(energy(now * before), 0)
        thing = unexplained(gained, lost, 0.5) | unexplained(lost, gained, 1.0) & (picture >= 8) & (picture < 247)
        looked_at = np.zeros(changed.shape, bool)
        for _, x, y, w, h in found:
            looked_at[y:y + h, x:x + w] = True
        if len(found) > BOXES_MAX:
            looked_at[:] = True
        return changed & (thing | ~looked_at)

    def without_drops(self, found):
        """DIFFERENCE: restless. Where small contours that were not there before are usual they are left out."""
        found = largest(found)

        def near(a, b):
            return all(a[i] < b[i] + b[i + 2] + b[i + 2] // 2 + 1 and b[i] < a[i] + a[i + 2] + b[i + 2] // 2 + 1
                       for i in (1, 2))

        sudden = [c for c in found if c[3] * c[4] * 100 <= self.width * self.height
                  and not any(near(c, b) for b in self.before)]
        self.sudden += 0.03 * (len(sudden) - self.sudden)
        self.before = found
        return [c for c in found if c not in sudden] if self.sudden > 0.7 else found

    def detect(self, luma):
        picture = self.prepare(luma)
        if self.average is None:
            # DIFFERENCE: begins with the first picture, not with black
            self.average, self.scene = picture.astype(np.float32), picture.copy()
        self.levels = cv2.convertScaleAbs(self.average)
        changed = self.compare(picture)
        total, found = self.contours(changed)
        fraction = total / (self.width * self.height)
        skipped = bool(self.s["skip"]) and fraction > self.s["skip"]
        other = skipped or fraction > self.s["lightning"]
        # DIFFERENCE: calibration ends after 30 pictures
        self.calibrated_frames = 0 if other else self.calibrated_frames + 1
        calm = fraction < 0.05 and len(found) <= 4
        self.calibrating = other or self.calibrating and not calm and self.calibrated_frames < 30
        self.motion_frames = self.motion_frames + 1 if found else 0
        lasting = not found or self.motion_frames >= 10
        if self.calibrating and self.motion_frames == 10:
            self.history = []  # DIFFERENCE: another scene has a contrast of its own
        shown = found
        if self.s["light"] and not self.calibrating and found:
            changed = self.without_light(picture, changed, found)
            shown = self.contours(changed)[1]
        if self.s["restless"]:
            shown = self.without_drops(shown)
        if skipped:
            shown = []
        if lasting:  # DIFFERENCE: pictures that are skipped, too
            self.learn(picture)
        levels = cv2.convertScaleAbs(self.average)
        hidden = changed.astype(bool) & bool(shown) & (not self.calibrating)
        self.scene = np.where(hidden, self.scene, levels)
        return self.calibrating, fraction, [(c[0], tuple(int(v * self.scale) for v in
                                                         (c[1], c[2], c[1] + c[3], c[2] + c[4]))) for c in shown]

    def learn(self, picture):
        alpha = self.s["frame_alpha"]
        if self.calibrating:
            alpha = 0.2
        elif alpha > 0 and alpha * (self.learnt + 1) < 1:
            # DIFFERENCE: the first pictures weigh the same
            self.learnt += 1
            alpha = 1 / self.learnt
        # Not cv2.accumulateWeighted: its last bit depends on the processor (fused or separate multiplication).
        self.average += np.float32(alpha) * (picture.astype(np.float32) - self.average)


def same(found, boxes):
    """Whether boxes are those found; of more than BOXES_MAX, the largest (any of those of equal area)."""
    if len(found) <= BOXES_MAX:
        return sorted(box for _, box in found) == sorted(boxes)
    areas = {}
    for area, box in found:
        areas.setdefault(box, []).append(area)
    kept = sorted((area for area, _ in found), reverse=True)[:BOXES_MAX]
    return len(boxes) == BOXES_MAX and all(box in areas and max(areas[box]) >= kept[-1] for box in boxes)


def run(program, width, height, settings, polygons, frames):
    """Returns frames compared, frames that agree, frames with boxes, and says where the first difference is."""
    s = {**DEFAULTS, **settings}
    model = Model(width, height, s, polygons)
    arguments = [str(v) for v in (width, height, s["motion_height"], s["threshold"], s["contour_area"],
                                  s["frame_alpha"], s["lightning"], s["skip"], s["contrast"],
                                  s["light"], s["restless"])]
    for polygon in polygons:
        arguments += [f"{x:.17g},{y:.17g}" for x, y in polygon] + ["/"]
    frames = list(frames)
    output = subprocess.run([program] + arguments, input=b"".join(f.tobytes() for f in frames),
                            stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    assert len(output) == len(frames), f"{len(output)} lines for {len(frames)} frames"
    agree = with_boxes = 0
    for i, (frame, line) in enumerate(zip(frames, output)):
        calibrating, fraction, found = model.detect(frame)
        words = line.split()
        boxes = [tuple(int(n) for n in word.split(",")) for word in words[2:]]
        with_boxes += bool(found)
        if bool(int(words[0])) == calibrating and abs(float(words[1]) - fraction) < 1e-8 and same(found, boxes):
            agree += 1
        elif agree == i:
            print(f"frame {i} differs: {line}\n  model: {calibrating} {fraction:.9f} {found}")
    return len(frames), agree, with_boxes


def scene(random, width, height, count):
    """A noisy background with rectangles that move, now and then a flash."""
    base = cv2.GaussianBlur(random.integers(0, 256, (height, width)).astype(np.uint8), (0, 0), max(width / 40, 1))
    base = cv2.normalize(base, None, int(random.integers(0, 80)), int(random.integers(120, 256)), cv2.NORM_MINMAX)
    noise = int(random.integers(1, 12))
    objects = [(random.integers(0, width), random.integers(0, height), *random.integers(-9, 10, 2),
                int(random.integers(4, max(width // 4, 5))), int(random.integers(4, max(height // 4, 5))),
                int(random.integers(0, 256))) for _ in range(int(random.integers(0, 12)))]
    for i in range(count):
        picture = (base + random.integers(-noise, noise + 1, base.shape)).astype(np.int16)
        if i % 41 == 40:
            picture += 120
        if i > 15:
            for x, y, dx, dy, w, h, level in objects:
                left, top = (x + dx * i) % width, (y + dy * i) % height
                hollow = level % 3 == 0
                cv2.rectangle(picture, (int(left), int(top)), (int(left + w), int(top + h)), level, 3 if hollow else -1)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def random_settings(random):
    return {"motion_height": int(random.choice([100, 100, 50, 180, 0])), "threshold": int(random.integers(5, 60)),
            "contour_area": int(random.integers(0, 40)), "frame_alpha": float(random.choice([0.01, 0.05, 0.2])),
            "lightning": float(random.choice([0.3, 0.8])), "skip": float(random.choice([0, 0, 0.3])),
            "contrast": int(random.integers(0, 2)), "light": int(random.integers(0, 2)),
            "restless": int(random.integers(0, 2))}


def random_cases(program):
    random = np.random.default_rng(20260131)
    totals = np.zeros(3, int)
    for _ in range(20):
        width, height = (int(n) * 2 for n in random.integers(32, 320, 2))
        polygons = [[tuple(p) for p in random.random((int(random.integers(3, 8)), 2))]
                    for _ in range(int(random.integers(0, 3)))]
        totals += run(program, width, height, random_settings(random), polygons, scene(random, width, height, 70))
    return totals


def noise_cases(program):
    """Pictures of pure noise: thousands of contours, nested ones among them."""
    random = np.random.default_rng(7)
    totals = np.zeros(3, int)
    for density in (0.01, 0.03, 0.1, 0.3, 0.5):
        for contour_area in (0, 3, 10):
            frames = [np.where(random.random((100, 160)) < density, 255, 0).astype(np.uint8) for _ in range(40)]
            frames.insert(0, np.zeros((100, 160), np.uint8))
            totals += run(program, 160, 100, {"contrast": 0, "contour_area": contour_area}, [], frames)
    return totals


def clip_frames(path, width, height, fps):
    command = ["ffmpeg", "-v", "error", "-i", path, "-vf", f"fps={fps},scale={width}:{height}",
               "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as decoder:
        while len(data := decoder.stdout.read(width * height * 3 // 2)) == width * height * 3 // 2:
            yield np.frombuffer(data, np.uint8)[:width * height].reshape(height, width)


def find_clip():
    for path in (os.path.join(os.environ.get("CAMD_DATA", ""), "vtest.avi"),
                 "/usr/share/doc/opencv-doc/examples/data/vtest.avi"):
        if os.path.exists(path) and shutil.which("ffmpeg"):
            return path
    print("the clip is not compared: no vtest.avi (CAMD_DATA) or no ffmpeg")
    return None


def main():
    program = sys.argv[1]
    if len(sys.argv) > 2:
        width, height = int(sys.argv[3]), int(sys.argv[4])
        results = {"clip": run(program, width, height, {}, [], clip_frames(sys.argv[2], width, height, sys.argv[5]))}
    else:
        results = {"random scenes": random_cases(program), "noise": noise_cases(program)}
        if clip := find_clip():
            results["clip"] = run(program, 768, 576, {}, [], clip_frames(clip, 768, 576, 10))
            results["clip, no light, no leaves"] = run(program, 768, 576, {"light": 1, "restless": 1}, [],
                                                       clip_frames(clip, 768, 576, 10))
    failed = False
    for name, (frames, agree, with_boxes) in results.items():
        print(f"{name}: {agree} of {frames} frames agree ({with_boxes} with boxes)")
        failed |= agree != frames or with_boxes == 0
    return int(failed)


sys.exit(main())
