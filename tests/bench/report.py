"""What a benchmark says: rows of medians and ranges of several subjects beside each other, as a table, JSON and a plot."""
import json
import shutil
import statistics
import subprocess
from dataclasses import asdict, dataclass, field


@dataclass
class Row:
    """One thing that was measured. subjects: {who: [a value a round]}; camd's own is "camd".

    limit: the subject that does the same work with nothing else; reach: camd's median is to be at most so many times the
    limit's (None: there is no goal). beyond: reach is meant for camd's median itself, in the row's unit. paired: camd's values and
    the limit's were measured side by side, one by one, so that what slowed the machine down is in both of a pair: the ratio is
    the median of the pairs' ratios, not the ratio of two medians that may be of different moments."""
    part: str
    what: str
    unit: str
    subjects: dict
    limit: str = None
    reach: float = None
    beyond: bool = False
    paired: bool = False
    notes: list = field(default_factory=list)

    def medians(self):
        return {who: statistics.median(values) for who, values in self.subjects.items() if values}

    def ratios(self):
        """camd's values by those of the limit: one for each pair, else the medians' only; none where either was not measured."""
        if self.paired:
            return [ours / least for ours, least in zip(self.subjects["camd"], self.subjects[self.limit])]
        medians = self.medians()
        return [medians["camd"] / medians[self.limit]] if "camd" in medians and medians.get(self.limit) else []

    def ratio(self):
        """How many times the limit's camd's are, or None."""
        return statistics.median(self.ratios()) if self.ratios() else None

    def verdict(self):
        """"reached", "missed", or "" where there is no goal or it was not measured."""
        value = self.medians().get("camd") if self.beyond else self.ratio()
        if self.reach is None or value is None:
            return ""
        return "reached" if value <= self.reach else "missed"


def number(value, finer=0):
    """finer: digits more than are of use for most things."""
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits + finer}f}"


def one(values, finer=0):
    """Median and range of a subject."""
    if not values:
        return "-"
    median = number(statistics.median(values), finer)
    return median if len(values) == 1 else f"{median} ({number(min(values), finer)}..{number(max(values), finer)})"


def times(row):
    """How many times the limit's; of pairs, which are closer to the truth than two medians, with their range."""
    return one(row.ratios(), finer=1) if row.paired else number(row.ratio())


def goal(row):
    if row.reach is None:
        return ""
    if row.beyond:
        return f"at most {number(row.reach)} {row.unit}"
    return f"at most {number(row.reach)} times {row.limit}"


def text(rows):
    """The rows for a terminal."""
    lines, part = [], None
    for row in rows:
        if row.part != part:
            lines += ["", row.part]
            part = row.part
        ratio = row.ratio()
        head = f"  {row.what} [{row.unit}]"
        if ratio is not None:
            head += f": {times(row)} times {row.limit}"
        if row.reach is not None:
            head += f" ({goal(row)}: {row.verdict() or 'not measured'})"
        lines.append(head)
        lines.append("    " + ", ".join(f"{who} {one(values)}" for who, values in row.subjects.items()))
        lines += [f"    {note}" for note in row.notes]
    return "\n".join(lines[1:]) + "\n"


def table_row(*cells):
    """A row of a table in Markdown: what has a pipe in it keeps it."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def markdown(rows):
    """The rows for RESULTS.md."""
    lines, part = [], None
    for row in rows:
        if row.part != part:
            lines += ["", f"## {row.part}", "", "| what | camd | beside it | ratio | goal |", "|---|---|---|---|---|"]
            part = row.part
        others = ", ".join(f"{who} {one(values)}" for who, values in row.subjects.items() if who != "camd")
        ratio = row.ratio()
        shown = "" if ratio is None else f"{times(row)} x {row.limit}"
        verdict = row.verdict()
        wish = f"{goal(row)}: **{verdict}**" if verdict else goal(row)
        lines.append(table_row(f"{'; '.join([row.what, *row.notes])} [{row.unit}]", one(row.subjects.get("camd", [])), others, shown, wish))
    return "\n".join(lines[1:]) + "\n"


def write_json(path, machine, rows):
    document = {"machine": machine, "rows": [dict(asdict(row), medians=row.medians(), ratio=row.ratio(), verdict=row.verdict())
                                             for row in rows]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def plot(path, rows):
    """A PNG of camd's ratio to the limit, row by row. Returns whether gnuplot was there to draw it."""
    drawn = [row for row in rows if row.ratio() is not None]
    if not shutil.which("gnuplot") or not drawn:
        return False
    clean = str.maketrans('"\\_', "' -")
    data = "\n".join(f'{at} {row.ratio():.4f} {row.reach if row.reach and not row.beyond else 0} "{f"{row.part}: {row.what}".translate(clean)}"'
                     for at, row in enumerate(reversed(drawn)))
    script = f"""set terminal pngcairo size 1100,{80 + 24 * len(drawn)} font "Sans,10"
set output "{path}"
set title "times the least that does the same work; red: the goal"
set logscale x
set grid x
set yrange [-1:{len(drawn)}]
set xrange [0.05:*]
unset key
set style fill solid 0.6
$rows << END
{data}
END
plot $rows using 2:0:(0.05):2:($0-0.35):($0+0.35):ytic(4) with boxxyerror lc rgb "#4477aa", \\
     $rows using ($3 > 0 ? $3 : 1/0):0:($0-0.45):($0+0.45) with yerrorbars pt 0 lw 2 lc rgb "#cc3311"
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return True
