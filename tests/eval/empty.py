"""Scenes without objects, made up: what moves in them is light, noise, rain, leaves or the camera itself. Every object there is a false
alarm.

A street: a wall with windows, a road, posts. Rows and columns are shares of the picture, times are seconds, so that a scene is the same
at any size and rate. Drawn at five pictures a second, as cameras are looked at by default. With somebody who walks through some of them
it is seen that what keeps light from being an object does not keep people.
"""
import numpy as np
from scipy import ndimage

WIDTH, HEIGHT, RATE, SECONDS = 384, 288, 5, 45
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
ROWS, COLUMNS = ROWS / HEIGHT, COLUMNS / WIDTH


def smooth(picture, share, mode="nearest"):
    return ndimage.gaussian_filter(picture.astype(np.float32), share * HEIGHT, mode=mode)


def texture(seed, share):
    """0..1, with grains of that size; it goes on at its sides."""
    grains = smooth(np.random.default_rng(seed).normal(0, 1, (HEIGHT, WIDTH)), share, "wrap")
    return (grains - grains.min()) / (grains.max() - grains.min())


def street():
    """Luma, full range."""
    picture = np.where(ROWS < 0.45, 120, 90) + 40 * (texture(1, 0.02) - 0.5) + 30 * (texture(2, 0.006) - 0.5)
    for index in range(7):
        left = 0.05 + 0.135 * index
        inside = (COLUMNS > left) & (COLUMNS < left + 0.08) & (ROWS > 0.1) & (ROWS < 0.32)
        picture = np.where(inside, 55 + 12 * index, picture)
    for left in (0.22, 0.61, 0.87):
        picture = np.where((COLUMNS > left) & (COLUMNS < left + 0.012) & (ROWS > 0.2) & (ROWS < 0.75), 180, picture)
    road = (ROWS > 0.6) & (ROWS < 0.85)
    picture = np.where(road, 150 + 20 * (texture(3, 0.01) - 0.5), picture)
    return smooth(np.where(road & (abs(ROWS - 0.72) < 0.008) & (COLUMNS * 12 % 1 < 0.5), 210, picture), 0.002)


STREET = street()
CLOUDS = [texture(seed, 0.16) for seed in (4, 5)]
CROWN = smooth(((COLUMNS - 0.7) / 0.2) ** 2 + ((ROWS - 0.28) / 0.24) ** 2 < 1, 0.01) * (texture(6, 0.008) > 0.45)
LEAVES = 40 + 150 * texture(7, 0.008)


def beam(x, y, wide, high):
    return np.exp(-np.square(np.square((COLUMNS - x) / wide)) - np.square(np.square((ROWS - y) / high)))


def displaced(picture, dx, dy):
    """dx, dy: in shares of the height, of each pixel or of all."""
    return ndimage.map_coordinates(picture, [(ROWS + dy) * HEIGHT, (COLUMNS + dx * HEIGHT / WIDTH) * WIDTH], order=1, mode="nearest")


def cloudy(t, chance):
    shade = np.roll(CLOUDS[0], int(t * 0.08 * WIDTH), 1)
    return STREET * (1.1 - 0.55 * np.clip((shade - 0.4) * 5, 0, 1)) + chance.normal(0, 3, STREET.shape)


def storm(t, chance):
    """Lightning: single pictures far too bright, as a whole or in part."""
    flash = chance.uniform(0.8, 2.5) * (0.3 + CLOUDS[1]) if chance.random() < 0.08 else 0.35
    return STREET * flash + chance.normal(0, 6, STREET.shape)


def headlights(t, chance):
    """Cars that are not in the picture sweep over a dark street, one way and the other, and over the wall."""
    picture, passing = STREET * 0.25, t % 12
    if passing < 4:
        x = -0.2 + 1.4 * passing / 4
        x = x if t % 24 < 12 else 1 - x
        light = beam(x - 0.04, 0.68, 0.13, 0.09) + beam(x + 0.04, 0.68, 0.13, 0.09)
        picture = picture + (STREET * 1.1 + 50) * light + (STREET + 20) * beam(1 - x, 0.25, 0.15, 0.2)
    return picture + chance.normal(0, 4, STREET.shape)


