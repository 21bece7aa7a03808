// Checks nest and buffers, gives locals their memory, and runs the statements' row programs in the order of
// the sequential loops.
#include "core/reference/Interpreter.h"

#include "core/reference/RowProgram.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

#include <memory>

using namespace mlir;

namespace tenon::reference {
namespace {

using nest::Nest;
using nest::Operand;
using nest::Statement;

int64_t byteCount(const Operand &operand) {
  int64_t bytes = operand.type.storageBytes();
  for (int64_t extent : operand.shape)
    bytes *= extent;
  return bytes;
}

llvm::Error wrong(const llvm::Twine &message) { return failure(ExitCode::OwnFault, message.str()); }

llvm::Error checkBuffer(const Operand &operand, const BufferView &buffer) {
  if (!(buffer.type == operand.type) || ArrayRef(buffer.shape) != ArrayRef(operand.shape))
    return wrong("the buffer of " + operand.name + " is " + buffer.type.str() + shapeText(buffer.shape) +
                 ", the operand is " + operand.type.str() + shapeText(operand.shape));
  if (!buffer.data || buffer.bytes != size_t(byteCount(operand)))
    return wrong("the buffer of " + operand.name + " has " + llvm::Twine(buffer.data ? buffer.bytes : 0) +
                 " bytes, the operand has " + llvm::Twine(byteCount(operand)));
  return llvm::Error::success();
}

} // namespace

class PreparedNest::Interpretation {
public:
  Interpretation(const Nest &nest, const InterpreterOptions &options) : nest(nest), options(options) {}

  llvm::Error bind(ArrayRef<BufferView> buffers);
  void prepare();
  llvm::Error run();

private:
  llvm::Error runBlock(size_t first, size_t end, unsigned depth, std::vector<int64_t> &point);
  llvm::Error checkOverlaps() const;

  /// A statement's programs: the start values of its reduction, if it has any, and its own.
  struct Programs {
    Statement startStatement;
    std::unique_ptr<RowProgram> start;
    std::unique_ptr<RowProgram> body;
  };

