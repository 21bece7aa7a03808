// Sizes and values of a command, such that the declared clauses hold, every operand fits its memory and the
// command is not too large to be run. Whatever is violated shrinks what it mentions, so that commands with
// many restrictions are drawn as readily as those with none.
#pragma once

#include "core/check/Random.h"
#include "core/check/Weights.h"
#include "core/isa/Instruction.h"

#include <set>

namespace tenon::check {

/// How a value is drawn.
enum class ValueClass : uint8_t { Lowest, Highest, Zero, Near, Magnitude, Power, Uniform };
inline constexpr unsigned valueClasses = 7;

class Sizing {
public:
  Sizing(const isa::Description &description, unsigned intrinsic);

  /// Sizes and values, with dense strides and addresses 0 in memories drawn for the operands. `room`: most
  /// bytes of operands in each memory. Nothing where no draw of some hundred steps fits; `points`: most
  /// points of all statements together.
  std::optional<isa::Instruction> draw(const std::vector<Weights> &values, llvm::ArrayRef<uint64_t> room,
                                       uint64_t points, Random &random) const;

  /// A value anew where no operand's extent and no clause mentions it; the class that it got.
  unsigned drawValue(const Weights &weights, unsigned value, isa::Instruction &instruction,
                     Random &random) const;

  /// Whether value number `value` may change without changing the shape.
  bool isFree(unsigned value) const { return !bound.contains(sizes() + value); }

  /// Of all statements together.
  uint64_t pointsOf(const isa::Instruction &instruction) const;

  /// Gives the operands dense strides, and those that the description fixes.
  void setStrides(isa::Instruction &instruction) const;

private:
  size_t sizes() const { return intrinsic.sizes.size(); }
  /// Sizes first, then values, by number.
  int64_t &knob(isa::Instruction &instruction, unsigned one) const {
    return one < sizes() ? instruction.sizes[one] : instruction.values[one - sizes()];
  }
  int64_t restOf(unsigned one) const;
  int64_t drawSize(const isa::Size &size, Random &random) const;
  int64_t drawValue(const isa::ValueDeclaration &value, ValueClass how, Random &random) const;
  std::set<unsigned> knobsOf(const isa::Expression &expression) const;
  std::set<unsigned> knobsOf(const isa::OperandDeclaration &operand) const;
  bool shrink(isa::Instruction &instruction, const std::set<unsigned> &knobs, Random &random) const;
  std::optional<std::set<unsigned>> violated(const isa::Instruction &instruction,
                                             llvm::ArrayRef<uint64_t> room, uint64_t points) const;

  const isa::Description &description;
  const isa::Intrinsic &intrinsic;
  unsigned number;
  std::set<unsigned> bound; ///< knobs that shapes and clauses mention
};

} // namespace tenon::check
