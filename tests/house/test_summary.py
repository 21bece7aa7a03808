"""The verdict of ./check: it must not call a run good that was not."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import summary
from summary import FAILED, PASSED, SKIPPED, Case

GOOGLETEST = """<testsuites><testsuite name="Nest">
<testcase name="Adds" status="run" result="completed" time="0.5" classname="Nest"/>
<testcase name="Breaks" status="run" result="completed" time="0" classname="Nest">
<failure message="a.cpp:3&#x0A;Expected 1&#x0A;Which is 2" type=""><![CDATA[a.cpp:3
Expected 1
Which is 2]]></failure></testcase>
<testcase name="Skips" status="run" result="skipped" time="0" classname="Nest">
<skipped message="a.cpp:9&#x0A;no AVX-512 here"><![CDATA[a.cpp:9
no AVX-512 here]]></skipped></testcase>
<testcase name="DISABLED_Later" status="notrun" result="suppressed" time="0" classname="Nest"/>
</testsuite></testsuites>"""

PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="tests.models.test_golden" name="test_bytes" time="1.2">
<properties><property name="golden" value="yes"/></properties></testcase>
<testcase classname="tests.models.test_golden" name="test_none" time="0"><skipped type="pytest.skip"
message="no real models here">test_golden.py:3: no real models here</skipped></testcase>
<testcase classname="tests.models" name="test_setup" time="0"><error message="failed on setup">fixture broke</error></testcase>
</testsuite></testsuites>"""


def read(tmp_path, text):
    path = tmp_path / "runner.xml"
    path.write_text(text)
    return summary.read_cases(path, "core")


def test_reads_googletest(tmp_path):
    cases = read(tmp_path, GOOGLETEST)
    assert [case.outcome for case in cases] == [PASSED, FAILED, SKIPPED, SKIPPED]
    assert cases[1].reason == "a.cpp:3\nExpected 1\nWhich is 2"
    assert "no AVX-512 here" in cases[2].reason
    assert cases[3].reason == "disabled in its source"


def test_reads_pytest(tmp_path):
    cases = read(tmp_path, PYTEST)
    assert [case.outcome for case in cases] == [PASSED, SKIPPED, FAILED]
    assert cases[0].marks == ("golden",)
    assert cases[1].reason == "no real models here"
    assert cases[2].reason == "failed on setup\nfixture broke"


def test_cut_off_file_is_a_failure(tmp_path):
    cases = read(tmp_path, GOOGLETEST[:200])
    assert [case.outcome for case in cases] == [FAILED]
    assert "no readable results" in cases[0].reason


def test_runner_that_dies_after_passing_tests_is_a_failure():
    passed = [Case("core", "one", PASSED)]
    judged = summary.judge_runner(passed, "core", "unit test nest", 139, "Segmentation fault")
    assert [case.outcome for case in judged] == [PASSED, FAILED]
    assert "139" in judged[1].reason and "Segmentation fault" in judged[1].reason


def test_runner_with_a_failed_test_fails_once():
    failed = [Case("core", "one", FAILED, "reason")]
    assert summary.judge_runner(failed, "core", "lit", 1, "") == failed


def test_runner_that_finds_nothing_is_a_failure():
    judged = summary.judge_runner([], "core", "lit", 0, "")
    assert [case.outcome for case in judged] == [FAILED]


def test_last_line_and_exit_code():
    cases = [Case("core", "one", PASSED), Case("core", "two", PASSED), Case("models", "three", SKIPPED, "no models")]
    assert summary.report(cases)[-1] == "2 passed, 0 failed, 1 skipped"
    assert summary.verdict(cases) == 0
    cases.append(Case("core", "four", FAILED, "first line\nsecond line"))
    lines = summary.report(cases)
    assert lines[-1] == "2 passed, 1 failed, 1 skipped"
    assert "  core: four: first line" in lines and "    | second line" in lines
    assert "  models: three: no models" in lines
    assert summary.verdict(cases) == 1


def test_long_reason_keeps_its_error_and_its_end():
    text = ["line 0", "a.mlir:2: error: expected string not found"] + [f"line {i}" for i in range(2, 100)]
    lines = summary.report([Case("core", "one", FAILED, "Exit Code: 1\n" + "\n".join(text))])
    assert "    | a.mlir:2: error: expected string not found" in lines and "    | line 99" in lines
    assert "    | line 50" not in lines


def test_nothing_at_all_is_no_success():
    assert summary.verdict([]) == 1


def test_merged_file_reads_back(tmp_path):
    cases = [
        Case("core", "one", PASSED, "", 0.5, ("golden",)),
        Case("core", "two", FAILED, "went \x1b[31mred\x1b[0m\nat line 2"),
        Case("house", "three", SKIPPED, "not built"),
    ]
    path = tmp_path / "folder" / "junit.xml"
    summary.write_cases(path, cases)
    back = summary.read_cases(path, "all")
    assert [case.outcome for case in back] == [PASSED, FAILED, SKIPPED]
    assert back[0].marks == ("golden",)
    assert "at line 2" in back[1].reason
    assert ElementTree.parse(path).getroot().find("testsuite").get("failures") == "1"


def test_program(tmp_path, repository):
    folder = tmp_path / "core"
    folder.mkdir()
    (folder / "unit.xml").write_text(GOOGLETEST)
    result = subprocess.run(
        [sys.executable, repository / "scripts/summary.py", tmp_path], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "1 passed, 1 failed, 2 skipped"
