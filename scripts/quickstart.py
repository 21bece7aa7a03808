#!/usr/bin/env python3
"""The part of ./quickstart after the packages are there: configures, builds and runs a real model."""

import subprocess
import sys
import time

import models
import steps

STAND_IN = steps.REPOSITORY / "tests/models/operators/graph_residual_classifier.tflite"


def choose_model():
    """ResNet-8, or else, loudly, a small graph that is committed."""
    folder = models.models_folder()
    if folder and (folder / models.RESNET8).is_file():
        return folder / models.RESNET8
    where = f"not in {folder}" if folder else f"no folder {steps.REPOSITORY.parent / 'shared/data/models'}"
    print(f"NOTE: no real model here ({where}): running a small graph of ours, {steps.shown_path(STAND_IN)}, instead.\n"
          f"      For ResNet-8 set TENON_MODELS to a folder that holds {models.RESNET8}\n"
          "      (mlcommons/tiny on GitHub, benchmark/training/image_classification/trained_models/"
          "pretrainedResnet_quant.tflite, under that name).")
    if not STAND_IN.is_file():
        raise ValueError(f"{steps.shown_path(STAND_IN)} is not there: the clone is not whole")
    return STAND_IN


def run_model():
    """Runs the main job; its report goes to the terminal as it is."""
    try:
        model = choose_model()
    except ValueError as error:
        print(f"step run failed: {error}")
        return 2
    command = [steps.REPOSITORY / "build/bin/tenon", "run", model, "--target", "reference"]
    command = [steps.shown_path(part) for part in command[:1]] + [str(part) for part in command[1:]]
    print("$ " + " ".join(command), flush=True)
    exit_code = subprocess.run(command, cwd=steps.REPOSITORY, stdin=subprocess.DEVNULL, check=False).returncode
    if exit_code != 0:
        print(f"step run failed with exit code {exit_code}: its own message above says why")
    return exit_code


def main():
    started = time.monotonic()
    for outcome in steps.configure_and_build("default"):
        if not outcome.ok:
            steps.explain(outcome, steps.advice_for(outcome))
            return 1
    exit_code = run_model()
    if exit_code == 0:
        print(f"quickstart done in {time.monotonic() - started:.0f} s. Next: ./check --fast (the tests), "
              "build/bin/tenon --help (what else it does)")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
