"""tenon-run on a good bundle: what it computes, reads, writes and says; and that it is as small as it claims."""

import json
import re
import shutil
import subprocess

import numpy
import pytest
from native_case import COUNT, SUM, WEIGHTS, expected


def check_outputs(folder, extension=".npy"):
    r, n = expected()
    if extension == ".npy":
        found, count = numpy.load(folder / "output_0.npy"), numpy.load(folder / "output_1.npy")
    else:
        found = numpy.frombuffer((folder / "output_0.bin").read_bytes(), "<f4").reshape(10, 100)
        count = numpy.frombuffer((folder / "output_1.bin").read_bytes(), "i1").reshape(())
    assert found.dtype == numpy.dtype("<f4") and numpy.array_equal(found, r)
    assert count.shape == () and count == n


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results(tenon_run, bundle, inputs, tmp_path, threads):
    done = tenon_run(bundle, "--input", inputs[0], "--input", inputs[1], "--output-dir", tmp_path / "out",
                     "--threads", threads, "--repeat", 20)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"test for chip/plain: 20 runs, {threads} thread")
    check_outputs(tmp_path / "out")
    listed = json.loads((tmp_path / "out" / "outputs.json").read_text())
    assert listed == {"schema": "tenon.outputs/1", "outputs": [
        {"name": "r", "type": "f32", "shape": [10, 100], "file": "output_0.npy"},
        {"name": "n", "type": "i8", "shape": [], "file": "output_1.npy"}]}


