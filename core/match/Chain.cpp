// From a program's steps to computations: a step's nest in normal form, then the elementwise steps that
// follow it, one after the other.
#include "core/ir/nest/AccessAnalysis.h"
#include "core/match/Computation.h"
#include "core/match/Renaming.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

using namespace mlir;

namespace tenon::match {

using nest::Opcode;

namespace {

std::shared_ptr<const ConstantTensor> constantOf(DenseElementsAttr elements, nest::ScalarType type,
                                                 ArrayRef<int64_t> shape) {
  auto result = std::make_shared<ConstantTensor>();
  result->type = type;
  result->shape.assign(shape.begin(), shape.end());
  unsigned size = type.storageBytes();
  if (!elements.isSplat() && type.width == size * 8) { // stored as we store it
    result->bytes.assign(elements.getRawData().begin(), elements.getRawData().end());
    return result;
  }
  result->bytes.resize(elements.getNumElements() * size);
  char *position = result->bytes.data();
  auto put = [&](uint64_t word) {
    std::memcpy(position, &word, size);
    position += size;
  };
  if (type.isInteger())
    for (const llvm::APInt &value : elements.getValues<llvm::APInt>())
      put(uint64_t(value.getSExtValue()));
  else
    for (const llvm::APFloat &value : elements.getValues<llvm::APFloat>())
      put(value.bitcastToAPInt().getZExtValue());
  return result;
}

/// One step of a program as a computation.
class StepReader {
public:
  StepReader(const reference::Program &program, unsigned number)
      : program(program), step(program.steps[number]), old(*step.nest) {
    made.steps = {number};
  }

  /// Nothing, with the reason, where the step has no normal form.
  std::optional<Computation> read(std::string &reason) {
    reason = problem();
    if (!reason.empty())
      return std::nullopt;
    context = old.statements[0].destination.indices.getContext();
    placeLoops();
    dropDimensions();
    addOperands();
    reason = addStatements();
    if (!reason.empty())
      return std::nullopt;
    if (llvm::Error error = nest::verify(made.nest)) {
      reason = llvm::toString(std::move(error));
      return std::nullopt;
    }
    return std::move(made);
  }

private:
  const nest::Statement &last() const { return old.statements.back(); }

  std::string problem() const {
    if (step.results.size() != 1)
      return "it has " + std::to_string(step.results.size()) + " results, a computation has one";
    size_t count = old.statements.size();
    bool initialised = count == 2 && old.statements[0].update == nest::Update::Assign &&
                       last().update != nest::Update::Assign && !last().start &&
                       old.statements[0].destination.operand == last().destination.operand;
    if (count != 1 && !initialised)
      return "it is " + std::to_string(count) +
             " statements, which are not one reduction and what it starts from";
    if (count == 1 && last().update != nest::Update::Assign && !last().start)
      return "it adds to a tensor that it does not set";
    for (const nest::Loop &loop : old.loops)
      if (loop.sequential)
        return "its loop " + loop.name + " is sequential";
    for (const nest::Operand &operand : old.operands)
      if (operand.local)
        return "it has a local tensor";
    return "";
  }

  /// Loops as the tensors meet them, dimension by dimension: the result's first, then those of each read. How
  /// the loops happened to stand does not matter.
  SmallVector<unsigned> loopsInOrder() const {
    SmallVector<unsigned> order;
    auto meet = [&](AffineMap indices) {
      for (AffineExpr index : indices.getResults()) {
        std::optional<nest::LinearForm> form = nest::linearForm(index, unsigned(old.loops.size()));
        SmallVector<unsigned> used = nest::usedLoops(AffineMap::get(indices.getNumDims(), 0, index));
        llvm::sort(used, [&](unsigned a, unsigned b) {
          auto key = [&](unsigned loop) {
            int64_t coefficient = form ? form->coefficients[loop] : 0;
            return std::tuple(-std::abs(coefficient), old.loops[loop].extent, loop);
          };
          return key(a) < key(b);
        });
        for (unsigned loop : used)
          if (!llvm::is_contained(order, loop))
            order.push_back(loop);
      }
    };
    meet(last().destination.indices);
    // A sum of floats depends on the order in which it is taken.
    bool anyOrder = old.operands[last().destination.operand].type.isInteger();
    for (const nest::Node &node : last().body)
      if (anyOrder && node.op == Opcode::Read)
        meet(node.access.indices);
    for (unsigned loop : last().loops)
      if (!llvm::is_contained(order, loop))
        order.push_back(loop);
    return order;
  }

