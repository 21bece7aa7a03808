// Walks the statements in order. Where every access of an operand covers all of it nothing is enumerated;
// otherwise the elements that an access reaches are, axis by axis where the axes have no loop in common (as
// those of a convolution's window), else over the points of all loops that it uses.
#include "core/spec/ElementUse.h"

#include "core/ir/nest/AccessAnalysis.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::spec {
namespace {

using Forms = llvm::SmallVector<nest::LinearForm, 4>;

/// An access with its indices as linear forms.
struct LinearAccess {
  unsigned operand = 0;
  Forms indices;
};

class UseAnalysis {
public:
  explicit UseAnalysis(const nest::Nest &source) : nest(source), uses(source.operands.size()) {
    for (const nest::Operand &operand : nest.operands) {
      int64_t count = 1;
      for (int64_t extent : operand.shape)
        count *= extent;
      elements.push_back(count);
    }
  }

  llvm::Expected<std::vector<ElementUse>> run();

private:
  llvm::Error addStatement(const nest::Statement &statement);
  llvm::Expected<LinearAccess> linear(const nest::Access &access) const;
  bool coversAll(const LinearAccess &access, const nest::Statement &statement) const;
  std::optional<int64_t> elementAt(const LinearAccess &access, llvm::ArrayRef<int64_t> point) const;
  void forEachPoint(llvm::ArrayRef<unsigned> loops,
                    llvm::function_ref<void(llvm::ArrayRef<int64_t> point)> action) const;
  bool axesAreIndependent(const LinearAccess &access) const;
  std::vector<int64_t> reachedOn(const LinearAccess &access, size_t axis,
                                 llvm::ArrayRef<unsigned> loops) const;
  void forEachElement(const LinearAccess &access, llvm::ArrayRef<unsigned> loops,
                      llvm::function_ref<void(int64_t element)> action) const;
  void addRead(const LinearAccess &access, const nest::Statement &statement);
  void addWrite(const LinearAccess &access, const nest::Statement &statement);
  void addInOrder(llvm::ArrayRef<LinearAccess> reads, const LinearAccess &destination,
                  const nest::Statement &statement);
  void markRead(unsigned operand, int64_t element);
  void markWritten(unsigned operand, int64_t element);

