// One group of lanes that executes a kernel: every lane has its own position and registers, and lanes at the
// same position go on together. At a row of the description, and at a barrier, all lanes must meet.
#pragma once

#include "core/lanes/Code.h"
#include "core/lanes/Rows.h"

namespace tenon::lanes {

/// What all groups of a block share, and how far it is.
struct BlockState {
  const LaneMachine *machine = nullptr;
  const Function *kernel = nullptr;
  DeviceMemory *memory = nullptr;
  DeviceMemory *shared = nullptr; ///< variables of the scratchpad at their addresses in it
  Rows *rows = nullptr;
  uint32_t launch = 0;
  uint32_t sharedUse = 0; ///< the scratchpad's launch number: blocks use it one after the other
  int64_t block = 0;
  uint32_t barriers = 0;     ///< passed so far
  uint64_t *steps = nullptr; ///< instructions of lanes that may still be executed
};

/// Registers of one function for all lanes of a group, by the calls that led to it: lanes that come by the
/// same calls share it.
struct Frame {
  const Function *function = nullptr;
  Frame *caller = nullptr;
  const Step *call = nullptr;
  unsigned depth = 0;
  std::vector<Scalar> registers; ///< slot * lanes + lane
  std::map<const Step *, std::unique_ptr<Frame>> callees;
};

class Warp {
public:
  Warp(BlockState &block, int64_t number, llvm::ArrayRef<uint64_t> arguments);

  enum class State : uint8_t { AtBarrier, Ended };
  /// Runs until all lanes have ended or wait at a barrier.
  llvm::Expected<State> run();
  /// Lets the lanes go on behind the barrier.
  void passBarrier();
  std::string positionText() const;

private:
  struct Lane {
    enum class State : uint8_t { Running, Waiting, Ended };
    State state = State::Running;
    Frame *frame = nullptr;
    unsigned block = 0, step = 0;
    std::vector<uint8_t> local, localDefined;
  };
  using Lanes = llvm::SmallVector<unsigned, 32>;

  llvm::Error error(const Step &step, unsigned lane, const llvm::Twine &message) const;
  const Step &stepOf(const Lane &lane) const {
    return lane.frame->function->blocks[lane.block].steps[lane.step];
  }
  Lanes nextGroup() const;
  llvm::Error runGroup(const Lanes &group);
  llvm::Expected<bool> execute(const Step &step, const Lanes &group);
  llvm::Expected<bool> meet();

  Scalar read(const Operand &operand, unsigned component, unsigned lane) const {
    if (operand.slot < 0)
      return operand.constant[component];
    return state[lane].frame->registers[(size_t(operand.slot) + component) * lanes + lane];
  }
  void write(int slot, unsigned component, unsigned lane, Scalar value) {
    state[lane].frame->registers[(size_t(slot) + component) * lanes + lane] = value;
  }

  // Control (WarpControl.cpp).
  llvm::Error leave(const Step &step, const Lanes &group);
  void goTo(unsigned lane, unsigned target);
  llvm::Error enterCall(const Step &step, const Lanes &group);
  llvm::Error returnFrom(const Step &step, const Lanes &group);
  llvm::Error executeRow(const Step &step);
  llvm::Error gatherRow(const Step &step, Row &row);
  llvm::Error gatherRegisters(const Step &step, Row &row, unsigned operand, unsigned &argument);
  llvm::Error moveRowMemory(const Step &step, Row &row, unsigned operand, uint64_t address, bool writes);
  llvm::Error scatterRow(const Step &step, Row &row);

  // Values (WarpValues.cpp).
  llvm::Error elementwise(const Step &step, const Lanes &group);
  bool integerLoop(const Step &step, const Lanes &group);
  template <class Apply> bool binaryLoop(const Step &step, const Lanes &group, Apply apply);
  void copy(const Step &step, const Lanes &group);
  llvm::Error dynamicElement(const Step &step, const Lanes &group);
  void reduce(const Step &step, const Lanes &group);
  void bitcast(const Step &step, const Lanes &group);
  void address(const Step &step, const Lanes &group);
  void levelIndex(const Step &step, const Lanes &group);

  // Memory (WarpMemory.cpp).
  struct Place {
    uint8_t *bytes = nullptr, *defined = nullptr;
    ByteHistory *history = nullptr; ///< null: nobody else sees the bytes
    uint32_t use = 0;               ///< Access::launch
  };
  llvm::Expected<Place> place(const Step &step, unsigned lane, uint64_t address, unsigned space,
                              uint64_t bytes, bool writes);
  llvm::Error note(const Step &step, unsigned lane, uint64_t address, const Place &place, uint64_t bytes,
                   bool writes);
  llvm::Expected<Scalar> loadScalar(const Step &step, unsigned lane, uint64_t address, unsigned space,
                                    ScalarType type);
  llvm::Error storeScalar(const Step &step, unsigned lane, uint64_t address, unsigned space, ScalarType type,
                          Scalar value);
  llvm::Error access(const Step &step, const Lanes &group);
  llvm::Error accessLane(const Step &step, unsigned lane);
  llvm::Error exchange(const Step &step, unsigned lane);
  llvm::Error moveBytes(const Step &step, unsigned lane);

  BlockState &blockState;
  int64_t warpNumber;
  unsigned lanes;
  std::unique_ptr<Frame> root;
  std::vector<Lane> state;
};

} // namespace tenon::lanes
