"""The shapes of JSON as camctl(1) writes them under JSON, and answers compared with them.

    {"name": TEXT, "hint"?: TEXT, "line": INTEGER|null, "cameras": [NAME], "errors"?: {NAME: TEXT}, ...}

A member with ? may be absent, {NAME: ...} is an object whose members have names of their own, [A, B] an array of so many, and
... at the end allows further members. A line that begins with "WORD =" gives a shape a name; "WORD with {...}" adds members.
"""
import re

TOKEN = re.compile(r'"[a-z0-9_]+"\??|[A-Z]+|null|with|\.\.\.|[{}\[\]:,|=]')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PLAIN = {
    "TEXT": lambda value: isinstance(value, str),
    "FILE": lambda value: isinstance(value, str),
    "NAME": lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,40}", value),
    "TIME": lambda value: isinstance(value, str) and TIME.fullmatch(value),
    "INTEGER": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "NUMBER": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "BOOLEAN": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


class Members:
    def __init__(self, members, is_open):
        self.members = members  # {name: (shape, whether it is always there)}
        self.is_open = is_open
        self.seen = set()

    def problem(self, value, shapes, where):
        if not isinstance(value, dict):
            return f"{where}: {value!r} is no object"
        missing = {name for name, (_, is_always) in self.members.items() if is_always} - set(value)
        more = set(value) - set(self.members)
        if missing or more and not self.is_open:
            return f"{where}: promised only: {sorted(missing)}, there only: {sorted(more)}"
        problems = [self.members[name][0].problem(value[name], shapes, f"{where}.{name}") for name in value if name in self.members]
        if any(problems):
            return next(filter(None, problems))
        self.seen |= set(value)
        return None

    def unseen(self, where):
        for name, (shape, _) in self.members.items():
            if name in self.seen:
                yield from shape.unseen(f"{where}.{name}")
            else:
                yield f"{where}.{name}"


class Each:
    """An object with names of its own, or an array of any length."""

    def __init__(self, kind, shape):
        self.kind, self.shape = kind, shape

    def problem(self, value, shapes, where):
        if not isinstance(value, self.kind):
            return f"{where}: {value!r} is no {self.kind.__name__}"
        for one in value.values() if self.kind is dict else value:
            problem = self.shape.problem(one, shapes, f"{where}[]")
            if problem:
                return problem
        return None

    def unseen(self, where):
        yield from self.shape.unseen(f"{where}[]")


class Several:
    """An array of so many."""

    def __init__(self, of):
        self.of = of

    def problem(self, value, shapes, where):
        if not isinstance(value, list) or len(value) != len(self.of):
            return f"{where}: {value!r} is no array of {len(self.of)}"
        return next(filter(None, (shape.problem(one, shapes, where) for shape, one in zip(self.of, value))), None)

    def unseen(self, where):
        return iter(())


class Either:
    """One of several, by their words or as they are."""

    def __init__(self, of):
        self.of = of

    def problem(self, value, shapes, where):
        problems = []
        for shape in self.of:
            if isinstance(shape, str):
                fits = shapes[shape].problem(value, shapes, where) if shape in shapes else \
                    None if PLAIN[shape](value) else f"{where}: {value!r} is no {shape}"
            else:
                fits = shape.problem(value, shapes, where)
            if fits is None:
                return None
            problems.append(fits)
        return problems[0]

    def unseen(self, where):
        for shape in self.of:
            if not isinstance(shape, str):
                yield from shape.unseen(where)


class Parser:
    def __init__(self, text):
        self.tokens = TOKEN.findall(text)
        rest = re.sub(r"\s+", "", TOKEN.sub("", text))
        if rest:
            raise AssertionError(f"what is {rest!r} in a shape?")

    def peek(self, ahead=0):
        return self.tokens[ahead] if ahead < len(self.tokens) else None

    def take(self, expected=None):
        token = self.tokens.pop(0)
        if expected and token != expected:
            raise AssertionError(f"expected {expected} in a shape, not {token} before {' '.join(self.tokens[:8])}")
        return token

    def shape(self):
        of = [self.one()]
        while self.peek() == "|":
            self.take()
            of.append(self.one())
        return Either(of)

    def one(self):
        if self.peek() == "{":
            return self.object()
        if self.peek() != "[":
            return self.take()
        self.take("[")
        of = [self.shape()]
        while self.peek() == ",":
            self.take()
            of.append(self.shape())
        self.take("]")
        return Several(of) if len(of) > 1 else Each(list, of[0])

    def object(self):
        self.take("{")
        if not self.peek().startswith('"'):
            self.take()
            self.take(":")
            each = Each(dict, self.shape())
            self.take("}")
            return each
        members, is_open = {}, False
        while True:
            token = self.take()
            if token == "...":
                is_open = True
            else:
                self.take(":")
                members[token.strip('?"')] = (self.shape(), not token.endswith("?"))
            if self.take() == "}":
                return Members(members, is_open)

    def all(self, shapes):
        """The shapes without a name; those that have one go into shapes."""
        found = []
        while self.tokens:
            name = self.take() if self.peek(1) == "=" else None
            if name:
                self.take("=")
            shape = self.shape()
            if self.peek() == "with":
                self.take()
                own, more = shapes[shape.of[0]].of[0], self.object()
                shape = Either([Members({**own.members, **more.members}, own.is_open)])
            if name:
                shapes[name] = shape
            else:
                found.append(shape)
        return found


class Promised:
    """What a page says: {verb: [shape, ...]}, and shapes by name."""

    def __init__(self, source):
        self.shapes, self.of = {}, {}
        for item in source.split("\n.It ")[1:]:
            heading, _, text = item.partition("\n")
            displays = "\n".join(re.findall(r"^\.Bd -literal -compact\n(.*?)^\.Ed$", text, re.M | re.S))
            shapes = Parser(displays).all(self.shapes)
            for verb in [heading] if " " in heading and not heading.startswith("Ic ") else heading.removeprefix("Ic ").split(" , "):
                self.of[verb] = shapes

    def problem(self, verb, document):
        """Why no shape fits, None: one does, whose members have been seen."""
        problems = []
        for shape in self.of[verb]:
            problem = shape.problem(document, self.shapes, verb)
            if problem is None:
                return None
            problems.append(problem)
        return "\n or ".join(problems)

    def unseen(self):
        """Every member that has been promised and in no document."""
        for verb, shapes in self.of.items():
            for number, shape in enumerate(shapes):
                yield from shape.unseen(f"{verb} {number + 1}")
        for name, shape in self.shapes.items():
            yield from shape.unseen(name)
