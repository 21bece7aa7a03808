// An instruction's extents, strides, names, needs and cycles; and each thing that check refuses.
#include "core/isa/Instruction.h"
#include "core/support/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::isa {
namespace {

using testing::HasSubstr;

Expression parsed(llvm::StringRef text) { return llvm::cantFail(parseExpression(text, {4, 9})); }

ElementType type(llvm::StringRef text) { return *parseElementType(text); }

Memory memory(llvm::StringRef name, uint64_t bytes, int64_t rowElements, llvm::StringRef element) {
  Memory result;
  result.name = name.str();
  result.bytes = bytes;
  if (rowElements) {
    result.rowElement = type(element);
    result.rowElements = rowElements;
    result.rowBytes = uint64_t(rowElements) * result.rowElement.scalar.storageBytes();
    result.unit = Memory::Unit::Row;
  }
  return result;
}

OperandDeclaration operand(llvm::StringRef name, llvm::StringRef element,
                           std::vector<std::pair<std::string, int>> axes,
                           llvm::SmallVector<unsigned, 2> memories) {
  OperandDeclaration result;
  result.name = name.str();
  result.type = type(element);
  for (const auto &[axis, size] : axes) {
    result.axes.emplace_back();
    result.axes.back().name = axis;
    result.axes.back().size = size;
  }
  result.memories = std::move(memories);
  return result;
}

/// A copy of r rows of c bytes from dram to spad, with everything that an instruction can have.
class InstructionTest : public testing::Test {
protected:
  void SetUp() override {
    description.path = "t.yaml";
    description.parameters.push_back({"DIM", 16, {}});
    description.memories = {memory("dram", 65536, 0, ""), memory("spad", 4096, 16, "i8"),
                            memory("acc", 4096, 16, "i32")};
    description.memories[0].align = 4;
    description.memories[1].base = 0x1000;
    description.memories[1].banks = 4;
    description.queues = {{"load", 16, {}}, {"execute", 16, {}}};
    Sync semaphore, tokens;
    semaphore.name = "sem";
    semaphore.kind = Sync::Kind::Semaphore;
    semaphore.count = 4;
    semaphore.max = 7;
    tokens.name = "l2c";
    tokens.kind = Sync::Kind::Tokens;
    tokens.max = 3;
    tokens.to = 1;
    description.syncs = {semaphore, tokens};
    Register reg;
    reg.name = "ld";
    reg.count = 3;
    reg.cells = {{"stride", type("u16"), std::nullopt, {}}, {"scale", type("i8"), 1, {}}};
    description.registers.push_back(reg);
    description.intrinsics = {move(), configure()};
    description.syncCommands.push_back({0, true, -1, {}});
    instruction.sizes = {4, 20};
    instruction.values = {3};
    instruction.operands = {{0, 64, {100, 1}}, {1, 8, {2, 1}}};
    instruction.slots = {{"s", 1}};
  }

  static Intrinsic move() {
    Intrinsic result;
    result.name = result.family = "mvin";
    result.memberCode = {{"mode", 1}};
    result.queue = 0;
    Size r, c;
    r.name = "r";
    r.high = 64;
    c.name = "c";
    c.high = 32;
    c.step = 4;
    c.low = 4;
    result.sizes = {r, c};
    result.values = {{"zero", type("i8"), -8, 7, {}}};
    result.operands = {operand("src", "i8", {{"r", 0}, {"c", 1}}, {0}),
                       operand("dst", "i8", {{"r", 0}, {"c", 1}}, {1, 2})};
    result.operands[0].axes[0].stride.kind = Stride::Kind::Any;
    result.operands[0].axes[0].stride.multiple = 4;
    result.where.push_back({parsed("r % 2 == 0 or c < DIM"), "r % 2 == 0 or c < DIM", {}});
    Need need;
    need.slot = "s";
    need.value = parsed("src.stride.r");
    result.needs.push_back(need);
    result.timing.latency = parsed("2 * DIM");
    result.timing.busy = {{"load", parsed("r")}, {"dram", parsed("src.bytes / 16")}};
    result.timing.extra = parsed("if dst.bank == 0 then 1 else 0");
    return result;
  }

