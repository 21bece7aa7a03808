// Names in expressions.
#include "core/isa/loader/Names.h"

namespace tenon::isa::loader {

namespace {

using Kind = Expression::Kind;

struct Function {
  llvm::StringLiteral name;
  unsigned least, most;
};
constexpr unsigned anyCount = ~0U;
constexpr Function functions[] = {{"min", 2, anyCount}, {"max", 2, anyCount}, {"abs", 1, 1},
                                  {"ceil_div", 2, 2},   {"log2", 1, 1},       {"bits", 3, 3}};

bool checkCall(const Expression &call, Mistakes &mistakes) {
  std::vector<std::string> names;
  for (const Function &function : functions) {
    names.push_back(function.name.str());
    if (function.name != call.text)
      continue;
    size_t count = call.arguments.size();
    if (count >= function.least && count <= function.most && call.names.empty())
      return true;
    mistakes.add(call.place,
                 call.text + " has " + std::to_string(count) + " arguments; it takes " +
                     std::to_string(function.least) + (function.most == anyCount ? " or more" : ""),
                 "look for a missing or extra comma");
    return false;
  }
  mistakes.add(call.place, "unknown function " + quoted(call.text), suggestion(call.text, names));
  return false;
}

} // namespace

bool checkNames(const Expression &expression, const Known &known, Mistakes &mistakes) {
  bool right = true;
  switch (expression.kind) {
  case Kind::Name:
    if (!known.names.contains(expression.text)) {
      mistakes.add(expression.place, quoted(expression.text) + " is not known in " + known.where,
                   suggestion(expression.text, known.names.list()));
      right = false;
    }
    break;
  case Kind::Index:
    mistakes.add(expression.place, quoted(expression.text) + " cannot be indexed in " + known.where,
                 "elements of operands are known in semantics only");
    right = false;
    break;
  case Kind::Call:
    right = checkCall(expression, mistakes);
    break;
  case Kind::Real:
    if (!known.fractions) {
      mistakes.add(expression.place, known.where + " is a whole number, and this one has a decimal point",
                   "write an integer");
      right = false;
    }
    break;
  default:
    break;
  }
  for (const Expression &argument : expression.arguments)
    right &= checkNames(argument, known, mistakes);
  return right;
}

NameSet scalarNames(const NameSet &parameters, const Intrinsic &intrinsic) {
  NameSet names;
  for (const Size &size : intrinsic.sizes)
    names.add(size.name);
  for (const ValueDeclaration &value : intrinsic.values)
    names.add(value.name);
  for (const auto &[key, code] : intrinsic.memberCode)
    names.add(key);
  names.addAll(parameters.list());
  return names;
}

NameSet operandNames(const NameSet &parameters, const Intrinsic &intrinsic) {
  NameSet names = scalarNames(parameters, intrinsic);
  for (const OperandDeclaration &operand : intrinsic.operands) {
    for (llvm::StringRef attribute : {"addr", "bytes", "bank", "memory"})
      names.add(operand.name + "." + attribute.str());
    for (const Axis &axis : operand.axes)
      names.add(operand.name + ".stride." + axis.name);
  }
  return names;
}

NameSet encodingNames(const NameSet &parameters, const Description &description, const Intrinsic &intrinsic) {
  NameSet names = operandNames(parameters, intrinsic);
  for (const Sync &sync : description.syncs) {
    if (sync.kind == Sync::Kind::Interlock)
      continue;
    names.add(sync.name + ".wait");
    names.add(sync.name + ".signal");
    if (sync.kind == Sync::Kind::Semaphore)
      for (llvm::StringRef attribute : {"wait.id", "wait.count", "signal.id"})
        names.add(sync.name + "." + attribute.str());
  }
  for (const Need &need : intrinsic.needs)
    if (!need.slot.empty())
      names.add(need.slot);
  return names;
}

} // namespace tenon::isa::loader
