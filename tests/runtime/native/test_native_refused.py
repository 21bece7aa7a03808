"""Bundles and uses that tenon-run refuses: each with its exit code and both sides, and the same in --json."""

import json
import os
import shutil

import numpy
import pytest
from native_case import COUNT, SUM

WRONG_USE, WRONG_INPUT, CANNOT, DEVICE_FAILED, SYSTEM_FAILED = 2, 3, 4, 5, 6


def refused(tenon_run, code, said, *arguments, environment=None):
    done = tenon_run(*arguments, "--json", "-", environment=environment)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stderr}"
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1, done.stderr
    for part in [said] if isinstance(said, str) else said:
        assert part in done.stderr, done.stderr
    report = json.loads(done.stdout)
    assert report["schema"] == "tenon.error/1" and report["exit"] == code and len(report["errors"]) == 1
    assert set(report["errors"][0]) == {"message", "file", "line", "column", "node", "repair"}


def changed(bundle, change):
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_another_version_of_the_manifest(tenon_run, bundle):
    changed(bundle, lambda m: m.update(schema="tenon.native/2", news=1))
    refused(tenon_run, WRONG_INPUT, ["has schema tenon.native/2, this program reads tenon.native/1",
                                     "compile the model again"], bundle)


def test_another_kind_of_bundle(tenon_run, bundle):
    changed(bundle, lambda m: m.update(schema="tenon.bundle/1"))
    refused(tenon_run, WRONG_INPUT, "has schema tenon.bundle/1, this program reads tenon.native/1", bundle)


def test_features_that_the_host_lacks_are_listed(tenon_run, bundle):
    changed(bundle, lambda m: m.update(features=["sse2", "xop", "fma4"]))  # nobody makes the last two any more
    refused(tenon_run, CANNOT, ["needs a processor with sse2, xop, fma4", "this host's lacks xop, fma4"], bundle)


def test_features_that_nobody_knows(tenon_run, bundle):
    changed(bundle, lambda m: m.update(features=["sse2", "mind-reading"]))
    refused(tenon_run, CANNOT, "cannot tell whether this host's has mind-reading", bundle)


def test_another_architecture(tenon_run, bundle):
    changed(bundle, lambda m: m.update(triple="riscv64-unknown-linux-gnu"))
    refused(tenon_run, CANNOT, "the bundle is for riscv64-unknown-linux-gnu, this host is ", bundle)


def test_another_system(tenon_run, bundle):
    changed(bundle, lambda m: m.update(triple=m["triple"].replace("linux-gnu", "windows-msvc")))
    refused(tenon_run, CANNOT, "windows-msvc, this host is ", bundle)


