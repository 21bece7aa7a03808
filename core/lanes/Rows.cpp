// A row's sizes and values must be numbers: nothing in a kernel's text says which of several is meant.
#include "core/lanes/Rows.h"

#include "core/isa/Instruction.h"
#include "core/isa/Semantics.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::lanes {

using Access = isa::OperandDeclaration::Access;

/// Where a byte of an operand's registers is: "register 1, lane 5, byte 2".
std::string Row::placeText(int64_t address) const {
  int64_t rowBytes = laneBytes * machine->lanes;
  return "register " + std::to_string(address / rowBytes) + ", lane " +
         std::to_string(address % rowBytes / laneBytes) + ", byte " + std::to_string(address % laneBytes);
}

llvm::Error Row::addOperand(const isa::OperandDeclaration &declaration, const nest::Operand &elements) {
  Operand &operand = operands.emplace_back();
  operand.isRead = declaration.access != Access::Write;
  operand.isWritten = declaration.access != Access::Read;
  operand.bytes = elements.type.storageBytes();
  for (int64_t extent : elements.shape)
    operand.bytes *= extent;
  operand.buffer.resize(size_t(operand.bytes));
  const isa::Memory &memory = machine->description->memories[declaration.memories.front()];
  operand.isRegister = memory.kind == isa::Memory::Kind::Registers;
  if (!operand.isRegister)
    return llvm::Error::success();
  if (memory.rowBytes == 0 || int64_t(memory.rowBytes) % machine->lanes != 0)
    return failure(ExitCode::WrongInput, memory.name + " has registers of " +
                                             std::to_string(memory.rowBytes) + " bytes, which " +
                                             std::to_string(machine->lanes) + " lanes cannot share equally");
  laneBytes = int64_t(memory.rowBytes) / machine->lanes;
  if (!declaration.holds)
    return failure(ExitCode::WrongInput, intrinsic->name + ": operand " + declaration.name +
                                             " does not say which element a lane holds; add `holds`");
  auto names = [&](llvm::StringRef name) -> std::optional<int64_t> {
    for (const isa::Size &size : intrinsic->sizes)
      if (size.name == name)
        return size.low;
    return machine->description->parameter(name);
  };
  auto places = spec::heldPlaces(memory, declaration, elements.shape, names);
  if (!places)
    return places.takeError();
  operand.places = std::move(*places);
  operand.registers = operand.places.bytes / int64_t(memory.rowBytes);
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<Row>> Row::create(const LaneMachine &machine, unsigned number,
                                                 mlir::MLIRContext &context) {
  const isa::Intrinsic &intrinsic = machine.description->intrinsics[number];
  auto row = std::make_unique<Row>();
  row->machine = &machine;
  row->intrinsic = &intrinsic;
  llvm::SmallVector<int64_t> sizes;
  for (const isa::Size &size : intrinsic.sizes) {
    if (size.low != size.high)
      return failure(ExitCode::WrongInput,
                     intrinsic.name + ": size " + size.name +
                         " is no single number, and a call of the row does not say which it is");
    sizes.push_back(size.low);
  }
  if (!intrinsic.values.empty())
    return failure(ExitCode::WrongInput, intrinsic.name + ": a call of the row does not say what value " +
                                             intrinsic.values.front().name + " is");
  auto nest = isa::nestOf(*machine.description, intrinsic, sizes, {}, context);
  if (!nest)
    return nest.takeError();
  row->nest = std::move(*nest);
  for (auto [declaration, elements] : llvm::zip(intrinsic.operands, row->nest.operands))
    if (llvm::Error error = row->addOperand(declaration, elements))
      return std::move(error);
  llvm::SmallVector<reference::BufferView> views;
  for (auto [operand, elements] : llvm::zip(row->operands, row->nest.operands))
    views.push_back({elements.type, elements.shape, operand.buffer.data(), operand.buffer.size()});
  auto prepared = reference::PreparedNest::create(row->nest, views);
  if (!prepared)
    return prepared.takeError();
  row->prepared = std::move(*prepared);
  return row;
}

llvm::Error Row::gather(unsigned number, llvm::ArrayRef<uint8_t> registers) {
  Operand &operand = operands[number];
  for (const spec::Run &run : operand.places.runs)
    std::copy_n(registers.begin() + run.address, run.bytes, operand.buffer.begin() + run.offset);
  for (const spec::Run &copy : operand.places.copies)
    for (int64_t i = 0; i < copy.bytes; ++i)
      if (registers[size_t(copy.address + i)] != operand.buffer[size_t(copy.offset + i)]) {
        auto first = llvm::find_if(operand.places.runs, [&](const spec::Run &run) {
          return run.offset <= copy.offset + i && copy.offset + i < run.offset + run.bytes;
        });
        return failure(ExitCode::OwnFault,
                       intrinsic->name + ": two places of operand " + intrinsic->operands[number].name +
                           " hold the same element and differ: " + placeText(copy.address + i) + " has " +
                           std::to_string(registers[size_t(copy.address + i)]) + ", " +
                           placeText(first->address + (copy.offset + i - first->offset)) + " has " +
                           std::to_string(operand.buffer[size_t(copy.offset + i)]));
      }
  return llvm::Error::success();
}

void Row::scatter(unsigned number, llvm::MutableArrayRef<uint8_t> registers) const {
  const Operand &operand = operands[number];
  for (const spec::Runs *runs : {&operand.places.runs, &operand.places.copies})
    for (const spec::Run &run : *runs)
      std::copy_n(operand.buffer.begin() + run.offset, run.bytes, registers.begin() + run.address);
}

llvm::Error Row::run() { return prepared->run(); }

llvm::Expected<Row *> Rows::get(unsigned intrinsic) {
  std::unique_ptr<Row> &row = rows[intrinsic];
  if (!row) {
    auto made = Row::create(machine, intrinsic, context);
    if (!made)
      return made.takeError();
    row = std::move(*made);
  }
  return row.get();
}

} // namespace tenon::lanes
