// One statement of a nest as C: its loops, with everything at the outermost loop where it is known.
#pragma once

#include "core/host/CHelpers.h"
#include "core/ir/nest/Nest.h"

#include <set>
#include <string>
#include <vector>

namespace tenon::host {

/// Lines of C with their indentation, and what a function needs besides.
class CText {
public:
  void line(const std::string &text) { lines += std::string(size_t(2) * depth, ' ') + text + "\n"; }
  /// A block; of a loop or a choice if there is a text.
  void open(const std::string &text = "") {
    line(text.empty() ? "{" : text + " {");
    ++depth;
  }
  void close() {
    --depth;
    line("}");
  }
  const std::string &text() const { return lines; }

  bool leavesEarly = false;     ///< something jumps to the function's end
  std::set<unsigned> operands;  ///< that are used
  std::set<unsigned> startMaps; ///< statements that keep note of the elements that have started

private:
  std::string lines;
  unsigned depth = 1;
};

/// Names of a function's variables.
std::string operandPointer(unsigned operand);
std::string startMap(unsigned statement);

/// Writes statement `number`, whose sequential loops are open already.
void emitStatement(const nest::Nest &nest, unsigned number, CHelpers &helpers, CText &text);

} // namespace tenon::host
