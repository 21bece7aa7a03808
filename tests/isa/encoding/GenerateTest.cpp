// Generated code compiles alone and agrees with the encoder; the manual says all of it.
#include "core/isa/encoding/Generate.h"
#include "core/isa/encoding/Encode.h"
#include "core/isa/encoding/GeneratedNames.h"
#include "tests/isa/encoding/SmallArray.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tenon::isa::test {

namespace {

using ::testing::HasSubstr;

class Generate : public ::testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tenon-generate", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string write(const std::string &name, const std::string &text) {
    std::string path = (folder + "/" + name).str();
    std::ofstream(path) << text;
    return path;
  }

  /// The exit code; what it prints is seen.
  static int execute(const std::string &program, std::vector<llvm::StringRef> arguments) {
    arguments.insert(arguments.begin(), program);
    return llvm::sys::ExecuteAndWait(program, arguments);
  }

  static std::string textOf(llvm::Expected<std::string> text) {
    if (text)
      return *text;
    ADD_FAILURE() << messages(text.takeError());
    return "";
  }

  llvm::SmallString<128> folder;
};

TEST_F(Generate, CppHeaderCompilesAloneForAnyDescription) {
  auto compiler = llvm::sys::findProgramByName("clang++-19");
  if (!compiler)
    GTEST_SKIP() << "no clang++-19 in PATH to compile the header with";
  std::string includes;
  for (uint64_t seed : seeds(20)) {
    Description description = randomDescription(seed);
    description.name = "random" + std::to_string(seed);
    std::string name = description.name + ".h";
    write(name, textOf(cppHeader(description)));
    includes += "#include \"" + name + "\"\n";
  }
  write("small.h", textOf(cppHeader(smallArray())));
  std::string source = write("all.cpp", "#include \"small.h\"\n" + includes);
  EXPECT_EQ(execute(*compiler, {"-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic",
                                "-Wconversion", "-Wshadow", "-Werror", source}),
            0);
}

/// The header's pack() and unpack() against the encoder, where the compiler can see it.
TEST_F(Generate, CppHeaderPacksAsTheEncoderDoes) {
  auto compiler = llvm::sys::findProgramByName("clang++-19");
  if (!compiler)
    GTEST_SKIP() << "no clang++-19 in PATH to compile the header with";
  Description description = smallArray();
  write("small.h", textOf(cppHeader(description)));
  Instruction product;
  product.intrinsic = MatmulAdd;
  product.queue = 1;
  product.sizes = {16};
  product.values = {-2};
  product.operands = {{1, 0x102, {1}}, {2, 5, {1}}};
  auto bytes = encode(description, product);
  ASSERT_TRUE(static_cast<bool>(bytes)) << messages(bytes.takeError());
  std::vector<std::string> expected;
  for (uint8_t byte : *bytes)
    expected.push_back(std::to_string(byte));
  std::string source = write("use.cpp", R"(#include "small.h"
using namespace small_array;
constexpr matmul_update_1 command = [] {
  matmul_update_1 made;
  made.m = 16;
  made.zero = -2;
  made.a = 0x102;
  made.c = std::uint64_t(memory::acc.base) + 5;
  return made;
}();
constexpr matmul_update_1::Bytes expected = {)" +
                                            llvm::join(expected, ", ") + R"(};
constexpr bool same() {
  for (std::size_t i = 0; i < command.size; ++i)
    if (command.pack()[i] != expected[i])
      return false;
  return true;
}
static_assert(command.fits() && same());
static_assert(matmul_update_1::unpack(expected).zero == -2 && matmul_update_1::unpack(expected).c == command.c);
static_assert(matmul_update_1::matches(expected) && !matmul_update_0::matches(expected));
static_assert(host::status::offset == 12 && host::status::cause.low == 16 && host::status::cause.width == 4);
static_assert(host::cycles::count == 8 && code::cause::wait == 2 && code::error::bus == 300);
static_assert(parameter::DIM == 16 && memory::spad.unitBytes == 16 && unsigned(Queue::execute) == 1);
constexpr bool large = [] {
  matmul_update_1 made = command;
  made.zero = 128;
  return made.fits();
}();
static_assert(!large);
)");
  EXPECT_EQ(execute(*compiler, {"-std=c++17", "-fsyntax-only", "-Wall", "-Werror", source}), 0);
}

TEST_F(Generate, SystemVerilogPackageLints) {
  auto verilator = llvm::sys::findProgramByName("verilator");
  if (!verilator)
    GTEST_SKIP() << "no verilator in PATH to read the package with";
  std::vector<Description> descriptions = {smallArray()};
  for (uint64_t seed : seeds(5)) {
    descriptions.push_back(randomDescription(seed));
    descriptions.back().name = "random" + std::to_string(seed);
  }
  for (const Description &description : descriptions) {
    const std::string package =
        GeneratedNames(GeneratedLanguage::SystemVerilog).add(description.name + "_pkg");
    // It lints what a module uses.
    std::string path =
        write(description.name + ".sv", textOf(systemVerilogPackage(description)) +
                                            "\nmodule top;\n  import " + package + "::*;\nendmodule\n");
    EXPECT_EQ(execute(*verilator, {"--lint-only", "-Wall", "-Wno-DECLFILENAME", "-Wno-UNUSEDPARAM", path}), 0)
        << path;
  }
}

