// Which elements of each operand a meaning needs from before, and which it writes. A declared access says
// what is allowed; what really happens follows from the statements: `c[m, n] = ...` on an operand of access
// `update` reads nothing, and an element that is only ever read as `outside` is not read.
#pragma once

#include "core/ir/nest/Nest.h"

namespace tenon::spec {

struct ElementSet {
  enum class Kind : uint8_t { None, All, Some };
  Kind kind = Kind::None;
  std::vector<uint8_t> members; ///< Some: one for each element, 0 or 1

  bool has(int64_t element) const { return kind == Kind::All || (kind == Kind::Some && members[element]); }
};

struct ElementUse {
  ElementSet reads; ///< of what was there before the nest ran
  ElementSet writes;
};

/// One for each operand of the nest, locals included. The nest has linear indices and no sequential loops, as
/// every nest of a description's semantics; others are refused as a fault of our own. A table counts as read
/// whole.
llvm::Expected<std::vector<ElementUse>> elementUse(const nest::Nest &nest);

} // namespace tenon::spec
