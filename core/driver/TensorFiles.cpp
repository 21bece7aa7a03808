// Inputs from files and seeds, outputs to files.
#include "core/driver/FileOutput.h"
#include "core/driver/ModelTensors.h"
#include "core/driver/Npy.h"
#include "core/driver/OnnxTensor.h"
#include "core/support/Error.h"
#include "core/support/FileInput.h"
#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace tenon::driver {

namespace {

using reference::Tensor;

/// What a file must hold for a tensor: float32 instead of the quantised type with --float-io.
nest::ScalarType fileType(const ModelTensor &tensor, const InputOptions &options) {
  return options.floatIo && tensor.scale != 0 ? nest::ScalarType::f32() : tensor.type;
}

/// Whether a file holds integers from 0.
bool holdsUnsigned(const ModelTensor &tensor, nest::ScalarType type) {
  return tensor.isUnsigned && type == tensor.type;
}

/// clamp(round(x / scale) + zero point), halves away from zero; in float, as MLPerf Tiny quantises.
llvm::Expected<std::vector<char>> quantise(llvm::StringRef floats, const ModelTensor &tensor) {
  std::vector<char> bytes;
  bytes.reserve(floats.size() / sizeof(float) * tensor.type.storageBytes());
  double lowest = -std::ldexp(1.0, static_cast<int>(tensor.type.width) - 1), highest = -lowest - 1;
  if (tensor.isUnsigned) {
    highest -= lowest;
    lowest = 0;
  }
  if (highest == -lowest) // wider than a double's digits
    highest = std::nextafter(highest, 0);
  for (size_t i = 0; i < floats.size(); i += sizeof(float)) {
    float x = 0;
    std::memcpy(&x, floats.data() + i, sizeof(float));
    if (std::isnan(x))
      return wrongInput("element " + std::to_string(i / sizeof(float)) +
                        " is NaN, which has no quantised value");
    double steps = std::round(x / static_cast<float>(tensor.scale));
    auto q = static_cast<int64_t>(std::clamp(steps + static_cast<double>(tensor.zeroPoint), lowest, highest));
    const char *source = reinterpret_cast<const char *>(&q); // little end first
    bytes.insert(bytes.end(), source, source + tensor.type.storageBytes());
  }
  return bytes;
}

std::vector<char> dequantise(const Tensor &value, const ModelTensor &tensor) {
  std::vector<char> bytes;
  unsigned size = value.type.storageBytes();
  for (size_t i = 0; i < value.bytes.size(); i += size) {
    int64_t q = 0;
    std::memcpy(&q, &value.bytes[i], size);
    unsigned unused = 64 - 8 * size;
    if (!tensor.isUnsigned)
      q = static_cast<int64_t>(static_cast<uint64_t>(q) << unused) >> unused;
    auto x = static_cast<float>(tensor.scale * static_cast<double>(q - tensor.zeroPoint));
    const char *source = reinterpret_cast<const char *>(&x);
    bytes.insert(bytes.end(), source, source + sizeof(float));
  }
  return bytes;
}

/// Refuses a shape that is not the tensor's, or with --each the tensor's behind a leading axis.
llvm::Error checkShape(llvm::ArrayRef<int64_t> found, const ModelTensor &tensor,
                       const InputOptions &options) {
  llvm::ArrayRef<int64_t> shape = found;
  if (options.each && !shape.empty())
    shape = shape.drop_front();
  if (shape == llvm::ArrayRef<int64_t>(tensor.shape) && (!options.each || found.size() != shape.size()))
    return llvm::Error::success();
  std::string message = "the file has shape " + shapeText(found) + ", " + tensor.name + " needs " +
                        (options.each ? "an extra leading axis before " : "") + shapeText(tensor.shape);
  if (!options.each && !found.empty() && found.drop_front() == llvm::ArrayRef<int64_t>(tensor.shape))
    message += "; --each runs along an extra leading axis";
  return wrongInput(message);
}

llvm::Error checkOnnxType(const OnnxTensor &array, const ModelTensor &tensor, nest::ScalarType type) {
  auto text = [](nest::ScalarType of, bool isUnsigned) {
    return isUnsigned ? "u" + std::to_string(of.width) : of.str();
  };
  std::string found = text(array.tensor.type, array.isUnsigned),
              wanted = text(type, holdsUnsigned(tensor, type));
  if (found == wanted)
    return llvm::Error::success();
  return wrongInput("the file has type " + found + ", " + tensor.name + " needs " + wanted);
}

/// The elements in a file, whose type and shape are right where the format has them.
llvm::Expected<std::vector<char>> elementsOf(llvm::StringRef path, llvm::StringRef file,
                                             const ModelTensor &tensor, const InputOptions &options) {
  nest::ScalarType type = fileType(tensor, options);
  if (path.ends_with(".npy")) {
    llvm::Expected<NpyArray> array = parseNpy(file);
    if (!array)
      return array.takeError();
    std::string dtype = npyDtype(type, holdsUnsigned(tensor, type));
    if (array->dtype != dtype)
      return wrongInput("the file has dtype " + array->dtype + ", " + tensor.name + " needs " + dtype);
    if (llvm::Error wrong = checkShape(array->shape, tensor, options))
      return std::move(wrong);
    return std::vector<char>(array->bytes.begin(), array->bytes.end());
  }
  if (path.ends_with(".pb")) {
    llvm::Expected<OnnxTensor> array = parseOnnxTensor(file);
    if (!array)
      return array.takeError();
    if (llvm::Error wrong = checkOnnxType(*array, tensor, type))
      return std::move(wrong);
    if (llvm::Error wrong = checkShape(array->tensor.shape, tensor, options))
      return std::move(wrong);
    return std::move(array->tensor.bytes);
  }
  return std::vector<char>(file.begin(), file.end());
}

/// One tensor for each inference in the file.
llvm::Expected<std::vector<Tensor>> readFile(llvm::StringRef path, const ModelTensor &tensor,
                                             const InputOptions &options) {
  constexpr uint64_t mostBytes = uint64_t(1) << 36;
  auto file = tenon::readFile(path, mostBytes);
  if (!file)
    return file.takeError();
  llvm::Expected<std::vector<char>> elements = elementsOf(path, (*file)->getBuffer(), tensor, options);
  if (!elements)
    return elements.takeError();
  if (tensor.type == nest::ScalarType::integer(1)) // a file's true is 1, ours is -1
    for (char &byte : *elements)
      byte = static_cast<char>(byte != 0 ? -1 : 0);
  llvm::StringRef data(elements->data(), elements->size());
  nest::ScalarType type = fileType(tensor, options);
  uint64_t needed = Tensor::byteCount(type, tensor.shape);
  uint64_t count = options.each ? data.size() / needed : 1;
  if (count == 0 || count * needed != data.size())
    return wrongInput("the file has " + std::to_string(data.size()) + " bytes, " + tensor.name + " needs " +
                      (options.each ? "a multiple of " : "") + std::to_string(needed));
  std::vector<Tensor> values;
  for (uint64_t i = 0; i < count; ++i) {
    llvm::StringRef part = data.substr(i * needed, needed);
    Tensor value{tensor.type, tensor.shape, {part.begin(), part.end()}};
    if (type != tensor.type) {
      llvm::Expected<std::vector<char>> quantised = quantise(part, tensor);
      if (!quantised)
        return quantised.takeError();
      value.bytes = std::move(*quantised);
    }
    values.push_back(std::move(value));
  }
  return values;
}

/// Uniform over an integer type's values; floats uniform in [-1, 1), in steps of 2^-7 so that every type has
/// them.
Tensor randomTensor(const ModelTensor &tensor, std::mt19937_64 &random) {
  Tensor value{tensor.type, tensor.shape, {}};
  unsigned size = tensor.type.storageBytes();
  for (uint64_t i = 0; i < tensor.bytes(); i += size) {
    uint64_t word = random();
    if (tensor.type.isInteger()) {
      unsigned unused = 64 - tensor.type.width;
      word = static_cast<uint64_t>(static_cast<int64_t>(word << unused) >> unused);
    } else {
      llvm::APFloat real(static_cast<double>(static_cast<int64_t>(word & 0xff) - 128) / 128);
      const llvm::fltSemantics &semantics = size == 8   ? llvm::APFloat::IEEEdouble()
                                            : size == 4 ? llvm::APFloat::IEEEsingle()
                                            : tensor.type == nest::ScalarType::f16()
                                                ? llvm::APFloat::IEEEhalf()
                                                : llvm::APFloat::BFloat();
      bool inexact = false;
      real.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
      word = real.bitcastToAPInt().getZExtValue();
    }
    const char *source = reinterpret_cast<const char *>(&word);
    value.bytes.insert(value.bytes.end(), source, source + size);
  }
  return value;
}

} // namespace