def test_names_and_raw_files(tenon_run, bundle, tmp_path):
    (tmp_path / "a.bin").write_bytes(SUM.tobytes())
    (tmp_path / "b.bin").write_bytes(COUNT.tobytes())
    done = tenon_run(bundle, "--input", f"b */ \"odd\"={tmp_path / 'b.bin'}", "--input", f"a=1={tmp_path / 'a.bin'}",
                     "--output-dir", tmp_path / "out", "--raw", "--output", f"n={tmp_path / 'n.npy'}", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    check_outputs(tmp_path / "out", ".bin")
    assert numpy.load(tmp_path / "n.npy") == 4


def test_tensors_are_dumped(tenon_run, bundle, inputs, tmp_path):
    done = tenon_run(bundle, "--input", inputs[0], "--input", inputs[1], "--dump-tensors", tmp_path / "t")
    assert done.returncode == 0, done.stderr
    assert numpy.array_equal(numpy.load(tmp_path / "t" / "t0.npy"), SUM + WEIGHTS)
    assert json.loads((tmp_path / "t" / "tensors.json").read_text())["tensors"] == [
        {"name": "sum", "type": "f32", "shape": [10, 100], "file": "t0.npy"}]


def test_json_report(tenon_run, bundle):
    done = tenon_run(bundle, "--json", "-", "--layers", "--repeat", 4)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["schema"] == "tenon.native-run/1" and report["target"] == "chip/plain" and report["device"] is None
    assert 0 < report["seconds"]["minimum"] <= report["seconds"]["median"]
    assert [layer["name"] for layer in report["layers"]] == ["add #0", "exp #1"]
    assert all(layer["seconds"] > 0 for layer in report["layers"])


def test_the_time_of_every_kernel(tenon_run, bundle):
    report = json.loads(tenon_run(bundle, "--json", "-", "--layers", "--kernels").stdout)
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert [(one["kernel"], one["layer"]) for one in report["launches"]] == [
        (one["kernel"], one["layer"]) for one in manifest["launches"]]
    for number, layer in enumerate(report["layers"]):
        own = [one["seconds"] for one in report["launches"] if one["layer"] == number]
        assert own and layer["seconds"] == pytest.approx(sum(own))
    done = tenon_run(bundle, "--kernels")
    assert all(one["kernel"] in done.stdout for one in report["launches"])
    assert "add #0" not in done.stdout, "layers were not asked for"


def test_kernels_are_timed_only_where_that_is_asked_for(tenon_run, bundle):
    report = json.loads(tenon_run(bundle, "--json", "-").stdout)
    assert report["launches"] is None and all(layer["seconds"] is None for layer in report["layers"])


def test_no_inputs_are_zeros_and_that_is_said(tenon_run, bundle, tmp_path):
    done = tenon_run(bundle, "--output", f"r={tmp_path / 'r.npy'}")
    assert done.returncode == 0 and "no input was given: all are zero" in done.stdout
    assert numpy.array_equal(numpy.load(tmp_path / "r.npy"), numpy.exp(WEIGHTS.astype("f8")).astype("f4"))


def test_a_value_that_cannot_be_computed(tenon_run, bundle, inputs, tmp_path):
    odd = COUNT.copy()
    odd[0] = 99
    numpy.save(inputs[1], odd)
    for more in ([], ["--layers"]):
        done = tenon_run(bundle, "--input", inputs[0], "--input", inputs[1], "--output-dir", tmp_path / "out", *more)
        assert done.returncode == 5 and "the model has no result: division by zero" in done.stderr
    assert not list((tmp_path / "out").iterdir())


def test_links_nothing_but_the_c_library(build_folder):
    listing = subprocess.run(["ldd", str(build_folder / "bin" / "tenon-run")], capture_output=True, text=True, check=True)
    names = {re.sub(r"\.so.*", "", line.split()[0].rpartition("/")[2]) for line in listing.stdout.splitlines()}
    assert names <= {"linux-vdso", "libc", "libm", "ld-linux-x86-64", "ld-linux-aarch64"}, listing.stdout


def test_functions_of_a_users_library(write_bundle, tenon_run, inputs, tmp_path):
    (tmp_path / "scale.c").write_text("float test_scale(float x) { return 3 * x; }\n")
    library = tmp_path / "libscale.so"
    subprocess.run(["clang-19", "-shared", "-fPIC", "-Wl,-soname,libscale.so.7", str(tmp_path / "scale.c"), "-o",
                    str(library)], check=True)
    done = write_bundle(tmp_path / "b", f"library={library}")
    assert done.returncode == 0, done.stderr
    library.unlink()  # the bundle has its own
    assert (tmp_path / "b" / "libscale.so.7").is_file()
    done = tenon_run(tmp_path / "b", "--input", inputs[0], "--input", inputs[1], "--output", f"r={tmp_path / 'r.npy'}")
    assert done.returncode == 0, done.stderr
    assert numpy.array_equal(numpy.load(tmp_path / "r.npy"), 3 * (SUM + WEIGHTS))


def test_a_symbol_that_nothing_has(write_bundle, tmp_path):
    done = write_bundle(tmp_path / "b", "missing=test_nowhere")
    assert done.returncode == 1 and "test_nowhere" in done.stderr and "the linker refuses" in done.stderr
    assert not (tmp_path / "b").exists()


def test_a_library_that_is_none(write_bundle, tmp_path):
    (tmp_path / "libtext.so").write_text("text")
    done = write_bundle(tmp_path / "b", f"library={tmp_path / 'libtext.so'}")
    assert done.returncode == 1 and "is no shared library" in done.stderr


@pytest.mark.parametrize("compiler", ["clang-19", "cc"])
def test_example(bundle, tmp_path, compiler):
    import emulated

    if not shutil.which(compiler):
        pytest.skip(f"this machine has no {compiler}, which is no package of ours; clang-19 is tried in any case")

    r, n = expected()
    found = emulated.run_example(bundle, [SUM, COUNT], tmp_path / "example", compiler)
    assert numpy.array_equal(found[0], r) and found[1] == n
    done = subprocess.run([str(tmp_path / "example" / "example")], cwd=bundle, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("r f32 [10, 100]: 1 1.0009") and lines[1] == "n i8 []: 0"


def test_example_says_what_is_wrong(bundle, tmp_path):
    import emulated

    program = emulated.build_example(bundle, tmp_path / "example")
    short = tmp_path / "short.bin"
    short.write_bytes(b"12")
    for arguments, code, said in (([short], 2, "1 files are given, the model has 2 inputs"),
                                  ([short, short], 3, "fewer than the 4000 bytes"),
                                  (["nowhere", "nowhere"], 3, "nowhere cannot be opened")):
        done = subprocess.run([*program, *map(str, arguments)], cwd=bundle, capture_output=True, text=True, check=False)
        assert done.returncode == code and said in done.stderr


def test_header_is_cplusplus_too(bundle, tmp_path):
    (tmp_path / "use.cpp").write_text("#include \"test.h\"\nint main() { return test_run(0, 0, 0, 0, 0) == -1; }\n")
    subprocess.run(["clang++-19", "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{bundle}", str(tmp_path / "use.cpp"),
                    "-fsyntax-only"], check=True)


def test_misaligned_memory_is_refused(bundle, tmp_path):
    (tmp_path / "use.c").write_text("#include \"test.h\"\n_Alignas(64) static char memory[TEST_ARENA_BYTES + 64];\n"
                                    "int main(void) { return test_run(memory, memory + 4, 0, 0, 0) == -1 ? 0 : 1; }\n")
    subprocess.run(["clang-19", f"-I{bundle}", str(tmp_path / "use.c"), str(bundle / "model.o"), "-lm", "-o",
                    str(tmp_path / "use")], check=True)
    assert subprocess.run([str(tmp_path / "use")], check=False).returncode == 0


@pytest.mark.parametrize("settings", [[], ["feature=dotprod", "feature=i8mm"]])
def test_aarch64_in_an_emulator(write_bundle, tenon_run, tmp_path, settings):
    import emulated

    done = write_bundle(tmp_path / "b", "triple=aarch64-unknown-linux-gnu", *settings)
    assert done.returncode == 0 and not done.stderr, done.stderr
    r, n = expected()
    found = emulated.run_example(tmp_path / "b", [SUM, COUNT], tmp_path / "example")
    assert numpy.allclose(found[0], r, rtol=1e-6) and found[1] == n
    done = tenon_run(tmp_path / "b")
    assert done.returncode == 4
    assert "the bundle is for aarch64-unknown-linux-gnu, this host is x86_64-linux" in done.stderr
