// What a description says arrives in the structs, field by field.
#include "tests/isa/loader/Sample.h"

#include "core/isa/Semantics.h"

#include <gmock/gmock.h>

#include <fstream>

using namespace tenon;
using namespace tenon::isa;
using namespace tenon::test;
using testing::ElementsAre;

namespace {

class Load : public testing::Test {
protected:
  Description description = loaded(sample());

  const Memory &memory(llvm::StringRef name) const {
    return *llvm::find_if(description.memories, [&](const Memory &entry) { return entry.name == name; });
  }
  const Intrinsic &intrinsic(llvm::StringRef name) const { return intrinsicOf(description, name); }
};

TEST_F(Load, Top) {
  EXPECT_EQ(description.name, "sample-chip");
  EXPECT_EQ(description.doc, "One of everything.");
  EXPECT_EQ(description.path, "sample.yaml");
  EXPECT_EQ(description.text, sample());
  ASSERT_EQ(description.parameters.size(), 2U);
  EXPECT_EQ(description.parameters[1].name, "ROWS");
  EXPECT_EQ(description.parameters[1].value, 1024);
  EXPECT_EQ(description.parameters[1].place.line, 4U);
  EXPECT_EQ(description.parameters[1].place.column, 23U);
}

TEST_F(Load, Memories) {
  ASSERT_EQ(description.memories.size(), 7U);
  EXPECT_EQ(memory("dram").kind, Memory::Kind::Global);
  EXPECT_EQ(memory("dram").bytes, uint64_t(64) << 20);
  EXPECT_EQ(memory("dram").align, 16);
  EXPECT_EQ(memory("dram").unit, Memory::Unit::Byte);
  EXPECT_EQ(memory("spad").kind, Memory::Kind::Scratchpad);
  EXPECT_EQ(memory("spad").bytes, 1024U * 16);
  EXPECT_EQ(memory("spad").rowBytes, 16U);
  EXPECT_EQ(memory("spad").rowElements, 16);
  EXPECT_EQ(memory("spad").rowElement.str(), "i8");
  EXPECT_EQ(memory("spad").unit, Memory::Unit::Row);
  EXPECT_EQ(memory("spad").banks, 4);
  EXPECT_EQ(memory("spad").units(), 1024U);
  EXPECT_EQ(memory("acc").base, 0x8000);
  EXPECT_EQ(memory("acc").rowBytes, 64U);
  EXPECT_EQ(memory("wgt").kind, Memory::Kind::Rotating);
  EXPECT_EQ(memory("wgt").copies, 2);
  EXPECT_EQ(memory("lut").kind, Memory::Kind::Table);
  EXPECT_EQ(memory("zmm").kind, Memory::Kind::Registers);
  EXPECT_EQ(memory("zmm").bytes, 32U * 64);
  EXPECT_EQ(memory("raw").unit, Memory::Unit::Byte);
  EXPECT_EQ(memory("raw").rowBytes, 16U);
  EXPECT_EQ(memory("raw").place.line, 12U);
}

TEST_F(Load, Queues) {
  ASSERT_EQ(description.queues.size(), 3U);
  EXPECT_EQ(description.queues[0].name, "load");
  EXPECT_EQ(description.queues[0].depth, 16);
  EXPECT_EQ(description.queues[2].depth, 1);
}

TEST_F(Load, Host) {
  const Host &host = description.host;
  EXPECT_EQ(host.window, 1024);
  ASSERT_EQ(host.registers.size(), 4U);
  EXPECT_EQ(host.registers[0].name, "status");
  EXPECT_EQ(host.registers[0].offset, 12);
  EXPECT_EQ(host.registers[0].access, HostRegister::Access::Read);
  EXPECT_EQ(host.registers[0].doc, "What it does");
  EXPECT_FALSE(host.registers[0].count);
  ASSERT_EQ(host.registers[0].fields.size(), 2U);
  EXPECT_EQ(host.registers[0].fields[0].high, 0U);
  EXPECT_EQ(host.registers[0].fields[0].codes, -1);
  EXPECT_EQ(host.registers[0].fields[1].high, 11U);
  EXPECT_EQ(host.registers[0].fields[1].low, 8U);
  EXPECT_EQ(host.registers[0].fields[1].codes, 0);
  EXPECT_EQ(host.registers[1].access, HostRegister::Access::Write);
  EXPECT_EQ(host.registers[2].access, HostRegister::Access::ReadWrite);
  EXPECT_EQ(host.registers[3].offset, 32);
  EXPECT_EQ(host.registers[3].count, 16);
  EXPECT_EQ(host.registers[3].end(), 96);
  ASSERT_EQ(host.codes.size(), 2U);
  EXPECT_EQ(host.codes[0].bits, 4U) << "as its fields";
  EXPECT_EQ(host.codes[0].codes[1].number, 2);
  EXPECT_EQ(host.codes[1].bits, 3U) << "as its numbers need";
  EXPECT_EQ(host.codes[1].codes[4].name, "start");
  EXPECT_EQ(host.codes[1].codes[4].number, 4);
}

TEST_F(Load, Syncs) {
  ASSERT_EQ(description.syncs.size(), 3U);
  EXPECT_EQ(description.syncs[0].kind, Sync::Kind::Interlock);
  EXPECT_THAT(description.syncs[0].queues, ElementsAre(0, 2));
  EXPECT_EQ(description.syncs[1].kind, Sync::Kind::Semaphore);
  EXPECT_EQ(description.syncs[1].count, 16);
  EXPECT_EQ(description.syncs[1].max, 255);
  EXPECT_EQ(description.syncs[2].kind, Sync::Kind::Tokens);
  EXPECT_EQ(description.syncs[2].from, 0U);
  EXPECT_EQ(description.syncs[2].to, 1U);
  EXPECT_EQ(description.syncs[2].max, 512);
}

TEST_F(Load, SyncCommands) {
  ASSERT_EQ(description.syncCommands.size(), 2U);
  const SyncCommand &wait = description.syncCommands[0], &signal = description.syncCommands[1];
  EXPECT_TRUE(wait.isWait);
  EXPECT_EQ(wait.sync, 1U);
  EXPECT_EQ(wait.queue, -1);
  EXPECT_EQ(description.words[wait.command.word].name, "sy");
  ASSERT_EQ(wait.command.fields.size(), 4U);
  EXPECT_EQ(wait.command.fields[3].value.str(), "queue");
  EXPECT_FALSE(signal.isWait);
  EXPECT_EQ(signal.queue, 2);
}

TEST_F(Load, Words) {
  ASSERT_EQ(description.words.size(), 5U);
  const Word &word = description.words[0];
  EXPECT_EQ(word.bits, 64U);
  ASSERT_EQ(word.fields.size(), 3U);
  EXPECT_EQ(word.fields[0].high, 7U);
  EXPECT_EQ(word.fields[0].low, 0U);
  EXPECT_EQ(word.fields[0].constant, 1U);
  EXPECT_EQ(word.fields[1].high, 8U);
  EXPECT_EQ(word.fields[1].low, 8U);
  EXPECT_FALSE(word.fields[1].constant);
  EXPECT_EQ(word.fields[2].width(), 32U);
}

TEST_F(Load, Registers) {
  ASSERT_EQ(description.registers.size(), 2U);
  EXPECT_EQ(description.registers[0].count, 1);
  const Register &slots = description.registers[1];
  EXPECT_EQ(slots.name, "ld3");
  EXPECT_EQ(slots.count, 3);
  ASSERT_EQ(slots.cells.size(), 2U);
  EXPECT_EQ(slots.cells[0].type.str(), "u32");
  EXPECT_FALSE(slots.cells[0].atReset);
  EXPECT_EQ(slots.cells[1].atReset, 1);
}

TEST_F(Load, SettingIntrinsics) {
  EXPECT_EQ(intrinsic("config_ld").sets, 0);
  EXPECT_EQ(intrinsic("config_ld").setsSlot, "");
  EXPECT_EQ(intrinsic("config_ld3").sets, 1);
  EXPECT_EQ(intrinsic("config_ld3").setsSlot, "s");
}

TEST_F(Load, Moves) {
  const Intrinsic &move = intrinsic("mvin");
  EXPECT_EQ(move.doc, "Rows from memory.");
  EXPECT_EQ(move.queue, 0);
  EXPECT_TRUE(move.isMove());
  ASSERT_EQ(move.sizes.size(), 2U);
  EXPECT_EQ(move.sizes[0].high, 256);
  EXPECT_EQ(move.sizes[1].high, 16);
  ASSERT_EQ(move.operands.size(), 2U);
  EXPECT_EQ(move.operands[0].access, OperandDeclaration::Access::Read);
  EXPECT_EQ(move.operands[0].axes[0].name, "r");
  EXPECT_EQ(move.operands[0].axes[0].size, 0);
  EXPECT_EQ(move.operands[0].axes[0].stride.kind, Stride::Kind::Any);
  EXPECT_EQ(move.operands[0].axes[0].stride.multiple, 16);
  EXPECT_EQ(move.operands[0].axes[1].stride.kind, Stride::Kind::Dense);
  EXPECT_EQ(move.operands[1].access, OperandDeclaration::Access::Write);
  EXPECT_EQ(move.operands[1].outside.kind, Outside::Kind::Value);
  EXPECT_EQ(move.operands[1].outside.value.integer, 0);
  EXPECT_THAT(move.operands[1].memories, ElementsAre(1));
  ASSERT_EQ(move.needs.size(), 2U);
  EXPECT_EQ(move.needs[0].reg, 1U);
  EXPECT_EQ(move.needs[0].slot, "s");
  EXPECT_EQ(move.needs[0].cell, 0U);
  EXPECT_EQ(move.needs[0].value.str(), "src.stride.r");
  EXPECT_EQ(move.needs[1].cell, 1U);
}

TEST_F(Load, ClausesAndTiming) {
  const Intrinsic &move = intrinsic("mvin");
  ASSERT_EQ(move.where.size(), 2U);
  EXPECT_EQ(move.where[0].text, "r % 2 == 0 or r < 32");
  EXPECT_EQ(move.where[1].condition.str(), "src.addr % 16 == 0");
  ASSERT_EQ(move.prefer.size(), 1U);
  EXPECT_EQ(move.prefer[0].text, "dst.bank != 0");
  ASSERT_TRUE(move.timing.latency && move.timing.extra);
  EXPECT_EQ(move.timing.latency->integer, 40);
  ASSERT_EQ(move.timing.busy.size(), 2U);
  EXPECT_EQ(move.timing.busy[1].first, "dram");
  EXPECT_EQ(move.timing.busy[1].second.str(), "r * c / 16");
  ASSERT_TRUE(move.command);
  EXPECT_EQ(description.words[move.command->word].name, "mv");
  EXPECT_EQ(move.command->fields.size(), 7U);
}

TEST_F(Load, Matmul) {
  const Intrinsic &matmul = intrinsic("matmul{update: +=, rounding: one}");
  EXPECT_EQ(matmul.family, "matmul");
  EXPECT_EQ(matmul.member.at("update"), "+=");
  EXPECT_EQ(matmul.memberCode.at("update"), 1);
  EXPECT_EQ(matmul.memberCode.at("rounding"), 1);
  EXPECT_THAT(matmul.sizes[1].choices, ElementsAre(8, 16));
  EXPECT_EQ(matmul.sizes[1].low, 8);
  EXPECT_EQ(matmul.sizes[1].high, 16);
  ASSERT_EQ(matmul.values.size(), 1U);
  EXPECT_EQ(matmul.values[0].type.str(), "i8");
  EXPECT_EQ(matmul.values[0].low, -128);
  EXPECT_EQ(matmul.values[0].high, 127);
  EXPECT_EQ(matmul.operands[2].outside.kind, Outside::Kind::Keep);
  EXPECT_EQ(matmul.operands[2].access, OperandDeclaration::Access::Update);
  EXPECT_THAT(matmul.advances, ElementsAre(3));
  EXPECT_EQ(matmul.semantics.statements.size(), 3U);
  EXPECT_EQ(matmul.semantics.locals.size(), 1U);
  EXPECT_NE(str(matmul).find("half_up"), std::string::npos) << str(matmul);
}

TEST_F(Load, Window) {
  const Intrinsic &window = intrinsic("window");
  EXPECT_EQ(window.sizes[1].low, 3);
  EXPECT_EQ(window.sizes[1].high, 3);
  EXPECT_EQ(window.values[0].type.str(), "u2");
  EXPECT_EQ(window.values[0].high, 2);
  const Axis &axis = window.operands[0].axes[0];
  EXPECT_EQ(axis.size, -1);
  ASSERT_TRUE(axis.extent);
  EXPECT_EQ(axis.extent->str(), "o + 2 - 2 * pad");
  EXPECT_EQ(window.operands[1].outside.kind, Outside::Kind::Undefined);
}

TEST_F(Load, Lookup) {
  const Intrinsic &lookup = intrinsic("look_up");
  EXPECT_THAT(lookup.operands[0].memories, ElementsAre(1, 6));
  ASSERT_TRUE(lookup.operands[1].axes[0].extent);
  EXPECT_EQ(lookup.operands[1].axes[0].extent->integer, 256);
}

TEST_F(Load, Layouts) {
  const Intrinsic &dot = intrinsic("dot");
  EXPECT_EQ(dot.llvm, "llvm.x86.avx512.vpdpbusd.512(c, a, b)");
  EXPECT_EQ(dot.queue, -1);
  ASSERT_TRUE(dot.operands[0].holds);
  const Holds &holds = *dot.operands[0].holds;
  ASSERT_EQ(holds.coordinates.size(), 2U);
  EXPECT_EQ(holds.coordinates[1].unit, "byte");
  EXPECT_EQ(holds.coordinates[1].name, "t");
  ASSERT_EQ(holds.indices.size(), 1U);
  EXPECT_EQ(holds.indices[0].str(), "t");
  EXPECT_EQ(holds.text, "dword l, byte t = a[t]");
}

TEST_F(Load, OtherEncodings) {
  EXPECT_EQ(intrinsicOf(loaded(sampleWith("llvm: llvm.x86", "asm: llvm.x86")), "dot").assembly,
            "llvm.x86.avx512.vpdpbusd.512(c, a, b)");
  EXPECT_EQ(intrinsicOf(loaded(sampleWith("llvm: llvm.x86.avx512.vpdpbusd.512(c, a, b)",
                                          "call: vpdpbusd(c.addr, a.addr, b.addr)")),
                        "dot")
                .call,
            "vpdpbusd(c.addr, a.addr, b.addr)");
}

TEST_F(Load, AFixedStride) {
  Description changed = loaded(sampleWith("stride: {r: any by 16}}", "stride: {r: 2*DIM}}"));
  const Stride &stride = intrinsicOf(changed, "mvin").operands[0].axes[0].stride;
  EXPECT_EQ(stride.kind, Stride::Kind::Fixed);
  EXPECT_EQ(stride.value.str(), "2 * DIM");
}

TEST_F(Load, ParametersAreReplaced) {
  LoadOptions options;
  options.parameters["DIM"] = 32;
  Description larger = loaded(sampleWith("n: [8, 16]", "n: [8, DIM]"), options);
  EXPECT_EQ(larger.parameter("DIM"), 32);
  EXPECT_EQ(larger.parameter("ROWS"), 2048);
  EXPECT_EQ(larger.memories[1].rowBytes, 32U);
}

TEST_F(Load, AnUnknownReplacedParameterIsWrongUse) {
  LoadOptions options;
  options.parameters["DIMM"] = 32;
  FailureReport found = report(parseDescription(sample(), "sample.yaml", options).takeError());
  EXPECT_EQ(found.code, ExitCode::WrongUse);
  EXPECT_EQ(toString(found.diagnostics.front()),
            "target 'sample-chip' has no parameter 'DIMM'; did you mean 'DIM'?");
}

TEST_F(Load, LineEndsOfWindows) {
  std::string text;
  for (char letter : sample())
    text += letter == '\n' ? "\r\n" : std::string(1, letter);
  EXPECT_EQ(loaded(text).intrinsics.size(), description.intrinsics.size());
}

TEST_F(Load, FromAFile) {
  std::string path = testing::TempDir() + "/sample_description.yaml";
  std::ofstream(path) << sample();
  llvm::Expected<Description> found = loadDescription(path);
  ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
  EXPECT_EQ(found->path, path);
  EXPECT_EQ(found->hash(), description.hash());
}

TEST_F(Load, NoFileIsWrongUse) {
  EXPECT_EQ(report(loadDescription("/no/such/target.yaml").takeError()).code, ExitCode::WrongUse);
}

} // namespace
