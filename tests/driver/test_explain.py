"""tenon explain: which intrinsic takes what, and why not the others."""

import json
import pathlib

import pytest

from command import MODELS, TWO_OUTPUTS, WRONG_USE, fail, succeed

CHIPS = pathlib.Path(__file__).resolve().parent.parent / "isa" / "chips"
CHIP = CHIPS / "ws-array.yaml"
DIGITS = CHIPS.parents[2] / "docs" / "samples" / "digits" / "digits.onnx"
OP_KEYS = ["name", "op", "nodes", "part", "parts", "macs", "chosen", "reason", "candidates"]
CHOSEN_KEYS = ["intrinsic", "intrinsics", "mapping", "adapters", "cost_cycles", "unit", "useful"]
CANDIDATE_KEYS = ["intrinsic", "legal", "reason", "repair", "cost_cycles"]


def explained(tenon, model, *arguments):
    return json.loads(succeed(tenon, "explain", model, "--target", CHIP, "--json", "-", *arguments).stdout)


@pytest.mark.parametrize("model", ["fully_connected_batch7", "conv_stride3_valid", "softmax_10_usual", "graph_two_outputs"])
def test_json_schema(tenon, model):
    found = explained(tenon, MODELS / f"{model}.tflite")
    assert list(found) == ["schema", "model", "target", "layout", "ops"] and found["layout"] is None
    assert found["schema"] == "tenon.explain/1" and found["ops"]
    for op in found["ops"]:
        assert list(op) == OP_KEYS and op["part"] < op["parts"]
        assert (op["chosen"] is None) == (op["reason"] is not None)
        assert op["candidates"] and all(list(candidate) == CANDIDATE_KEYS for candidate in op["candidates"])
        for candidate in op["candidates"]:
            assert candidate["legal"] or candidate["reason"], candidate
        if op["chosen"]:
            assert list(op["chosen"]) == CHOSEN_KEYS
            assert op["chosen"]["cost_cycles"] > 0 and 0 < op["chosen"]["useful"] <= 1
            legal = {candidate["intrinsic"] for candidate in op["candidates"] if candidate["legal"]}
            assert set(op["chosen"]["intrinsics"]) <= legal


def test_a_matrix_product(tenon):
    (op,) = explained(tenon, MODELS / "fully_connected_batch7.tflite")["ops"]
    assert op["op"] == "FULLY_CONNECTED" and "requantise" in op["chosen"]["intrinsics"]
    product, rest = op["chosen"]["mapping"]
    loops = product["loops"]
    assert sorted(loop["size"] for loop in loops) == ["k", "m", "n"]
    assert [loop["extent"] for loop in loops] == [7, 5, 13]
    assert [loop["size"] for loop in rest["loops"]] == ["m", "n"]
    assert product["operands"] == {"a": "in1[d0, d2]", "w": "in2[d1, d2]", "c": "out0[d0, d1]"}
    assert all(1 <= loop["tile"] <= loop["extent"] for loop in loops)


def test_why_not(tenon):
    (op,) = explained(tenon, MODELS / "softmax_10_usual.tflite", "--op", "SOFTMAX")["ops"][:1]
    assert op["chosen"] is None
    moves = [c for c in op["candidates"] if c["intrinsic"] == "mvin"]
    assert moves and all("a move" in c["reason"] for c in moves)


def test_text_is_readable(tenon):
    text = succeed(tenon, "explain", TWO_OUTPUTS, "--target", CHIP).stdout
    assert "CONV_2D #0 (tensor3)" in text and "taken by" in text and "declared cycles" in text
    assert "moves: mvin, " in text and "settings: config_ld, " in text
    assert max(map(len, text.splitlines()[1:])) <= 120


NATIVE = pathlib.Path(__file__).resolve().parent.parent / "native" / "chips" / "dot-lanes.yaml"


@pytest.mark.parametrize("model", ["fully_connected_batch7", "conv_stride3_valid", "softmax_10_usual", "graph_two_outputs"])
def test_json_schema_of_native_code(tenon, model):
    arguments = ["explain", MODELS / f"{model}.tflite", "--target", NATIVE, "--json", "-"]
    for op in json.loads(succeed(tenon, *arguments).stdout)["ops"]:
        assert list(op) == OP_KEYS and (op["chosen"] is None) == (op["reason"] is not None)
        assert all(list(candidate) == CANDIDATE_KEYS for candidate in op["candidates"])
        assert all(candidate["legal"] or candidate["reason"] for candidate in op["candidates"])
        if op["chosen"]:
            assert list(op["chosen"]) == CHOSEN_KEYS and 0 < op["chosen"]["useful"] <= 1


def test_native_code_says_how_factors_are_gathered(tenon):
    (op,) = json.loads(
        succeed(tenon, "explain", MODELS / "conv_stride3_valid.tflite", "--target", NATIVE, "--json", "-").stdout
    )["ops"]
    assert op["chosen"]["intrinsic"] == "dot_row"
    (product,) = op["chosen"]["mapping"]
    assert product["operands"]["a"] == "a[m, k]" and product["operands"]["b"] == "b[n, k]"
    gathers = [text for text in op["chosen"]["adapters"] if text.endswith((": gathered", ": laid out when compiling"))]
    assert len(gathers) == 2 and "as u8[m" in gathers[0] and "windows of" in gathers[0] and "as i8[n" in gathers[1]
    text = succeed(tenon, "explain", TWO_OUTPUTS, "--target", NATIVE).stdout
    assert "taken by dot_row" in text and "PORTABLE CODE: " in text
    assert max(map(len, text.splitlines()[1:])) <= 130


def test_one_operator(tenon):
    assert {op["op"] for op in explained(tenon, TWO_OUTPUTS, "--op", "CONV*")["ops"]} == {"CONV_2D"}
    assert len(explained(tenon, TWO_OUTPUTS, "--op", "output0")["ops"]) == 1


def test_a_fused_layer_has_the_names_of_its_nodes(tenon):
    arguments = ["explain", DIGITS, "--target", NATIVE, "--op", "block_sums", "--json", "-"]
    (op,) = json.loads(succeed(tenon, *arguments).stdout)["ops"]
    assert op["name"] == "block_sums + sum_sums"


WRONG = {
    "no_target": (["explain", TWO_OUTPUTS], ["tenon explain needs a described chip"]),
    "reference": (["explain", TWO_OUTPUTS, "--target", "reference"], ["has no description"]),
    "pattern": (["explain", TWO_OUTPUTS, "--target", CHIP, "--op", "NOPE"], ["--op NOPE names no operator"]),
    "no_pattern": (["explain", TWO_OUTPUTS, "--target", CHIP, "--op", "["], ["--op [ is no pattern"]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use(tenon, wrong):
    arguments, said = WRONG[wrong]
    fail(tenon, WRONG_USE, *arguments, said=said)