  /// The result's loops come first; those of extent 1 are the number 0.
  void placeLoops() {
    renaming.loops.assign(old.loops.size(), getAffineConstantExpr(0, context));
    SmallVector<unsigned> order = loopsInOrder();
    for (unsigned loop : order) {
      if (old.loops[loop].extent == 1)
        continue;
      renaming.loops[loop] = getAffineDimExpr(made.nest.loops.size(), context);
      made.nest.loops.push_back(old.loops[loop]);
    }
    renaming.loopCount = made.nest.loops.size();
  }

  /// A dimension of extent 1 goes unless a read of it may leave the tensor.
  void dropDimensions() {
    renaming.dropped.resize(old.operands.size());
    std::vector<SmallVector<bool>> needed;
    for (const nest::Operand &operand : old.operands)
      needed.emplace_back(operand.shape.size(), false);
    auto look = [&](const nest::Access &access) {
      for (auto [dimension, index] : llvm::enumerate(access.indices.getResults())) {
        auto number = dyn_cast<AffineConstantExpr>(index.replaceDims(renaming.loops));
        if (!number || number.getValue() != 0)
          needed[access.operand][dimension] = true;
      }
    };
    for (const nest::Statement &statement : old.statements) {
      look(statement.destination);
      for (const nest::Node &node : statement.body) {
        if (node.op == Opcode::Read)
          look(node.access);
        if (node.op == Opcode::TableRead)
          needed[node.table][0] = true;
      }
    }
    for (auto [number, operand] : llvm::enumerate(old.operands))
      for (auto [dimension, extent] : llvm::enumerate(operand.shape))
        if (extent == 1 && !needed[number][dimension])
          renaming.dropped[number].push_back(dimension);
  }

  void addOperands() {
    unsigned output = last().destination.operand;
    for (auto [number, operand] : llvm::enumerate(old.operands)) {
      nest::Operand copy = operand;
      copy.shape.clear();
      for (auto [dimension, extent] : llvm::enumerate(operand.shape))
        if (!llvm::is_contained(renaming.dropped[number], dimension))
          copy.shape.push_back(extent);
      renaming.operands.push_back(number);
      TensorSource source;
      // The program lists a result as the operand that it is, too.
      source.value = number == output ? step.results[0] : step.operands[number];
      const reference::Buffer &buffer = program.buffers[program.values[source.value].buffer];
      if (buffer.constant && number != output) {
        source.kind = TensorSource::Kind::Constant;
        source.constant = constantOf(buffer.constant, operand.type, copy.shape);
      }
      made.nest.operands.push_back(std::move(copy));
      made.sources.push_back(std::move(source));
    }
    made.result = output;
  }

  std::string addStatements() {
    nest::Access result = renaming.access(last().destination);
    std::optional<SmallVector<unsigned>> loops = plainLoops(result.indices);
    bool whole = loops.has_value();
    for (unsigned dimension = 0; whole && dimension < loops->size(); ++dimension)
      whole = made.nest.loops[(*loops)[dimension]].extent == made.nest.operands[made.result].shape[dimension];
    if (!whole)
      return "its result is not written at the places of its own loops, one element for each";
    Terms terms(context);
    if (old.statements.size() == 2)
      if (std::string reason = addInit(terms, result); !reason.empty())
        return reason;
    Term root = terms.import(last(), [&](auto &node) { return renaming.rename(terms, node); });
    nest::Statement statement = statementOf(terms, root, result, last().update, last().start);
    // A reduction adds as often as its loops run, also along one that its body does not read.
    statement.loops.clear();
    for (unsigned loop = 0; loop < made.nest.loops.size(); ++loop)
      statement.loops.push_back(loop);
    bool reduces = last().update != nest::Update::Assign;
    if (!reduces && made.nest.loops.size() > loops->size())
      return "it assigns along a loop that is no index of its result";
    (reduces ? made.core : made.final) = made.nest.statements.size();
    made.nest.statements.push_back(std::move(statement));
    removeUnusedOperands(made);
    return "";
  }

