"""Random small graphs on the reference and as native code: a fixed slice of seeds for each variant. By hand:
build/tests/programs/native_graphs targets/cpu/VARIANT.yaml --codegen build/bin/tenon-codegen --random 5000 --seed 1"""

import pytest

GRAPHS = 150


@pytest.mark.slow
def test_graphs_are_computed_as_the_reference_does(graphs, tmp_path, any_variant):
    done = graphs(any_variant, "--random", GRAPHS, "--seed", 20000, "--save", tmp_path / "failing.mlir")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{GRAPHS} graphs" in done.stdout
