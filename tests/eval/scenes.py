"""Scenes of people that are made up: their ground truth, and a clip of them, drawn as boxes of two colours each.

The camera looks down a street: who stands lower in the picture is nearer, larger, and in front. Everything is in seconds and
heights of a person, so that a scene is the same at any rate; it is drawn at 25 frames a second.
"""
import math
import random
from dataclasses import dataclass, field

WIDTH, HEIGHT, RATE = 480, 270, 25
HORIZON = 40       # the row where people have no height
TALL = 0.42        # a person's height by how far below the horizon the feet are
SHAPE = 0.4        # width by height
SEEN_LEAST = 0.1   # of a person, to be in the ground truth
COLOURS = [(50, 128, 128), (75, 122, 132), (95, 134, 124), (120, 116, 140), (160, 128, 126), (65, 140, 120)]  # Y, U, V


@dataclass
class Person:
    number: int
    x: float      # of the feet, in pixels
    feet: float   # row
    speed: float  # heights a second, to the right
    begins: float = 0.0
    stops: tuple = ()  # of it: (from, to), in seconds
    turns: tuple = ()  # seconds when it turns round
    colours: tuple = field(default=())

    def height(self):
        return TALL * (self.feet - HORIZON)

    def walked(self, seconds):
        """How long it has walked by then in the direction in which it began, less what it has walked back."""
        times = sorted({self.begins, seconds, *self.turns, *(time for stop in self.stops for time in stop)})
        walked = 0.0
        for begin, end in zip(times, times[1:]):
            middle = (begin + end) / 2
            stands = any(a <= middle < b for a, b in self.stops)
            back = sum(turn <= middle for turn in self.turns) % 2
            if self.begins <= middle < seconds and not stands:
                walked += (begin - end) if back else (end - begin)
        return walked

    def box_at(self, seconds):
        """None before it came and where it is not in the picture; cut off at the picture's sides."""
        if seconds < self.begins:
            return None
        height = self.height()
        x = self.x + self.speed * height * self.walked(seconds)
        width = height * SHAPE * (1 + 0.15 * math.sin(6 * seconds))
        left, right = max(0.0, x - width / 2), min(float(WIDTH), x + width / 2)
        return (left, self.feet - height, right - left, height) if right - left > width / 4 else None


@dataclass
class Scene:
    name: str
    seconds: float
    people: list
    posts: tuple = ()  # (left, right): columns that hide everybody

    def boxes(self):
        """Of each frame from 1: (person, box). Who left does not come back."""
        came, left, frames = set(), set(), {}
        for frame in range(int(self.seconds * RATE)):
            there = {person.number: (person, person.box_at(frame / RATE)) for person in self.people}
            frames[frame + 1] = [pair for number, pair in there.items() if pair[1] and number not in left]
            came |= {person.number for person, _ in frames[frame + 1]}
            left |= came - {person.number for person, _ in frames[frame + 1]}
        return frames


def visible_part(box, others, posts):
    """What of a box neither posts hide nor those in front of it: sampled."""
    left, top, width, height = box
    seen = points = 0
    for row in range(12):
        for column in range(8):
            x, y = left + (column + 0.5) / 8 * width, top + (row + 0.5) / 12 * height
            points += 1
            seen += not any(a <= x < b for a, b in posts) and not any(
                l + 0.1 * w < x < l + 0.9 * w and t < y < t + h for l, t, w, h in others if t + h > top + height)
    return seen / points


def truth_of(scene):
    """Ground truth as measures.py has it; the visible part of each of its boxes by (frame, number); and who cannot be seen, in the
    form of the ground truth: whether a tracker knows of them does not matter."""
    truth, visible, hidden = {}, {}, {}
    for frame, people in scene.boxes().items():
        for person, box in people:
            part = visible_part(box, [other for one, other in people if one is not person], scene.posts)
            if part >= SEEN_LEAST:
                truth.setdefault(frame, []).append((person.number, box))
                visible[frame, person.number] = part
            else:
                hidden.setdefault(frame, []).append((person.number, box))
    return truth, visible, hidden


