# Settings of the lit tests: every .mlir file under tests/. Loaded by the site configuration that CMake writes into the
# build folder:  /usr/lib/llvm-19/build/utils/lit/lit.py build/tests

import os

import lit.formats

if not hasattr(config, "tenon_build"):
    lit_config.fatal("no build is named here: configure, then run lit on build/tests")

config.name = "tenon"
config.suffixes = [".mlir"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.join(config.tenon_source, "tests")
config.test_exec_root = os.path.join(config.tenon_build, "tests", "lit")
config.test_format = lit.formats.ShTest(execute_external=False)
# FileCheck and not from LLVM's own folder, where their names carry no version.
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.tenon_build, "bin"), config.llvm_tools, config.environment["PATH"]]
)
config.substitutions.append(("%tests", config.test_source_root))
# A target that is not in this tree leaves its lines of a test out: "%if target-NAME %{ ... %}".
targets = os.path.join(config.tenon_source, "targets")
for name in sorted(os.listdir(targets)):
    if os.path.isfile(os.path.join(targets, name, "target.yaml")):
        config.available_features.add(f"target-{name}")
