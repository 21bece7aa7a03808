"""tenon compile --vectors: each layer's files, replayed alone, on the machine of the description and on the RTL."""

import pathlib
import subprocess
import sys

import numpy
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "driver"))

import vectors  # noqa: E402
from command import MODELS, WRONG_USE, fail, files_in, succeed  # noqa: E402

TESTS = pathlib.Path(__file__).resolve().parent.parent
DIGITS = TESTS.parent / "docs" / "samples" / "digits"
CHIPS = TESTS / "isa" / "chips"
NPU = TESTS.parent / "targets" / "npu-sim" / "target.yaml"
CLASSIFIER = MODELS / "graph_residual_classifier.tflite"  # layers that stay on the chip between them
TARGETS = {"npu": NPU, "interlock": CHIPS / "ws-array.yaml", "tokens": CHIPS / "outer-product.yaml",
           "one_queue": TESTS.parent / "core" / "driver" / "new_target" / "target.yaml"}


def program(build_folder, name):
    path = build_folder / "tests" / "vectors" / name
    if not path.exists():
        pytest.skip(f"{path} is not built")
    return path


def make(tenon, folder, model, target, *arguments):
    if not target.exists():
        pytest.skip(f"there is no {target}")
    succeed(tenon, "compile", model, "--target", target, "-o", folder / "out", "--vectors", folder / "vectors",
            "--quiet", *arguments, seconds=300)
    return vectors.read(folder / "vectors")


@pytest.fixture(name="made", scope="module", params=TARGETS)
def vectors_of_the_classifier(request, tenon, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    index, layers = make(tenon, folder, CLASSIFIER, TARGETS[request.param])
    return folder / "vectors", index, layers


def test_what_is_written(made):
    folder, index, layers = made
    assert layers and {layer.name for layer in layers} | {"README.txt", "target.yaml", "vectors.json"} == {
        path.name for path in folder.iterdir()}
    readme = (folder / "README.txt").read_text()
    for layer in layers:
        files = [name for name in files_in(layer.folder) if "." in name]
        assert files[-4:] == ["commands.bin", "commands.hex", "commands.txt", "regions.txt"] or "regions.txt" in files
        for name in files:
            assert name in readme or name.split("/")[0] + "/MEMORY." + name.split(".")[1] in readme, name
        # The same in each form: hex, binary, list, index.
        words = layer.commands()
        assert b"".join(words) == (layer.folder / "commands.bin").read_bytes()
        assert len(words) == layer.entry["commands"]
        assert len(words) == len((layer.folder / "commands.txt").read_text().splitlines()) - 1
        for when in ("before", "after"):
            regions = list(layer.regions(when))
            assert regions and sorted(regions) == sorted(layer.regions_of_the_list(when))
            assert sorted((memory, address, len(content)) for memory, address, content in regions) == sorted(
                (entry["memory"], entry["address"], entry["bytes"]) for entry in layer.entry[when])
    assert index["inputs"] == {"random_seed": 0}


def test_replay_on_the_description(made, build_folder):
    folder, index, layers = made
    machine = program(build_folder, "spec_machine")
    for layer in layers:
        assert vectors.replay_on_spec(machine, folder / "target.yaml", index["parameters"], layer) is None, layer.name


def alter_expected(layer, folder):
    """A copy of the layer with one byte of what is expected changed; where it is."""
    memory, address, content = next(iter(layer.regions_of_the_list("after")))
    subprocess.run(["cp", "-r", layer.folder, folder], check=True)
    path = folder / "after" / f"{memory}.bin"
    path.write_bytes(bytes([content[0] ^ 1]) + path.read_bytes()[1:])
    lines = (folder / "after" / f"{memory}.hex").read_text().splitlines()
    assert int(lines[1], 16) == content[0]
    lines[1] = f"{content[0] ^ 1:02x}"
    (folder / "after" / f"{memory}.hex").write_text("\n".join(lines) + "\n")
    return memory, address, content[0]


def test_an_altered_byte_is_found_on_the_description(made, build_folder, tmp_path):
    folder, index, layers = made
    memory, address, byte = alter_expected(layers[-1], tmp_path / "altered")
    found = vectors.replay_on_spec(program(build_folder, "spec_machine"), folder / "target.yaml", index["parameters"],
                                   vectors.Layer(tmp_path / "altered", layers[-1].entry))
    assert found == (memory, address, byte, byte ^ 1)


@pytest.mark.parametrize("model", ["classifier", "digits"])
def test_replay_on_the_rtl(tenon, build_folder, tmp_path, model):
    bench = program(build_folder, "npu_testbench")
    _, layers = make(tenon, tmp_path, {"classifier": CLASSIFIER, "digits": DIGITS / "digits.onnx"}[model], NPU)
    on_chip = set()
    for layer in layers:
        done = subprocess.run([bench, layer.folder], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{layer.name}: {done.stdout}{done.stderr}"
        print(layer.name, done.stdout.strip())
        on_chip |= {entry["memory"] for entry in layer.entry["before"]}
    memory, address, byte = alter_expected(layers[0], tmp_path / "altered")
    done = subprocess.run([bench, tmp_path / "altered"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and done.stdout == f"{memory} byte {address} is {byte}, expected {byte ^ 1}\n"
    if model == "classifier":
        assert on_chip == {"dram", "spad"}, "a layer's operands that the layer before left on the chip"


def test_given_inputs_and_chosen_layers(tenon, build_folder, tmp_path):
    """The sample's first picture through its last layer."""
    numpy.save(tmp_path / "one.npy", numpy.load(DIGITS / "images.npy")[0])
    index, layers = make(tenon, tmp_path, DIGITS / "digits.onnx", TARGETS["one_queue"], "--input", tmp_path / "one.npy",
                         "--vectors-layer", "Gemm*")
    assert len(layers) == 1 and layers[0].entry["op"].startswith("Gemm")
    assert index["inputs"] == {"files": [str(tmp_path / "one.npy")]}
    machine = program(build_folder, "spec_machine")
    assert vectors.replay_on_spec(machine, tmp_path / "vectors" / "target.yaml", {}, layers[0]) is None


def test_the_same_twice_and_other_seeds(tenon, tmp_path):
    both = []
    for arguments in ([], [], ["--seed", "5"]):
        make(tenon, tmp_path, CLASSIFIER, TARGETS["one_queue"], *arguments)
        files = sorted((tmp_path / "vectors").rglob("*.bin"))
        both.append({path.relative_to(tmp_path): path.read_bytes() for path in files})
    assert both[0] == both[1] and both[0].keys() == both[2].keys() and both[0] != both[2]


def test_wrong_use(tenon, tmp_path):
    def refused(*arguments, said, target=TARGETS["one_queue"]):
        fail(tenon, WRONG_USE, "compile", CLASSIFIER, "-o", tmp_path / "out", "--target", target, *arguments, said=said)

    refused("--vectors-layer", "*", said=["--vectors is not given"])
    refused("--vectors", tmp_path / "v", "--vectors-layer", "x", said=["--vectors-layer x names no layer"])
    refused("--vectors", tmp_path / "v", target="cpu", said=["has native code"])
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "notes").write_text("mine")
    refused("--vectors", tmp_path / "v", said=["holds 'notes'"])
    assert (tmp_path / "v" / "notes").read_text() == "mine"
