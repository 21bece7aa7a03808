"""The variants that the tests are about; what a host lacks of them is skipped, and says why."""

import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PROCESSORS = ["x86-64", "x86-64-avx2", "x86-64-avx-vnni", "x86-64-avx512", "x86-64-avx512-vnni"]
EMULATED = ["aarch64", "aarch64-dotprod", "aarch64-i8mm"]
