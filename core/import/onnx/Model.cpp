// Parsing an ONNX file with ONNX's own generated classes, and resolving its names.
#include "core/import/onnx/Model.h"

#include "core/import/Mistakes.h"
#include "core/import/onnx/GraphChecks.h"
#include "core/import/onnx/SymbolicSizes.h"
#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/StringMap.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

namespace tenon::import::onnx {

std::string describe(const Tensor &tensor) {
  return "tensor " + std::to_string(tensor.index) + " (" + tensor.name + ")";
}

std::string Node::text() const {
  std::string result = op + " #" + std::to_string(index);
  return name.empty() ? result : result + " (" + name + ")";
}

namespace {

constexpr int64_t firstOperatorSet = 7, lastOperatorSet = 23, firstIrVersion = 3, lastIrVersion = 11;
constexpr int deepestMessages = 100;

bool isDefaultDomain(const std::string &domain) { return domain.empty() || domain == "ai.onnx"; }

class Reader {
public:
  Reader(Model &result, const ImportLimits &bounds, const SizeBindings &sizes)
      : model(result), limits(bounds), bindings(sizes), mistakes(bounds) {}

  llvm::Error run() {
    if (llvm::Error wrong = checkModel())
      return wrong;
    readInitialisers();
    readInputs();
    readNodes();
    readOutputs();
    if (!mistakes.empty())
      return mistakes.take();
    orderNodes(model, mistakes);
    if (!mistakes.empty())
      return mistakes.take();
    return bindSizes(model, bindings, limits);
  }

private:
  const schema::GraphProto &graph() const { return model.source->graph(); }
  llvm::Error checkModel();
  void readInitialisers();
  void readInputs();
  void readNodes();
  void readOutputs();

  /// The tensor of that name, a new one where it is named for the first time.
  int tensorOf(const std::string &name) {
    auto [place, fresh] = numbers.try_emplace(name, static_cast<int>(model.tensors.size()));
    if (fresh) {
      if (name.size() > limits.nameBytes)
        mistakes.add("has a tensor with a name of " + std::to_string(name.size()) + " bytes, at most " +
                         std::to_string(limits.nameBytes) + " are supported",
                     "");
      Tensor tensor;
      tensor.index = place->second;
      tensor.name = printable(name.substr(0, limits.nameBytes));
      model.tensors.push_back(std::move(tensor));
    }
    return place->second;
  }

