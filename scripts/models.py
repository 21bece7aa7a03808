"""Finds the real models: $TENON_MODELS, else shared/data/models beside the repository."""

import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
RESNET8 = "mlperf_tiny_resnet8_int8.tflite"


def models_folder(environment=os.environ):
    """The folder that holds the .tflite files; None where there is none.

    Raises ValueError where TENON_MODELS is set and holds no model: a person asked for something that is not there.
    """
    named = environment.get("TENON_MODELS")
    folder = pathlib.Path(named).resolve() if named else REPOSITORY.parent / "shared" / "data"
    for candidate in (folder, folder / "models"):
        if any(candidate.glob("*.tflite")):
            return candidate
    if named:
        raise ValueError(f"TENON_MODELS={named} holds no .tflite file, and neither does {named}/models")
    return None


def golden_folder(environment=os.environ):
    """The golden outputs lie beside the models' folder; None where there are none."""
    models = models_folder(environment)
    return models.parent / "golden" if models and (models.parent / "golden").is_dir() else None
