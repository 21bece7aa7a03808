#!/usr/bin/env python3
"""The part of ./quickstart after the packages are there: configures, builds and runs a real model."""

import subprocess
import sys
import time

import models
import steps

TARGET, ENGINE = "npu-sim", "rtl"
STAND_IN = steps.REPOSITORY / "tests/models/operators/graph_residual_classifier.tflite"


def choose_model(folder):
    """ResNet-8 where the folder has it, or else, loudly, a small graph that is committed."""
    if folder and (folder / models.RESNET8).is_file():
        return folder / models.RESNET8
    where = f"not in {folder}" if folder else f"no folder {steps.REPOSITORY.parent / 'shared/data/models'}"
    print(f"NOTE: no real model here ({where}): running a small graph of ours, {steps.shown_path(STAND_IN)}, instead.\n"
          f"      For ResNet-8 set TENON_MODELS to a folder that holds {models.RESNET8}\n"
          "      (mlcommons/tiny on GitHub, benchmark/training/image_classification/trained_models/"
          "pretrainedResnet_quant.tflite, under that name).")
    return STAND_IN


def run_model(model):
    """Runs the main job: the model on the Verilated RTL of a chip, compared with the reference. Its report, with the
    cycles of every layer, goes to the terminal as it is."""
    command = ["build/bin/tenon", "run", steps.shown_path(model), "--target", TARGET, "--engine", ENGINE]
    print("$ " + " ".join(command), flush=True)
    exit_code = subprocess.run(command, cwd=steps.REPOSITORY, stdin=subprocess.DEVNULL, check=False).returncode
    if exit_code != 0:
        print(f"step run failed with exit code {exit_code}: its own message above says why")
    return exit_code


def main():
    started = time.monotonic()
    try:
        folder = models.models_folder()  # before minutes of building
    except ValueError as error:
        print(f"step run: {error}")
        return 2
    for outcome in steps.configure_and_build("default"):
        if not outcome.ok:
            steps.explain(outcome, steps.advice_for(outcome))
            return 1
    exit_code = run_model(choose_model(folder))
    if exit_code == 0:
        print(f"quickstart done in {time.monotonic() - started:.0f} s. Next: ./check --fast (the tests), "
              "build/bin/tenon --help (what else it does)")
    return exit_code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\ninterrupted")
        sys.exit(130)
