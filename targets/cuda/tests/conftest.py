"""What the tests of this target share: its tools, and those of native code, as modules."""

import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FOLDER / "tools"), str(FOLDER.parents[1] / "tests" / "native")]