  /// What the reduction starts from, over its own loops, at the reduction's.
  std::string addInit(Terms &terms, const nest::Access &result) {
    const nest::Statement &first = old.statements[0];
    Renaming own = renaming;
    for (unsigned loop : first.loops)
      own.loops[loop] = getAffineConstantExpr(0, context);
    unsigned named = 0;
    for (auto [index, target] :
         llvm::zip_equal(first.destination.indices.getResults(), last().destination.indices.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(index);
      if (!loop) {
        if (index != target)
          return "it starts from values at other places than those it adds to";
        continue;
      }
      own.loops[loop.getPosition()] = target.replaceDims(renaming.loops);
      ++named;
    }
    if (named != first.loops.size())
      return "it starts from values at other places than those it adds to";
    Term root = terms.import(first, [&](auto &node) { return own.rename(terms, node); });
    made.init = made.nest.statements.size();
    nest::Statement statement = statementOf(terms, root, result, nest::Update::Assign, std::nullopt);
    made.nest.statements.push_back(std::move(statement));
    return "";
  }

  const reference::Program &program;
  const reference::Step &step;
  const nest::Nest &old;
  mlir::MLIRContext *context = nullptr;
  Renaming renaming;
  Computation made;
};

/// The step that alone reads the buffer of a value, and the views in between; nothing if there are others.
std::optional<unsigned> onlyReader(const reference::Program &program, unsigned value, unsigned after,
                                   bool keepTensors, SmallVector<unsigned> &views) {
  unsigned buffer = program.values[value].buffer;
  auto isIt = [&](unsigned number) { return program.values[number].buffer == buffer; };
  if (llvm::any_of(program.outputs, isIt) || (keepTensors && program.steps[after].tensor))
    return std::nullopt;
  std::optional<unsigned> reader;
  for (unsigned number = after + 1; number < program.steps.size(); ++number) {
    const reference::Step &step = program.steps[number];
    if (!step.nest) {
      if (!llvm::any_of(step.results, isIt))
        continue;
      if (keepTensors && step.tensor)
        return std::nullopt;
      views.push_back(number);
    } else if (llvm::any_of(step.operands, isIt)) {
      if (reader)
        return std::nullopt;
      reader = number;
    }
  }
  return reader;
}

/// Puts an elementwise step behind a computation.
class Appender {
public:
  Appender(const reference::Program &program, const Computation &producer, const Computation &consumer)
      : program(program), producer(producer), consumer(consumer), context(contextOf(producer)) {}

  std::optional<Computation> append() {
    if (consumer.core >= 0 || !nameLoops())
      return std::nullopt;
    made = producer;
    made.rewrites.clear();
    addOperands();
    Terms terms(context);
    Term before = intermediate(terms);
    const nest::Statement &last = consumer.nest.statements.back();
    Term root = terms.import(last, [&](isa::SemanticNode &node) -> std::optional<Term> {
      if (node.node.op == Opcode::Read && isIntermediate(node.node.access.operand))
        return before;
      return renaming.rename(terms, node);
    });
    nest::Statement statement =
        statementOf(terms, root, renaming.access(last.destination), nest::Update::Assign, std::nullopt);
    if (made.final >= 0)
      made.nest.statements.pop_back();
    made.final = made.nest.statements.size();
    made.nest.statements.push_back(std::move(statement));
    made.result = made.nest.statements.back().destination.operand;
    made.steps.insert(made.steps.end(), consumer.steps.begin(), consumer.steps.end());
    removeUnusedOperands(made);
    if (llvm::Error error = nest::verify(made.nest)) {
      llvm::consumeError(std::move(error)); // what does not fit together is not one computation
      return std::nullopt;
    }
    return std::move(made);
  }

private:
  bool isIntermediate(unsigned operand) const {
    const TensorSource &source = consumer.sources[operand];
    unsigned value = producer.sources[producer.result].value;
    return operand != consumer.result && source.kind == TensorSource::Kind::Value &&
           program.values[source.value].buffer == program.values[value].buffer;
  }

