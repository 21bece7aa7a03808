// Arguments of kernels, and which thread of a launch this one is.
#include "core/isa/Description.h"
#include "core/native/StatementKernel.h"
#include "core/native/ir/IrModule.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

using isa::Description;
using isa::Level;
using nest::Nest;
using nest::Node;
using nest::Opcode;
using nest::Statement;

KernelPointers kernelPointers(const Description &description, const Nest &nest,
                              llvm::ArrayRef<unsigned> statements, const OperandArguments &arguments,
                              const OperandFacts &facts, int without) {
  KernelPointers result;
  result.pointers.resize(nest.operands.size());
  auto use = [&](unsigned operand, bool writes) {
    if (int(operand) == without)
      return;
    auto same = [&](const KernelArgument &known) {
      const KernelArgument &own = arguments[operand];
      return known.kind == own.kind && known.value == own.value && known.scratch == own.scratch &&
             known.constant == own.constant;
    };
    size_t number = size_t(llvm::find_if(result.arguments, same) - result.arguments.begin());
    if (number == result.arguments.size()) {
      result.arguments.push_back(arguments[operand]);
      result.arguments.back().writes = false;
      uint64_t known = operand < facts.facts.size() ? facts.facts[operand].align : 1;
      result.aligns.push_back(std::max<uint64_t>(known, nest.operands[operand].type.storageBytes()));
    }
    result.arguments[number].writes |= writes;
    result.pointers[operand] = argumentPointer(description, unsigned(number));
  };
  for (unsigned number : statements) {
    const Statement &statement = nest.statements[number];
    use(statement.destination.operand, true);
    for (const Node &node : statement.body) {
      if (node.op == Opcode::Read)
        use(node.access.operand, false);
      if (node.op == Opcode::TableRead)
        use(node.table, false);
    }
  }
  return result;
}

static const Level *levelOf(const Description &description, Level::Kind kind) {
  for (const Level &level : description.levels)
    if (level.kind == kind)
      return &level;
  return nullptr;
}

int64_t threadsOfBlock(const Description &description) {
  constexpr int64_t mostThreads = 256;
  const Level *group = levelOf(description, Level::Kind::Group);
  const Level *lane = levelOf(description, Level::Kind::Lanes);
  int64_t lanes = lane ? lane->most : 1, groups = group ? group->most : 1;
  return lanes * std::clamp<int64_t>(mostThreads / lanes, 1, groups);
}

std::string emitThreadNumber(IrFunction &function, const Description &description, int64_t threadsPerBlock) {
  auto number = [&](Level::Kind kind) -> std::string {
    const Level *level = levelOf(description, kind);
    if (!level || level->index.empty())
      return "0";
    return function.value("zext i32 " + emitIndex(function, level->index) + " to i64");
  };
  const Level *lane = levelOf(description, Level::Kind::Lanes);
  std::string block = number(Level::Kind::Grid), group = number(Level::Kind::Group);
  std::string inGroup = number(Level::Kind::Lanes);
  std::string first = function.value("mul nuw nsw i64 " + block + ", " + llvm::Twine(threadsPerBlock));
  std::string within =
      function.value("mul nuw nsw i64 " + group + ", " + llvm::Twine(lane ? lane->most : int64_t(1)));
  std::string sum = function.value("add nuw nsw i64 " + first + ", " + within);
  return function.value("add nuw nsw i64 " + sum + ", " + inGroup);
}

} // namespace tenon::native
