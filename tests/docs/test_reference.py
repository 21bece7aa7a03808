"""docs/reference is what the tools print of themselves, and every JSON file that they write is as its schema says."""

import copy
import json
import pathlib

import json_outputs
import jsonschema
import pytest
import reference
import reference_json

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = {number: schema for number, (_, schema) in reference_json.schemas(reference.SCHEMAS).items()}


@pytest.fixture(name="written", scope="module")
def pages_written_now(build_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    return folder, reference.write(build_folder / "bin", folder)


def test_pages_are_current(written):
    folder, names = written
    stale = [name for name in names
             if not (committed := REPOSITORY / "docs" / "reference" / name).is_file()
             or committed.read_text() != (folder / name).read_text()]
    assert not stale, "ninja -C build docs writes them again"


def test_no_page_is_left_over(written):
    committed = {path.name for path in (REPOSITORY / "docs" / "reference").glob("*.md")}
    assert committed == {name for name in written[1] if name.endswith(".md")}


def test_every_registered_pass_is_there(build_folder):
    names = [name for name, _ in reference.registered_passes(build_folder / "bin")]
    page = (REPOSITORY / "docs" / "reference" / "passes.md").read_text()
    assert {"tenon-print-nests", "tenon-fold-constants", "canonicalize"} <= set(names)
    for name in names:
        assert f"| `--{name}` |" in page
        if name in (REPOSITORY / "core" / "graph" / "Passes.td").read_text():
            assert f"### `-{name}`" in page


@pytest.fixture(name="outputs", scope="module")
def every_json_file(build_folder, tmp_path_factory):
    return json_outputs.write_all(build_folder, tmp_path_factory.mktemp("outputs"))


@pytest.mark.parametrize("number", sorted(SCHEMAS))
def test_files_are_as_their_schema_says(outputs, number):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[number])
    validator = jsonschema.Draft202012Validator(SCHEMAS[number])
    assert outputs.get(number), f"json_outputs.py makes no {number}"
    for path in outputs[number]:
        wrong = [f"{path.name}: {'.'.join(map(str, one.absolute_path))}: {one.message[:300]}"
                 for one in validator.iter_errors(json.loads(path.read_text()))]
        assert not wrong, "\n".join(wrong[:10])


@pytest.mark.parametrize("number", sorted(SCHEMAS))
def test_a_schema_refuses_what_it_does_not_say(outputs, number):
    validator = jsonschema.Draft202012Validator(SCHEMAS[number])
    good = json.loads(outputs[number][0].read_text())
    for key in SCHEMAS[number]["required"]:
        less = copy.deepcopy(good)
        del less[key]
        assert not validator.is_valid(less), f"{number} without {key}"
    assert not validator.is_valid({**good, "more": 1})
    assert not validator.is_valid({**good, "schema": "tenon.other/1"})


def test_every_schema_that_a_tool_writes_has_a_file(outputs):
    assert set(outputs) == set(SCHEMAS)
