"""Rows of a user's file that LLVM refuses, or dies of: one error each, with its line and column, and nothing is written."""

import json
import os
import subprocess

import pytest

from processors import REPOSITORY

TARGET = REPOSITORY / "targets/cpu"
MODEL = REPOSITORY / "tests/models/operators/fully_connected_batch7.tflite"

ROW = """tenon: 1
target: mine
extends: {base}
{code}
intrinsics:
  mine:
    sizes: {{j: 8, k: 2}}
    operands:
      a: {{type: "i16[k]", memory: ymm, holds: "dword l, word h = a[h]"}}
      b: {{type: "i16[j, k]", memory: ymm, holds: "dword l, word h = b[l, h]"}}
      c: {{type: "i32[j]", memory: ymm, access: update, holds: "dword l = c[l]"}}
    semantics: c[j] += i32(a[k]) * i32(b[j, k])
    llvm: |
      {first}
      {second}
    timing: {{latency: 5, busy: {{vector: 1/1000}}}}
"""
PRODUCT = "%p = call <8 x i32> @llvm.x86.avx2.pmadd.wd(<16 x i16> a, <16 x i16> b)"
SUM = "c = add <8 x i32> c, %p"


def compile_with(tenon, tmp_path, first=PRODUCT, second=SUM, code=""):
    path = tmp_path / "mine.yaml"
    base = os.path.relpath(TARGET / "x86-64-avx2.yaml", tmp_path)
    path.write_text(ROW.format(base=base, code=code, first=first, second=second))
    done = subprocess.run([str(tenon), "compile", str(MODEL), "--target", str(path), "-o", str(tmp_path / "out"), "--json",
                           "-"], capture_output=True, text=True, check=False)
    return done, path.read_text().splitlines()


def test_the_row_itself_is_good(tenon, tmp_path):
    done, _ = compile_with(tenon, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "model.o").is_file()


@pytest.mark.parametrize("first, second, said", [
    ("%p = calk <8 x i32> @llvm.x86.avx2.pmadd.wd(<16 x i16> a, <16 x i16> b)", SUM, "expected instruction opcode"),
    (PRODUCT, "c = add <8 x i32> c, %nowhere", "nowhere"),
    (PRODUCT, "c = add <8 x i33> c, %p", "i33"),
    (PRODUCT.replace("pmadd.wd", "pmadd.qq"), SUM, "LLVM knows no intrinsic llvm.x86.avx2.pmadd.qq"),
    ("%p = call <8 x i32> @llvm.x86.avx512.vpdpwssd.256(<8 x i32> c, <16 x i16> a, <16 x i16> b)", "c = add <8 x i32> %p, %p",
     "ntrinsic"),
    ("%p = call <8 x i32> @llvm.x86.avx512.vpdpwssd.256(<8 x i32> c, <8 x i32> a, <8 x i32> b)", "c = add <8 x i32> %p, %p",
     "annot select"),
    ("%p = call <8 x i32> asm \"vpnonsense $2, $1, $0\", \"=x,x,x\"(<16 x i16> a, <16 x i16> b)", SUM, "nonsense"),
])
def test_a_bad_row_is_one_error_with_its_line(tenon, tmp_path, first, second, said):
    done, lines = compile_with(tenon, tmp_path, first, second)
    assert done.returncode == 3, f"exit code {done.returncode}\n{done.stderr}"
    errors = json.loads(done.stdout)["errors"]
    assert len(errors) == 1, errors
    assert errors[0]["file"].endswith("mine.yaml") and said in errors[0]["message"], errors
    wrong = first if first != PRODUCT else second
    row = next(number for number, line in enumerate(lines, 1) if "llvm: |" in line)
    exact = next(number for number, line in enumerate(lines, 1) if line.strip() == wrong)
    assert row <= errors[0]["line"] <= exact and errors[0]["column"], errors
    assert not (tmp_path / "out").exists()
