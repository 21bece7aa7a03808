// A case that shows a difference, made smaller while it still does: fewer commands, smaller sizes, plainer
// values, strides and data, lower addresses. Whoever reads it reads what is left.
#pragma once

#include "core/check/Case.h"

namespace tenon::check {

/// Whether a smaller case still shows it. Errors end the shrinking.
using StillShows = llvm::function_ref<llvm::Expected<bool>(const Case &candidate)>;

struct ShrinkResult {
  Case smallest;
  uint64_t tried = 0, taken = 0;
};

/// Greedy: takes each smaller case that still shows it, until none does or `mayGoOn` says no.
llvm::Expected<ShrinkResult> shrink(const isa::Description &description, Case from, StillShows shows,
                                    llvm::function_ref<bool()> mayGoOn);

} // namespace tenon::check
