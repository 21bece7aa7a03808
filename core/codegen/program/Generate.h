// The way from IR text to an object or assembly: parse, verify, optimise, emit.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>
#include <vector>

namespace tenon::codegen {

struct Order {
  std::string triple, processor;
  std::vector<std::string> features;
  unsigned optimisation = 3;
  bool assembly = false;
  std::vector<unsigned> rows; ///< not empty: the instructions of these lines, each alone, not optimised
};

struct Finding {
  std::string message;
  unsigned line = 0; ///< of the module's text; 0: not known
  std::string function;
};

struct Outcome {
  enum class End { Done, NotParsed, Refused, UnknownMachine } end = End::Done;
  std::vector<Finding> mistakes;
  std::vector<std::string> warnings;
  std::string result;
};

Outcome generate(const std::string &module, const Order &order);

} // namespace tenon::codegen
