// The small machine: what a loader would make of its description.
#include "tests/isa/encoding/SmallArray.h"

#include "core/isa/encoding/Check.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>

namespace tenon::isa::test {

namespace {

const ElementType i8{nest::ScalarType::integer(8)}, i32{nest::ScalarType::integer(32)};

Memory memory(const std::string &name, Memory::Kind kind, uint64_t bytes, uint64_t rowBytes,
              ElementType row) {
  Memory made;
  made.name = name;
  made.kind = kind;
  made.bytes = bytes;
  made.rowBytes = rowBytes;
  made.rowElement = row;
  made.rowElements = rowBytes == 0 ? 0 : static_cast<int64_t>(rowBytes / row.scalar.storageBytes());
  made.unit = rowBytes == 0 ? Memory::Unit::Byte : Memory::Unit::Row;
  return made;
}

OperandDeclaration operand(const std::string &name, ElementType type, unsigned memory,
                           const std::vector<std::pair<std::string, int>> &axes) {
  OperandDeclaration made;
  made.name = name;
  made.type = type;
  made.memories.push_back(memory);
  for (const auto &[axisName, size] : axes) {
    Axis axis;
    axis.name = axisName;
    axis.size = size;
    made.axes.push_back(axis);
  }
  return made;
}

Command command(const Description &description, unsigned word,
                const std::vector<std::pair<std::string, std::string>> &fields) {
  Command made;
  made.word = word;
  for (const auto &[name, text] : fields) {
    const std::vector<Field> &all = description.words[word].fields;
    auto found = llvm::find_if(all, [&, wanted = name](const Field &one) { return one.name == wanted; });
    made.fields.push_back({static_cast<unsigned>(found - all.begin()), expression(text)});
  }
  return made;
}

void words(Description &description) {
  description.words = {
      {"cfg",
       64,
       {{"op", 7, 0, 1, {}}, {"which", 15, 8, std::nullopt, {}}, {"value", 63, 32, std::nullopt, {}}},
       {}},
      {"mv",
       128,
       {{"op", 7, 0, std::nullopt, {}},
        {"wait", 8, 8, std::nullopt, {}},
        {"wait_id", 12, 9, std::nullopt, {}},
        {"src", 63, 32, std::nullopt, {}},
        {"dst", 95, 64, std::nullopt, {}},
        {"rows", 111, 96, std::nullopt, {}},
        {"cols", 127, 112, std::nullopt, {}}},
       {}},
      {"mm",
       96,
       {{"op", 7, 0, std::nullopt, {}},
        {"update", 8, 8, std::nullopt, {}},
        {"m", 23, 12, std::nullopt, {}},
        {"zero", 31, 24, std::nullopt, {}},
        {"a", 63, 32, std::nullopt, {}},
        {"c", 95, 64, std::nullopt, {}}},
       {}},
      {"sync",
       32,
       {{"op", 7, 0, std::nullopt, {}},
        {"id", 15, 8, std::nullopt, {}},
        {"n", 23, 16, std::nullopt, {}},
        {"queue", 31, 24, std::nullopt, {}}},
       {}}};
}

void moves(Description &description) {
  Intrinsic config;
  config.name = config.family = "config_ld";
  config.queue = 0;
  config.sets = 0;
  config.command = command(description, CfgWord, {{"which", "0"}, {"value", "stride"}});
  description.intrinsics.push_back(config);

  Intrinsic mvin;
  mvin.name = mvin.family = "mvin";
  mvin.doc = "Copies rows | of bytes.";
  mvin.queue = 0;
  mvin.sizes = {{"r", 1, 256, 1, {}, {}}, {"c", 1, 16, 1, {}, {}}};
  mvin.operands = {operand("src", i8, 0, {{"r", 0}, {"c", 1}}), operand("dst", i8, 1, {{"r", 0}, {"c", 1}})};
  mvin.operands[0].axes[0].stride.kind = Stride::Kind::Any;
  mvin.operands[1].access = OperandDeclaration::Access::Write;
  mvin.needs.push_back({0, "", 0, expression("src.stride.r"), {}});
  mvin.command = command(description, MvWord,
                         {{"op", "2"},
                          {"wait", "sem.wait"},
                          {"wait_id", "sem.wait.id"},
                          {"src", "src.addr"},
                          {"dst", "dst.addr"},
                          {"rows", "r"},
                          {"cols", "c"}});
  description.intrinsics.push_back(mvin);
}

void products(Description &description) {
  for (int64_t update : {0, 1}) {
    Intrinsic matmul;
    matmul.family = "matmul";
    matmul.name = update == 0 ? "matmul{update: =}" : "matmul{update: +=}";
    matmul.member = {{"update", update == 0 ? "=" : "+="}};
    matmul.memberCode = {{"update", update}};
    matmul.queue = 1;
    matmul.sizes = {{"m", 1, 1024, 1, {}, {}}};
    matmul.values = {{"zero", i8, -128, 127, {}}};
    matmul.operands = {operand("a", i8, 1, {{"m", 0}}), operand("c", i32, 2, {{"m", 0}})};
    matmul.command = command(
        description, MmWord,
        {{"op", "3"}, {"update", "update"}, {"m", "m"}, {"zero", "zero"}, {"a", "a.addr"}, {"c", "c.addr"}});
    matmul.timing.latency = expression("2 * DIM");
    matmul.timing.busy = {{"execute", expression("max(m, DIM)")}};
    description.intrinsics.push_back(matmul);
  }
}

/// A register with fields, an array of registers, codes that a field holds and codes that none does.
Host smallHost() {
  Host host;
  host.registers = {{"status",
                     0x00c,
                     HostRegister::Access::Read,
                     std::nullopt,
                     "What it is doing.",
                     {{"busy", 0, 0, -1, {}}, {"cause", 19, 16, 0, {}}},
                     {}},
                    {"cycles", 0x100, HostRegister::Access::ReadWrite, 8, "", {}, {}}};
  host.codes = {{"cause", 4, {{"idle", 0, {}}, {"wait", 2, {}}}, {}}, {"error", 9, {{"bus", 300, {}}}, {}}};
  return host;
}

} // namespace

Description smallArray() {
  Description description;
  description.name = "small-array";
  description.path = "small.yaml";
  description.parameters = {{"DIM", 16, {}}};
  description.memories = {memory("dram", Memory::Kind::Global, uint64_t(1) << 20, 0, i8),
                          memory("spad", Memory::Kind::Scratchpad, uint64_t(1) << 18, 16, i8),
                          memory("acc", Memory::Kind::Scratchpad, uint64_t(1) << 16, 64, i32)};
  description.memories[0].align = 16;
  description.memories[2].base = 0x80000000;
  description.queues = {{"load", 16, {}}, {"execute", 16, {}}};
  Sync semaphore;
  semaphore.name = "sem";
  semaphore.kind = Sync::Kind::Semaphore;
  semaphore.count = 16;
  semaphore.max = 255;
  description.syncs = {semaphore};
  description.registers = {
      {"ld", 1, {{"stride", {nest::ScalarType::integer(32), false}, std::nullopt, {}}}, {}}};
  description.host = smallHost();
  words(description);
  moves(description);
  products(description);
  description.syncCommands = {
      {0, true, -1,
       command(description, SyncWord, {{"op", "8"}, {"id", "id"}, {"n", "count"}, {"queue", "queue"}})},
      {0, false, -1, command(description, SyncWord, {{"op", "9"}, {"id", "id"}, {"queue", "queue"}})}};
  return description;
}

Field &field(Description &description, unsigned word, llvm::StringRef name) {
  return *llvm::find_if(description.words[word].fields, [&](const Field &one) { return name == one.name; });
}

FieldAssignment &assignment(Description &description, unsigned intrinsic, llvm::StringRef field) {
  Command &command = *description.intrinsics[intrinsic].command;
  return *llvm::find_if(command.fields, [&](const FieldAssignment &one) {
    return field == description.words[command.word].fields[one.field].name;
  });
}

void removeAssignment(Description &description, unsigned intrinsic, llvm::StringRef field) {
  std::vector<FieldAssignment> &fields = description.intrinsics[intrinsic].command->fields;
  fields.erase(fields.begin() + (&assignment(description, intrinsic, field) - fields.data()));
}

void assign(Description &description, unsigned intrinsic, llvm::StringRef field, const std::string &text) {
  assignment(description, intrinsic, field).value = expression(text);
}

Instruction mvin() {
  Instruction instruction;
  instruction.intrinsic = Mvin;
  instruction.sizes = {16, 16};
  instruction.operands = {{0, 0x100, {64, 1}}, {1, 3, {1, 1}}};
  return instruction;
}

Instruction configLd(int64_t stride) {
  Instruction instruction;
  instruction.intrinsic = ConfigLd;
  instruction.cells = {stride};
  return instruction;
}

std::string mistakesOf(const Description &description) {
  std::vector<Diagnostic> mistakes;
  checkEncoding(description, mistakes);
  std::string text;
  for (const Diagnostic &mistake : mistakes) {
    EXPECT_NE(mistake.repair, "") << mistake.message;
    EXPECT_EQ(mistake.file, "small.yaml") << mistake.message;
    text += mistake.message + "\n";
  }
  return text;
}

std::string messages(llvm::Error error) {
  std::string text;
  for (const Diagnostic &diagnostic : report(std::move(error)).diagnostics)
    text += diagnostic.message + "\n";
  return text;
}

} // namespace tenon::isa::test
