// A copy is a loop nest; a move is an instruction that runs some of its loops at once.
#include "core/plan/Copy.h"

#include "core/support/Error.h"

#include "fmt/format.h"

#include <deque>

namespace tenon::plan {

namespace {

struct MoveOperands {
  unsigned from = 0, to = 0; ///< operand numbers
};

MoveOperands operandsOf(const isa::Intrinsic &move) {
  bool firstWrites = move.operands[0].access == isa::OperandDeclaration::Access::Write;
  return firstWrites ? MoveOperands{1, 0} : MoveOperands{0, 1};
}

bool uses(const isa::OperandDeclaration &operand, unsigned memory) {
  return llvm::is_contained(operand.memories, memory);
}

/// Joins loops whose steps continue each other on both sides.
std::vector<CopyLoop> joined(std::vector<CopyLoop> loops) {
  std::erase_if(loops, [](const CopyLoop &loop) { return loop.extent == 1; });
  for (bool again = true; again;) {
    again = false;
    for (size_t outer = 0; outer < loops.size() && !again; ++outer)
      for (size_t inner = 0; inner < loops.size() && !again; ++inner) {
        CopyLoop &o = loops[outer], &i = loops[inner];
        if (outer == inner || o.fromLane || o.toLane || i.fromLane || i.toLane ||
            o.fromStride != i.fromStride * i.extent || o.toStride != i.toStride * i.extent)
          continue;
        i.extent *= o.extent;
        loops.erase(loops.begin() + ptrdiff_t(outer));
        again = true;
      }
  }
  return loops;
}

/// Tries to run a copy with one move, in one assignment of loops to sizes.
class MoveBuilder {
public:
  MoveBuilder(const isa::Description &description, unsigned number, const Copy &copy,
              llvm::ArrayRef<CopyLoop> loops, llvm::ArrayRef<int> sizeOfLoop)
      : description(description), move(description.intrinsics[number]), number(number), copy(copy),
        loops(loops), sizeOfLoop(sizeOfLoop), operands(operandsOf(move)) {}

  /// How many uses it takes; nothing, and why, where the move cannot.
  std::optional<int64_t> count(std::string &reason) const {
    int64_t uses = 1;
    llvm::SmallVector<int64_t> sizes;
    for (const isa::Size &size : move.sizes)
      sizes.push_back(size.low);
    for (auto [loop, size] : llvm::zip_equal(loops, sizeOfLoop)) {
      int64_t piece = size < 0 ? 1 : largestPiece(move.sizes[size], loop.extent);
      if (piece == 0) {
        reason = fmt::format("{} does not allow {} = {}", move.name, move.sizes[size].name, loop.extent);
        return std::nullopt;
      }
      if (size < 0 && (loop.fromLane || loop.toLane)) {
        reason = fmt::format("{} has no size along a row", move.name);
        return std::nullopt;
      }
      if (size >= 0)
        sizes[size] = piece;
      if (piece < loop.extent && !(beginsRow(copy.from, loop.fromLane, piece * loop.fromStride) &&
                                   beginsRow(copy.to, loop.toLane, piece * loop.toStride))) {
        reason =
            fmt::format("{} takes {} of {} places, which end within a row", move.name, piece, loop.extent);
        return std::nullopt;
      }
      uses *= (loop.extent + piece - 1) / piece;
    }
    isa::Instruction instruction = make(sizes, copy.fromAddress, copy.toAddress);
    if (!stridesFit(instruction, reason))
      return std::nullopt;
    return uses;
  }

