// One operation of a body as a C expression, and what must be refused before it is evaluated.
#pragma once

#include "core/host/CTypes.h"
#include "core/host/HostStatus.h"
#include "core/ir/nest/AccessAnalysis.h"

#include <optional>

namespace tenon::host {

/// Evaluated before the expression: where the condition holds, the function returns the status.
struct Check {
  std::string condition;
  HostStatus status = HostStatus::Done;
  unsigned argument = 0; ///< the one that the condition is about
};

struct CNode {
  std::string expression;
  std::optional<Check> check;
};

/// An argument: a C expression without side effects that needs no parentheses, its type, and what it can be.
struct CArgument {
  std::string text;
  nest::ScalarType type;
  nest::Interval range; ///< integers
};

/// Any node but the leaves and the table read.
CNode emitNode(const nest::Node &node, llvm::ArrayRef<CArgument> arguments, CHelpers &helpers);

/// One step of an update: the new value of `old`.
std::string emitUpdate(nest::Update update, const nest::ScalarType &type, const std::string &old,
                       const std::string &step, CHelpers &helpers);

} // namespace tenon::host
