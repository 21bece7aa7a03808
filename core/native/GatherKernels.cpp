// Gathers by portable kernels. What a gather does not write is cleared before it runs, since scratch memory
// has held other things.
#include "core/native/GatherKernels.h"

#include "core/ir/nest/Nest.h"
#include "core/native/Portable.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

bool leavesElementsOut(const match::Gather &gather, const nest::Operand &array) {
  int64_t written = 1, elements = 1;
  for (const nest::Loop &loop : gather.nest.loops)
    written *= loop.extent;
  for (int64_t extent : array.shape)
    elements *= extent;
  return written < elements;
}

nest::Nest zeroNest(const nest::Operand &array, mlir::MLIRContext &context) {
  nest::Nest nest;
  int64_t elements = 1;
  for (int64_t extent : array.shape)
    elements *= extent;
  nest.loops.push_back({"i", elements, false});
  nest.operands.push_back({array.name, array.type, {elements}, false});
  nest::Statement statement;
  statement.loops = {0};
  statement.destination = {0, mlir::AffineMap::getMultiDimIdentityMap(1, &context), std::nullopt};
  nest::Node zero;
  zero.op = nest::Opcode::Constant;
  zero.type = array.type;
  statement.body.push_back(zero);
  nest.statements.push_back(std::move(statement));
  return nest;
}

llvm::Error GatherKernels::add(const nest::Nest &nest, llvm::ArrayRef<KernelArgument> arguments,
                               const std::string &what) {
  OperandFacts facts;
  facts.facts.assign(arguments.size(), {std::nullopt, 64}); // the arena aligns everything
  llvm::Expected<PortableCode> portable =
      portableKernels(description, nest, name + "_" + what + std::to_string(made++), facts);
  if (!portable)
    return portable.takeError();
  auto scratch = unsigned(code.scratchBytes.size());
  llvm::append_range(code.scratchBytes, portable->scratchBytes);
  for (Kernel &kernel : portable->kernels) {
    for (KernelArgument &argument : kernel.arguments) {
      if (argument.kind == KernelArgument::Kind::Scratch) {
        argument.scratch += scratch;
        continue;
      }
      bool writes = argument.writes;
      argument = arguments[argument.value];
      argument.writes = writes;
    }
    code.kernels.push_back(std::move(kernel));
  }
  return llvm::Error::success();
}

llvm::Expected<KernelArgument> GatherKernels::gather(const match::Gather &gather,
                                                     const nest::Operand &array) {
  llvm::SmallVector<KernelArgument> arguments;
  for (auto [source, operand] : llvm::zip_first(gather.sources, gather.nest.operands)) {
    llvm::Expected<KernelArgument> one = argument(source, operand);
    if (!one)
      return one.takeError();
    arguments.push_back(*one);
  }
  KernelArgument result;
  result.kind = KernelArgument::Kind::Scratch;
  result.scratch = unsigned(code.scratchBytes.size());
  int64_t bytes = array.type.storageBytes();
  for (int64_t extent : array.shape)
    bytes *= extent;
  code.scratchBytes.push_back(uint64_t(bytes));
  arguments.push_back(result);
  if (leavesElementsOut(gather, array))
    if (llvm::Error error =
            add(zeroNest(array, *gather.nest.statements.front().destination.indices.getContext()), {result},
                "clear"))
      return std::move(error);
  if (llvm::Error error = add(gather.nest, arguments, "gather"))
    return std::move(error);
  return result;
}

llvm::Expected<KernelArgument> GatherKernels::argument(const match::TensorSource &source,
                                                       const nest::Operand &operand) {
  KernelArgument result;
  switch (source.kind) {
  case match::TensorSource::Kind::Value:
    result.value = source.value;
    return result;
  case match::TensorSource::Kind::Constant:
    result.kind = KernelArgument::Kind::Constant;
    result.constant = source.constant;
    return result;
  case match::TensorSource::Kind::Gathered:
    return gather(*source.gather, operand);
  case match::TensorSource::Kind::Local:
    break;
  }
  return failure(ExitCode::OwnFault, "a layer's sum is no argument of its kernel");
}

} // namespace tenon::native