def test_every_file_that_is_missing_cut_or_altered(tenon_run, bundle, tmp_path):
    names = [path.name for path in bundle.iterdir() if path.name != "manifest.json"]
    assert len(names) == 6
    for name in names:
        whole = (bundle / name).read_bytes()
        (bundle / name).unlink()
        refused(tenon_run, WRONG_INPUT, [name, "it is missing"], bundle)
        (bundle / name).write_bytes(whole[:-1])
        refused(tenon_run, WRONG_INPUT, [name, f"has {len(whole) - 1} bytes, the manifest says {len(whole)}"], bundle)
        altered = bytearray(whole)
        altered[len(whole) // 2] ^= 1
        (bundle / name).write_bytes(altered)
        refused(tenon_run, WRONG_INPUT, [name, "has SHA-256 ", ", the manifest says "], bundle)
        (bundle / name).write_bytes(whole)
    assert tenon_run(bundle).returncode == 0


def test_every_cut_of_the_manifest(tenon_run, bundle):
    path = bundle / "manifest.json"
    whole = path.read_text()
    for size in range(0, len(whole) - 2, 101):
        path.write_text(whole[:size])
        refused(tenon_run, WRONG_INPUT, "is not JSON", bundle)
    path.unlink()
    refused(tenon_run, WRONG_INPUT, ["manifest.json", "it is missing"], bundle)


def every_value(json_value, path=()):
    """Paths to all values of the manifest."""
    yield path
    items = json_value.items() if isinstance(json_value, dict) else (
        enumerate(json_value) if isinstance(json_value, list) else [])
    for key, inner in items:
        yield from every_value(inner, (*path, key))


def place(manifest, path):
    for key in path[:-1]:
        manifest = manifest[key]
    return manifest


def test_every_key_is_needed_and_has_its_type(tenon_run, bundle):
    whole = json.loads((bundle / "manifest.json").read_text())
    tried = 0
    for path in every_value(whole):
        if not path:
            continue
        for value in (None, -1, [{}]):
            broken = json.loads(json.dumps(whole))
            holder = place(broken, path)
            if value is None and isinstance(holder, dict):
                del holder[path[-1]]
            else:
                holder[path[-1]] = value
            if value is None and path[0] == "files" and len(path) == 2:
                continue  # a file that is not listed is not the bundle's; those that it needs: below
            (bundle / "manifest.json").write_text(json.dumps(broken))
            done = tenon_run(bundle)
            assert done.returncode in (WRONG_INPUT, CANNOT), f"{path} = {value}: {done.returncode} {done.stderr}"
            tried += 1
    assert tried > 150


def test_keys_twice_and_unknown_keys(tenon_run, bundle):
    path = bundle / "manifest.json"
    whole = path.read_text()
    path.write_text(whole.replace("\"name\": \"test\"", "\"name\": \"test\", \"name\": \"test\"", 1))
    refused(tenon_run, WRONG_INPUT, ["is not JSON", "duplicate"], bundle)
    path.write_text(whole)
    changed(bundle, lambda m: m["launches"][1].update(speed=3))
    refused(tenon_run, WRONG_INPUT, "launches[1] has the key 'speed', which this version does not know", bundle)


@pytest.mark.parametrize("change, said", [
    (lambda m: m["inputs"][0].update(offset=20000), "inputs[0] has 4000 bytes at 20000, the arena has 20480"),
    (lambda m: m["inputs"][0].update(bytes=3999), "inputs[0].bytes is 3999, its shape and type have 4000"),
    (lambda m: m["outputs"][1].update(type="f8"), "outputs[1].type is 'f8', which is no type"),
    (lambda m: m["inputs"][0].update(shape=[2**40, 2**40]), "inputs[0].shape[1]"),
    (lambda m: m["launches"][0].update(layer=2), "launches[0].layer is 2, there are 2 layers"),
    (lambda m: m["launches"][0]["arguments"][1].update(offset=4001), "is 4001, there are 4000 bytes"),
    (lambda m: m["launches"][0]["arguments"][1].update(place="moon"), "it must be arena or weights"),
    (lambda m: m["tensors"][0].update(launches=4), "tensors[0].launches is 4, there are 3"),
    (lambda m: m.update(weightsBytes=4004), "the weights have 4000 bytes, the manifest says 4004"),
    (lambda m: m.update(arenaBytes=2**46 + 1), "arenaBytes must be a whole number from 0 to 70368744177664"),
    (lambda m: m.update(arenaBytes=63), "arenaBytes is 63, it must be at least 64"),
    (lambda m: m["files"].pop("model.so"), "files lacks 'model.so'"),
    (lambda m: m["files"].update({"../x": {"bytes": 0, "sha256": ""}}), "files.../x is no name of a file"),
    (lambda m: m.update(name="other"), "model.so has no symbol other_run"),
    (lambda m: m.update(code="model.o"), "cannot be loaded"),
])
def test_manifests_that_are_wrong_in_themselves(tenon_run, bundle, change, said):
    changed(bundle, change)
    done = tenon_run(bundle)
    assert done.returncode == WRONG_INPUT and said in done.stderr, done.stderr


def test_what_is_no_bundle(tenon_run, bundle, tmp_path):
    refused(tenon_run, WRONG_USE, "is no folder, a bundle is one", tmp_path / "nowhere")
    refused(tenon_run, WRONG_USE, "is no folder, a bundle is one", bundle / "model.o")


def test_wrong_inputs(tenon_run, bundle, inputs, tmp_path):
    a, b = inputs
    both = ["--input", a, "--input", b]
    refused(tenon_run, WRONG_USE, "1 inputs are given, the model has 2", bundle, "--input", a)
    refused(tenon_run, WRONG_USE, "input 'a=1' is given twice", bundle, "--input", f"a=1={a}", "--input", f"a=1={a}")
    refused(tenon_run, WRONG_USE, "cannot be opened: No such file", bundle, "--input", a, "--input", "no.npy")
    refused(tenon_run, WRONG_USE, "end in .npy or .bin", bundle, "--input", a, "--input", bundle / "model.o")
    for array, said in ((SUM.astype("f8"), "the file has dtype <f8, 'a=1' has type f32, which is <f4"),
                        (SUM.T, "in Fortran order"),
                        (SUM.reshape(100, 10), "the file has shape (100, 10), 'a=1' has (10, 100)"),
                        (SUM.reshape(1000), "the file has shape (1000,), 'a=1' has (10, 100)")):
        numpy.save(a, array)
        refused(tenon_run, WRONG_INPUT, said, bundle, *both)
    numpy.save(a, SUM)
    whole = a.read_bytes()
    for size in (0, 5, 9, 40, len(whole) - 1):
        a.write_bytes(whole[:size])
        refused(tenon_run, WRONG_INPUT, "a.npy", bundle, *both)
    a.write_bytes(whole + b"1")
    refused(tenon_run, WRONG_INPUT, "bytes of data, 'a=1' has 4000", bundle, *both)
    (tmp_path / "b.bin").write_bytes(COUNT.tobytes() + b"1")
    a.write_bytes(whole)
    refused(tenon_run, WRONG_INPUT, "has at least 29 bytes of data", bundle, "--input", a, "--input", tmp_path / "b.bin")


def test_wrong_options(tenon_run, bundle, tmp_path):
    for arguments, said in ((["--threads", "0"], "--threads is '0', it must be a whole number from 1"),
                            (["--repeat", "x"], "--repeat is 'x'"), (["--nonsense"], "--nonsense is no option"),
                            ([bundle], "2 bundles are given, one is run"),
                            (["--output", tmp_path / "a.npy", "--output", tmp_path / "b.npy", "--output",
                              tmp_path / "c.npy"], "is number 3, the model has 2")):
        done = tenon_run(bundle, *arguments)
        assert done.returncode == WRONG_USE and said in done.stderr, done.stderr
    assert not list(tmp_path.glob("*.npy"))  # nothing is written that will be taken back
    assert tenon_run(bundle, "--input").returncode == WRONG_USE
    refused(tenon_run, SYSTEM_FAILED, "cannot be made", bundle, "--output-dir", tmp_path / "no" / "where")


@pytest.fixture(name="machine_bundle")
def bundle_of_a_machine(write_bundle, tmp_path):
    done = write_bundle(tmp_path / "bundle", "device=test_launcher.so")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == [
        "manifest.json", "model.s", "target.yaml", "weights.bin"]
    return tmp_path / "bundle"


def test_a_bundle_of_a_machine(tenon_run, machine_bundle, inputs, programs, tmp_path):
    environment = {**os.environ, "TENON_PLUGIN_PATH": f"/nowhere:{programs}"}
    done = tenon_run(machine_bundle, "--input", inputs[0], "--input", inputs[1], "--output-dir", tmp_path / "out",
                     "--dump-tensors", tmp_path / "t", "--repeat", 3, environment=environment)
    assert done.returncode == 0, done.stderr
    assert "on test machine" in done.stdout
    assert numpy.load(tmp_path / "out" / "output_1.npy") == 4
    assert numpy.load(tmp_path / "t" / "t0.npy").shape == (10, 100)
    odd = COUNT.copy()
    odd[0] = 99
    numpy.save(inputs[1], odd)
    refused(tenon_run, DEVICE_FAILED, "the model has no result: division by zero", machine_bundle, "--input", inputs[0],
            "--input", inputs[1], environment=environment)


@pytest.mark.parametrize("where, code", [("open", CANNOT), ("load", WRONG_INPUT), ("allocate", SYSTEM_FAILED),
                                         ("copyIn", DEVICE_FAILED), ("copyOut", DEVICE_FAILED), ("launch", DEVICE_FAILED),
                                         ("wait", DEVICE_FAILED)])
def test_a_launcher_that_fails(tenon_run, machine_bundle, programs, where, code):
    environment = {**os.environ, "TENON_PLUGIN_PATH": str(programs), "TEST_LAUNCHER": where}
    refused(tenon_run, code, f"no luck in {where}, some is needed", machine_bundle, environment=environment)


def test_a_launcher_that_is_nowhere(tenon_run, machine_bundle):
    environment = {**os.environ, "TENON_PLUGIN_PATH": "/nowhere:/elsewhere"}
    refused(tenon_run, CANNOT, ["needs the launcher test_launcher.so, which is in none of ", "/nowhere, /elsewhere, ",
                                "/../lib"], machine_bundle, environment=environment)


def test_launchers_of_another_version_or_none(tenon_run, machine_bundle, programs):
    library = machine_bundle / "test_launcher.so"  # beside the manifest: looked at first
    shutil.copy(programs / "test_launcher_version.so", library)
    refused(tenon_run, DEVICE_FAILED, ["has version 9 of tenon_launcher.h", "this program version 1"], machine_bundle)
    library.write_text("text")
    refused(tenon_run, DEVICE_FAILED, "the launcher cannot be loaded", machine_bundle)


def test_the_machine_behind_a_launcher(tenon_run, programs):
    done = tenon_run("--probe", programs / "test_launcher.so")
    assert done.returncode == 0 and done.stdout == "test machine\n" and done.stderr == ""
    refused(tenon_run, CANNOT, ["the machine cannot be opened", "no luck in open"], "--probe", programs / "test_launcher.so",
            environment={**os.environ, "TEST_LAUNCHER": "open"})


def test_no_machine_behind_a_launcher(tenon_run, bundle, programs, tmp_path):
    refused(tenon_run, DEVICE_FAILED, "the launcher cannot be loaded", "--probe", tmp_path / "none.so")
    refused(tenon_run, DEVICE_FAILED, "exports no tenonLauncherInterface", "--probe", bundle / "model.so")
    refused(tenon_run, DEVICE_FAILED, "has version 9 of tenon_launcher.h", "--probe", programs / "test_launcher_version.so")
    refused(tenon_run, WRONG_USE, "--probe takes no bundle", bundle, "--probe", programs / "test_launcher.so")
