"""The mutants that scripts/mutants.py makes: the named ones are in the RTL that there is, the random ones are code."""

import itertools
import re

import mutants
import pytest

FILES = sorted(path.name for path in mutants.RTL.glob("*.sv"))


def test_named_mutants_are_of_this_rtl():
    named = list(mutants.named_mutants())
    assert {mutant.name for mutant in named} >= {"rounding", "stride", "semaphore"}
    for mutant in named:
        assert mutant.text != (mutants.RTL / mutant.file).read_text()


def test_random_mutants_differ_in_one_line_of_code():
    for mutant in itertools.islice(mutants.random_mutants(7, FILES), 200):
        before = (mutants.RTL / mutant.file).read_text().split("\n")
        after = mutant.text.split("\n")
        changed = [number for number, (old, new) in enumerate(zip(before, after)) if old != new]
        assert len(before) == len(after) and changed == [mutant.line - 1]
        assert mutants.code_of(before[changed[0]]) != mutants.code_of(after[changed[0]])


def test_a_seed_says_the_mutants():
    def first(seed):
        return [mutant.where() for mutant in itertools.islice(mutants.random_mutants(seed, FILES), 20)]

    assert first(3) == first(3) and first(3) != first(4)


@pytest.mark.parametrize("line", [
    "// a + b", "  assert (a == b)", "    parameter int unsigned Units = 3", "  input  logic [3:0] id_i,", "`ifdef A + B",
    "  if (Units != 3) begin : gen_units", "    if (!rst_ni) count_q <= 1'b0;", "  localparam int A = 3 + 1;"])
def test_lines_that_are_no_behaviour_stay(line):
    assert not list(mutants.mutable_lines(line))


def test_assertions_stay():
    text = "a = b + c;\n`ifndef SYNTHESIS\nx = y + z;\n`endif\nd = e - f;"
    assert list(mutants.mutable_lines(text)) == [0, 4]


@pytest.mark.parametrize("line, wanted", [
    ("  a = b + c;  // + d", ["  a = b - c;  // + d"]),
    ("  if (a < b && c) begin", ["if (a < b || c)", "if (a <= b && c)", "if (!(a < b && c))"]),
    ("  count_d = 5'd7;", ["5'd8"]),
    ("  valid_o = 1'b1;", ["1'b0"]),
    ("  count_q <= count_d;", []),
])
def test_mutations_of_a_line(line, wanted):
    found = list(mutants.mutations_of(line))
    assert len(found) == len(wanted) and all(re.search(re.escape(part), one) for part, one in zip(wanted, found))
