// Where tensors and constants lie in global memory.
//
// A tensor has a dense home, its bytes in C order, and where a reader takes more than the tensor (a padded
// window that the chip does not fill in itself), a padded home: the same with a border of constant bytes that
// no command ever writes, so that padding costs no command.
#pragma once

#include "core/plan/Emission.h"
#include "core/plan/Plan.h"

namespace tenon::plan {

/// A dense tensor to copy into its padded home, or the way back; done by the host.
struct HomeCopy {
  unsigned buffer = 0;
  bool toPadded = false;
  nest::Nest nest; ///< from, to
};

class GlobalSpace {
public:
  /// Decides the homes of every buffer that the target touches, or that is at the model's edge; with
  /// `keepTensors`, every tensor that the model names has a dense home.
  static llvm::Expected<GlobalSpace> create(const isa::Description &description,
                                            const reference::Program &program,
                                            llvm::ArrayRef<PlannedLayer> layers, bool keepTensors);

  llvm::Expected<Home> home(unsigned value, llvm::ArrayRef<int64_t> shape);
  llvm::Expected<int64_t> constant(std::vector<char> bytes, int64_t align);

  /// The dense bytes of a buffer; in a host buffer where the target does not touch it.
  llvm::Expected<runtime::Location> dense(unsigned buffer);
  std::optional<runtime::Location> padded(unsigned buffer) const;
  /// Whether who sees the buffer under this shape uses the padded home.
  bool usesPadded(unsigned buffer, llvm::ArrayRef<int64_t> shape) const;
  /// Whether somebody needs the dense home although the producer writes the padded one.
  bool needsDense(unsigned buffer) const;
  HomeCopy copy(unsigned buffer, bool toPadded, mlir::MLIRContext &context) const;

  /// Where what is taken ends: the rest of the memory is free for others.
  uint64_t end() const { return next; }

  /// Borders and constants, for the bundle.
  std::vector<runtime::Segment> segments;
  std::vector<uint64_t> hostBuffers;
  unsigned memory = 0;

private:
  struct Padding {
    llvm::SmallVector<int64_t> shape, before, after;
    nest::ScalarType type;
    nest::Constant fill;
    int64_t address = 0;
  };
  struct Homes {
    bool onTarget = false, dense = false;
    std::optional<runtime::Location> denseAt;
    std::optional<Padding> padding;
  };

  llvm::Expected<int64_t> take(uint64_t bytes, int64_t align, const std::string &what);
  llvm::Error decide(llvm::ArrayRef<PlannedLayer> layers, bool keepTensors);
  llvm::Error readBy(const match::Computation &computation, const match::OperandBinding &binding);
  void writeBorder(const Padding &padding);

  const isa::Description *description = nullptr;
  const reference::Program *program = nullptr;
  std::vector<Homes> homes; ///< by buffer
  uint64_t next = 0;
  std::map<std::vector<char>, int64_t> constants; ///< equal bytes lie there once
};

} // namespace tenon::plan
