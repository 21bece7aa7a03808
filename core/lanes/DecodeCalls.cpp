// Calls: rows of the description, the barrier, indices of levels, LLVM's intrinsics, and functions of the
// module.
#include "core/lanes/Decoder.h"

#include "core/support/Error.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"

namespace tenon::lanes {
namespace {

bool isElementwise(llvm::Intrinsic::ID intrinsic) {
  using namespace llvm;
  switch (intrinsic) {
  case Intrinsic::abs:
  case Intrinsic::smin:
  case Intrinsic::smax:
  case Intrinsic::umin:
  case Intrinsic::umax:
  case Intrinsic::sadd_sat:
  case Intrinsic::uadd_sat:
  case Intrinsic::ssub_sat:
  case Intrinsic::usub_sat:
  case Intrinsic::fshl:
  case Intrinsic::fshr:
  case Intrinsic::ctpop:
  case Intrinsic::ctlz:
  case Intrinsic::cttz:
  case Intrinsic::bswap:
  case Intrinsic::fabs:
  case Intrinsic::sqrt:
  case Intrinsic::floor:
  case Intrinsic::ceil:
  case Intrinsic::trunc:
  case Intrinsic::rint:
  case Intrinsic::nearbyint:
  case Intrinsic::round:
  case Intrinsic::roundeven:
  case Intrinsic::copysign:
  case Intrinsic::minnum:
  case Intrinsic::maxnum:
  case Intrinsic::minimum:
  case Intrinsic::maximum:
  case Intrinsic::fma:
  case Intrinsic::fmuladd:
  case Intrinsic::fptosi_sat:
  case Intrinsic::fptoui_sat:
    return true;
  default:
    return false;
  }
}

bool isReduction(llvm::Intrinsic::ID intrinsic) {
  using namespace llvm;
  switch (intrinsic) {
  case Intrinsic::vector_reduce_add:
  case Intrinsic::vector_reduce_mul:
  case Intrinsic::vector_reduce_and:
  case Intrinsic::vector_reduce_or:
  case Intrinsic::vector_reduce_xor:
  case Intrinsic::vector_reduce_smax:
  case Intrinsic::vector_reduce_smin:
  case Intrinsic::vector_reduce_umax:
  case Intrinsic::vector_reduce_umin:
    return true;
  default:
    return false;
  }
}

constexpr llvm::StringLiteral rowAttribute = "tenon.row";

} // namespace

bool Decoder::isBarrier(const llvm::CallInst &call) const {
  if (machine.barrier.empty())
    return false;
  if (auto *text = llvm::dyn_cast<llvm::InlineAsm>(call.getCalledOperand()))
    return text->getAsmString() == machine.barrier;
  return call.getCalledFunction() && call.getCalledFunction()->getName() == machine.barrier;
}

llvm::Error Decoder::addCall(const llvm::CallInst &call, Step &step) {
  if (call.getAttributes().hasFnAttr(rowAttribute)) {
    llvm::StringRef name = call.getAttributes().getFnAttr(rowAttribute).getValueAsString();
    const auto &rows = machine.description->intrinsics;
    auto found = llvm::find_if(rows, [&](const isa::Intrinsic &row) { return row.name == name; });
    if (found == rows.end())
      return unknown(call, ": " + machine.description->path + " has no row " + name);
    step.kind = Step::Kind::Row;
    step.number = unsigned(found - rows.begin());
    return llvm::Error::success();
  }
  if (isBarrier(call)) {
    step.kind = Step::Kind::Barrier;
    return llvm::Error::success();
  }
  const llvm::Function *callee = call.getCalledFunction();
  if (!callee)
    return unknown(call, ": only a call with the attribute " + rowAttribute +
                             " is taken for a row of the description");
  auto index = machine.indices.find(callee->getName());
  if (index != machine.indices.end()) {
    step.kind = Step::Kind::LevelIndex;
    step.number = unsigned(index->second);
    return llvm::Error::success();
  }
  if (callee->isIntrinsic())
    return addIntrinsic(call, step);
  step.callee = code.find(callee->getName());
  if (!step.callee)
    return unknown(call, ": the module does not define " + callee->getName());
  step.kind = Step::Kind::Call;
  return llvm::Error::success();
}

llvm::Error Decoder::addIntrinsic(const llvm::CallInst &call, Step &step) {
  step.intrinsic = call.getIntrinsicID();
  if (isElementwise(step.intrinsic)) {
    step.kind = Step::Kind::Elementwise;
    return llvm::Error::success();
  }
  if (isReduction(step.intrinsic)) {
    step.kind = Step::Kind::Reduce;
    return llvm::Error::success();
  }
  switch (step.intrinsic) {
  case llvm::Intrinsic::masked_load:
  case llvm::Intrinsic::masked_store:
  case llvm::Intrinsic::masked_gather:
  case llvm::Intrinsic::masked_scatter:
    return addMaskedAccess(call, step);
  case llvm::Intrinsic::memset:
  case llvm::Intrinsic::memcpy:
  case llvm::Intrinsic::memmove:
    return addMemoryMove(call, step);
  case llvm::Intrinsic::lifetime_start:
  case llvm::Intrinsic::lifetime_end:
  case llvm::Intrinsic::assume:
    step.kind = Step::Kind::Nothing;
    return llvm::Error::success();
  default:
    return unknown(call);
  }
}

/// Operands: (value,) pointer or pointers, alignment, mask (, passthrough).
llvm::Error Decoder::addMaskedAccess(const llvm::CallInst &call, Step &step) {
  bool loads =
      step.intrinsic == llvm::Intrinsic::masked_load || step.intrinsic == llvm::Intrinsic::masked_gather;
  unsigned pointer = loads ? 0 : 1;
  step.kind = loads ? Step::Kind::Load : Step::Kind::Store;
  step.masked = true;
  step.scattered =
      step.intrinsic == llvm::Intrinsic::masked_gather || step.intrinsic == llvm::Intrinsic::masked_scatter;
  step.align = llvm::cast<llvm::ConstantInt>(call.getArgOperand(pointer + 1))->getZExtValue();
  step.space = call.getArgOperand(pointer)->getType()->getScalarType()->getPointerAddressSpace();
  if (!loads) {
    auto types = componentsOf(call.getArgOperand(0)->getType());
    if (!types)
      return types.takeError();
    step.types = std::move(*types);
  }
  return step.types[0].width % 8 == 0 ? llvm::Error::success()
                                      : unknown(call, ": its components are not whole bytes");
}

llvm::Error Decoder::addMemoryMove(const llvm::CallInst &call, Step &step) {
  auto *length = llvm::dyn_cast<llvm::ConstantInt>(call.getArgOperand(2));
  if (!length)
    return unknown(call, ": its length is not constant");
  step.kind = step.intrinsic == llvm::Intrinsic::memset ? Step::Kind::MemoryFill : Step::Kind::MemoryCopy;
  step.offset = length->getSExtValue();
  return llvm::Error::success();
}

} // namespace tenon::lanes
