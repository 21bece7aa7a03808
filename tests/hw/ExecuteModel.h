// What a command of the execute queue does to the scratchpad and to the sums, computed place by place from
// the description's formulas: no passes, no tiles, no order.
#pragma once

#include "tests/hw/Requantise.h"

#include <algorithm>
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
  ConvChannelOnce = 0x41,
  ConvAddOnce = 0x42,
  ConvPackedOnce = 0x43,
  DepthwiseChannelOnce = 0x44,
  DrainChannelOnce = 0x45,
  AddOnce = 0x46,
  ConvPackedAdd = 0x47,
  ConvPackedAddOnce = 0x48,
  Rescale = 0x49,
  Wait = 0x60,
  Signal = 0x61,
};

/// Every command that computes.
constexpr Op computing[] = {Op::Conv,
                            Op::ConvTensor,
                            Op::ConvOnce,
                            Op::ConvAdd,
                            Op::ConvPacked,
                            Op::MaxPool,
                            Op::Depthwise,
                            Op::DepthwiseOnce,
                            Op::ConvStart,
                            Op::ConvMore,
                            Op::Drain,
                            Op::DrainTensor,
                            Op::DrainOnce,
                            Op::Add,
                            Op::ConvChannelOnce,
                            Op::ConvAddOnce,
                            Op::ConvPackedOnce,
                            Op::DepthwiseChannelOnce,
                            Op::DrainChannelOnce,
                            Op::AddOnce,
                            Op::ConvPackedAdd,
                            Op::ConvPackedAddOnce,
                            Op::Rescale};

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

  bool isAny(std::initializer_list<Op> ops) const {
    return std::find(ops.begin(), ops.end(), op) != ops.end();
  }
  bool isDense() const {
    return isAny({Op::Conv, Op::ConvTensor, Op::ConvOnce, Op::ConvChannelOnce, Op::ConvAdd, Op::ConvAddOnce,
                  Op::ConvStart, Op::ConvMore});
  }
  bool isPacked() const {
    return isAny({Op::ConvPacked, Op::ConvPackedOnce, Op::ConvPackedAdd, Op::ConvPackedAddOnce});
  }
  bool isTaps() const {
    return isAny({Op::Depthwise, Op::DepthwiseOnce, Op::DepthwiseChannelOnce, Op::MaxPool});
  }
  bool isDrain() const { return isAny({Op::Drain, Op::DrainTensor, Op::DrainOnce, Op::DrainChannelOnce}); }
  bool isAdd() const { return isAny({Op::Add, Op::AddOnce, Op::Rescale}); }
  bool hasWeights() const { return (isDense() || isTaps() || isPacked()) && op != Op::MaxPool; }
  bool hasBias() const { return hasWeights() && op != Op::ConvMore; }
  bool isOnce() const {
    return isAny({Op::ConvOnce, Op::ConvChannelOnce, Op::ConvAddOnce, Op::ConvPackedOnce, Op::DepthwiseOnce,
                  Op::DepthwiseChannelOnce, Op::DrainOnce, Op::DrainChannelOnce, Op::AddOnce,
                  Op::ConvPackedAddOnce, Op::Rescale});
  }
  bool isPerChannel() const {
    return isAny({Op::Conv, Op::ConvChannelOnce, Op::ConvAdd, Op::ConvAddOnce, Op::ConvPacked,
                  Op::ConvPackedOnce, Op::Depthwise, Op::DepthwiseChannelOnce, Op::Drain,
                  Op::DrainChannelOnce, Op::ConvPackedAdd, Op::ConvPackedAddOnce});
  }
  bool hasSums() const { return op == Op::ConvStart || op == Op::ConvMore || isDrain(); }
  bool hasOut() const { return op != Op::ConvStart && op != Op::ConvMore; }
  bool hasResidual() const {
    return isAdd() || isAny({Op::ConvAdd, Op::ConvAddOnce, Op::ConvPackedAdd, Op::ConvPackedAddOnce});
  }
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
