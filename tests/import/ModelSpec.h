// Small TFLite models for tests, described by plain structs that may be wrong in any way the file format
// allows.
#pragma once

#include "core/import/ModelFile.h"
#include "core/import/tflite/tflite_generated.h"
#include "core/support/Error.h"

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace tenon::test {

namespace schema = ::tenon::tflite::schema;
using Op = schema::BuiltinOperator;
using Type = schema::TensorType;
using Activation = schema::ActivationFunctionType;
using FileBuilder = flatbuffers::FlatBufferBuilder;

/// Where a tensor's data lies when it is not in the FlatBuffer: the buffer's own fields.
struct DataPlace {
  uint64_t offset = 0, size = 0;
};

struct TensorSpec {
  std::vector<int32_t> shape = {1, 4};
  Type type = Type::INT8;
  std::vector<float> scales = {0.5F};
  std::vector<int64_t> zeroPoints = {0};
  int32_t dimension = 0;
  std::optional<std::vector<uint8_t>> data; ///< a buffer of its own; none: buffer 0, which is empty
  std::optional<DataPlace> place;           ///< instead of data
  std::optional<uint32_t> buffer;           ///< instead of the buffer's real number
  std::string name;                         ///< empty: "t<number>"
  bool isVariable = false, isSparse = false;
};

struct OptionsSpec {
  schema::BuiltinOptions type = schema::BuiltinOptions::NONE;
  std::function<flatbuffers::Offset<void>(FileBuilder &)> create;
};

struct NodeSpec {
  Op op = Op::RELU;
  std::vector<int32_t> inputs, outputs;
  OptionsSpec options;
  std::string customCode;
  std::optional<uint32_t> codeNumber; ///< instead of the operator code's real number
};

struct ModelSpec {
  std::vector<TensorSpec> tensors;
  std::vector<NodeSpec> nodes;
  std::vector<int32_t> inputs, outputs;
  uint32_t version = 3;
  unsigned subgraphs = 1; ///< all the same
};

/// The file.
std::string bytesOf(const ModelSpec &spec);

TensorSpec quantised(std::vector<int32_t> shape, float scale = 0.5F, int64_t zeroPoint = 0);
TensorSpec floats(std::vector<int32_t> shape);
/// An int32 constant of one dimension.
TensorSpec numbers(const std::vector<int32_t> &values);
/// The tensor with as many zero bytes of data as its shape and type need.
TensorSpec constant(TensorSpec tensor);

OptionsSpec convolution(schema::Padding padding, int32_t stride = 1, int32_t dilation = 1,
                        Activation activation = Activation::NONE);
OptionsSpec depthwise(schema::Padding padding);
OptionsSpec pool(schema::Padding padding, int32_t stride, int32_t filter,
                 Activation activation = Activation::NONE);
OptionsSpec fullyConnected(schema::WeightsFormat format = schema::WeightsFormat::DEFAULT);
OptionsSpec add(Activation activation = Activation::NONE);
OptionsSpec multiply();
OptionsSpec softmax(float beta);
OptionsSpec leaky(float alpha);
OptionsSpec reducer(bool keepDimensions);
OptionsSpec concatenation(int32_t axis, Activation activation = Activation::NONE);

/// A model of one node: the tensors in order are its inputs and, last, its output; those without data are the
/// graph's.
ModelSpec oneNode(Op op, std::vector<TensorSpec> tensors, OptionsSpec options = {});
/// RELU #0 (t1) from t0 to t1, RELU #1 (t2) from t1 to t2, ...
ModelSpec chain(unsigned nodes);

/// The outcome of importing: code Done and a module, or the report of a failure.
FailureReport importReport(llvm::StringRef bytes, const import::ImportLimits &limits = {});

/// Expects that the import fails with ExitCode::WrongInput, each of `parts` stands in one and the same
/// diagnostic, as toString() writes it with its file and node, and every diagnostic keeps the house's rules
/// for messages.
void expectMistake(const ModelSpec &spec, const std::vector<std::string> &parts,
                   const import::ImportLimits &limits = {});
void expectMistake(llvm::StringRef bytes, const std::vector<std::string> &parts,
                   const import::ImportLimits &limits = {});

/// A mistake that is made in a model, and what the report must say of it.
struct MistakeCase {
  const char *name; ///< of the test
  std::function<ModelSpec()> make;
  std::vector<std::string> parts;
};
inline void PrintTo(const MistakeCase &wrong, std::ostream *stream) { *stream << wrong.name; }
inline std::string nameOf(const MistakeCase &wrong) { return wrong.name; }

} // namespace tenon::test
