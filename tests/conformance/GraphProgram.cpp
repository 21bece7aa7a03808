// Importing a text, and random inputs for it.
#include "tests/conformance/GraphProgram.h"

#include "core/import/ModelFile.h"
#include "core/reference/ErrorBound.h"

#include "llvm/ADT/APFloat.h"

#include <cstring>
#include <fmt/format.h>
#include <random>

namespace tenon::test {

using reference::Tensor;

namespace {

const llvm::fltSemantics &semanticsOf(nest::ScalarType type) {
  switch (type.kind) {
  case nest::ScalarType::Kind::Float16:
    return llvm::APFloat::IEEEhalf();
  case nest::ScalarType::Kind::BFloat16:
    return llvm::APFloat::BFloat();
  case nest::ScalarType::Kind::Float32:
    return llvm::APFloat::IEEEsingle();
  default:
    return llvm::APFloat::IEEEdouble();
  }
}

} // namespace

llvm::Expected<GraphProgram> graphProgram(llvm::StringRef text) {
  GraphProgram result;
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  result.context = std::make_unique<mlir::MLIRContext>(dialects, mlir::MLIRContext::Threading::DISABLED);
  auto module = import::importModelFromMemory(*result.context, text, "graph.mlir");
  if (!module)
    return module.takeError();
  result.module = std::move(*module);
  auto program = reference::programOf(result.module->lookupSymbol<mlir::func::FuncOp>("main"));
  if (!program)
    return program.takeError();
  result.program = std::move(*program);
  return result;
}

std::vector<Tensor> graphInputs(const reference::Program &program, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Tensor> inputs;
  for (unsigned input : program.inputs) {
    const reference::Value &value = program.values[input];
    Tensor tensor{value.type, value.shape, std::vector<char>(Tensor::byteCount(value.type, value.shape))};
    unsigned size = value.type.storageBytes();
    for (size_t at = 0; at < tensor.bytes.size(); at += size) {
      uint64_t bits = random();
      if (value.type.isFloat()) {
        llvm::APFloat number(std::uniform_real_distribution<double>(-2, 2)(random));
        bool inexact = false;
        number.convert(semanticsOf(value.type), llvm::APFloat::rmNearestTiesToEven, &inexact);
        bits = number.bitcastToAPInt().getZExtValue();
      }
      std::memcpy(tensor.bytes.data() + at, &bits, size);
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

double realAt(const Tensor &tensor, size_t element) {
  unsigned bytes = tensor.type.storageBytes();
  uint64_t bits = 0;
  std::memcpy(&bits, tensor.bytes.data() + element * bytes, bytes);
  llvm::APInt number(8 * bytes, bits);
  if (tensor.type.isInteger())
    return double(number.getSExtValue());
  return llvm::APFloat(semanticsOf(tensor.type), number).convertToDouble();
}

std::string beyondBound(const Tensor &got, const Tensor &want, llvm::ArrayRef<double> bounds) {
  if (got.bytes.size() != want.bytes.size())
    return "another number of bytes";
  size_t elements = want.bytes.size() / want.type.storageBytes();
  for (size_t i = 0; i < elements; ++i) {
    double here = realAt(got, i), there = realAt(want, i), bound = bounds.empty() ? 0 : bounds[i];
    if (!reference::withinBound(here, there, bound))
      return fmt::format("element {}: {}, the reference has {}, the bound is {}", i, here, there, bound);
  }
  return "";
}

} // namespace tenon::test
