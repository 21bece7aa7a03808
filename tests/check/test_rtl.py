"""tenon check on the RTL of hw/: a few cases of every command and some sequences, with random timing."""

import json
import subprocess

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("dim", [8, 16])
def test_rtl_does_what_the_description_says(tenon, build_folder, repository, tmp_path, dim):
    if not (build_folder / "lib" / "libtenon-npu-sim-rtl.so").is_file():
        pytest.skip("the model of the RTL is not built")
    target = repository / "targets" / "npu-sim"
    done = subprocess.run(
        [tenon, "check", target, "--engine", "rtl", "--param", f"DIM={dim}", "--cases", "4", "--sequences", "20",
         "--seconds", "60", "--quiet", "--json", tmp_path / "check.json"],
        capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "check.json").read_text())
    assert found["random_timing"] and found["cases"] >= 36
    assert all(entry["cases"] for entry in found["intrinsics"] if "not_checked" not in entry)
