// Where the elements of an operand lie in their memory: runs of bytes that stand together both there and in
// the dense buffer on which the meaning is interpreted.
#pragma once

#include "core/isa/Instruction.h"
#include "core/spec/ElementUse.h"

namespace tenon::spec {

/// Bytes [address, address + bytes) of a memory are bytes [offset, offset + bytes) of a buffer.
struct Run {
  int64_t address = 0;
  int64_t offset = 0;
  int64_t bytes = 0;
};
using Runs = std::vector<Run>;

/// Bytes [first, end) of a memory.
struct ByteRange {
  int64_t first = 0;
  int64_t end = 0;
};

/// An operand with strides: element (i, j, ..) begins at start + i * strides[0] + j * strides[1] + ...
struct StridedPlaces {
  int64_t start = 0;
  llvm::SmallVector<int64_t, 4> strides; ///< bytes
  ByteRange reach;                       ///< from the lowest to the highest byte; empty where no element is
};

/// Refuses what does not fit into 64 bits; the reach may leave the memory.
llvm::Expected<StridedPlaces> stridedPlaces(const isa::Memory &memory, const isa::OperandUse &use,
                                            llvm::ArrayRef<int64_t> extents, int64_t elementBytes);

/// How many runs there are.
int64_t runCount(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents, int64_t elementBytes);

/// Appends the runs of all elements, as long as they get.
void appendRuns(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents, int64_t elementBytes,
                Runs &runs);

/// Whether two different elements certainly never share a byte. False where that is not seen at once.
bool isCertainlyInjective(const StridedPlaces &places, llvm::ArrayRef<int64_t> extents, int64_t elementBytes);

/// What is left of the rows in which the innermost axis of a written operand ends.
std::vector<ByteRange> restsOfRows(const isa::Memory &memory, const StridedPlaces &places,
                                   llvm::ArrayRef<int64_t> extents, int64_t elementBytes);

/// An operand with `holds`, with its address at byte 0.
struct HeldPlaces {
  Runs runs;                      ///< of the first place of each element, or of every place
  Runs copies;                    ///< further places that hold an element which a run has already
  std::vector<ByteRange> outside; ///< places in the rows it touches that hold no element
  int64_t bytes = 0;              ///< the rows it touches
};

/// Enumerates the places. Refuses a layout that leaves an element without a place or needs more than the
/// memory has, with the operand's name.
llvm::Expected<HeldPlaces> heldPlaces(const isa::Memory &memory, const isa::OperandDeclaration &operand,
                                      llvm::ArrayRef<int64_t> extents,
                                      llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> lookup);

/// The parts of the runs that hold elements of the set.
void selectRuns(const Runs &runs, const ElementSet &set, int64_t elementBytes, Runs &selected);

/// Ascending, disjoint, neighbours joined.
void normalise(std::vector<ByteRange> &ranges);

/// The first byte that both have; both are normalised.
std::optional<int64_t> firstCommon(llvm::ArrayRef<ByteRange> left, llvm::ArrayRef<ByteRange> right);

} // namespace tenon::spec