  const Nest &nest;
  InterpreterOptions options;
  std::vector<char *> memory; ///< of each operand
  std::vector<std::vector<char>> locals;
  std::vector<std::unique_ptr<Programs>> programs;
  bool hasRun = false;
};

llvm::Error PreparedNest::Interpretation::bind(ArrayRef<BufferView> buffers) {
  size_t bound = 0;
  for (const Operand &operand : nest.operands) {
    if (operand.local) {
      locals.emplace_back(size_t(byteCount(operand)));
      memory.push_back(locals.back().data());
      continue;
    }
    if (bound == buffers.size())
      return wrong("operand " + operand.name + " has no buffer, " + llvm::Twine(buffers.size()) +
                   " are given");
    const BufferView &buffer = buffers[bound++];
    if (llvm::Error error = checkBuffer(operand, buffer))
      return error;
    memory.push_back(static_cast<char *>(buffer.data));
  }
  if (bound != buffers.size())
    return wrong(llvm::Twine(buffers.size()) + " buffers are given, the nest has " + llvm::Twine(bound) +
                 " operands that are not local");
  return checkOverlaps();
}

/// A row reads many elements before it writes one: what is written must be no other operand's memory.
llvm::Error PreparedNest::Interpretation::checkOverlaps() const {
  for (const Statement &statement : nest.statements) {
    unsigned written = statement.destination.operand;
    const char *first = memory[written], *end = first + byteCount(nest.operands[written]);
    for (auto [i, operand] : llvm::enumerate(nest.operands)) {
      const char *otherFirst = memory[i], *otherEnd = otherFirst + byteCount(operand);
      if (i != written && std::less<>()(first, otherEnd) && std::less<>()(otherFirst, end))
        return wrong("the buffers of " + nest.operands[written].name + " and " + operand.name + " overlap");
    }
  }
  return llvm::Error::success();
}

namespace {

/// The statement that puts the start value into every element that `statement` accumulates onto.
Statement makeStartStatement(const Nest &nest, const Statement &statement) {
  assert(statement.start && "the statement starts somewhere");
  Statement result;
  SmallVector<unsigned> used = nest::usedLoops(statement.destination.indices);
  for (unsigned loop : statement.loops)
    if (nest.loops[loop].sequential || llvm::is_contained(used, loop))
      result.loops.push_back(loop);
  result.destination = statement.destination;
  nest::Node node;
  node.op = nest::Opcode::Constant;
  node.type = nest.operands[statement.destination.operand].type;
  node.constant = *statement.start;
  result.body.push_back(node);
  return result;
}

} // namespace

void PreparedNest::Interpretation::prepare() {
  programs.clear();
  for (auto [i, statement] : llvm::enumerate(nest.statements)) {
    auto made = std::make_unique<Programs>();
    if (statement.start) {
      made->startStatement = makeStartStatement(nest, statement);
      // In a sequential loop an element starts when it is reached for the first time, not each time around.
      bool sequential = !statement.loops.empty() && nest.loops[statement.loops.front()].sequential;
      made->start = std::make_unique<RowProgram>(nest, i, made->startStatement, memory,
                                                 RowProgramOptions{options.rowLength, sequential});
    }
    made->body =
        std::make_unique<RowProgram>(nest, i, statement, memory, RowProgramOptions{options.rowLength, false});
    programs.push_back(std::move(made));
  }
}

llvm::Error PreparedNest::Interpretation::run() {
  if (hasRun) {
    for (std::vector<char> &local : locals)
      std::fill(local.begin(), local.end(), 0);
    // The programs of starts in sequential loops know which elements they have started.
    if (llvm::any_of(nest.loops, [](const nest::Loop &loop) { return loop.sequential; }))
      prepare();
  }
  hasRun = true;
  std::vector<int64_t> point(nest.loops.size(), 0);
  return runBlock(0, nest.statements.size(), 0, point);
}

/// Runs the statements [first, end), whose sequential loops around `depth` have their values in `point`.
llvm::Error PreparedNest::Interpretation::runBlock(size_t first, size_t end, unsigned depth,
                                                   std::vector<int64_t> &point) {
  bool isSequential = depth < nest.loops.size() && nest.loops[depth].sequential;
  auto isInside = [&](size_t i) {
    return isSequential && llvm::is_contained(nest.statements[i].loops, depth);
  };
  for (size_t i = first; i < end;) {
    if (!isInside(i)) {
      Programs &statement = *programs[i++];
      if (statement.start)
        if (llvm::Error error = statement.start->run(point))
          return error;
      if (llvm::Error error = statement.body->run(point))
        return error;
      continue;
    }
    size_t blockEnd = i + 1;
    while (blockEnd < end && isInside(blockEnd))
      ++blockEnd;
    for (int64_t value = 0; value < nest.loops[depth].extent; ++value) {
      point[depth] = value;
      if (llvm::Error error = runBlock(i, blockEnd, depth + 1, point))
        return error;
    }
    point[depth] = 0;
    i = blockEnd;
  }
  return llvm::Error::success();
}

PreparedNest::PreparedNest(std::unique_ptr<Interpretation> interpretation)
    : interpretation(std::move(interpretation)) {}
PreparedNest::~PreparedNest() = default;

llvm::Expected<std::unique_ptr<PreparedNest>>
PreparedNest::create(const Nest &nest, ArrayRef<BufferView> buffers, const InterpreterOptions &options) {
  if (options.rowLength < 1)
    return wrong("the row length is " + llvm::Twine(options.rowLength) + ", the least is 1");
  if (llvm::Error error = verify(nest))
    return std::move(error);
  auto interpretation = std::make_unique<Interpretation>(nest, options);
  if (llvm::Error error = interpretation->bind(buffers))
    return std::move(error);
  interpretation->prepare();
  return std::unique_ptr<PreparedNest>(new PreparedNest(std::move(interpretation)));
}

llvm::Error PreparedNest::run() { return interpretation->run(); }

llvm::Error interpret(const Nest &nest, ArrayRef<BufferView> buffers, const InterpreterOptions &options) {
  llvm::Expected<std::unique_ptr<PreparedNest>> prepared = PreparedNest::create(nest, buffers, options);
  return prepared ? (*prepared)->run() : prepared.takeError();
}

} // namespace tenon::reference
