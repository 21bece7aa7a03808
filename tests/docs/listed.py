"""What the test of the pages must know beside the pages: what a page needs that a machine may lack, and why the blocks
marked `sh` are not run."""

# Page: "models" (the real ones, TENON_MODELS), or targets that this host must be able to run.
NEEDS = {
    "docs/guides/add-an-intrinsic.md": ["cpu/x86-64-avx-vnni"],
    "docs/guides/read-a-report.md": ["models"],
    "docs/guides/run-on-a-cpu.md": ["models", "cpu/x86-64-avx2"],
    "docs/guides/run-on-the-npu.md": ["models"],
    "docs/guides/native-bundles.md": ["models"],
    "docs/tour.md": ["models"],
    "targets/cpu/README.md": ["models", "cpu/x86-64-avx2"],
    "targets/cuda/README.md": ["models"],
    "targets/npu-sim/README.md": ["models"],
}

# (page, first line of the block): why it is not run.
NOT_RUN = {
    ("README.md", "./quickstart      # installs what is needed, builds, runs models on the RTL of a chip; again: seconds"):
        "builds this very tree, and runs this very test",
    ("docs/guides/checking-hardware.md", "build/bin/tenon check mychip/target.yaml --device libmychip.so     # a device "
     "of your own"): "stands for the reader's chip",
    ("docs/rationale/lane-interpreter.md", "/usr/bin/python3 -m pytest targets/cuda/tests/test_by_lanes.py          # "
     "operators, graphs, models through the launcher"): "a test of the slice native, and a long one",
    ("docs/samples/digits/README.md", "python3 -m venv build/sample-venv"): "installs packages from the network",
    ("targets/cuda/README.md", "build/bin/tenon-run out/                                    # on the GPU of this machine"
     ): "needs a GPU; tests/cuda/on-device runs it",
}
