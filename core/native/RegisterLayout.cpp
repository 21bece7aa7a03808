// Layouts of registers by enumeration of their places.
#include "core/native/RegisterLayout.h"

#include "core/spec/Places.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

int64_t sizeAlong(const isa::Size &size, int64_t extent) {
  if (!size.choices.empty()) {
    int64_t best = *llvm::min_element(size.choices);
    for (int64_t choice : size.choices)
      if (choice <= extent)
        best = std::max(best, choice);
    return best;
  }
  int64_t step = std::max<int64_t>(size.step, 1);
  int64_t most = std::min(size.high, extent);
  return most <= size.low ? size.low : size.low + (most - size.low) / step * step;
}

llvm::Expected<RegisterLayout> registerLayout(const isa::Description &description,
                                              const isa::Intrinsic &intrinsic, unsigned operand,
                                              llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> values) {
  const isa::OperandDeclaration &declared = intrinsic.operands[operand];
  const isa::Memory &memory = description.memories[declared.memories.front()];
  auto refuse = [&](const std::string &why) {
    return failure(ExitCode::TargetCannot, intrinsic.name + ": operand " + declared.name + " " + why);
  };
  int64_t elementBytes = declared.type.scalar.storageBytes();
  if (memory.kind != isa::Memory::Kind::Registers)
    return refuse("is in " + memory.name + ", which are no registers");
  if (int64_t(declared.type.scalar.width) != elementBytes * 8)
    return refuse("has elements of " + std::to_string(declared.type.scalar.width) +
                  " bits, registers hold whole bytes");
  auto extents = isa::extents(description, intrinsic, operand, sizes, values);
  if (!extents)
    return extents.takeError();
  int64_t count = 1;
  for (int64_t extent : *extents)
    count *= extent;

  RegisterLayout layout;
  layout.slots = int64_t(memory.rowBytes) / elementBytes;
  if (!declared.holds) {
    layout.registers = (count + layout.slots - 1) / layout.slots;
    layout.elements.assign(size_t(layout.registers * layout.slots), -1);
    for (int64_t element = 0; element < count; ++element)
      layout.elements[size_t(element)] = element;
    return layout;
  }
  auto lookup = [&](llvm::StringRef name) -> std::optional<int64_t> {
    for (auto [size, value] : llvm::zip_equal(intrinsic.sizes, sizes))
      if (size.name == name)
        return value;
    for (auto [declaration, value] : llvm::zip(intrinsic.values, values))
      if (declaration.name == name)
        return value;
    return description.parameter(name);
  };
  llvm::Expected<spec::HeldPlaces> places = spec::heldPlaces(memory, declared, *extents, lookup);
  if (!places)
    return withPlace(places.takeError(), description.path, intrinsic.name);
  layout.registers = std::max<int64_t>(1, places->bytes / int64_t(memory.rowBytes));
  layout.elements.assign(size_t(layout.registers * layout.slots), -1);
  for (const spec::Runs *runs : {&places->runs, &places->copies})
    for (const spec::Run &run : *runs) {
      if (run.address % elementBytes || run.offset % elementBytes || run.bytes % elementBytes)
        return refuse("holds parts of elements apart");
      for (int64_t done = 0; done < run.bytes; done += elementBytes)
        layout.elements[size_t((run.address + done) / elementBytes)] = (run.offset + done) / elementBytes;
    }
  return layout;
}

} // namespace tenon::native
