// Whether an access can leave its operand, tried at the corners of the box of sizes and values. An index and
// an extent that are linear in each name have their extremes there.
#include "core/isa/semantics/Indices.h"
#include "core/isa/semantics/Range.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

namespace tenon::isa::semantics {

namespace {

/// More names than this make too many corners.
constexpr size_t mostNames = 8;

/// The smallest and the largest of what a name may be.
struct Named {
  std::string name;
  int64_t low = 0, high = 0;
};

Named named(const Size &size) {
  if (!size.choices.empty())
    return {size.name, *llvm::min_element(size.choices), *llvm::max_element(size.choices)};
  return {size.name, size.low, size.high - (size.high - size.low) % size.step};
}

class BoundsCheck {
public:
  BoundsCheck(const SymbolicIndex &index, const Axis &axis, const Scope &scope)
      : index(index), axis(axis), scope(scope) {}

  /// "y + dy runs from -1 to 3, the extent is 4 at y = 3, pad = 1", for the first corner where it leaves.
  std::optional<std::string> leaves() {
    if (axis.size >= 0 && !axis.extent && exactSize(index) == axis.size)
      return std::nullopt;
    if (!collectNames())
      return std::nullopt;
    for (unsigned corner = 0; corner < 1U << names.size(); ++corner)
      if (auto found = leavesAt(corner))
        return found;
    return std::nullopt;
  }

private:
  /// False where a clause may exclude corners, or there are too many.
  bool collectNames() {
    const Intrinsic &intrinsic = scope.intrinsic;
    std::set<std::string> mentioned;
    for (const IndexTerm &term : index) {
      if (term.size >= 0)
        mentioned.insert(intrinsic.sizes[size_t(term.size)].name);
      if (term.value >= 0)
        mentioned.insert(intrinsic.values[size_t(term.value)].name);
    }
    std::vector<std::string> inExtent;
    if (axis.extent)
      axis.extent->collectNames(inExtent);
    else if (axis.size >= 0)
      inExtent.push_back(intrinsic.sizes[size_t(axis.size)].name);
    mentioned.insert(inExtent.begin(), inExtent.end());
    for (const Size &size : intrinsic.sizes)
      if (mentioned.count(size.name))
        names.push_back(named(size));
    for (const ValueDeclaration &value : intrinsic.values)
      if (mentioned.count(value.name))
        names.push_back({value.name, value.low, value.high});
    return names.size() <= mostNames && llvm::none_of(intrinsic.where, [&](const Clause &clause) {
             std::vector<std::string> inClause;
             clause.condition.collectNames(inClause);
             return llvm::any_of(inClause,
                                 [&](const std::string &name) { return mentioned.count(name) != 0; });
           });
  }

  std::optional<int64_t> at(unsigned corner, llvm::StringRef name) const {
    for (auto [i, entry] : llvm::enumerate(names))
      if (entry.name == name)
        return corner >> i & 1 ? entry.high : entry.low;
    return scope.number(name);
  }

  Range indexAt(unsigned corner) const {
    Range total = {0, 0};
    for (const IndexTerm &term : index) {
      Range part = {term.factor, term.factor};
      if (term.value >= 0) {
        int64_t value = *at(corner, scope.intrinsic.values[size_t(term.value)].name);
        part = product(part, {value, value});
      }
      if (term.size >= 0)
        part = product(part, {0, *at(corner, scope.intrinsic.sizes[size_t(term.size)].name) - 1});
      total = sum(total, part);
    }
    return total;
  }

  std::optional<std::string> leavesAt(unsigned corner) const {
    int64_t extent = 0;
    if (axis.extent) {
      auto found = evaluate(*axis.extent, [&](llvm::StringRef name) { return at(corner, name); });
      if (!found) {
        llvm::consumeError(found.takeError()); // such an instruction is refused for its extent
        return std::nullopt;
      }
      extent = *found;
    } else if (axis.size >= 0) {
      extent = *at(corner, scope.intrinsic.sizes[size_t(axis.size)].name);
    }
    Range range = indexAt(corner);
    if (extent < 1 || range.inside({0, Wide(extent) - 1}))
      return std::nullopt;
    std::string where;
    for (const Named &entry : names)
      where += (where.empty() ? " at " : ", ") + entry.name + " = " + std::to_string(*at(corner, entry.name));
    return "index " + str(index, scope.intrinsic) + " is " + range.str() + ", the extent is " +
           std::to_string(extent) + where;
  }

  const SymbolicIndex &index;
  const Axis &axis;
  const Scope &scope;
  std::vector<Named> names;
};

} // namespace

std::optional<std::string> leaves(llvm::ArrayRef<SymbolicIndex> indices, llvm::ArrayRef<Axis> axes,
                                  const Scope &scope) {
  for (auto [index, axis] : llvm::zip(indices, axes))
    if (std::optional<std::string> found = BoundsCheck(index, axis, scope).leaves())
      return found;
  return std::nullopt;
}

} // namespace tenon::isa::semantics
