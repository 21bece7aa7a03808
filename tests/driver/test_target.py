"""tenon target: lint, show, doc and schema."""

import json
import re

import pytest
from command import DONE, WRONG_INPUT, WRONG_USE, check_error, fail, run, succeed

GOOD = """tenon: 1
target: small
parameters: {N: 4}
memories: {m: {kind: global, bytes: 64 KiB}}
intrinsics:
  copy:
    doc: Copies.
    sizes: {e: 1..N}
    operands:
      a: {type: "i8[e]", memory: m}
      b: {type: "i8[e]", memory: m, access: write}
    semantics: b[e] = a[e]
    asm: copy b, a
    timing: {latency: 1}
"""


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "target.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def wrong(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(GOOD.replace("kind: global", "kind: globl").replace("1..N", "1..M"))
    return path


def chips(repository):
    """Descriptions by name; those of a list of variants instead of the list."""
    found = {path.stem: path for path in (repository / "tests" / "isa" / "chips").glob("*.yaml")}
    for path in (repository / "targets").glob("*/target.yaml"):
        if re.search("^variants:", path.read_text(), re.MULTILINE):
            found |= {other.stem: other for other in path.parent.glob("*.yaml") if other != path}
        else:
            found[path.parent.name] = path
    return found


VARIANTS = "tenon: 1\ntarget: chip\nvariants: {small: small.yaml, large: large.yaml}\n"


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "small.yaml").write_text(GOOD)
    (tmp_path / "large.yaml").write_text("tenon: 1\ntarget: large\nextends: small.yaml\nparameters: {N: 8}\n")
    path = tmp_path / "target.yaml"
    path.write_text(VARIANTS)
    return path


def test_lint_of_variants(tenon, listed):
    lines = succeed(tenon, "target", "lint", listed).stdout.splitlines()
    assert lines == [f"{listed.parent}/{name}: no mistakes, 0 lints" for name in ("small.yaml", "large.yaml")] + [
        f"{listed}: no mistakes, 2 variants"]
    found = json.loads(succeed(tenon, "target", "lint", listed, "--json", "-").stdout)
    assert found["target"] == "chip" and [each["target"] for each in found["variants"]] == ["small", "large"]


def test_a_mistake_in_a_base_is_told_there(tenon, listed):
    base = listed.parent / "small.yaml"
    base.write_text(GOOD.replace("kind: global", "kind: globl"))
    done = run(tenon, "target", "lint", listed.parent / "large.yaml")
    assert done.returncode == WRONG_INPUT
    assert done.stderr.splitlines() == [
        f"error: {base}:4:22: 'kind' of memory 'm' is 'globl'; did you mean 'global'?",
        "  " + base.read_text().splitlines()[3],
        "  " + " " * 21 + "^"]


def test_a_list_of_variants_shows_no_machine(tenon, listed):
    done = run(tenon, "target", "show", listed)
    assert done.returncode == WRONG_INPUT and "give the file of a variant: small.yaml, large.yaml\n" in done.stderr


def test_what_a_description_extends_is_in_what_it_shows(tenon, listed):
    text = succeed(tenon, "target", "show", listed.parent / "large.yaml").stdout
    assert text.startswith("large\n  N = 8\n") and "copy: Copies.\n" in text


def test_no_mistakes(tenon, good):
    assert succeed(tenon, "target", "lint", good).stdout == f"{good}: no mistakes, 0 lints\n"


def test_mistakes_with_their_lines(tenon, wrong):
    done = run(tenon, "target", "lint", wrong)
    assert done.returncode == WRONG_INPUT and done.stdout == ""
    assert done.stderr.splitlines() == [
        f"error: {wrong}:4:22: 'kind' of memory 'm' is 'globl'; did you mean 'global'?",
        "  memories: {m: {kind: globl, bytes: 64 KiB}}",
        "                       ^",
        f"error: {wrong}:8:19: 'M' is not known in a number; known: N",
        "      sizes: {e: 1..M}",
        "                    ^",
    ]


