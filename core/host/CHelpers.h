// The helper functions of emitted C: each is written to a file only if something in it uses it, so that no
// compiler warns about idle ones.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <set>
#include <string>

namespace tenon::host {

class CHelpers {
public:
  /// Notes that the helper is used, with those that it uses itself, and gives its name back. Helpers with an
  /// integer's or a float's type come as "Wrap32" and "Wrap64", "MaximumFloat" and "MaximumDouble"; the name
  /// in C has "tenon" before it.
  std::string use(llvm::StringRef name);

  /// The definitions of all that are used, in order.
  std::string definitions() const;

private:
  std::set<std::string> used;
};

} // namespace tenon::host
