// A statement prepared for running: its rows, the kernel of each node and the accesses, with a row of lanes
// for each node. The memory is bounded by the row's length times the nodes.
#pragma once

#include "core/reference/RowAccess.h"
#include "core/reference/RowKernels.h"
#include "core/reference/RowPlan.h"

#include "llvm/Support/Error.h"

#include <memory>
#include <vector>

namespace tenon::reference {

struct RowProgramOptions {
  int64_t rowLength = 1024;
  /// Stores to each element only the first time that the program reaches it, over all its runs.
  bool storeOnce = false;
};

class RowProgram {
public:
  /// `buffers` has the memory of every operand. Nest, statement and buffers outlive the program.
  RowProgram(const nest::Nest &nest, unsigned statementNumber, const nest::Statement &statement,
             llvm::ArrayRef<char *> buffers, const RowProgramOptions &options);

  /// Runs all points of the statement whose sequential loops have the values in `point` (one for each loop of
  /// the nest; the others are overwritten).
  llvm::Error run(llvm::MutableArrayRef<int64_t> point);

private:
  /// One node, to be evaluated again when outer loop `level` or one around it has moved on.
  struct Step {
    unsigned node = 0;
    int level = -1;
    Kernel kernel = nullptr;
    KernelCall call;
    std::unique_ptr<RowAccess> access; ///< Read
    std::vector<char> lanes;           ///< the result; empty if the lanes are an argument's
    char *result = nullptr;
    bool skipped = false; ///< formed by the accumulation
  };

  void makeStep(unsigned number, llvm::ArrayRef<char *> buffers);
  int levelOf(unsigned number) const;
  int levelOf(llvm::ArrayRef<unsigned> loops) const;
  void chooseAccumulation();

  llvm::Error evaluate(llvm::ArrayRef<int64_t> point, int changed, int64_t count);
  void fillIndex(Step &step, llvm::ArrayRef<int64_t> point, int64_t count) const;
  llvm::Error accumulateRow(llvm::ArrayRef<int64_t> point, bool first, bool last, int64_t count);
  llvm::Error scatterRow(llvm::ArrayRef<int64_t> point, int64_t count);
  int64_t rowLanes(llvm::ArrayRef<int64_t> point) const;
  int advance(llvm::MutableArrayRef<int64_t> point) const;

  llvm::Error noResult(const Step &step, llvm::ArrayRef<int64_t> point, int64_t lane) const;
  llvm::Error leaves(const nest::Access &access, llvm::StringRef what, llvm::ArrayRef<int64_t> point,
                     int64_t lane) const;

  const nest::Nest &nest;
  unsigned statementNumber;
  const nest::Statement &statement;
  RowProgramOptions options;
  RowPlan plan;
  LaneCoordinates coordinates;
  LaneCoordinates destinationCoordinates;
  std::vector<Step> steps;
  RowAccess destination;
  Accumulate accumulate = nullptr;
  AccumulateCall accumulation;
  bool storesDirectly = false; ///< the value's lanes are the destination's
  std::vector<char> accumulators;
  std::vector<int64_t> offsets; ///< Scattered: of a row
  std::vector<bool> stored;     ///< storeOnce: by element
};

} // namespace tenon::reference