def test_mistakes_as_json(tenon, wrong):
    found = json.loads(run(tenon, "target", "lint", wrong, "--json", "-").stdout)
    errors = check_error(found, WRONG_INPUT)
    assert [(error["line"], error["column"]) for error in errors] == [(4, 22), (8, 19)]
    assert errors[0]["repair"] == "did you mean 'global'?"


def test_lints(tenon, good):
    good.write_text(GOOD.replace("parameters: {N: 4}", "parameters: {N: 4, UNUSED: 1}"))
    done = succeed(tenon, "target", "lint", good)
    assert f"lint: {good}:3:20: nothing uses parameter 'UNUSED'; remove it" in done.stdout
    assert done.stdout.endswith("no mistakes, 1 lint\n")
    lints = json.loads(succeed(tenon, "target", "lint", good, "--json", "-").stdout)
    assert lints["schema"] == "tenon.lint/1" and lints["target"] == "small" and len(lints["hash"]) == 64
    assert [(lint["line"], lint["column"]) for lint in lints["lints"]] == [(3, 20)]


def test_bytes_that_are_no_text(tenon, good):
    good.write_bytes(GOOD.encode().replace(b"Copies", b"\xff\x1b[31m"))
    fail(tenon, WRONG_INPUT, "target", "lint", good, said=(":7:10:", "not UTF-8"))


def test_show(tenon, good):
    lines = succeed(tenon, "target", "show", good).stdout.splitlines()
    assert lines[0] == "small" and "  N = 4" in lines and "copy: Copies." in lines
    assert "  size e 1..4" in lines and "  read a: i8[e] in m" in lines and "  b[e] = a[e]" in lines


def test_show_has_what_the_host_sees(tenon, good):
    good.write_text(GOOD + """host:
  registers:
    status: {offset: 0x00c, access: read, busy: 0, code: 15..8 of error}
    cycles: {offset: 0x100, access: read_write, count: 16}
  codes: {error: [none, bus]}
""")
    text = re.sub(" +", " ", succeed(tenon, "target", "show", good).stdout)
    assert "status 0x00c 1 read busy 0..0, code 15..8 of error\n" in text
    assert "cycles 0x100 16 read_write" in text and "error 0 none, 1 bus\n" in text


def test_show_with_another_parameter(tenon, good):
    assert "  size e 1..9" in succeed(tenon, "target", "show", good, "--parameter", "N=9").stdout.splitlines()


def test_show_as_json(tenon, good):
    found = json.loads(succeed(tenon, "target", "show", good, "--json", "-").stdout)
    assert found["schema"] == "tenon.description/1" and found["parameters"] == {"N": 4}
    assert found["intrinsics"][0]["sizes"] == {"e": [1, 4]}


@pytest.mark.parametrize("parameter, said", [("N", "NAME=INTEGER"), ("N=x", "NAME=INTEGER"), ("NN=1", "no parameter 'NN'")])
def test_wrong_parameters(tenon, good, parameter, said):
    fail(tenon, WRONG_USE, "target", "show", good, "--parameter", parameter, said=(said,))


def test_a_parameter_twice(tenon, good):
    fail(tenon, WRONG_USE, "target", "show", good, "--parameter", "N=1", "--parameter", "N=2", said=("twice",))


def test_no_such_file(tenon, tmp_path):
    fail(tenon, WRONG_USE, "target", "lint", tmp_path / "none.yaml", said=("none.yaml",))


def test_every_chip_of_the_tests_shows_itself(tenon, repository):
    for name, chip in chips(repository).items():
        done = run(tenon, "target", "show", chip)
        assert done.returncode == DONE and done.stdout.startswith(name + ":"), done.stderr


def test_doc_is_markdown_with_every_key(tenon):
    text = succeed(tenon, "target", "doc").stdout
    assert text.startswith("# The description language\n")
    sections = set(re.findall(r"^## (.*)$", text, re.MULTILINE))
    links = {(name, anchor) for name, anchor in re.findall(r"\[([^\]]*)\]\(#([^)]*)\)", text)}
    assert links and all(name in sections and name.replace(" ", "-") == anchor for name, anchor in links)