  Model &model;
  const ImportLimits &limits;
  const SizeBindings &bindings;
  Mistakes mistakes;
  llvm::StringMap<int> numbers;
};

llvm::Error Reader::checkModel() {
  const schema::ModelProto &source = *model.source;
  if (source.ir_version() < firstIrVersion || source.ir_version() > lastIrVersion)
    mistakes.add("the file has IR version " + std::to_string(source.ir_version()) + ", supported: " +
                     std::to_string(firstIrVersion) + " to " + std::to_string(lastIrVersion),
                 "", "export the model again with an operator set of 7 to 23");
  bool found = false;
  for (const schema::OperatorSetIdProto &set : source.opset_import()) {
    if (!isDefaultDomain(set.domain()))
      continue;
    if (found && model.operatorSet != set.version())
      mistakes.add("the file imports ONNX's operator set twice, as version " +
                       std::to_string(model.operatorSet) + " and " + std::to_string(set.version()),
                   "");
    found = true;
    model.operatorSet = set.version();
  }
  if (!found)
    mistakes.add("the file imports no version of ONNX's operator set", "");
  else if (model.operatorSet < firstOperatorSet || model.operatorSet > lastOperatorSet)
    mistakes.add("the file uses operator set " + std::to_string(model.operatorSet) + ", supported: " +
                     std::to_string(firstOperatorSet) + " to " + std::to_string(lastOperatorSet),
                 "", "convert the model to one of these with ONNX's version converter");
  if (!source.has_graph())
    mistakes.add("the file has no graph", "");
  if (static_cast<size_t>(graph().node_size()) > limits.nodes)
    mistakes.add("the graph has " + std::to_string(graph().node_size()) + " nodes, at most " +
                     std::to_string(limits.nodes) + " are supported",
                 "");
  if (graph().sparse_initializer_size() > 0)
    mistakes.add("the graph has " + std::to_string(graph().sparse_initializer_size()) +
                     " sparse initialisers, only dense ones are supported",
                 "");
  return mistakes.take();
}

void Reader::readInitialisers() {
  for (const schema::TensorProto &source : graph().initializer()) {
    Tensor &tensor = model.tensors[tensorOf(source.name())];
    if (source.name().empty())
      mistakes.add("the graph has an initialiser without a name", "");
    else if (tensor.initialiser)
      mistakes.add("the initialiser " + describe(tensor) + " is there twice", "");
    tensor.initialiser = &source;
    tensor.type = source.data_type();
  }
}

/// Up to IR version 3 every initialiser is among the inputs too; later it may be, as a default that a caller
/// may replace. Either way it is a constant here.
void Reader::readInputs() {
  std::vector<bool> seen;
  for (const schema::ValueInfoProto &source : graph().input()) {
    Edge edge;
    edge.source = &source;
    edge.tensor = tensorOf(source.name());
    seen.resize(model.tensors.size(), false);
    if (source.name().empty())
      mistakes.add("the graph has an input without a name", "");
    else if (seen[edge.tensor])
      mistakes.add(describe(model.tensors[edge.tensor]) + " is twice among the graph's inputs", "");
    seen[edge.tensor] = true;
    if (model.tensors[edge.tensor].initialiser)
      continue;
    readEdgeType(source, model.tensors[edge.tensor], "input", edge, mistakes);
    model.inputs.push_back(std::move(edge));
  }
}

void Reader::readNodes() {
  for (const schema::NodeProto &source : graph().node()) {
    Node node;
    node.index = model.nodes.size();
    node.source = &source;
    node.op = printable((isDefaultDomain(source.domain()) ? "" : source.domain() + ".") + source.op_type());
    if (node.op.size() > limits.nameBytes)
      node.op.resize(limits.nameBytes);
    const std::string &first = source.output_size() ? source.output(0) : source.name();
    node.name = printable((source.name().empty() ? first : source.name()).substr(0, limits.nameBytes));
    for (const std::string &input : source.input())
      node.inputs.push_back(input.empty() ? -1 : tensorOf(input));
    for (const std::string &output : source.output())
      node.outputs.push_back(output.empty() ? -1 : tensorOf(output));
    model.nodes.push_back(std::move(node));
    if (model.tensors.size() > limits.tensors) {
      mistakes.add("the graph has more than " + std::to_string(limits.tensors) + " tensors", "");
      return;
    }
  }
}

void Reader::readOutputs() {
  if (graph().output_size() == 0)
    mistakes.add("the graph has no outputs", "");
  for (const schema::ValueInfoProto &source : graph().output()) {
    Edge edge;
    edge.source = &source;
    edge.tensor = tensorOf(source.name());
    readEdgeType(source, model.tensors[edge.tensor], "output", edge, mistakes);
    model.outputs.push_back(std::move(edge));
  }
}

/// A file in blocks, as long as what is parsed of it takes no more memory than it may: an empty message has
/// two bytes in the file and hundreds in memory.
class BoundedStream : public google::protobuf::io::ZeroCopyInputStream {
public:
  BoundedStream(llvm::StringRef bytes, const google::protobuf::Arena &parsed, uint64_t mostBytes)
      : most(mostBytes), whole(bytes), arena(parsed) {}

  bool isFull() const { return full; }

  bool Next(const void **data, int *size) override {
    full |= arena.SpaceAllocated() > most;
    if (full || place == whole.size())
      return false;
    llvm::StringRef block = whole.substr(place, blockBytes);
    *data = block.data();
    *size = static_cast<int>(block.size());
    place += block.size();
    return true;
  }
  void BackUp(int count) override { place -= count; }
  bool Skip(int count) override {
    bool fits = static_cast<size_t>(count) <= whole.size() - place;
    place = fits ? place + count : whole.size();
    return fits;
  }
  int64_t ByteCount() const override { return static_cast<int64_t>(place); }

  const uint64_t most;

private:
  static constexpr size_t blockBytes = size_t(1) << 16;
  llvm::StringRef whole;
  const google::protobuf::Arena &arena;
  size_t place = 0;
  bool full = false;
};

} // namespace

llvm::Expected<Model> readModel(llvm::StringRef bytes, const ImportLimits &limits,
                                const SizeBindings &bindings) {
  Model model;
  model.arena = std::make_unique<google::protobuf::Arena>();
  model.source = google::protobuf::Arena::CreateMessage<schema::ModelProto>(model.arena.get());
  if (bytes.size() > INT32_MAX)
    return wrongInput("the file has " + std::to_string(bytes.size()) + " bytes, protobuf holds at most " +
                      std::to_string(INT32_MAX) + " in one file");
  BoundedStream blocks(bytes, *model.arena, 2 * limits.copies * bytes.size() + limits.ownBytes);
  google::protobuf::io::CodedInputStream stream(&blocks);
  stream.SetTotalBytesLimit(INT32_MAX);
  stream.SetRecursionLimit(deepestMessages);
  bool isParsed = model.source->ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
  if (blocks.isFull())
    return wrongInput("the file's " + std::to_string(bytes.size()) + " bytes become messages of more than " +
                      std::to_string(blocks.most) + " bytes of memory, they must be fewer and larger");
  if (!isParsed)
    return wrongInput("the file is not one serialised ONNX ModelProto, or its messages nest deeper than " +
                      std::to_string(deepestMessages));
  if (llvm::Error wrong = Reader(model, limits, bindings).run())
    return std::move(wrong);
  return model;
}

} // namespace tenon::import::onnx
