"""What tests of the report's page and trace share: the data that a page carries, and what a trace's events are."""

import json
import re


def data_of(page):
    """The JSON in the page that its script draws."""
    text = page.read_text()
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    return json.loads(found)


def slices_of(trace):
    """Begin and end of every slice, by the name of its track."""
    events = json.loads(trace.read_text())["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    tracks = {name: [] for name in names.values()}
    for event in events:
        if event["ph"] == "X":
            tracks[names[event["tid"]]].append((event["ts"], event["ts"] + event["dur"], event["name"]))
    return tracks


def assert_no_overlap(tracks):
    for name, slices in tracks.items():
        for first, second in zip(slices, slices[1:]):
            assert first[1] <= second[0] + 1e-6, f"{name}: {first} and {second} overlap"