def lamps(t, chance):
    """Lamps go on and off, tubes flicker, the camera's shutter makes bands."""
    picture = STREET * 0.4
    for index, (x, y) in enumerate(((0.2, 0.4), (0.55, 0.6), (0.8, 0.3))):
        if (t + 2 * index) % (8 + 3 * index) < 5:
            picture = picture + (STREET * 0.8 + 30) * beam(x, y, 0.12, 0.16)
    if chance.random() < 0.5:
        picture = picture + (STREET * 0.9 + 40) * beam(0.4, 0.2, 0.06, 0.05)
    return picture * (1 + 0.1 * np.sin(2 * np.pi * (1.5 * ROWS + 0.7 * t))) + chance.normal(0, 4, STREET.shape)


def infrared(t, chance):
    """Dusk, the switch to infra-red with its own light, and back."""
    night = STREET * (0.15 + 0.7 * beam(0.5, 0.6, 0.5, 0.6)) + 15
    if t % 30 < 10:
        return STREET * (1 - 0.06 * (t % 30)) + chance.normal(0, 3, STREET.shape)
    if t % 30 < 11:
        return night * (2.2 - t % 1) + chance.normal(0, 9, STREET.shape)
    return (night if t % 30 < 24 else STREET * 1.2) + chance.normal(0, 7, STREET.shape)


def exposure(t, chance):
    """The camera tries other exposures."""
    gains = np.random.default_rng(8).uniform(0.55, 1.7, 64)
    step = int(t / 4)
    gain = gains[step] + (gains[step + 1] - gains[step]) * min(1, t % 4 / 0.6)
    return STREET * gain + chance.normal(0, 3, STREET.shape)


def rain(t, chance):
    picture = STREET * 0.85 + chance.normal(0, 4, STREET.shape)
    for _ in range(120):
        row, column, long = chance.integers(HEIGHT), chance.integers(WIDTH), chance.integers(6, 22)
        picture[row:row + long, column:column + chance.integers(1, 3)] += chance.uniform(25, 70)
    return picture


def snow(t, chance):
    picture = STREET * 0.9 + chance.normal(0, 4, STREET.shape)
    for _ in range(100):
        row, column, side = chance.integers(HEIGHT), chance.integers(WIDTH), chance.integers(1, 7)
        picture[row:row + side, column:column + side] += chance.uniform(60, 120)
    return picture


def leaves(t, chance):
    """A tree's crown in gusts."""
    gust = 0.006 + 0.012 * max(0.0, np.sin(2 * np.pi * t / 23)) ** 2
    dx = gust * (np.sin(2 * np.pi * (0.9 * t + 4 * ROWS + 3 * COLUMNS)) + 0.7 * np.sin(2 * np.pi * (2.1 * t + 9 * COLUMNS)))
    dy = 0.5 * gust * np.cos(2 * np.pi * (1.3 * t + 5 * COLUMNS))
    crown = displaced(CROWN, dx, dy)
    return STREET * (1 - crown) + displaced(LEAVES, dx, dy) * crown + chance.normal(0, 4, STREET.shape)


def shaking(t, chance):
    """Wind on the camera's pole, and now and then a jolt."""
    sway = 0.002 + 0.003 * max(0.0, np.sin(2 * np.pi * t / 17))
    dx, dy = sway * np.sin(2 * np.pi * 1.3 * t), sway * np.sin(2 * np.pi * 1.9 * t)
    if t > 5 and t % 13 < 0.5:
        dx, dy = dx + 0.016, dy - 0.01
    return displaced(STREET, dx, dy) + chance.normal(0, 4, STREET.shape)


def turned(to_the_right, closer=0.0):
    """What the camera sees that was turned by that share of the width, and zoomed in by that much."""
    rows, columns = 0.5 + (ROWS - 0.5) / (1 + closer), to_the_right + 0.5 + (COLUMNS - 0.5) / (1 + closer)
    return ndimage.map_coordinates(STREET, [rows * HEIGHT, columns * WIDTH], order=1, mode="mirror")


def to_and_fro(t, takes):
    """0 for ten seconds, then to 1 and back again and again, with a rest of four seconds at either end."""
    rest, t = 4, max(0.0, t - 10) % (2 * (takes + 4))
    return min(1.0, t / takes) if t < takes + rest else max(0.0, 1 - (t - takes - rest) / takes)


