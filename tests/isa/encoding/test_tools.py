"""tenon-as, tenon-dis and tenon target header, package, manual: their output, their errors and exit codes."""

import pathlib
import subprocess

import pytest

DESCRIPTION = pathlib.Path(__file__).parent / "Inputs" / "small.yaml"
LISTING = """# The stride first, then the move that needs it.
config_ld ld.stride=64
mvin r=16 c=16 src=dram[0x100] src.stride.r=64 dst=spad[3]
wait sem[3] x2 on load
"""
BYTES = bytes.fromhex("0100000040000000" "02000000000100000300000010001000" "08030200")

DONE, WRONG_USE, WRONG_INPUT, TARGET_CANNOT, SYSTEM_FAILED = 0, 2, 3, 4, 6


@pytest.fixture(name="run")
def run_tool(build_folder):
    def run(tool, *arguments):
        program = build_folder / "bin" / tool
        assert program.is_file(), f"{program} is not there: the build is not whole"
        return subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=60, check=False)

    return run


@pytest.fixture(name="listing")
def listing_file(tmp_path):
    path = tmp_path / "a.s"
    path.write_text(LISTING)
    return path


def error_of(done, code):
    text = done.stderr.decode()
    assert done.returncode == code, text
    assert text.startswith("error: ") and not text.splitlines()[0].endswith("."), text
    return text


def test_assembles_and_disassembles(run, tmp_path, listing):
    stream = tmp_path / "a.bin"
    assert run("tenon-as", DESCRIPTION, listing, "-o", stream).returncode == DONE
    assert stream.read_bytes() == BYTES
    done = run("tenon-dis", DESCRIPTION, stream)
    assert done.returncode == DONE, done.stderr
    lines = done.stdout.decode().splitlines()
    assert [line.split("  # ")[0] for line in lines] == LISTING.splitlines()[1:]
    assert [line.split("  # ")[1] for line in lines] == [
        "0x0: 01 00 00 00 40 00 00 00", "0x8: 02 00 00 00 00 01 00 00 03 00 00 00 10 00 10 00", "0x18: 08 03 02 00"]


def test_disassembly_assembles_again(run, tmp_path):
    stream, again = tmp_path / "a.bin", tmp_path / "a.s"
    stream.write_bytes(BYTES)
    assert run("tenon-dis", DESCRIPTION, stream, "-o", again).returncode == DONE
    done = run("tenon-as", DESCRIPTION, again, "-o", "-")
    assert (done.returncode, done.stdout) == (DONE, BYTES), done.stderr


def test_mistakes_of_a_listing_have_line_and_column(run, tmp_path):
    listing, stream = tmp_path / "a.s", tmp_path / "a.bin"
    listing.write_text("config_ld ld.stride=64\nmvin r=x\nmvim\n")
    text = error_of(run("tenon-as", DESCRIPTION, listing, "-o", stream), WRONG_INPUT)
    assert f"{listing}:2:8: 'x' is no number of 64 bits" in text
    assert f"{listing}:3:1: there is no instruction mvim; did you mean mvin" in text
    assert not stream.exists()


def test_instruction_out_of_range(run, tmp_path):
    listing, stream = tmp_path / "a.s", tmp_path / "a.bin"
    listing.write_text("config_ld ld.stride=64\nmvin r=257 c=1 src=dram[0] dst=spad[0]\n")
    text = error_of(run("tenon-as", DESCRIPTION, listing, "-o", stream), TARGET_CANNOT)
    assert "instruction 1: mvin: size r is 257, the range is 1..256" in text
    assert not stream.exists()


def test_stream_that_ends_shows_what_stands_before(run, tmp_path):
    stream, listing = tmp_path / "a.bin", tmp_path / "a.s"
    stream.write_bytes(BYTES[:20])
    done = run("tenon-dis", DESCRIPTION, stream)
    assert "offset 8: mvin has 16 bytes, the stream has 12 more" in error_of(done, WRONG_INPUT)
    assert done.stdout.decode().startswith("config_ld ld.stride=64")
    error_of(run("tenon-dis", DESCRIPTION, stream, "-o", listing), WRONG_INPUT)
    assert not listing.exists()


def test_empty_stream(run, tmp_path):
    stream = tmp_path / "a.bin"
    stream.write_bytes(b"")
    done = run("tenon-dis", DESCRIPTION, stream)
    assert (done.returncode, done.stdout) == (DONE, b"")


@pytest.mark.parametrize("tool", ["tenon-as", "tenon-dis"])
def test_wrong_use(run, tool, tmp_path):
    assert "DESCRIPTION is required" in error_of(run(tool), WRONG_USE)
    assert f"{tmp_path}/none" in error_of(run(tool, DESCRIPTION, tmp_path / "none"), WRONG_USE)
    assert run(tool, "--help").returncode == DONE


@pytest.mark.parametrize("tool", ["tenon-as", "tenon-dis"])
def test_description_that_is_none(run, tool, listing):
    error_of(run(tool, listing, listing), WRONG_INPUT)


def test_full_disk(run, listing):
    error_of(run("tenon-as", DESCRIPTION, listing, "-o", "/dev/full"), SYSTEM_FAILED)


@pytest.mark.parametrize("action, part", [
    ("header", "struct mvin {"), ("package", "package small_array_pkg;"), ("manual", "### mvin")])
def test_generated_texts(run, action, part):
    done = run("tenon", "target", action, DESCRIPTION)
    assert done.returncode == DONE, done.stderr
    assert part in done.stdout.decode()


@pytest.mark.parametrize("action", ["header", "package", "manual"])
def test_generated_texts_of_a_description_with_mistakes(run, action, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(DESCRIPTION.read_text().replace("rows: r, ", ""))
    text = error_of(run("tenon", "target", action, wrong), WRONG_INPUT)
    assert "size r of mvin is put nowhere" in text


def test_parameter_changes_the_header(run):
    done = run("tenon", "target", "header", DESCRIPTION, "--parameter", "DIM=8")
    assert "DIM = INT64_C(8)" in done.stdout.decode()
