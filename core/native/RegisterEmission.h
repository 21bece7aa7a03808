// The text of a kernel that computes a gathered layer in registers: items of blocks, the reduction with the
// sums going around it, then what follows the sum.
#pragma once

#include "core/native/Feeds.h"
#include "core/native/RegisterProblem.h"

namespace tenon::native {

struct RegisterPlan {
  const isa::Description &description;
  const match::Computation &computation;
  const GatheredUse &use;
  RegisterProblem problem;
  RegisterBlock block;
  Feed left, right;
};

/// The layer's last kernel. Errors: a row whose text cannot be spliced in, or a final that the machine cannot
/// compute.
llvm::Expected<Kernel> registerKernel(const RegisterPlan &plan, const std::string &name, LayerCode &code);

} // namespace tenon::native