TEST_F(Generate, SystemVerilogPackageHasFieldsAndHolesInOrder) {
  std::string text = textOf(systemVerilogPackage(smallArray()));
  EXPECT_THAT(text, HasSubstr("package small_array_pkg;"));
  EXPECT_THAT(text, HasSubstr("    logic [31:0] value; // bits 63..32\n"
                              "    logic [15:0] zero_31_16; // bits 31..16, in no field\n"
                              "    logic [7:0] which; // bits 15..8\n"
                              "    logic [7:0] op; // bits 7..0, always 1\n"
                              "  } cfg_t;\n"));
  EXPECT_THAT(text, HasSubstr("localparam logic [7:0] MVIN_OP = 8'h02;"));
  EXPECT_THAT(text, HasSubstr("localparam logic [0:0] MATMUL_UPDATE_1_UPDATE = 1'h1;"));
  EXPECT_THAT(text, HasSubstr("MVIN_MASK = 128'h000000000000000000000000ffffe0ff;"));
  EXPECT_THAT(text, HasSubstr("localparam longint SPAD_BYTES = 64'sd262144;"));
}

/// A module compares these with its own signals, so that their widths are part of what they say.
TEST_F(Generate, SystemVerilogPackageHasTheHostsRegisters) {
  EXPECT_THAT(textOf(systemVerilogPackage(smallArray())),
              HasSubstr("  localparam logic [11:0] REGISTER_STATUS = 12'h00c;\n"
                        "  localparam int REGISTER_STATUS_BUSY_HIGH = 0;\n"
                        "  localparam int REGISTER_STATUS_BUSY_LOW = 0;\n"
                        "  localparam int REGISTER_STATUS_CAUSE_HIGH = 19;\n"
                        "  localparam int REGISTER_STATUS_CAUSE_LOW = 16;\n"
                        "  localparam logic [11:0] REGISTER_CYCLES = 12'h100;\n"
                        "  localparam int REGISTER_CYCLES_COUNT = 8;\n"
                        "\n  // Numbers that stand in fields of the host's registers.\n"
                        "  localparam logic [3:0] CODE_CAUSE_IDLE = 4'd0;\n"
                        "  localparam logic [3:0] CODE_CAUSE_WAIT = 4'd2;\n"
                        "  localparam logic [8:0] CODE_ERROR_BUS = 9'd300;\n"
                        "\nendpackage\n"));
}

TEST_F(Generate, ManualHasEveryPart) {
  std::string text = textOf(manual(smallArray()));
  for (const char *part : {"# small-array\n",
                           "| `DIM` | 16 |",
                           "| `acc` | scratchpad | 64 KiB | row of 16 i32 (64 bytes) | 0x80000000 | 1 | 1 |",
                           "| `load` | 16 |",
                           "16 semaphores that count to 255",
                           "| `ld` | `stride` | u32 | unknown |",
                           "| 0xc | `status` |  | reads | What it is doing. |",
                           "|  |  | `busy`, 0 |  |  |",
                           "|  |  | `cause`, 19..16 |  | a code of `cause` |",
                           "| 0x100..0x11c | `cycles` |  | reads and writes |  |",
                           "| `error` | 300 | `bus` |",
                           "### mvin\n",
                           "Copies rows | of bytes.",
                           "| `r` | size | 1..256 |",
                           "| `zero` | value, i8 | -128..127 |",
                           "| `src` | i8[r, c] | `dram` | read | r: any, c: dense |  |",
                           "- needs `ld.stride == src.stride.r`",
                           "- sets `ld`",
                           "| 63..32 | `src` | `src.addr` |",
                           "| 31..13 |  | 0 |",
                           "| 31..24 | `zero` | `zero`, two's complement |",
                           "| 7..0 | `op` | 3 |",
                           "| latency | `2 * DIM` |",
                           "| busy: execute | `max(m, DIM)` |",
                           "### wait sem\n"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(Generate, RefusesADescriptionWithMistakes) {
  Description description = smallArray();
  removeAssignment(description, Mvin, "rows");
  for (auto *generator : {cppHeader, systemVerilogPackage, manual}) {
    auto text = generator(description);
    ASSERT_FALSE(static_cast<bool>(text));
    EXPECT_THAT(messages(text.takeError()), HasSubstr("size r of mvin is put nowhere"));
  }
}

TEST(GeneratedName, IsAnIdentifierOfItsOwn) {
  GeneratedNames cpp(GeneratedLanguage::Cpp), verilog(GeneratedLanguage::SystemVerilog);
  EXPECT_EQ(cpp.add("matmul{update: +=}"), "matmul_update");
  EXPECT_EQ(cpp.add("matmul{update: =}"), "matmul_update_2");
  EXPECT_EQ(cpp.add("int"), "int_");
  EXPECT_EQ(cpp.add("2d"), "_2d");
  EXPECT_EQ(verilog.add("wire"), "wire_");
  EXPECT_EQ(verilog.add("int8"), "int8");
  EXPECT_EQ(commentText("a\nb\\"), "a b");
}

} // namespace

} // namespace tenon::isa::test
