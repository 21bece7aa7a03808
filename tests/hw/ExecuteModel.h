// What a command of the execute queue does to the scratchpad and to the sums, computed place by place from
// the description's formulas: no passes, no tiles, no order.
#pragma once

#include "tests/hw/Requantise.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon::hw {

constexpr int64_t spadRows = TENON_SPAD_BYTES / dim;
constexpr int64_t ownSums = accRows / 2; ///< pixels that a command has sums of its own for

enum class Op : uint8_t {
  SetInput = 0x12,
  SetKernel = 0x13,
  SetResult = 0x14,
  SetResidual = 0x15,
  SetTotal = 0x16,
  Conv = 0x30,
  ConvTensor = 0x31,
  ConvOnce = 0x32,
  ConvAdd = 0x33,
  ConvPacked = 0x34,
  MaxPool = 0x40,
  Depthwise = 0x38,
  DepthwiseOnce = 0x39,
  ConvStart = 0x3a,
  ConvMore = 0x3b,
  Drain = 0x3c,
  DrainTensor = 0x3d,
  DrainOnce = 0x3e,
  Add = 0x3f,
  Wait = 0x60,
  Signal = 0x61,
};

struct Strides {
  int64_t plane = 0, pitch = 0, step = 0;
};

/// A command with the registers that it reads. Counts are counts, as in the description.
struct Command {
  Op op = Op::Conv;
  int64_t nb = 1, rows = 1, columns = 1, blocks = 1, y = 1, x = 1, c = 1, n = 1;
  Strides in, out, residual;
  int64_t height = 1, width = 1, top = 0, left = 0;
  int64_t sy = 1, sx = 1, dilY = 1, dilX = 1, byteStep = 1;
  int8_t outside = 0;
  DrainSettings drain;
  int64_t inputAt = 0, weightsAt = 0, biasAt = 0, multiplierAt = 0, shiftAt = 0, outAt = 0, residualAt = 0,
          sumsAt = 0;
  bool waits = false, signals = false;
  int64_t waitId = 0, waitCount = 1, signalId = 0;

  bool isDense() const {
    return op == Op::Conv || op == Op::ConvTensor || op == Op::ConvOnce || op == Op::ConvAdd ||
           op == Op::ConvStart || op == Op::ConvMore;
  }
  bool isTaps() const { return op == Op::Depthwise || op == Op::DepthwiseOnce || op == Op::MaxPool; }
  bool isDrain() const { return op == Op::Drain || op == Op::DrainTensor || op == Op::DrainOnce; }
  bool hasWeights() const { return (isDense() || isTaps() || op == Op::ConvPacked) && op != Op::MaxPool; }
  bool hasBias() const { return hasWeights() && op != Op::ConvMore; }
  bool isPerChannel() const {
    return op == Op::Conv || op == Op::ConvAdd || op == Op::ConvPacked || op == Op::Depthwise ||
           op == Op::Drain;
  }
  bool hasSums() const { return op == Op::ConvStart || op == Op::ConvMore || isDrain(); }
  bool hasOut() const { return op != Op::ConvStart && op != Op::ConvMore; }
  bool hasResidual() const { return op == Op::ConvAdd || op == Op::Add; }
  int64_t channels() const { return isTaps() ? c : n; } ///< of the output

  std::string text() const;
};

/// The unit's memories, and which bytes of the scratchpad the description leaves undefined.
struct Memories {
  Memories() : bytes(TENON_SPAD_BYTES), isUndefined(TENON_SPAD_BYTES), sums(size_t(ownSums)) {}
  int8_t byte(int64_t row, int64_t at) const {
    meetsUndefined |= isUndefined.at(size_t(row * dim + at));
    return bytes.at(size_t(row * dim + at));
  }
  int32_t word(int64_t row, int64_t at) const;

  std::vector<int8_t> bytes;
  std::vector<bool> isUndefined;
  std::vector<std::array<int32_t, dim>> sums;
  mutable bool meetsUndefined = false; ///< something was read that no meaning is defined for
};

/// Runs a legal command; `meetsUndefined` says where it was not.
void run(const Command &command, Memories &memories);

} // namespace tenon::hw