  const nest::Nest &nest;
  std::vector<ElementUse> uses;
  std::vector<int64_t> elements; ///< of each operand
};

void mark(ElementSet &set, int64_t element, int64_t count) {
  if (set.kind == ElementSet::Kind::All)
    return;
  if (set.kind == ElementSet::Kind::None) {
    set.kind = ElementSet::Kind::Some;
    set.members.assign(size_t(count), 0);
  }
  set.members[size_t(element)] = 1;
}

void makeAll(ElementSet &set) {
  set.kind = ElementSet::Kind::All;
  set.members.clear();
}

void UseAnalysis::markRead(unsigned operand, int64_t element) {
  if (!uses[operand].writes.has(element))
    mark(uses[operand].reads, element, elements[operand]);
}

void UseAnalysis::markWritten(unsigned operand, int64_t element) {
  mark(uses[operand].writes, element, elements[operand]);
}

llvm::Expected<LinearAccess> UseAnalysis::linear(const nest::Access &access) const {
  LinearAccess result;
  result.operand = access.operand;
  for (mlir::AffineExpr index : access.indices.getResults()) {
    std::optional<nest::LinearForm> form = nest::linearForm(index, unsigned(nest.loops.size()));
    if (!form)
      return failure(ExitCode::OwnFault,
                     "an index of " + nest.operands[access.operand].name + " is not linear in the sizes");
    result.indices.push_back(*form);
  }
  return result;
}

/// Whether each axis is run through by a loop of its own.
bool UseAnalysis::coversAll(const LinearAccess &access, const nest::Statement &statement) const {
  llvm::SmallVector<unsigned> seen;
  for (auto [axis, form] : llvm::enumerate(access.indices)) {
    std::optional<unsigned> runs;
    for (unsigned loop = 0; loop < nest.loops.size(); ++loop) {
      if (!form.uses(loop))
        continue;
      if (runs || form.coefficients[loop] != 1)
        return false;
      runs = loop;
    }
    int64_t extent = nest.operands[access.operand].shape[axis];
    if (!runs && form.constant == 0 && extent == 1)
      continue;
    if (!runs || form.constant != 0 || nest.loops[*runs].extent != extent ||
        !llvm::is_contained(statement.loops, *runs) || llvm::is_contained(seen, *runs))
      return false;
    seen.push_back(*runs);
  }
  return true;
}

std::optional<int64_t> UseAnalysis::elementAt(const LinearAccess &access,
                                              llvm::ArrayRef<int64_t> point) const {
  int64_t element = 0;
  for (auto [axis, form] : llvm::enumerate(access.indices)) {
    int64_t index = form.constant;
    for (auto [coefficient, value] : llvm::zip_equal(form.coefficients, point))
      index += coefficient * value;
    int64_t extent = nest.operands[access.operand].shape[axis];
    if (index < 0 || index >= extent)
      return std::nullopt;
    element = element * extent + index;
  }
  return element;
}

/// Every value of these loops, the last innermost; the others stay 0.
void UseAnalysis::forEachPoint(llvm::ArrayRef<unsigned> loops,
                               llvm::function_ref<void(llvm::ArrayRef<int64_t> point)> action) const {
  std::vector<int64_t> point(nest.loops.size(), 0);
  if (llvm::any_of(loops, [&](unsigned loop) { return nest.loops[loop].extent < 1; }))
    return;
  for (size_t moved = 0; moved != size_t(-1);) {
    action(point);
    for (moved = loops.size() - 1; moved != size_t(-1); --moved) {
      if (++point[loops[moved]] < nest.loops[loops[moved]].extent)
        break;
      point[loops[moved]] = 0;
    }
  }
}

llvm::SmallVector<unsigned> usedLoops(llvm::ArrayRef<nest::LinearForm> forms,
                                      llvm::ArrayRef<unsigned> loops) {
  llvm::SmallVector<unsigned> result;
  for (unsigned loop : loops)
    if (llvm::any_of(forms, [&](const nest::LinearForm &form) { return form.uses(loop); }))
      result.push_back(loop);
  return result;
}

bool UseAnalysis::axesAreIndependent(const LinearAccess &access) const {
  for (unsigned loop = 0; loop < nest.loops.size(); ++loop)
    if (llvm::count_if(access.indices, [&](const nest::LinearForm &form) { return form.uses(loop); }) > 1)
      return false;
  return true;
}

/// The indices of one axis that the access reaches.
std::vector<int64_t> UseAnalysis::reachedOn(const LinearAccess &access, size_t axis,
                                            llvm::ArrayRef<unsigned> loops) const {
  const nest::LinearForm &form = access.indices[axis];
  std::vector<bool> reached(size_t(nest.operands[access.operand].shape[axis]), false);
  forEachPoint(usedLoops(form, loops), [&](llvm::ArrayRef<int64_t> point) {
    int64_t index = form.constant;
    for (auto [coefficient, value] : llvm::zip_equal(form.coefficients, point))
      index += coefficient * value;
    if (index >= 0 && index < int64_t(reached.size()))
      reached[size_t(index)] = true;
  });
  std::vector<int64_t> indices;
  for (size_t index = 0; index < reached.size(); ++index)
    if (reached[index])
      indices.push_back(int64_t(index));
  return indices;
}

/// Every element that the access reaches, at least once.
void UseAnalysis::forEachElement(const LinearAccess &access, llvm::ArrayRef<unsigned> loops,
                                 llvm::function_ref<void(int64_t element)> action) const {
  if (!axesAreIndependent(access)) {
    forEachPoint(usedLoops(access.indices, loops), [&](llvm::ArrayRef<int64_t> point) {
      if (std::optional<int64_t> element = elementAt(access, point))
        action(*element);
    });
    return;
  }
  llvm::SmallVector<std::vector<int64_t>, 4> reached; // indices of each axis
  for (size_t axis = 0; axis < access.indices.size(); ++axis) {
    reached.push_back(reachedOn(access, axis, loops));
    if (reached.back().empty())
      return;
  }
  llvm::SmallVector<size_t, 4> at(reached.size(), 0);
  for (size_t moved = 0; moved != size_t(-1);) {
    int64_t element = 0;
    for (size_t axis = 0; axis < at.size(); ++axis)
      element = element * nest.operands[access.operand].shape[axis] + reached[axis][at[axis]];
    action(element);
    for (moved = at.size() - 1; moved != size_t(-1); --moved) {
      if (++at[moved] < reached[moved].size())
        break;
      at[moved] = 0;
    }
  }
}

void UseAnalysis::addRead(const LinearAccess &access, const nest::Statement &statement) {
  ElementUse &use = uses[access.operand];
  if (use.writes.kind == ElementSet::Kind::All || use.reads.kind == ElementSet::Kind::All)
    return;
  if (use.writes.kind == ElementSet::Kind::None && coversAll(access, statement))
    return makeAll(use.reads);
  forEachElement(access, statement.loops, [&](int64_t element) { markRead(access.operand, element); });
}

void UseAnalysis::addWrite(const LinearAccess &access, const nest::Statement &statement) {
  ElementUse &use = uses[access.operand];
  if (use.writes.kind == ElementSet::Kind::All)
    return;
  if (coversAll(access, statement))
    return makeAll(use.writes);
  forEachElement(access, statement.loops, [&](int64_t element) { markWritten(access.operand, element); });
}

/// A statement that reads what it wrote itself at earlier points.
void UseAnalysis::addInOrder(llvm::ArrayRef<LinearAccess> reads, const LinearAccess &destination,
                             const nest::Statement &statement) {
  forEachPoint(statement.loops, [&](llvm::ArrayRef<int64_t> point) {
    for (const LinearAccess &read : reads)
      if (std::optional<int64_t> element = elementAt(read, point))
        markRead(read.operand, *element);
    if (std::optional<int64_t> element = elementAt(destination, point))
      markWritten(destination.operand, *element);
  });
}

llvm::Error UseAnalysis::addStatement(const nest::Statement &statement) {
  llvm::Expected<LinearAccess> destination = linear(statement.destination);
  if (!destination)
    return destination.takeError();
  std::vector<LinearAccess> reads;
  bool readsOwn = false;
  for (const nest::Node &node : statement.body) {
    if (node.op == nest::Opcode::TableRead && uses[node.table].writes.kind != ElementSet::Kind::All)
      makeAll(uses[node.table].reads);
    if (node.op != nest::Opcode::Read)
      continue;
    llvm::Expected<LinearAccess> read = linear(node.access);
    if (!read)
      return read.takeError();
    readsOwn = readsOwn || (node.access.operand == statement.destination.operand &&
                            node.access.indices != statement.destination.indices);
    reads.push_back(std::move(*read));
  }
  if (statement.update != nest::Update::Assign && !statement.start)
    reads.push_back(*destination);
  if (readsOwn) {
    addInOrder(reads, *destination, statement);
    return llvm::Error::success();
  }
  for (const LinearAccess &read : reads)
    addRead(read, statement);
  addWrite(*destination, statement);
  return llvm::Error::success();
}

/// A set of all elements one by one is All.
void simplify(ElementSet &set) {
  if (set.kind == ElementSet::Kind::Some && llvm::all_of(set.members, [](uint8_t member) { return member; }))
    makeAll(set);
}

llvm::Expected<std::vector<ElementUse>> UseAnalysis::run() {
  if (llvm::any_of(nest.loops, [](const nest::Loop &loop) { return loop.sequential; }))
    return failure(ExitCode::OwnFault, "a command's meaning has a sequential loop");
  for (const nest::Statement &statement : nest.statements)
    if (llvm::Error error = addStatement(statement))
      return std::move(error);
  for (ElementUse &use : uses) {
    simplify(use.reads);
    simplify(use.writes);
  }
  return std::move(uses);
}

} // namespace

llvm::Expected<std::vector<ElementUse>> elementUse(const nest::Nest &nest) { return UseAnalysis(nest).run(); }

} // namespace tenon::spec
