// Which names an expression may use, and whether it keeps to them.
#pragma once

#include "core/isa/Description.h"
#include "core/isa/loader/Mistakes.h"

#include "llvm/ADT/StringSet.h"

namespace tenon::isa::loader {

/// Names in the order in which they are listed to people, and for looking up.
class NameSet {
public:
  void add(llvm::StringRef name) {
    if (members.insert(name).second)
      names.push_back(name.str());
  }
  void addAll(llvm::ArrayRef<std::string> more) {
    for (const std::string &name : more)
      add(name);
  }
  bool contains(llvm::StringRef name) const { return members.contains(name); }
  llvm::ArrayRef<std::string> list() const { return names; }

private:
  std::vector<std::string> names;
  llvm::StringSet<> members;
};

/// What is known where an expression stands.
struct Known {
  const NameSet &names;
  std::string where;      ///< "a field"
  bool fractions = false; ///< a decimal point is allowed
};

/// Whether every name is known and every function is one of evaluate's, with as many arguments as it takes.
bool checkNames(const Expression &expression, const Known &known, Mistakes &mistakes);

/// Parameters, family keys, sizes and values of an intrinsic.
NameSet scalarNames(const NameSet &parameters, const Intrinsic &intrinsic);
/// What `where` may mention: scalarNames and the operands' attributes.
NameSet operandNames(const NameSet &parameters, const Intrinsic &intrinsic);
/// What fields and timing may mention: operandNames, synchronisation, slots of `needs`.
NameSet encodingNames(const NameSet &parameters, const Description &description, const Intrinsic &intrinsic);

} // namespace tenon::isa::loader
