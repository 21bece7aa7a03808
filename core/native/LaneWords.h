// What each lane holds of an operand's registers, in a form that code can be made of: the place of its word
// as a sum over the bits of the lane's number.
//
// A register of a group is `lanes` words. In every layout of hardware that we know the place of a word is
// start + sum of weight[bit] over the bits set in the lane's number ("l / 4", "2 * (l % 4)"): that is checked
// against the layout's enumeration, lane by lane, and nothing else is assumed.
#pragma once

#include "core/native/GatheredUse.h"

namespace tenon::native {

/// Places along the classes of loops, and one more number: how far the element is along axes that no loop
/// runs along. Only 0 is an element of the layer there; the rest fills the row up.
inline constexpr unsigned placeCount = classCount + 1;
inline constexpr unsigned fillPlace = classCount;

struct LanePlace {
  int64_t start = 0;
  llvm::SmallVector<int64_t, 6> weights; ///< by bit of the lane's number

  int64_t at(int64_t lane) const;
  int64_t most() const; ///< over all lanes
  bool isConstant() const;
};

struct LaneWord {
  std::array<LanePlace, placeCount> places; ///< of the word's first element
};

struct LaneWords {
  std::vector<LaneWord> registers; ///< of one use
  int64_t lanes = 1;
  int64_t parts = 1;  ///< elements of a word
  int partClass = -1; ///< the class of the loop along which they follow one another; -1: one part
  int64_t elementBytes = 1;
};

/// `lanes`: of the description's lane level. Errors: a layout that is no such sum (ExitCode::TargetCannot).
llvm::Expected<LaneWords> laneWords(const isa::Description &description, const GatheredUse &use,
                                    const UseOperand &operand, int64_t lanes);

} // namespace tenon::native
