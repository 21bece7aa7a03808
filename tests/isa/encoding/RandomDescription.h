// Descriptions and instructions made at random: any words, fields, registers, sizes, strides and syncs that
// the language allows and that can be read back.
#pragma once

#include "core/isa/Instruction.h"

#include <random>

namespace tenon::isa::test {

/// A choice made with a seed; every draw follows from it.
class Draw {
public:
  explicit Draw(uint64_t seed) : engine(seed) {}

  /// Both bounds inclusive.
  int64_t between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine);
  }
  bool oneIn(int64_t n) { return between(1, n) == 1; }
  template <typename List> auto &from(List &list) {
    return list[static_cast<size_t>(between(0, static_cast<int64_t>(list.size()) - 1))];
  }

private:
  std::mt19937_64 engine;
};

/// The expression, which must be one.
Expression expression(const std::string &text);

/// Three kinds of memories, a semaphore, tokens, registers with a command each, several moves and
/// computations.
Description randomDescription(uint64_t seed);

/// Of the intrinsic, within its ranges; nothing where many tries find none (a `where` or a capacity).
std::optional<Instruction> randomInstruction(const Description &description, unsigned intrinsic, Draw &draw);
/// Of the sync command.
Instruction randomSync(const Description &description, unsigned command, Draw &draw);

/// Commands in random order, each after those that set what it needs.
std::vector<Instruction> randomStream(const Description &description, Draw &draw, unsigned count);

/// The seeds that a test runs: TENON_ENCODING_SEED alone, else 1 to `count`.
std::vector<uint64_t> seeds(unsigned count);

} // namespace tenon::isa::test
