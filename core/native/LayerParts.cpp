// Temporaries of a layer.
#include "core/native/LayerParts.h"

#include "core/native/Portable.h"
#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::native {

KernelArgument constantArgument(match::ConstantTensor tensor) {
  KernelArgument argument;
  argument.kind = KernelArgument::Kind::Constant;
  argument.constant = std::make_shared<match::ConstantTensor>(std::move(tensor));
  return argument;
}

KernelArgument scratchArgument(LayerCode &code, int64_t bytes) {
  KernelArgument argument;
  argument.kind = KernelArgument::Kind::Scratch;
  argument.scratch = unsigned(code.scratchBytes.size());
  code.scratchBytes.push_back(uint64_t(bytes));
  return argument;
}

int64_t bytesOf(const nest::Operand &operand) {
  int64_t bytes = operand.type.storageBytes();
  for (int64_t extent : operand.shape)
    bytes *= extent;
  return bytes;
}

llvm::Error addPortable(const isa::Description &description, const nest::Nest &nest, const std::string &name,
                        llvm::ArrayRef<KernelArgument> operands, LayerCode &code) {
  llvm::Expected<PortableCode> portable = portableKernels(description, nest, name);
  if (!portable)
    return portable.takeError();
  auto first = unsigned(code.scratchBytes.size());
  code.scratchBytes.insert(code.scratchBytes.end(), portable->scratchBytes.begin(),
                           portable->scratchBytes.end());
  for (Kernel &kernel : portable->kernels) {
    for (KernelArgument &argument : kernel.arguments) {
      if (argument.kind == KernelArgument::Kind::Scratch) {
        argument.scratch += first;
      } else if (argument.kind == KernelArgument::Kind::Value) {
        bool writes = argument.writes;
        argument = operands[argument.value];
        argument.writes = writes;
      }
    }
    code.kernels.push_back(std::move(kernel));
  }
  return llvm::Error::success();
}

namespace {

/// Fills a temporary with zeros.
llvm::Error addZeros(const isa::Description &description, const nest::Nest &of, const std::string &name,
                     const KernelArgument &array, LayerCode &code) {
  nest::Nest zeros;
  const nest::Operand &operand = of.operands.back();
  mlir::MLIRContext *context = of.statements.front().destination.indices.getContext();
  int64_t count = bytesOf(operand) / operand.type.storageBytes();
  zeros.loops.push_back({"element", count, false});
  zeros.operands.push_back({operand.name, operand.type, {count}, false});
  nest::Statement statement;
  statement.loops = {0};
  statement.destination.indices = mlir::AffineMap::getMultiDimIdentityMap(1, context);
  nest::Node zero;
  zero.type = operand.type;
  statement.body.push_back(zero);
  zeros.statements.push_back(std::move(statement));
  return addPortable(description, zeros, name, array, code);
}

/// A nest that writes its last operand, a new temporary.
llvm::Expected<KernelArgument> addMaking(const isa::Description &description, const nest::Nest &nest,
                                         bool zeroed, llvm::ArrayRef<match::TensorSource> sources,
                                         const std::string &name, LayerCode &code) {
  std::vector<KernelArgument> arguments;
  for (auto [number, source] : llvm::enumerate(sources)) {
    llvm::Expected<KernelArgument> argument =
        argumentOf(description, source, name + "_" + std::to_string(number), code);
    if (!argument)
      return argument.takeError();
    arguments.push_back(std::move(*argument));
  }
  KernelArgument array = scratchArgument(code, bytesOf(nest.operands.back()));
  if (zeroed)
    if (llvm::Error error = addZeros(description, nest, name + "_zero", array, code))
      return std::move(error);
  arguments.push_back(array);
  if (llvm::Error error = addPortable(description, nest, name, arguments, code))
    return std::move(error);
  return array;
}

} // namespace

llvm::Expected<KernelArgument> argumentOf(const isa::Description &description,
                                          const match::TensorSource &source, const std::string &name,
                                          LayerCode &code) {
  KernelArgument argument;
  switch (source.kind) {
  case match::TensorSource::Kind::Value:
    argument.value = source.value;
    return argument;
  case match::TensorSource::Kind::Constant:
    argument.kind = KernelArgument::Kind::Constant;
    argument.constant = source.constant;
    return argument;
  case match::TensorSource::Kind::Gathered: {
    const match::Gather &gather = *source.gather;
    bool zeroed = false;
    for (auto [axis, joined] : llvm::enumerate(gather.joined)) {
      int64_t written = 1;
      for (unsigned loop : joined)
        written *= gather.nest.loops[loop].extent;
      zeroed |= written < gather.nest.operands.back().shape[axis];
    }
    return addMaking(description, gather.nest, zeroed, gather.sources, name, code);
  }
  case match::TensorSource::Kind::Local:
    break;
  }
  return failure(ExitCode::OwnFault, "a layer's sum is no argument of its kernels");
}

llvm::Expected<KernelArgument> arrangedArgument(const isa::Description &description,
                                                const match::Computation &computation, unsigned operand,
                                                mlir::AffineMap access, const Arrangement &arrangement,
                                                const std::string &name, LayerCode &code) {
  const match::TensorSource &source = computation.sources[operand];
  llvm::ArrayRef<nest::Loop> loops = computation.nest.loops;
  if (source.kind == match::TensorSource::Kind::Gathered) {
    auto nest = arrangeGather(loops, access, *source.gather, arrangement);
    if (!nest)
      return nest.takeError();
    return addMaking(description, nest->nest, nest->zeroed, source.gather->sources, name, code);
  }
  ArrangingNest nest = arrangeTensor(loops, access, computation.nest.operands[operand], arrangement);
  if (source.kind != match::TensorSource::Kind::Constant)
    return addMaking(description, nest.nest, nest.zeroed, source, name, code);
  llvm::Expected<match::ConstantTensor> copy = match::evaluate(nest.nest, source.constant.get());
  if (!copy)
    return copy.takeError();
  return constantArgument(std::move(*copy));
}

} // namespace tenon::native
