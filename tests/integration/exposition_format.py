"""Prometheus' text format (0.0.4), read strictly: anything that a scrape might take and that is not right raises ValueError."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) ((?:[^\\]|\\\\|\\n)+)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf)|NaN")
BASE_UNITS = re.compile(r"_(milliseconds|ms|minutes|hours|kilobytes|kb|mb|bits|percent|kbps|fps)(_|$)")


class Family:
    def __init__(self, name, text):
        self.name, self.help, self.type, self.samples = name, text, None, {}


def labels_of(text):
    """{name: value}, unescaped. Names come once, without a comma at the end."""
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match or match[1] in labels or match[1].startswith("__") or (match[3] and match.end() == len(text)):
            raise ValueError(f"labels: {text}")
        escapes = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
        labels[match[1]] = re.sub(r'\\[\\"n]', lambda escape: escapes[escape[0]], match[2])
        at = match.end()
    return labels


def check_name(family):
    if BASE_UNITS.search(family.name):
        raise ValueError(f"{family.name} has a unit that is none of the base units")
    if family.name.endswith("_total") != (family.type == "counter"):
        raise ValueError(f"{family.name} is a {family.type}")
    if re.search(r"_(count|sum|bucket|info_total)$", family.name):
        raise ValueError(f"{family.name} ends as a histogram's samples do")


def check_histogram(family):
    """Buckets rise with their limits, the last one is +Inf and the count, and there is a sum."""
    groups = {}
    for (name, labels), value in family.samples.items():
        rest = tuple(label for label in labels if label[0] != "le")
        group = groups.setdefault(rest, {"buckets": []})
        if name.endswith("_bucket"):
            group["buckets"].append((float(dict(labels)["le"]), value))
        else:
            group[name.removeprefix(family.name)] = value
    for labels, group in groups.items():
        limits, counts = zip(*group["buckets"])
        if list(limits) != sorted(set(limits)) or list(counts) != sorted(counts) or limits[-1] != math.inf:
            raise ValueError(f"{family.name}{labels}: buckets {group['buckets']}")
        if group["_count"] != counts[-1] or "_sum" not in group:
            raise ValueError(f"{family.name}{labels}: count and sum")


def read(text):
    """{name: Family}, each with its samples {(name, labels): value}, labels being pairs in order of names."""
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    families, family = {}, None
    for line in text[:-1].split("\n"):
        if match := HELP.fullmatch(line):
            if match[1] in families:
                raise ValueError(f"{match[1]} comes twice, or its samples don't follow one another")
            if family and not family.samples:
                raise ValueError(f"{family.name} has no samples")
            family = families[match[1]] = Family(match[1], match[2])
        elif match := TYPE.fullmatch(line):
            if not family or match[1] != family.name or family.type or family.samples:
                raise ValueError(f"TYPE of another one, twice, or after samples: {line}")
            family.type = match[2]
            check_name(family)
        elif match := SAMPLE.fullmatch(line):
            read_sample(family, *match.groups(), line)
        else:
            raise ValueError(f"no line of the format: {line!r}")
    for family in families.values():
        if family.type == "histogram":
            check_histogram(family)
    return families


def read_sample(family, name, labels, number, line):
    suffixes = ("_bucket", "_sum", "_count") if family and family.type == "histogram" else ("",)
    if not family or not family.type or name not in [family.name + suffix for suffix in suffixes]:
        raise ValueError(f"a sample of another family: {line}")
    if not NUMBER.fullmatch(number):
        raise ValueError(f"no number: {line}")
    labels = labels_of(labels) if labels is not None else {}
    if ("le" in labels) != name.endswith("_bucket"):
        raise ValueError(f"le belongs to buckets: {line}")
    key = (name, tuple(sorted(labels.items())))
    if key in family.samples:
        raise ValueError(f"twice: {line}")
    if family.type == "counter" and not float(number) >= 0:
        raise ValueError(f"a counter below 0: {line}")
    family.samples[key] = float(number)
