"""tenon targets: what there is, as a table and as JSON."""

import json

import pytest

from command import MODELS, WRONG_USE, fail, succeed


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


def test_variants(tenon):
    """One of what is listed is chosen, and what the table says of a variant is in the JSON."""
    found = json.loads(succeed(tenon, "targets", "--json", "-").stdout)["targets"]
    several = [target for target in found if target["variants"]]
    if not several:
        pytest.skip("no target of this tree has variants")
    for target in several:
        keys = ["name", "from", "chosen", "runs_here", "why_not"]
        assert all(list(variant) == keys for variant in target["variants"])
        assert all(variant["runs_here"] == (variant["why_not"] is None) for variant in target["variants"])
        chosen = [variant for variant in target["variants"] if variant["chosen"]]
        assert len(chosen) <= 1 and (target["runs_here"] or target["why_not"])
        assert not target["runs_here"] or chosen[0]["runs_here"]


def test_a_variant_that_there_is_not(tenon):
    found = json.loads(succeed(tenon, "targets", "--json", "-").stdout)["targets"]
    for target in [target for target in found if target["variants"]][:1]:
        names = [variant["name"].partition("/")[2] for variant in target["variants"]]
        fail(tenon, WRONG_USE, "run", MODELS / "fully_connected_batch7.tflite", "--target", target["name"] + "/none",
             said=[f"the target {target['name']} has no variant 'none'", ", ".join(names)])