def fill(planes, box, colour):
    left, top, right, bottom = (int(round(v)) for v in (box[0], box[1], box[0] + box[2], box[1] + box[3]))
    left, top, right, bottom = max(0, left), max(0, top), min(WIDTH, right), min(HEIGHT, bottom)
    for plane, value, shift in zip(planes, colour, (0, 1, 1)):
        stride = WIDTH >> shift
        for row in range(top >> shift, bottom >> shift):
            begin, end = row * stride + (left >> shift), row * stride + (right >> shift)
            plane[begin:end] = bytes([value]) * (end - begin)


def draw(scene, path):
    """As YUV4MPEG2, which needs no encoder."""
    with open(path, "wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for people in scene.boxes().values():
            planes = [bytearray([120]) * (WIDTH * HEIGHT), bytearray([128]) * (WIDTH * HEIGHT // 4),
                      bytearray([128]) * (WIDTH * HEIGHT // 4)]
            for person, (left, top, width, height) in sorted(people, key=lambda pair: pair[0].feet):
                fill(planes, (left, top, width, height / 2), person.colours[0])
                fill(planes, (left, top + height / 2, width, height / 2), person.colours[1])
            for left, right in scene.posts:
                fill(planes, (left, 0, right - left, HEIGHT), (40, 128, 128))
            file.write(b"FRAME\n" + b"".join(planes))


def dress(people):
    for index, person in enumerate(people):
        person.colours = COLOURS[index % len(COLOURS)], COLOURS[(index // len(COLOURS) + 3 * index + 1) % len(COLOURS)]
    return people


def crossing():
    """Two and two who walk towards each other and pass, near and far; one of them stops and goes back."""
    return Scene("crossing", 12, dress([
        Person(1, 60, 240, 0.7), Person(2, 420, 236, -0.7), Person(3, 40, 170, 0.9), Person(4, 440, 168, -0.8),
        Person(5, 240, 200, 0.5, turns=(4.0,), stops=((6.0, 8.0),))]))


def posts():
    """People who walk behind posts and come out, one of them after waiting there."""
    return Scene("posts", 14, dress([
        Person(1, 30, 240, 0.6), Person(2, 450, 200, -0.6), Person(3, 60, 160, 0.7), Person(4, 20, 215, 0.5, begins=3.0),
        Person(5, 330, 180, -0.5, stops=((1.5, 3.5),))]), posts=((140, 180), (300, 326)))


def coming_and_going():
    """A crowd: people come in at the sides and leave, walk together, turn round, stop."""
    chance, people = random.Random(7), []
    for number in range(1, 21):
        right = chance.random() < 0.5
        begins = 0.0 if number < 7 else chance.uniform(0.5, 13.0)
        stop = chance.uniform(2.0, 12.0)
        people.append(Person(
            number, chance.uniform(60, 420) if begins == 0.0 else (-10 if right else WIDTH + 10), chance.uniform(130, 262),
            chance.uniform(0.5, 1.0) * (1 if right else -1), begins,
            stops=((stop, stop + chance.uniform(0.5, 2.0)),) if chance.random() < 0.4 else (),
            turns=(round(chance.uniform(3.0, 12.0), 2),) if chance.random() < 0.25 else ()))
    return Scene("coming-and-going", 16, dress(people))


def queue():
    """People who go on by steps, close behind each other; others turn round at the picture's sides, half out of it, and go on in."""
    stops = tuple((1.0 + 2.5 * step, 2.5 + 2.5 * step) for step in range(6))
    waiting = [Person(number, 330 - 48 * number, 232, 0.55, stops=stops) for number in range(1, 6)]
    return Scene("queue", 15, dress(waiting + [
        Person(6, 12, 178, -0.15, turns=(1.0, 9.0)), Person(7, 470, 205, 0.12, turns=(1.5, 8.0, 12.0)),
        Person(8, 90, 150, 0.6, stops=((4.0, 7.0),), turns=(7.0,)), Person(9, 472, 165, -0.5, begins=2.0, stops=((3.0, 5.0),))]))


SCENES = (crossing, posts, coming_and_going, queue)