  static Intrinsic configure() {
    Intrinsic result;
    result.name = result.family = "config";
    result.queue = 0;
    result.sets = 0;
    result.setsSlot = "s";
    return result;
  }

  std::string refusal() {
    llvm::Error error = check(description, instruction);
    return error ? llvm::toString(std::move(error)) : "";
  }
  std::string refusal(ExitCode code) {
    FailureReport found = report(check(description, instruction));
    EXPECT_EQ(found.code, code);
    return found.diagnostics.empty() ? "" : toString(found.diagnostics.front());
  }
  std::string named(llvm::StringRef name) {
    std::optional<int64_t> found = attribute(description, instruction, name);
    return found ? std::to_string(*found) : "unknown";
  }
  llvm::SmallVector<int64_t, 4> dense(unsigned operand, unsigned memory) {
    return denseStrides(description, description.intrinsics[0], operand, memory, instruction.sizes,
                        instruction.values);
  }

  Description description;
  Instruction instruction;
};

TEST_F(InstructionTest, DenseStridesOfBytesFollowTheActualSizes) {
  EXPECT_EQ(dense(0, 0), (llvm::SmallVector<int64_t, 4>{20, 1}));
  description.intrinsics[0].operands[0] = operand("src", "i32", {{"c", 1}, {"r", 0}, {"c", 1}}, {0});
  EXPECT_EQ(dense(0, 0), (llvm::SmallVector<int64_t, 4>{4 * 20 * 4, 20 * 4, 4}));
}

TEST_F(InstructionTest, DenseStridesOfRowsFollowTheLargestRow) {
  // 32 bytes of the largest c are two rows of 16, also where c is 4.
  instruction.sizes[1] = 4;
  EXPECT_EQ(dense(1, 1), (llvm::SmallVector<int64_t, 4>{2, 1}));
  EXPECT_EQ(dense(1, 2), (llvm::SmallVector<int64_t, 4>{1, 1}));
  description.intrinsics[0].operands[1] = operand("dst", "i16", {{"r", 0}, {"r", 0}, {"c", 1}}, {1});
  EXPECT_EQ(dense(1, 1), (llvm::SmallVector<int64_t, 4>{4 * 4, 4, 1}));
}

TEST_F(InstructionTest, OperandsWithoutAxesOrWithALayoutHaveNoStrides) {
  description.intrinsics[0].operands[0] = operand("src", "i8", {}, {0});
  EXPECT_TRUE(dense(0, 0).empty());
  description.intrinsics[0].operands[1].holds = Holds();
  EXPECT_TRUE(dense(1, 1).empty());
}

TEST_F(InstructionTest, Extents) {
  auto shape = [&] {
    auto found = extents(description, description.intrinsics[0], 0, instruction.sizes, instruction.values);
    return found ? testing::PrintToString(std::vector<int64_t>(found->begin(), found->end()))
                 : llvm::toString(found.takeError());
  };
  EXPECT_EQ(shape(), "{ 4, 20 }");
  Axis &axis = description.intrinsics[0].operands[0].axes[0];
  axis.extent = parsed("(r - 1) * zero + DIM + mode");
  EXPECT_EQ(shape(), "{ 26, 20 }");
  axis.extent = parsed("zero - 3");
  EXPECT_EQ(shape(), "mvin: axis r of src has extent 0, the least is 1");
  EXPECT_TRUE(dense(0, 0).empty());
  axis.extent = parsed("q");
  EXPECT_EQ(shape(), "t.yaml:4:9: mvin: axis r of src: q is not known here");
  axis.extent.reset();
  axis.size = -1;
  EXPECT_EQ(shape(), "mvin: axis r of src has no extent; give it one under extent");
}

TEST_F(InstructionTest, Names) {
  EXPECT_EQ(named("r"), "4");
  EXPECT_EQ(named("zero"), "3");
  EXPECT_EQ(named("DIM"), "16");
  EXPECT_EQ(named("mode"), "1");
  EXPECT_EQ(named("s"), "1");
  EXPECT_EQ(named("src.addr"), "64");
  EXPECT_EQ(named("dst.addr"), "4104"); // with the base
  EXPECT_EQ(named("src.stride.r"), "100");
  EXPECT_EQ(named("src.stride.c"), "1");
  EXPECT_EQ(named("src.bytes"), "80");
  EXPECT_EQ(named("dst.bank"), "0"); // 256 rows in 4 banks
  instruction.operands[1].address = 64;
  EXPECT_EQ(named("dst.bank"), "1");
  EXPECT_EQ(named("dst.memory"), "0");
  instruction.operands[1].memory = 2;
  EXPECT_EQ(named("dst.memory"), "1");
  for (const char *name :
       {"q", "src.q", "src.stride.q", "q.addr", "sem.q", "sem.wait.q", "sem", "src", "stride", ""})
    EXPECT_EQ(named(name), "unknown") << name;
  instruction.operands.clear();
  EXPECT_EQ(named("src.addr"), "unknown");
}

TEST_F(InstructionTest, NamesOfSyncs) {
  EXPECT_EQ(named("sem.wait") + named("sem.wait.id") + named("sem.signal") + named("l2c.wait"), "0000");
  instruction.syncs = {{0, true, 2, 5}, {0, false, 3, 1}, {1, false, 0, 1}};
  EXPECT_EQ(named("sem.wait"), "1");
  EXPECT_EQ(named("sem.wait.id"), "2");
  EXPECT_EQ(named("sem.wait.count"), "5");
  EXPECT_EQ(named("sem.signal.id"), "3");
  EXPECT_EQ(named("l2c.wait") + named("l2c.signal"), "01");
}

TEST_F(InstructionTest, NamesOfSets) {
  instruction = {};
  instruction.intrinsic = 1;
  instruction.cells = {500, -1};
  instruction.setsSlot = 2;
  EXPECT_EQ(named("stride"), "500");
  EXPECT_EQ(named("scale"), "-1");
  EXPECT_EQ(named("s"), "2");
  EXPECT_EQ(refusal(), "");
  instruction.cells[0] = 65536;
  EXPECT_EQ(refusal(), "config: cell ld.stride is 65536, which is outside u16");
  instruction.cells[0] = 0;
  instruction.setsSlot = 3;
  EXPECT_EQ(refusal(), "config: slot of ld is 3, there are 3");
  instruction.cells.pop_back();
  EXPECT_EQ(refusal(ExitCode::OwnFault), "config: an instruction with 1 cells, the intrinsic has 2");
}

TEST_F(InstructionTest, NamesOfSyncCommands) {
  instruction = {};
  instruction.kind = Instruction::Kind::Sync;
  instruction.queue = 1;
  instruction.syncs = {{0, true, 2, 5}};
  EXPECT_EQ(named("id") + named("count") + named("queue") + named("DIM"), "25116");
  EXPECT_EQ(named("r"), "unknown");
  EXPECT_EQ(refusal(), "");
  instruction.syncs[0].isWait = false;
  EXPECT_THAT(refusal(ExitCode::OwnFault), HasSubstr("that is not what its command does"));
}

TEST_F(InstructionTest, CheckAccepts) { EXPECT_EQ(refusal(), ""); }

TEST_F(InstructionTest, CheckOfSizesAndValues) {
  instruction.sizes[0] = 65;
  EXPECT_EQ(refusal(ExitCode::TargetCannot), "mvin: size r is 65, the range is 1..64");
  instruction.sizes[0] = 4;
  instruction.sizes[1] = 6;
  EXPECT_EQ(refusal(), "mvin: size c is 6, the range is 4..32 by 4");
  description.intrinsics[0].sizes[1].choices = {8, 16};
  EXPECT_EQ(refusal(), "mvin: size c is 6, the range is 8, 16");
  instruction.sizes[1] = 8;
  instruction.values[0] = 8;
  EXPECT_EQ(refusal(), "mvin: value zero is 8, the range is -8..7");
  instruction.values.clear();
  EXPECT_EQ(refusal(ExitCode::OwnFault), "mvin: an instruction with 0 values, the intrinsic has 1");
}

TEST_F(InstructionTest, CheckOfAddresses) {
  instruction.operands[0].address = 66;
  EXPECT_EQ(refusal(ExitCode::TargetCannot),
            "mvin: address of src is 66, which is no multiple of dram's alignment 4");
  instruction.operands[0].address = -4;
  EXPECT_EQ(refusal(), "mvin: address of src is -4, the least is 0");
  instruction.operands[0].address = 65536 - 320;
  EXPECT_EQ(refusal(), ""); // 3 strides of 100 and a row of 20
  instruction.operands[0].address += 4;
  EXPECT_EQ(refusal(), "mvin: address of src is 65220 and it takes 320 bytes, dram has 65536 bytes");
  instruction.operands[0].address = 0;
  instruction.operands[1].address = 248;
  EXPECT_EQ(refusal(), "");
  instruction.operands[1].address = 249;
  EXPECT_EQ(refusal(), "mvin: address of dst is 249 and it takes 8 rows, spad has 256 rows");
  instruction.operands[1].address = INT64_MAX;
  EXPECT_THAT(refusal(), HasSubstr("spad has 256 rows"));
  instruction.operands[1].address = 0;
  instruction.operands[0].strides[0] = INT64_MAX - 3;
  EXPECT_EQ(refusal(), "mvin: operand src ends beyond 2^63 bytes");
  instruction.operands[1].memory = 0;
  instruction.operands[0].strides[0] = 100;
  EXPECT_EQ(refusal(), "mvin: operand dst is in dram, which is none of its memories");
}

TEST_F(InstructionTest, CheckOfStrides) {
  instruction.operands[0].strides[0] = 0;
  EXPECT_EQ(refusal(), "");
  instruction.operands[0].strides[0] = 102;
  EXPECT_EQ(refusal(ExitCode::TargetCannot), "mvin: stride of r in src is 102, which is no multiple of 4");
  instruction.operands[0].strides[0] = -4;
  EXPECT_EQ(refusal(), "mvin: stride of r in src is -4, the least is 0");
  instruction.operands[0].strides = {100, 2};
  EXPECT_EQ(refusal(), "mvin: stride of c in src is 2, the dense stride is 1");
  instruction.operands[0].strides = {100, 1};
  instruction.operands[1].strides = {3, 1};
  EXPECT_EQ(refusal(), "mvin: stride of r in dst is 3, the dense stride is 2");
  Stride &stride = description.intrinsics[0].operands[1].axes[0].stride;
  stride.kind = Stride::Kind::Fixed;
  stride.value = parsed("DIM / 4");
  EXPECT_EQ(refusal(), "mvin: stride of r in dst is 3, the declared stride is 4");
  instruction.operands[1].strides = {4, 2};
  EXPECT_EQ(refusal(), "mvin: stride of c in dst is 2, the axis runs along the row: 1");
  instruction.operands[1].strides = {4};
  EXPECT_EQ(refusal(ExitCode::OwnFault), "mvin: an instruction with 1 strides of dst, the intrinsic has 2");
}

TEST_F(InstructionTest, CheckOfClauses) {
  instruction.sizes = {5, 16};
  EXPECT_EQ(refusal(ExitCode::TargetCannot),
            "mvin: where r % 2 == 0 or c < DIM does not hold for r = 5, c = 16, DIM = 16");
  instruction.sizes = {5, 12};
  EXPECT_EQ(refusal(), "");
  description.intrinsics[0].where.push_back({parsed("dst.bank != 0"), "dst.bank != 0", {}});
  EXPECT_EQ(refusal(), "mvin: where dst.bank != 0 does not hold for dst.bank = 0");
  description.intrinsics[0].where.back().condition = parsed("q == 0");
  EXPECT_THAT(refusal(), HasSubstr("q is not known here"));
}

TEST_F(InstructionTest, CheckOfSyncsAndSlots) {
  instruction.syncs = {{0, true, 4, 1}};
  EXPECT_EQ(refusal(ExitCode::TargetCannot), "wait for sem: counter 4, there are 4");
  instruction.syncs = {{0, true, 3, 8}};
  EXPECT_EQ(refusal(), "wait for sem: count 8, the range is 1..7");
  instruction.syncs = {{1, true, 0, 1}};
  EXPECT_EQ(refusal(), "wait for l2c from queue 0, which only queue 1 can do");
  instruction.syncs = {{1, false, 0, 1}};
  EXPECT_EQ(refusal(), "");
  instruction.slots["s"] = 3;
  EXPECT_EQ(refusal(), "mvin: slot s of ld is 3, there are 3");
  instruction.slots.clear();
  EXPECT_EQ(refusal(ExitCode::OwnFault), "mvin: no slot of ld is chosen for s");
  instruction.queue = 1;
  instruction.syncs.clear();
  EXPECT_EQ(refusal(ExitCode::OwnFault), "mvin: an instruction in queue 1, the intrinsic's is 0");
}

TEST_F(InstructionTest, NeededCells) {
  auto cells = neededCells(description, instruction);
  ASSERT_TRUE(bool(cells));
  EXPECT_EQ(*cells, (llvm::SmallVector<int64_t, 8>{100}));
  instruction.operands[0].strides[0] = 65536;
  cells = neededCells(description, instruction);
  EXPECT_EQ(llvm::toString(cells.takeError()),
            "mvin: ld.stride must hold src.stride.r = 65536, which is outside u16");
}

TEST_F(InstructionTest, CyclesAreFractions) {
  instruction.sizes = {4, 28};
  llvm::Expected<Cost> found = cost(description, instruction);
  ASSERT_TRUE(bool(found));
  EXPECT_EQ(found->latency, 32);
  EXPECT_EQ(found->busy[0], (std::pair<std::string, double>("load", 4)));
  EXPECT_EQ(found->busy[1], (std::pair<std::string, double>("dram", 7)));
  EXPECT_EQ(found->extra, 1);
  EXPECT_EQ(found->bound(), 8);
  instruction.sizes = {1, 4};
  EXPECT_EQ(llvm::cantFail(cost(description, instruction)).busy[1].second, 0.25);
  description.intrinsics[0].timing.extra = parsed("r - 5 / 2");
  EXPECT_EQ(llvm::toString(cost(description, instruction).takeError()),
            "mvin: timing, extra: r - 5 / 2 is -1.5, cycles are 0 or more");
}

TEST(ElementTypeTest, Names) {
  for (const char *name : {"i1", "i8", "u8", "i20", "u64", "i64", "f16", "bf16", "f32", "f64"})
    EXPECT_EQ(type(name).str(), name);
  for (const char *name :
       {"", "i", "i0", "i65", "u65", "i08", "I8", "f8", "s8", "i8 ", "index", "i-8", "u+8", "i8x"})
    EXPECT_FALSE(parseElementType(name)) << name;
}

TEST(ElementTypeTest, Fits) {
  EXPECT_TRUE(fits(type("i8"), -128) && fits(type("i8"), 127));
  EXPECT_FALSE(fits(type("i8"), -129) || fits(type("i8"), 128));
  EXPECT_TRUE(fits(type("u8"), 0) && fits(type("u8"), 255));
  EXPECT_FALSE(fits(type("u8"), -1) || fits(type("u8"), 256));
  EXPECT_TRUE(fits(type("i64"), INT64_MIN) && fits(type("u64"), INT64_MAX));
  EXPECT_FALSE(fits(type("u64"), -1));
}

TEST(SizeTest, Allows) {
  Size size;
  size.low = 4;
  size.high = 13;
  size.step = 4;
  EXPECT_TRUE(size.allows(4) && size.allows(12));
  EXPECT_FALSE(size.allows(0) || size.allows(6) || size.allows(16) || size.allows(13));
  size.low = INT64_MIN;
  size.high = INT64_MAX;
  size.step = 2;
  EXPECT_TRUE(size.allows(0) && size.allows(INT64_MIN));
  EXPECT_FALSE(size.allows(INT64_MAX));
  size.choices = {3, 5};
  EXPECT_TRUE(size.allows(5));
  EXPECT_FALSE(size.allows(4));
}

TEST(DescriptionTest, HashAndParameters) {
  Description description;
  // FIPS 180-4's example.
  description.text = "abc";
  EXPECT_EQ(description.hash(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  description.parameters.push_back({"DIM", 8, {}});
  EXPECT_EQ(description.parameter("DIM"), std::optional<int64_t>(8));
  EXPECT_EQ(description.parameter("dim"), std::nullopt);
}

} // namespace
} // namespace tenon::isa
