"""tenon targets: what there is, as a table and as JSON."""

import json

from command import succeed


def test_json(tenon):
    found = json.loads(succeed(tenon, "targets", "--json", "-").stdout)
    assert list(found) == ["schema", "targets"] and found["schema"] == "tenon.targets/3"
    assert all(list(target) == ["name", "from", "engines", "variants", "runs_here", "why_not"] for target in found["targets"])
    assert all(target["runs_here"] == (target["why_not"] is None) for target in found["targets"])


def test_the_reference_always_exists_and_runs(tenon):
    found = {target["name"]: target for target in json.loads(succeed(tenon, "targets", "--json", "-").stdout)["targets"]}
    assert found["reference"]["runs_here"] and found["reference"]["from"] == "built in"


def test_table(tenon, tmp_path):
    done = succeed(tenon, "targets", "--json", tmp_path / "t.json")
    rows = done.stdout.splitlines()
    assert rows[0].split()[0] == "target" and any(row.startswith("reference ") for row in rows[1:])
    found = json.loads((tmp_path / "t.json").read_text())["targets"]
    assert len(rows) - 1 == sum(max(1, len(target["engines"])) + len(target["variants"]) for target in found)


def test_quiet(tenon):
    assert succeed(tenon, "targets", "--quiet").stdout == ""
