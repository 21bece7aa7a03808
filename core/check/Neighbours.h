// Meanings next to an intrinsic's own: another rounding, a sum for a difference, a constant or an index that
// is one off. A case is worth as much as it tells the meaning from its neighbours, the rare ones most:
// hardware that is wrong is likely to be one of them.
#pragma once

#include "core/check/Reference.h"

#include "mlir/IR/MLIRContext.h"

namespace tenon::check {

class Neighbours {
public:
  Neighbours(const isa::Description &description, unsigned intrinsic);

  size_t count() const { return meanings.size(); }
  /// What the neighbour changes: "rounding down in statement 3".
  const std::string &name(size_t neighbour) const { return meanings[neighbour].name; }

  /// Which of them give the command another result on what the reference's memories hold now. Empty where
  /// that is not followed: operands with a layout, a command that the description refuses.
  std::vector<bool> toldApart(const Reference &reference, const isa::Instruction &instruction);

private:
  struct Meaning {
    isa::Intrinsic intrinsic;
    std::string name;
  };
  using Buffers = std::vector<std::vector<uint8_t>>;
  void addNeighbours();
  void add(size_t statement, size_t node, const std::string &what,
           llvm::function_ref<void(isa::SemanticNode &)> change);
  std::optional<Buffers> load(const Reference &reference, const isa::Instruction &instruction) const;
  std::optional<Buffers> run(const isa::Intrinsic &meaning, const isa::Instruction &instruction,
                             Buffers buffers);

  const isa::Description &description;
  const isa::Intrinsic &own;
  std::vector<Meaning> meanings;
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

} // namespace tenon::check
