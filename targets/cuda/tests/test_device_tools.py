"""The assembler and disassembler are found in each of their sources, and what they say is understood."""

import shutil
import subprocess
import sys

import assemble
import device_tools
import pytest

PTX = """.version 7.0
.target sm_80
.address_size 64
.visible .entry fragments(.param .u64 out)
{
  .reg .b32 %r<8>;
  .reg .b64 %rd<3>;
  .shared .align 4 .b8 room[256];
  ld.param.u64 %rd1, [out];
  cvta.to.global.u64 %rd2, %rd1;
  mov.u32 %r1, %tid.x;
  st.shared.u32 [room], %r1;
  ld.shared.u32 %r2, [room];
  mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%r3,%r4,%r5,%r6}, {%r1,%r2}, {%r1}, {%r2,%r2,%r2,%r2};
  st.global.u32 [%rd2], %r3;
  ret;
}
.visible .entry nothing()
{
  ret;
}
"""


@pytest.fixture(scope="module", name="folder_of_tools")
def tools_in_one_folder(tmp_path_factory):
    """A folder with both tools, as a CUDA installation has them."""
    folder = tmp_path_factory.mktemp("toolkit") / "bin"
    folder.mkdir()
    for name in device_tools.NAMES:
        (folder / name).symlink_to(device_tools.find(name, "pypi"))
    return folder


def test_tools_from_pypi_run():
    for name in device_tools.NAMES:
        tool = device_tools.find(name, "pypi")
        said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)
        assert "release 13" in said.stdout
        assert "build/cuda-tools" in str(device_tools.find(name, "pypi"))


def test_tools_of_the_machine_are_found(monkeypatch, folder_of_tools):
    monkeypatch.setenv("PATH", str(folder_of_tools))
    monkeypatch.setenv(device_tools.VARIABLE, "machine")
    assert device_tools.find("ptxas") == folder_of_tools / "ptxas"
    assert [kernel.name for kernel in assemble.assemble(PTX, "sm_80")] == ["fragments", "nothing"]


def test_cuda_home_counts_as_the_machine(monkeypatch, folder_of_tools):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CUDA_HOME", str(folder_of_tools.parent))
    assert device_tools.find("nvdisasm", "machine") == folder_of_tools / "nvdisasm"


def test_ptxas_of_this_machine(monkeypatch):
    monkeypatch.delenv(device_tools.VARIABLE, raising=False)
    if not (shutil.which("ptxas") or shutil.which("ptxas", path="/usr/local/cuda/bin")):
        pytest.skip("this machine has no ptxas of its own")
    assert "cuda-tools" not in str(device_tools.find("ptxas", "machine"))


def test_a_folder_is_taken_with_and_without_bin(folder_of_tools):
    assert device_tools.find("ptxas", str(folder_of_tools)) == folder_of_tools / "ptxas"
    assert device_tools.find("ptxas", str(folder_of_tools.parent)) == folder_of_tools / "ptxas"


def test_no_tool_is_an_error_that_says_where_it_was_sought(tmp_path):
    message = f"ptxas is not in the folder {tmp_path}.*set TENON_CUDA_TOOLS to pypi"
    with pytest.raises(device_tools.ToolError, match=message):
        device_tools.find("ptxas", str(tmp_path))
    with pytest.raises(device_tools.ToolError, match="no device tool is called gcc"):
        device_tools.find("gcc")


def test_command_without_tools_exits_with_6(tmp_path):
    (tmp_path / "a.ptx").write_text(PTX)
    command = [sys.executable, assemble.__file__, tmp_path / "a.ptx", "--tools", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 6 and "ptxas is not in the folder" in done.stderr


def test_packages_with_a_wrong_hash_are_refused(tmp_path):
    (tmp_path / "requirements.txt").write_text(f"nvidia-cuda-nvdisasm==13.5.37 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(device_tools.ToolError, match="cannot be installed from PyPI; set TENON_CUDA_TOOLS"):
        device_tools.from_pypi("nvdisasm", tmp_path / "environment", tmp_path / "requirements.txt")


@pytest.mark.parametrize("level", assemble.LEVELS)
def test_what_a_kernel_became(level):
    fragments, nothing = assemble.assemble(PTX, level)
    assert (fragments.name, fragments.level, fragments.spills) == ("fragments", level, False)
    assert fragments.registers > 0 and fragments.shared_bytes == 256
    assert fragments.instructions["IMMA"] == 1 and fragments.instructions["HMMA"] == 0
    assert nothing.instructions["IMMA"] == 0 and nothing.instructions["EXIT"] == 1 and nothing.shared_bytes == 0


def test_wrong_text_is_refused_with_its_line():
    with pytest.raises(assemble.Refused, match=r"refuses the text for sm_80:\n.*module.ptx, line 14"):
        assemble.assemble(PTX.replace("{%r1,%r2}", "{%r1}"), "sm_80")


def test_spills_are_counted():
    kernel = assemble.parse_report("Compiling entry function 'k' for 'sm_80'\n"
                                   "    16 bytes stack frame, 24 bytes spill stores, 32 bytes spill loads\n"
                                   "ptxas info    : Used 255 registers, 512 bytes smem, 368 bytes cmem[0]\n",
                                   "sm_80")["k"]
    assert (kernel.registers, kernel.shared_bytes) == (255, 512)
    assert (kernel.spill_store_bytes, kernel.spill_load_bytes) == (24, 32)
    assert assemble.problems([kernel], True, []) == ["k on sm_80 spills: 24 bytes stored, 32 loaded"]
    assert not assemble.problems([kernel], False, [])


def test_an_instruction_that_is_missing_is_named():
    kernels = assemble.assemble(PTX, "sm_90")
    assert assemble.problems(kernels, True, ["IMMA"]) == []
    assert assemble.problems(kernels, True, ["HMMA"]) == ["no kernel has HMMA on sm_90"]
