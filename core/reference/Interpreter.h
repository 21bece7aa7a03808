// The reference interpreter of nests: exact in integers, IEEE 754 in floats, independent of any code
// generation. Every other engine is compared with it. It runs a statement's body over rows of points, not
// point by point.
#pragma once

#include "core/ir/nest/Nest.h"

#include <memory>

namespace tenon::reference {

/// The memory of one operand: dense, row-major, element size ScalarType::storageBytes(). Not owned.
struct BufferView {
  nest::ScalarType type;
  llvm::SmallVector<int64_t> shape;
  void *data = nullptr;
  size_t bytes = 0;
};

struct InterpreterOptions {
  /// Points of a row at most. Any positive number gives the same result.
  int64_t rowLength = 1024;
};

/// Executes the nest on one buffer for each operand that is not local, in order (locals are skipped). Types,
/// shapes and sizes must be the operands'. Errors: a malformed nest or buffer (a fault of our own), and what
/// a body does at run time that has no result: division by zero, a shift not below the width, a table index
/// outside the table, a float outside the integer type that it is converted to. The message names the
/// operation, the values and the point. Float reductions are summed in the order of the loops.
llvm::Error interpret(const nest::Nest &nest, llvm::ArrayRef<BufferView> buffers,
                      const InterpreterOptions &options = {});

/// A nest that is verified, bound to its buffers and prepared, for running it again and again with other
/// contents of the buffers. Nest and buffers outlive it.
class PreparedNest {
public:
  /// The errors of interpret() that do not depend on the contents.
  static llvm::Expected<std::unique_ptr<PreparedNest>>
  create(const nest::Nest &nest, llvm::ArrayRef<BufferView> buffers, const InterpreterOptions &options = {});
  ~PreparedNest();
  PreparedNest(const PreparedNest &) = delete;
  PreparedNest &operator=(const PreparedNest &) = delete;

  llvm::Error run();

private:
  class Interpretation;
  explicit PreparedNest(std::unique_ptr<Interpretation> interpretation);
  std::unique_ptr<Interpretation> interpretation;
};

} // namespace tenon::reference
