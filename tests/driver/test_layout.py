"""--layout: tensors that lie otherwise inside are the model's for everybody outside."""

import numpy
import pytest

from command import WRONG_USE, fail, files_in, succeed
from test_explain import CHIP, DIGITS, explained

LAYOUTS = ["model", "channels-innermost", "cheaper"]


def test_the_cheaper_layout_is_taken_and_both_are_told(tenon):
    """A model of ONNX has its channels outermost, the array wants them innermost."""
    found = explained(tenon, DIGITS)
    layout = found["layout"]
    assert layout["chosen"] == "channels-innermost" and layout["tensors"] > 5 and layout["transpositions"] == []
    as_model, laid_out = (sum(layout[key].values()) for key in ("cost_as_in_the_model", "cost_channels_innermost"))
    assert laid_out < as_model
    text = succeed(tenon, "explain", DIGITS, "--target", CHIP).stdout
    assert "layout: channels innermost" in text and "(dimensions 0, 2, 3, 1 of the model's tensor)" in text
    kept = explained(tenon, DIGITS, "--layout", "model")
    assert kept["layout"] is None and kept["ops"] != found["ops"]
    forced = explained(tenon, DIGITS, "--layout", "channels-innermost")
    assert forced["ops"] == found["ops"] and forced["layout"]["cost_as_in_the_model"] is None
    fail(tenon, WRONG_USE, "explain", DIGITS, "--target", CHIP, "--layout", "sideways", said=["--layout"])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("target", [CHIP, "cpu"], ids=["chip", "cpu"])
def test_dumped_tensors_are_the_models(tenon, tmp_path, target, layout):
    succeed(tenon, "run", DIGITS, "--target", "reference", "--dump-tensors", tmp_path / "want", "--quiet")
    succeed(tenon, "run", DIGITS, "--target", target, "--layout", layout, "--dump-tensors", tmp_path / "got", "--quiet")
    names = files_in(tmp_path / "want")
    assert files_in(tmp_path / "got") == names and len(names) > 8
    for name in names:
        if name.endswith(".npy"):
            want, got = (numpy.load(tmp_path / folder / name) for folder in ("want", "got"))
            assert got.shape == want.shape and numpy.array_equal(got, want), name


def test_a_module_that_was_saved_laid_out_runs(tenon, tmp_path):
    saved = tmp_path / "saved.mlir"
    succeed(tenon, "inspect", DIGITS, "--optimised", "--layout", "channels-innermost", "--save-ir", saved)
    assert "tenon.layout = array<i64: 0, 2, 3, 1>" in saved.read_text()
    for target in (CHIP, "cpu"):
        succeed(tenon, "run", saved, "--target", target, "--quiet")