  /// The consumer's loops are the producer's, in the order of the tensor between them.
  bool nameLoops() {
    const nest::Statement &last = consumer.nest.statements.back();
    const nest::Access &written = producer.nest.statements.back().destination;
    SmallVector<unsigned> own = *plainLoops(written.indices);
    renaming.loopCount = producer.nest.loops.size();
    std::optional<AffineMap> indices;
    for (const nest::Node &node : last.body) {
      if (node.op == Opcode::TableRead && isIntermediate(node.table))
        return false;
      if (node.op != Opcode::Read || !isIntermediate(node.access.operand))
        continue;
      if (node.access.outside || (indices && *indices != node.access.indices) ||
          consumer.nest.operands[node.access.operand].shape != producer.nest.operands[written.operand].shape)
        return false;
      indices = node.access.indices;
    }
    std::optional<SmallVector<unsigned>> loops = indices ? plainLoops(*indices) : std::nullopt;
    if (!loops || loops->size() != consumer.nest.loops.size())
      return false;
    renaming.loops.resize(consumer.nest.loops.size());
    for (auto [loop, mine] : llvm::zip_equal(*loops, own))
      renaming.loops[loop] = getAffineDimExpr(mine, context);
    return true;
  }

  void addOperands() {
    for (auto [number, operand] : llvm::enumerate(consumer.nest.operands)) {
      const TensorSource &source = consumer.sources[number];
      unsigned found = made.sources.size();
      for (unsigned i = 0; i < producer.sources.size(); ++i)
        if (i != producer.result && producer.sources[i].kind == source.kind &&
            source.kind == TensorSource::Kind::Value && producer.sources[i].value == source.value &&
            producer.nest.operands[i].shape == operand.shape)
          found = i;
      renaming.operands.push_back(found);
      if (found < made.sources.size())
        continue;
      made.nest.operands.push_back(operand);
      made.nest.operands.back().name = "t" + std::to_string(found);
      made.sources.push_back(source);
    }
  }

  /// What the tensor between the two holds: the final's value, or the sum, which is a local from now on.
  Term intermediate(Terms &terms) {
    const nest::Statement &last = producer.nest.statements.back();
    if (producer.final >= 0)
      return terms.import(last, [](auto &) { return std::nullopt; });
    made.nest.operands[producer.result].local = true;
    made.sources[producer.result] = {TensorSource::Kind::Local, 0, nullptr};
    return terms.read(producer.nest.operands[producer.result].type, last.destination);
  }

  const reference::Program &program;
  const Computation &producer, &consumer;
  mlir::MLIRContext *context;
  Renaming renaming;
  Computation made;
};

} // namespace

ComputationChain computationsFrom(const reference::Program &program, unsigned step, bool keepTensors) {
  ComputationChain result;
  if (!program.steps[step].nest) {
    result.reason = "it is a view";
    return result;
  }
  std::optional<Computation> next = StepReader(program, step).read(result.reason);
  while (next) {
    result.prefixes.push_back(std::move(*next));
    next.reset();
    const Computation &last = result.prefixes.back();
    SmallVector<unsigned> views;
    std::optional<unsigned> reader =
        onlyReader(program, last.sources[last.result].value, last.steps.back(), keepTensors, views);
    std::string reason;
    std::optional<Computation> consumer = reader ? StepReader(program, *reader).read(reason) : std::nullopt;
    if (!consumer)
      break;
    next = Appender(program, last, *consumer).append();
    if (next) {
      next->steps.insert(next->steps.end(), views.begin(), views.end());
      llvm::sort(next->steps);
    }
  }
  return result;
}

} // namespace tenon::match
