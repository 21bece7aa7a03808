"""How ./check reads the RTL's coverage and gets its second front end: what is missing must not look good."""

import hardware
import pytest
import steps
from summary import FAILED, PASSED, SKIPPED


@pytest.fixture(autouse=True)
def logs_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(steps, "LOGS", tmp_path / "logs")


def point(kind, file, line, count, comment="block"):
    fields = {"f": f"/x/hw/rtl/{file}", "l": str(line), "n": "1", "page": f"{kind}/top", "o": comment, "h": "TOP.a"}
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in fields.items()) + f"' {count}\n"


def coverage(path, *points):
    path.write_text("# SystemC::Coverage-3\n" + "".join(points))
    return path


def test_points_of_several_benches_are_one_sum(tmp_path):
    one = coverage(tmp_path / "1.dat", point("v_line", "npu_a.sv", 3, 0), point("v_line", "npu_a.sv", 4, 0),
                   point("v_toggle", "npu_a.sv", 3, 7, "x[0]"), point("v_toggle", "npu_a.sv", 3, 0, "x[1]"))
    two = coverage(tmp_path / "2.dat", point("v_line", "npu_a.sv", 3, 5))
    merged = hardware.merged_points([one, two])
    assert merged["v_line", "npu_a.sv"] == {("3", "1", "block"): 5, ("4", "1", "block"): 0}
    assert sorted(merged["v_toggle", "npu_a.sv"].values()) == [0, 7]


def test_table_has_each_file_and_those_not_counted(monkeypatch, tmp_path):
    for name in ("npu_a.sv", "npu_b.sv", "npu_c.sv"):
        (tmp_path / name).touch()
    monkeypatch.setattr(hardware, "RTL", tmp_path)
    data = coverage(tmp_path / "1.dat", point("v_line", "npu_a.sv", 3, 0), point("v_line", "npu_a.sv", 4, 1),
                    point("v_line", "npu_b.sv", 1, 1), point("v_line", "elsewhere.sv", 1, 0))
    rows = hardware.coverage_table(hardware.merged_points([data])).splitlines()
    assert [row.split()[0] for row in rows[1:3]] == ["npu_a.sv", "npu_b.sv"]
    assert "1 of 2  50.0 %" in rows[1] and "2 of 3  66.7 %" in rows[3] and rows[3].startswith("all ")
    assert rows[4] == "not counted: npu_c.sv"


def test_benches_without_coverage_fail(monkeypatch, tmp_path):
    passed = hardware.summary.Case("hw", "a", PASSED)
    monkeypatch.setattr(hardware.runners, "unit_tests", lambda *arguments: [passed])
    assert [case.outcome for case in hardware.benches("hw", tmp_path, tmp_path)] == [PASSED, FAILED]


@pytest.fixture(name="requirements")
def made_up_requirements(monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "REQUIREMENTS", tmp_path / "requirements.txt")
    monkeypatch.setattr(hardware, "ENVIRONMENT", tmp_path / "venv")
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path / "requirements.txt"


def test_environment_is_made_once_for_a_list(monkeypatch, requirements):
    commands = []
    monkeypatch.setattr(steps, "run", lambda name, command, **_: (
        commands.append(name), hardware.ENVIRONMENT.mkdir(exist_ok=True),
        steps.Outcome(name, 0, 0.0, requirements, ""))[-1])
    for _ in range(2):
        assert hardware.python_environment() == (hardware.ENVIRONMENT / "bin" / "python", None)
    assert commands == ["hw environment", "hw packages"]
    requirements.write_text("# another\n")
    hardware.python_environment()
    assert len(commands) == 4


@pytest.mark.parametrize("strict, outcome", [(False, SKIPPED), (True, FAILED)])
def test_packages_that_cannot_be_installed(monkeypatch, requirements, strict, outcome):
    requirements.write_text("no-such-package-of-any-index==0.0.1 --hash\n")  # pip refuses the line itself
    cases = hardware.second_front_end("hw", strict)
    assert [case.outcome for case in cases] == [outcome] and cases[0].reason
