// Comparing tensors bit for bit.
#include "core/driver/Verification.h"

#include "core/support/Text.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>
#include <fmt/format.h>

namespace tenon::driver {

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

/// One element: its bits, and what they are worth.
struct Element {
  uint64_t bits = 0;
  int64_t integer = 0;
  double real = 0;
  bool isFloat = false;

  bool same(const Element &other) const {
    return bits == other.bits || (isFloat && std::isnan(real) && std::isnan(other.real));
  }
  std::string text() const { return isFloat ? numberText(real) : std::to_string(integer); }
  double distance(const Element &other) const {
    return isFloat ? std::abs(real - other.real) : std::abs(double(integer) - double(other.integer));
  }
};

Element elementOf(const reference::Tensor &tensor, size_t number) {
  unsigned bytes = tensor.type.storageBytes();
  Element element;
  std::memcpy(&element.bits, tensor.bytes.data() + number * bytes, bytes);
  element.isFloat = tensor.type.isFloat();
  unsigned width = 8 * bytes;
  if (element.isFloat)
    element.real =
        llvm::APFloat(semanticsOf(tensor.type), llvm::APInt(width, element.bits)).convertToDouble();
  else
    element.integer = llvm::APInt(width, element.bits).getSExtValue();
  return element;
}

} // namespace

std::string placeText(llvm::ArrayRef<int64_t> shape, size_t number) {
  llvm::SmallVector<int64_t> place(shape.size(), 0);
  for (size_t dimension = shape.size(); dimension-- > 0;) {
    place[dimension] = int64_t(number % size_t(shape[dimension]));
    number /= size_t(shape[dimension]);
  }
  return shapeText(place);
}

double realElement(const reference::Tensor &tensor, size_t number) {
  Element element = elementOf(tensor, number);
  return element.isFloat ? element.real : double(element.integer);
}

size_t notNumbersIn(const reference::Tensor &tensor) {
  if (!tensor.type.isFloat())
    return 0;
  size_t elements = tensor.bytes.size() / tensor.type.storageBytes(), found = 0;
  for (size_t i = 0; i < elements; ++i)
    found += std::isnan(elementOf(tensor, i).real);
  return found;
}

std::optional<std::string> difference(const reference::Tensor &got, const reference::Tensor &want) {
  if (got.bytes.size() != want.bytes.size())
    return fmt::format("has {} bytes, {} in the reference", got.bytes.size(), want.bytes.size());
  size_t elements = want.bytes.size() / want.type.storageBytes(), different = 0, first = 0;
  double largest = 0;
  for (size_t i = 0; i < elements; ++i) {
    Element here = elementOf(got, i), there = elementOf(want, i);
    if (here.same(there))
      continue;
    first = different++ == 0 ? i : first;
    largest = std::max(largest, here.distance(there));
  }
  if (different == 0)
    return std::nullopt;
  return fmt::format(
      "differs from the reference in {} of {} elements, by {} at most; first at {}: {} here, {} there",
      different, elements, numberText(largest), placeText(want.shape, first), elementOf(got, first).text(),
      elementOf(want, first).text());
}

llvm::Error verifyOutputs(llvm::ArrayRef<ModelTensor> outputs,
                          llvm::ArrayRef<std::vector<reference::Tensor>> got,
                          llvm::ArrayRef<std::vector<reference::Tensor>> want,
                          std::optional<Diagnostic> first) {
  std::vector<Diagnostic> wrong;
  bool inside = first.has_value();
  if (first)
    wrong.push_back(std::move(*first));
  for (size_t inference = 0; inference < want.size(); ++inference)
    for (size_t output = 0; output < outputs.size(); ++output)
      if (auto text = difference(got[inference][output], want[inference][output])) {
        Diagnostic diagnostic;
        diagnostic.message = outputs[output].name + " " + *text;
        if (want.size() > 1)
          diagnostic.message += fmt::format("; inference {} of {}", inference + 1, want.size());
        if (!inside)
          diagnostic.repair =
              "--dump-tensors DIR compares every tensor of the model and names the first that differs";
        wrong.push_back(std::move(diagnostic));
      }
  return wrong.empty() ? llvm::Error::success() : failure(ExitCode::ResultDiffers, std::move(wrong));
}

} // namespace tenon::driver