llvm::Error checkFloatFiles(llvm::ArrayRef<ModelTensor> tensors, const InputOptions &options,
                            llvm::StringRef kind) {
  constexpr unsigned widestQuantised = 16; // wider integers are indices and counts
  for (const ModelTensor &tensor : tensors) {
    bool isQuantised =
        tensor.type.isInteger() && tensor.type.width > 1 && tensor.type.width <= widestQuantised;
    if (!options.floatIo || !isQuantised || tensor.scale != 0)
      continue;
    Diagnostic diagnostic;
    diagnostic.message = "--float-io: the " + kind.str() + " " + tensor.text() +
                         " has no scale in the model, or more than one";
    diagnostic.repair = "leave --float-io out and give and take integers";
    return failure(ExitCode::WrongUse, std::move(diagnostic));
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<std::vector<Tensor>>> readInputs(llvm::ArrayRef<ModelTensor> tensors,
                                                            const InputOptions &options) {
  if (llvm::Error wrong = checkFloatFiles(tensors, options, "input"))
    return std::move(wrong);
  auto files = assignFiles(options.files, tensors, "input");
  if (!files)
    return files.takeError();
  if (files->empty()) {
    if (options.each)
      return failure(ExitCode::WrongUse, "--each runs along the leading axis of input files, none is given");
    std::mt19937_64 random(options.seed);
    std::vector<Tensor> inputs;
    for (const ModelTensor &tensor : tensors)
      inputs.push_back(randomTensor(tensor, random));
    return std::vector<std::vector<Tensor>>{std::move(inputs)};
  }
  if (files->size() != tensors.size())
    return failure(ExitCode::WrongUse, std::to_string(files->size()) + " inputs are given, the model has " +
                                           std::to_string(tensors.size()) + ": give all or none");
  std::vector<std::vector<Tensor>> inferences;
  for (const auto &[number, path] : *files) {
    llvm::Expected<std::vector<Tensor>> values = readFile(path, tensors[number], options);
    if (!values)
      return withPlace(values.takeError(), path);
    if (inferences.empty())
      inferences.assign(values->size(), std::vector<Tensor>(tensors.size()));
    if (values->size() != inferences.size())
      return withPlace(wrongInput("the file has " + std::to_string(values->size()) +
                                  " inferences, another input has " + std::to_string(inferences.size())),
                       path);
    for (size_t i = 0; i < values->size(); ++i)
      inferences[i][number] = std::move((*values)[i]);
  }
  return inferences;
}

llvm::Error writeOutput(const ModelTensor &tensor, llvm::ArrayRef<Tensor> values, const InputOptions &options,
                        llvm::StringRef path) {
  std::vector<char> bytes;
  nest::ScalarType type = fileType(tensor, options);
  for (const Tensor &value : values)
    llvm::append_range(bytes, type == tensor.type ? value.bytes : dequantise(value, tensor));
  llvm::SmallVector<int64_t> shape(tensor.shape);
  if (options.each)
    shape.insert(shape.begin(), static_cast<int64_t>(values.size()));
  if (path.ends_with(".npy"))
    return writeFile(path, writeNpy(type, shape, bytes, holdsUnsigned(tensor, type)));
  return writeFile(path, {bytes.data(), bytes.size()});
}

} // namespace tenon::driver