  llvm::Error emit(unsigned origin, std::vector<isa::Instruction> &into) const {
    llvm::SmallVector<int64_t> at(loops.size(), 0);
    while (true) {
      llvm::SmallVector<int64_t> sizes, pieces;
      for (const isa::Size &size : move.sizes)
        sizes.push_back(size.low);
      int64_t from = copy.fromAddress, to = copy.toAddress;
      for (auto [loop, size, position] : llvm::zip_equal(loops, sizeOfLoop, at)) {
        int64_t piece = size < 0 ? 1 : largestPiece(move.sizes[size], loop.extent - position);
        if (piece == 0)
          return failure(ExitCode::TargetCannot,
                         fmt::format("{} places are left of a copy, {} of {} does not allow it",
                                     loop.extent - position, move.sizes[size].name, move.name));
        pieces.push_back(piece);
        if (size >= 0)
          sizes[size] = piece;
        from += distance(copy.from, position * loop.fromStride, loop.fromLane);
        to += distance(copy.to, position * loop.toStride, loop.toLane);
      }
      into.push_back(make(sizes, from, to));
      into.back().origin = origin;
      size_t loop = loops.size();
      while (loop > 0) {
        --loop;
        at[loop] += pieces[loop];
        if (at[loop] < loops[loop].extent)
          break;
        at[loop] = 0;
        if (loop == 0)
          return llvm::Error::success();
      }
      if (loops.empty())
        return llvm::Error::success();
    }
  }

private:
  static int64_t largestPiece(const isa::Size &size, int64_t extent) {
    int64_t piece = std::min(extent, size.high);
    while (piece > 0 && !size.allows(piece))
      --piece;
    return piece;
  }

  /// Whether so many elements along a row end where a row does.
  bool beginsRow(unsigned memory, bool lane, int64_t elements) const {
    return !lane ||
           elements * copy.element.storageBytes() % int64_t(description.memories[memory].rowBytes) == 0;
  }

  /// In the memory's units.
  int64_t distance(unsigned memory, int64_t steps, bool lane) const {
    return lane ? steps * copy.element.storageBytes() / int64_t(description.memories[memory].rowBytes)
                : steps;
  }

  isa::Instruction make(llvm::ArrayRef<int64_t> sizes, int64_t from, int64_t to) const {
    isa::Instruction instruction;
    instruction.intrinsic = number;
    instruction.queue = unsigned(std::max(move.queue, 0));
    instruction.sizes.assign(sizes.begin(), sizes.end());
    instruction.operands.resize(2);
    for (bool source : {true, false}) {
      unsigned operand = source ? operands.from : operands.to;
      isa::OperandUse &use = instruction.operands[operand];
      use.memory = source ? copy.from : copy.to;
      use.address = source ? from : to;
      use.strides = isa::denseStrides(description, move, operand, use.memory, sizes, {});
      for (auto [loop, size] : llvm::zip_equal(loops, sizeOfLoop))
        for (auto [axis, declared] : llvm::enumerate(move.operands[operand].axes))
          if (size >= 0 && declared.size == size && sizes[size] > 1)
            use.strides[axis] = source ? loop.fromStride : loop.toStride;
    }
    return instruction;
  }

  bool stridesFit(const isa::Instruction &instruction, std::string &reason) const {
    for (bool source : {true, false}) {
      unsigned operand = source ? operands.from : operands.to;
      const isa::OperandUse &use = instruction.operands[operand];
      const isa::OperandDeclaration &declared = move.operands[operand];
      bool rows = description.memories[use.memory].unit == isa::Memory::Unit::Row;
      auto dense = isa::denseStrides(description, move, operand, use.memory, instruction.sizes, {});
      for (auto [axis, stride] : llvm::enumerate(use.strides)) {
        bool lane = rows && axis + 1 == use.strides.size();
        for (auto [loop, size] : llvm::zip_equal(loops, sizeOfLoop))
          if (size >= 0 && size == declared.axes[axis].size &&
              lane != (source ? loop.fromLane : loop.toLane)) {
            reason = fmt::format("{} of {} {} along a row", declared.axes[axis].name, move.name,
                                 lane ? "runs" : "does not run");
            return false;
          }
        bool free = declared.axes[axis].stride.kind == isa::Stride::Kind::Any && !lane;
        if (free ? stride % declared.axes[axis].stride.multiple != 0 : stride != dense[axis]) {
          reason =
              fmt::format("{} of {} needs a stride of {} along {}, the copy has {}", declared.name, move.name,
                          free ? fmt::format("a multiple of {}", declared.axes[axis].stride.multiple)
                               : std::to_string(dense[axis]),
                          declared.axes[axis].name, stride);
          return false;
        }
      }
    }
    return true;
  }

