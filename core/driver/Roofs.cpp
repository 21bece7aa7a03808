// Rates at an intrinsic's largest sizes. Clauses of `where` are not looked at: they could only lower a roof.
#include "core/driver/Roofs.h"

namespace tenon::driver {

namespace {

/// The instruction of the intrinsic's largest sizes, at address 0 of the first memory that each operand may
/// lie in.
isa::Instruction largestOf(const isa::Description &description, unsigned number) {
  const isa::Intrinsic &intrinsic = description.intrinsics[number];
  isa::Instruction instruction;
  instruction.intrinsic = number;
  instruction.queue = unsigned(std::max(intrinsic.queue, 0));
  for (const isa::Size &size : intrinsic.sizes)
    instruction.sizes.push_back(size.high);
  for (const isa::ValueDeclaration &value : intrinsic.values)
    instruction.values.push_back(value.high);
  for (auto [operand, declared] : llvm::enumerate(intrinsic.operands)) {
    isa::OperandUse use;
    use.memory = declared.memories.front();
    use.strides = isa::denseStrides(description, intrinsic, unsigned(operand), use.memory, instruction.sizes,
                                    instruction.values);
    instruction.operands.push_back(std::move(use));
  }
  return instruction;
}

/// Multiply-accumulates at the sizes. How many there are at a point of a statement's loops does not depend on
/// the sizes, so the least ones tell it; 0 where the meaning has no nest.
double macsAt(const isa::Description &description, const isa::Intrinsic &intrinsic,
              llvm::ArrayRef<int64_t> sizes, mlir::MLIRContext &context) {
  llvm::SmallVector<int64_t> least, values;
  for (const isa::Size &size : intrinsic.sizes)
    least.push_back(size.choices.empty() ? size.low : size.choices.front());
  for (const isa::ValueDeclaration &value : intrinsic.values)
    values.push_back(value.low <= 0 && value.high >= 0 ? 0 : value.low);
  auto nest = isa::nestOf(description, intrinsic, least, values, context);
  if (!nest) {
    llvm::consumeError(nest.takeError()); // of these sizes alone; whoever plans meets the error
    return 0;
  }
  double total = 0;
  for (const nest::Statement &statement : nest->statements) {
    nest::Nest alone = *nest;
    alone.statements = {statement};
    double points = 1, now = 1;
    for (unsigned loop : statement.loops) {
      points *= double(nest->loops[loop].extent);
      now *= double(sizes[loop]);
    }
    total += double(nest::multiplyAccumulates(alone)) / points * now;
  }
  return total;
}

void addRate(Roofs &roofs, const Roof &rate) {
  if (!roofs.macs || rate.perCycle > roofs.macs->perCycle)
    roofs.macs = rate;
  auto same = llvm::find_if(roofs.each, [&](const Roof &roof) { return roof.intrinsic == rate.intrinsic; });
  if (same == roofs.each.end())
    roofs.each.push_back(rate);
  else if (rate.perCycle > same->perCycle)
    *same = rate;
}

} // namespace

double Roofs::bytesPerCycle() const {
  double total = 0;
  for (const Roof &roof : bytes)
    total += roof.perCycle;
  return total;
}

Traffic trafficOf(const isa::Description &description, const isa::Instruction &instruction) {
  Traffic traffic;
  if (instruction.kind != isa::Instruction::Kind::Intrinsic)
    return traffic;
  const isa::Intrinsic &intrinsic = description.intrinsics[instruction.intrinsic];
  for (auto [use, declared] : llvm::zip_equal(instruction.operands, intrinsic.operands)) {
    if (description.memories[use.memory].kind != isa::Memory::Kind::Global)
      continue;
    auto bytes = uint64_t(isa::attribute(description, instruction, declared.name + ".bytes").value_or(0));
    if (declared.access != isa::OperandDeclaration::Access::Write)
      traffic.readBytes += bytes;
    if (declared.access != isa::OperandDeclaration::Access::Read)
      traffic.writtenBytes += bytes;
  }
  return traffic;
}

Roofs roofsOf(const isa::Description &description, mlir::MLIRContext &context) {
  Roofs roofs;
  for (auto [number, intrinsic] : llvm::enumerate(description.intrinsics)) {
    if (intrinsic.timing.busy.empty())
      continue;
    isa::Instruction largest = largestOf(description, unsigned(number));
    auto cost = isa::cost(description, largest);
    if (!cost) {
      llvm::consumeError(cost.takeError());
      roofs.notRated.push_back(intrinsic.name);
      continue;
    }
    auto busiest = llvm::max_element(cost->busy, llvm::less_second());
    if (busiest == cost->busy.end() || busiest->second <= 0)
      continue;
    Traffic traffic = trafficOf(description, largest);
    double macs = macsAt(description, intrinsic, largest.sizes, context) / busiest->second;
    double bytes = double(traffic.readBytes + traffic.writtenBytes) / busiest->second;
    if (macs > 0)
      addRate(roofs, {intrinsic.family, busiest->first, macs});
    if (bytes <= 0)
      continue;
    auto same = llvm::find_if(roofs.bytes, [&](const Roof &roof) { return roof.unit == busiest->first; });
    if (same == roofs.bytes.end())
      roofs.bytes.push_back({intrinsic.family, busiest->first, bytes});
    else if (bytes > same->perCycle)
      *same = {intrinsic.family, busiest->first, bytes};
  }
  return roofs;
}

} // namespace tenon::driver