def conforms(value, schema, root):
    """The part of JSON Schema that the schema uses."""
    if "$ref" in schema:
        return conforms(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "const" in schema:
        return value == schema["const"]
    if "enum" in schema:
        return value in schema["enum"]
    if "anyOf" in schema and not any(conforms(value, choice, root) for choice in schema["anyOf"]):
        return False
    if "type" not in schema:
        return all(name in value for name in schema.get("required", []))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    types = {"string": str, "integer": int, "array": list, "object": dict}
    if not any(isinstance(value, types[kind]) for kind in kinds):
        return False
    if isinstance(value, list):
        return all(conforms(item, schema["items"], root) for item in value)
    if not isinstance(value, dict):
        return True
    if any(name not in value for name in schema.get("required", [])):
        return False
    return all(conforms(item, schema_of(name, schema), root) for name, item in value.items() if schema_of(name, schema)) and all(
        schema_of(name, schema) for name in value
    )


def schema_of(name, schema):
    """The schema of a key; None where there may be no such key."""
    if name in schema.get("properties", {}):
        return schema["properties"][name]
    for pattern, found in schema.get("patternProperties", {}).items():
        if re.search(pattern, name):
            return found
    return schema["additionalProperties"] or None


EVERYTHING = {
    "tenon": 1,
    "target": "json",
    "doc": "JSON is YAML too.",
    "parameters": {"DIM": 16},
    "memories": {
        "dram": {"kind": "global", "bytes": "1 MiB", "align": 16},
        "spad": {"kind": "scratchpad", "bytes": "64 KiB", "row": ["DIM", "i8"], "banks": 4},
    },
    "queues": {"load": {"depth": 4}, "store": {}},
    "sync": {"order": {"kind": "interlock", "between": ["load", "store"]}},
    "words": {
        "set": {"bits": 64, "op": "7..0 = 1", "slot": "15..8", "stride": "63..32"},
        "move": {"bits": 128, "op": "7..0 = 2", "slot": "15..8", "src": "63..32", "dst": "95..64", "r": "111..96"},
    },
    "registers": {"ld[3]": {"stride": "u32 = 0"}},
    "intrinsics": {
        "set": {"queue": "load", "sets": "ld[s]", "command": {"word": "set", "slot": "s", "stride": "stride"}},
        "move": {
            "for": {"copy": {"plain": "src[r, c]"}},
            "queue": "load",
            "sizes": {"r": [1, 2, 4], "c": 16},
            "operands": {
                "src": {"type": "i8[r, c]", "memory": "dram", "stride": {"r": "any by 16"}},
                "dst": {"type": "i8[r, c]", "memory": ["spad"], "access": "write", "outside": 0},
            },
            "semantics": ["dst[r, c] = {copy.code}"],
            "needs": {"ld[s].stride": "src.stride.r"},
            "where": "r < 4 or dst.bank == 0",
            "command": {"word": "move", "slot": "s", "src": "src.addr", "dst": "dst.addr", "r": "r"},
            "timing": {"latency": 40, "busy": {"load": "r", "spad.write": "max(r, 2)"}},
        },
    },
}


def test_schema_and_loader_take_the_same(tenon, tmp_path):
    schema = json.loads(succeed(tenon, "target", "schema").stdout)
    assert conforms(EVERYTHING, schema, schema)
    path = tmp_path / "target.json"
    path.write_text(json.dumps(EVERYTHING))
    succeed(tenon, "target", "lint", path)


@pytest.mark.parametrize("change", [
    {"memoris": {}},
    {"tenon": 2},
    {"queues": {"load": {"depth": [1]}}},
    {"memories": {"dram": {"kind": "globl", "bytes": 1}}},
    {"memories": {"dram": {"bytes": 1}}},
    {"parameters": {"8X": 1}},
    {"registers": {"ld": {"stride": {}}}},
    {"numerics": "x"},
])
def test_schema_and_loader_refuse_the_same(tenon, tmp_path, change):
    schema = json.loads(succeed(tenon, "target", "schema").stdout)
    value = EVERYTHING | change
    assert not conforms(value, schema, schema)
    path = tmp_path / "target.json"
    path.write_text(json.dumps(value))
    assert run(tenon, "target", "lint", path).returncode == WRONG_INPUT
