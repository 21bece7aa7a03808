#!/usr/bin/env python3
"""The part of ./quickstart after the packages are there: configures, builds and runs a real model."""

import pathlib
import subprocess
import sys
import tempfile
import time

import models
import steps

TARGET, ENGINE = "npu-sim", "rtl"
SAMPLE = steps.REPOSITORY / "docs/samples/digits"
SHOWN_IMAGES = 6
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


def run_model(model, *options):
    """Runs the main job: the model on the Verilated RTL of a chip, compared with the reference. Its report, with the
    cycles of every layer, goes to the terminal as it is."""
    command = ["build/bin/tenon", "run", steps.shown_path(model), *map(str, options), "--target", TARGET, "--engine",
               ENGINE]
    print("$ " + " ".join(command), flush=True)
    exit_code = subprocess.run(command, cwd=steps.REPOSITORY, stdin=subprocess.DEVNULL, check=False).returncode
    if exit_code != 0:
        print(f"step run failed with exit code {exit_code}: its own message above says why")
    return exit_code


def digits_as_text(images, labels, scores):
    """The first images side by side, what they show and what the model takes them for; then how many are right."""
    taken = scores.reshape(len(labels), -1).argmax(1)
    first = images.reshape(-1, 8, 8)[:SHOWN_IMAGES]
    lines = ["  ".join("".join(2 * " .:*#"[pixel // 4] for pixel in row) for row in rows) for rows in zip(*first)]
    says = (f"{label}, taken for {guess}" for label, guess in zip(labels, taken))
    lines.append("  ".join(f"{text:16}" for text, _ in zip(says, first)))
    return "\n".join([*lines, f"{(taken == labels).sum()} of {len(labels)} digits are right"])


def run_sample():
    """The digit classifier on its test images, on the same hardware."""
    import numpy  # pylint: disable=import-outside-toplevel  # a package that ./quickstart installs
    with tempfile.TemporaryDirectory() as folder:
        scores = pathlib.Path(folder) / "scores.npy"
        images = steps.shown_path(SAMPLE / "images.npy")
        exit_code = run_model(SAMPLE / "digits.onnx", "--each", "--input", images, "--output", scores)
        if exit_code == 0:
            print(digits_as_text(numpy.load(SAMPLE / "images.npy"), numpy.load(SAMPLE / "labels.npy"),
                                 numpy.load(scores)))
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
    exit_code = run_model(choose_model(folder)) or run_sample()
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