def turning(t, chance):
    """The camera looks from one side to the other, and nobody tells camd."""
    return turned(0.5 * to_and_fro(t, 8)) + chance.normal(0, 4, STREET.shape)


def turning_fast(t, chance):
    return turned(0.5 * to_and_fro(t, 3)) + chance.normal(0, 4, STREET.shape)


def zooming(t, chance):
    return turned(0.0, 0.6 * to_and_fro(t, 6)) + chance.normal(0, 4, STREET.shape)


def drifting(t, chance):
    """The pole gives way, or the head creeps: a pixel a second of these, which no picture shows and a minute does."""
    return turned(t / WIDTH) + chance.normal(0, 4, STREET.shape)


def dark(t, chance):
    return STREET * 0.12 + 8 + chance.normal(0, 14, STREET.shape)


SCENES = (cloudy, storm, headlights, lamps, infrared, exposure, rain, snow, leaves, shaking, turning, turning_fast, zooming, drifting, dark)


COMES, SPEED, TALL, WIDE, FEET = 12, 0.035, 0.25, 0.07, 0.8  # seconds; widths a second; shares of the height, WIDE of the width


def person_at(t):
    """(left, top, width, height) in pixels, or None."""
    left = (t - COMES) * SPEED
    if left < 0 or left + WIDE > 1:
        return None
    return left * WIDTH, (FEET - TALL) * HEIGHT, WIDE * WIDTH, TALL * HEIGHT


def sunny(t, chance):
    """The strong shadow of who walks there, on the ground beside the feet: as long as the person is tall, and too dark for a light one."""
    picture, box = STREET.copy(), person_at(t)
    if box:
        left, top, wide, high = box
        up = (top + high - ROWS * HEIGHT) / (0.25 * high)  # 0 at the feet, 1 at the shadow's end
        away = abs(COLUMNS * WIDTH - (left + wide / 2 + up * high)) < 0.4 * wide
        picture = picture * (1 - 0.6 * smooth((up >= 0) & (up <= 1) & away, 0.004))
    return picture + chance.normal(0, 3, STREET.shape)


def low_sun(t, chance):
    """The same towards the camera: below the feet, and nearly as high as the person."""
    picture, box = STREET.copy(), person_at(t)
    if box:
        left, top, wide, high = box
        down = (ROWS * HEIGHT - top - high) / (0.8 * high)
        away = abs(COLUMNS * WIDTH - (left + wide / 2 + 0.1 * down * high)) < 0.4 * wide
        picture = picture * (1 - 0.6 * smooth((down >= 0) & (down <= 1) & away, 0.004))
    return picture + chance.normal(0, 3, STREET.shape)


PEOPLED = (cloudy, headlights, infrared, exposure, rain, snow, leaves, shaking, drifting, sunny, low_sun)


def put_person(picture, lit, t):
    """In the light that is there: lit, the picture by the street without it."""
    box = person_at(t)
    if box:
        left, top, wide, high = (int(round(value)) for value in box)
        rows, columns = np.mgrid[0:high, 0:wide]
        swing = abs(columns / wide - 0.5) < 0.3 + 0.2 * (rows / high > 0.3) * abs(np.sin(3 * t + rows / high))
        colours = np.select([rows < 0.15 * high, rows < 0.55 * high], [190, 45], 230)
        place = (slice(top, top + high), slice(left, left + wide))
        picture[place] = np.where(swing, colours * lit[place], picture[place])


def draw(scene, path, peopled=False):
    """As YUV4MPEG2, grey, limited range."""
    chance = np.random.default_rng(9)
    with open(path, "wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in range(SECONDS * RATE):
            picture = scene(frame / RATE, chance)
            if peopled:
                put_person(picture, smooth(picture / STREET, 0.02), frame / RATE)
            luma = 16 + np.clip(picture, 0, 255) * (219 / 255)
            file.write(b"FRAME\n" + luma.astype(np.uint8).tobytes() + bytes([128]) * (WIDTH * HEIGHT // 2))


def truth():
    """Of who walks through the peopled ones, as measures.py has it."""
    boxes = {frame + 1: person_at(frame / RATE) for frame in range(SECONDS * RATE)}
    return {frame: [(1, box)] for frame, box in boxes.items() if box}
