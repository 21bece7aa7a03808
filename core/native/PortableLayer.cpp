// A layer that no intrinsic does: its nest as portable kernels, with what is known of its constants.
#include "core/native/Cover.h"
#include "core/native/OperandRanges.h"
#include "core/native/Portable.h"

#include "core/reference/Program.h"
#include "core/support/Error.h"

namespace tenon::native {

namespace {

struct LayerNest {
  const nest::Nest *nest = nullptr;
  std::vector<KernelArgument> arguments; ///< by operand; locals have none
  OperandFacts facts;
};

constexpr uint64_t blockAlign = 64; ///< of everything in the arena and the weights

LayerNest ofComputation(const match::Computation &computation) {
  LayerNest layer;
  layer.nest = &computation.nest;
  for (const match::TensorSource &source : computation.sources) {
    KernelArgument argument;
    OperandFacts::Fact fact;
    fact.align = blockAlign;
    if (source.kind == match::TensorSource::Kind::Constant) {
      argument.kind = KernelArgument::Kind::Constant;
      argument.constant = source.constant;
      fact.range = elementRange(*source.constant);
    } else {
      argument.value = source.value;
    }
    layer.arguments.push_back(std::move(argument));
    layer.facts.facts.push_back(fact);
  }
  return layer;
}

LayerNest ofStep(const reference::Program &program, const reference::Step &step, const nest::Nest &nest) {
  LayerNest layer;
  layer.nest = &nest;
  unsigned global = 0;
  for (const nest::Operand &operand : nest.operands) {
    KernelArgument argument;
    OperandFacts::Fact fact;
    if (!operand.local) {
      argument.value = step.operands[global++];
      fact.align = blockAlign;
      const reference::Value &value = program.values[argument.value];
      const reference::Buffer &buffer = program.buffers[value.buffer];
      if (buffer.constant) {
        match::ConstantTensor constant{value.type, value.shape, std::vector<char>(buffer.bytes)};
        reference::writeConstant(buffer.constant, buffer.type, constant.bytes.data());
        fact.range = elementRange(constant);
      }
    }
    layer.arguments.push_back(std::move(argument));
    layer.facts.facts.push_back(fact);
  }
  return layer;
}

} // namespace

llvm::Expected<LayerCode> portableLayer(const isa::Description &description,
                                        const reference::Program &program, const NativeLayer &layer,
                                        const std::string &name) {
  LayerNest found;
  if (layer.original) {
    found = ofComputation(*layer.original);
  } else {
    const reference::Step &step = program.steps[layer.steps.front()];
    if (!step.nest)
      return failure(ExitCode::OwnFault, "the layer " + layer.name + " is of a step without a nest");
    found = ofStep(program, step, *step.nest);
  }
  auto portable = portableKernels(description, *found.nest, name, found.facts);
  if (!portable)
    return portable.takeError();
  LayerCode code;
  code.scratchBytes = std::move(portable->scratchBytes);
  for (Kernel &kernel : portable->kernels) {
    for (KernelArgument &argument : kernel.arguments) {
      if (argument.kind != KernelArgument::Kind::Value)
        continue;
      bool writes = argument.writes;
      argument = found.arguments[argument.value];
      argument.writes = writes;
    }
    code.kernels.push_back(std::move(kernel));
  }
  return code;
}

} // namespace tenon::native