  const isa::Description &description;
  const isa::Intrinsic &move;
  unsigned number;
  const Copy &copy;
  llvm::ArrayRef<CopyLoop> loops;
  llvm::ArrayRef<int> sizeOfLoop;
  MoveOperands operands;
};

struct Best {
  int64_t uses = 0;
  unsigned move = 0;
  llvm::SmallVector<int> sizeOfLoop;
};

/// Every assignment of the loops from `loop` on to sizes that are free.
void search(const isa::Description &description, unsigned move, const Copy &copy,
            llvm::ArrayRef<CopyLoop> loops, llvm::SmallVector<int> &sizeOfLoop, std::optional<Best> &best,
            std::string &reason) {
  if (sizeOfLoop.size() == loops.size()) {
    auto uses = MoveBuilder(description, move, copy, loops, sizeOfLoop).count(reason);
    if (uses && (!best || *uses < best->uses))
      best = Best{*uses, move, sizeOfLoop};
    return;
  }
  for (int size = -1; size < int(description.intrinsics[move].sizes.size()); ++size) {
    if (size >= 0 && llvm::is_contained(sizeOfLoop, size))
      continue;
    sizeOfLoop.push_back(size);
    search(description, move, copy, loops, sizeOfLoop, best, reason);
    sizeOfLoop.pop_back();
  }
}

} // namespace

std::vector<std::vector<unsigned>> paths(const isa::Description &description, unsigned from, unsigned to) {
  std::vector<std::vector<unsigned>> found;
  std::deque<std::vector<unsigned>> open{{from}};
  while (!open.empty()) {
    std::vector<unsigned> way = open.front();
    open.pop_front();
    if (way.back() == to) {
      found.push_back(way);
      continue;
    }
    if (way.size() > description.memories.size())
      continue;
    for (unsigned next = 0; next < description.memories.size(); ++next) {
      if (llvm::is_contained(way, next))
        continue;
      bool moves = llvm::any_of(description.intrinsics, [&](const isa::Intrinsic &intrinsic) {
        if (!intrinsic.isMove())
          return false;
        MoveOperands operands = operandsOf(intrinsic);
        return uses(intrinsic.operands[operands.from], way.back()) &&
               uses(intrinsic.operands[operands.to], next);
      });
      if (moves) {
        open.push_back(way);
        open.back().push_back(next);
      }
    }
  }
  return found;
}

llvm::Error expandCopy(const isa::Description &description, const Copy &copy, unsigned origin,
                       std::vector<isa::Instruction> &into) {
  std::vector<CopyLoop> loops = joined(copy.loops);
  std::optional<Best> best;
  std::string reasons;
  for (unsigned number = 0; number < description.intrinsics.size(); ++number) {
    const isa::Intrinsic &intrinsic = description.intrinsics[number];
    if (!intrinsic.isMove())
      continue;
    MoveOperands operands = operandsOf(intrinsic);
    if (!uses(intrinsic.operands[operands.from], copy.from) ||
        !uses(intrinsic.operands[operands.to], copy.to))
      continue;
    std::string reason;
    if (intrinsic.operands[operands.from].type.scalar != copy.element) {
      reason = fmt::format("{} moves {}, not {}", intrinsic.name,
                           intrinsic.operands[operands.from].type.str(), copy.element.str());
    } else {
      llvm::SmallVector<int> sizeOfLoop;
      search(description, number, copy, loops, sizeOfLoop, best, reason);
    }
    if (!reason.empty())
      reasons += (reasons.empty() ? "" : "; ") + reason;
  }
  const std::string &from = description.memories[copy.from].name, &to = description.memories[copy.to].name;
  if (!best && reasons.empty())
    return failure(ExitCode::TargetCannot,
                   fmt::format("no declared move leads from {} to {}: declare an intrinsic that "
                               "copies {} there",
                               from, to, copy.element.str()));
  if (!best)
    return failure(ExitCode::TargetCannot, fmt::format("no move copies {} from {} to {} in this shape: {}",
                                                       copy.element.str(), from, to, reasons));
  return MoveBuilder(description, best->move, copy, loops, best->sizeOfLoop).emit(origin, into);
}

} // namespace tenon::plan
