"""Chrome's trace event format (JSON object form), as far as our traces use it, held strictly: what a lenient viewer
draws wrongly without a word is a mistake here. The rules are those of the format's description and of Perfetto's
documentation: times are microseconds, slices of one thread nest, metadata names threads before they are used."""

import json
import math

METADATA = {"process_name": ("name", str), "thread_name": ("name", str), "thread_sort_index": ("sort_index", int)}
KEYS = {"M": {"ph", "pid", "tid", "name", "args"},
        "X": {"ph", "pid", "tid", "ts", "dur", "cat", "name", "args"},
        "C": {"ph", "pid", "tid", "ts", "name", "args"}}


def is_time(value):
    """A number of microseconds that is a whole number of nanoseconds, which is what viewers keep."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0 and \
        abs(value * 1000 - round(value * 1000)) < 1e-3 * max(1, value * 1e-9)


def nanoseconds(value):
    return round(value * 1000)


def wrong_event(event):
    kind = event.get("ph")
    if kind not in KEYS:
        return f"the phase is {kind!r}"
    if set(event) != KEYS[kind]:
        return f"keys are {sorted(event)}, they must be {sorted(KEYS[kind])}"
    if not all(isinstance(event[key], int) for key in ("pid", "tid")) or not isinstance(event["args"], dict):
        return "pid and tid are numbers, args is an object"
    if not isinstance(event["name"], str) or not event["name"]:
        return "it has no name"
    if kind == "M":
        key, kept = METADATA.get(event["name"], (None, None))
        known = key and set(event["args"]) == {key} and isinstance(event["args"][key], kept)
        return None if known else "the metadata is unknown"
    if not is_time(event["ts"]) or (kind == "X" and (not is_time(event["dur"]) or event["dur"] <= 0)):
        return f"the time is {event['ts']}, {event.get('dur')}"
    if kind == "C" and not all(isinstance(value, (int, float)) for value in event["args"].values()):
        return "a counter counts numbers"
    return None


def overlaps(slices):
    """Slices of one thread, by begin and the longer first: each lies within the one that is open, or behind it."""
    found, opened = [], []
    for begin, end, name in sorted(slices, key=lambda one: (one[0], -one[1])):
        while opened and opened[-1][1] <= begin:
            opened.pop()
        if opened and end > opened[-1][1]:
            found.append(f"{name} at {begin} ns does not nest in {opened[-1][2]}")
        opened.append((begin, end, name))
    return found


def mistakes(trace):
    """Everything that is wrong with a trace, given as its parsed JSON."""
    if not isinstance(trace, dict) or not isinstance(trace.get("traceEvents"), list):
        return ["there is no list traceEvents"]
    found, named, times, threads = [], set(), [], {}
    if trace.get("displayTimeUnit") not in ("ms", "ns"):
        found.append(f"displayTimeUnit is {trace.get('displayTimeUnit')!r}")
    if "microsecond" not in trace.get("otherData", {}).get("unit", ""):
        found.append("otherData.unit does not say what a microsecond stands for")
    for number, event in enumerate(trace["traceEvents"]):
        if wrong := wrong_event(event):
            found.append(f"event {number}: {wrong}")
            continue
        if event["ph"] == "M":
            if times:
                found.append(f"event {number}: metadata stands behind events")
            if event["name"] == "thread_name":
                if event["tid"] in named:
                    found.append(f"event {number}: a second name of thread {event['tid']}")
                named.add(event["tid"])
            continue
        times.append(event["ts"])
        if event["ph"] == "X":
            if event["tid"] not in named:
                found.append(f"event {number}: thread {event['tid']} has no name")
            begin = nanoseconds(event["ts"])
            threads.setdefault(event["tid"], []).append((begin, begin + nanoseconds(event["dur"]), event["name"]))
    if times != sorted(times):
        found.append("events are not in the order of their times")
    for slices in threads.values():
        found += overlaps(slices)
    return found


def assert_valid(path):
    found = mistakes(json.loads(path.read_text(encoding="utf-8")))
    assert not found, "\n".join(found[:10])
