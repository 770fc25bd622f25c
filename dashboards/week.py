"""The hours of a week, as the report `hours` tells them: in rows, in sums, the quietest ones."""

from __future__ import annotations

from dataclasses import replace

from dashboards.report import Column, Report
from dashboards.texts import Language, say

QUIET_HOURS = 3


def by_hour(language: Language, hours: Report, metric: str) -> Report:
    """Return the hours of the week as rows with one value each, the fullest first."""
    weekdays = say(language, "numbers.weekdays").split()
    rows = [
        row
        | {
            "when": f"{row['weekday']}-{row['hour']}",
            "when_name": f"{weekdays[int(row['weekday']) - 1]}, {int(row['hour']):02d}:00",
        }
        for row in sorted(hours.rows, key=lambda row: -(row.get(metric) or 0))
    ]
    return replace(hours, columns=(Column("when", "dimension"), *hours.metrics), rows=tuple(rows))


def by_part(hours: Report, part: str, metric: str) -> dict[int, float]:
    """Return a metric summed by `weekday` or `hour`, those without any included."""
    found = dict.fromkeys(range(24) if part == "hour" else range(1, 8), 0.0)
    for row in hours.rows:
        found[int(row[part])] += row.get(metric) or 0
    return found


def quietest(by_hour: dict[int, float]) -> int | None:
    """Return where the three quietest hours in a row begin; None where all are alike."""
    sums = {
        begin: sum(by_hour[(begin + next_) % 24] for next_ in range(QUIET_HOURS))
        for begin in by_hour
    }
    least = min(sums.values())
    if least == max(sums.values()):
        return None
    # Of a whole night without anybody, the middle.
    alike = [begin for begin in sums if sums[begin] == least]
    runs: list[list[int]] = []
    for begin in alike:
        if runs and begin == runs[-1][-1] + 1:
            runs[-1].append(begin)
        else:
            runs.append([begin])
    if len(runs) > 1 and runs[0][0] == 0 and runs[-1][-1] == 23:
        runs[0] = runs.pop() + runs[0]
    longest = max(runs, key=len)
    return longest[len(longest) // 2]
