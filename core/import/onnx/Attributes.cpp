// A node's attributes: each is asked for by its name and kind; what nobody asked for is refused, as it may
// change what the node means.
#include "core/import/onnx/NodeConversion.h"

namespace tenon::import::onnx {

using Attribute = schema::AttributeProto;

bool NodeConversion::hasAttribute(llvm::StringRef name) {
  asked.insert(name.str());
  for (const Attribute &each : node.source->attribute())
    if (each.name() == name)
      return true;
  return false;
}

const Attribute *NodeConversion::attribute(llvm::StringRef name, int kind) {
  asked.insert(name.str());
  for (const Attribute &each : node.source->attribute()) {
    if (each.name() != name)
      continue;
    if (each.type() == kind)
      return &each;
    wrongAttributes.push_back("has the attribute " + name.str() + " of kind " +
                              Attribute::AttributeType_Name(each.type()) + ", it must be " +
                              Attribute::AttributeType_Name(static_cast<Attribute::AttributeType>(kind)));
  }
  return nullptr;
}

int64_t NodeConversion::integer(llvm::StringRef name, int64_t otherwise) {
  const Attribute *found = attribute(name, Attribute::INT);
  return found ? found->i() : otherwise;
}

double NodeConversion::real(llvm::StringRef name, double otherwise) {
  const Attribute *found = attribute(name, Attribute::FLOAT);
  return found ? found->f() : otherwise;
}

std::string NodeConversion::text(llvm::StringRef name, llvm::StringRef otherwise) {
  const Attribute *found = attribute(name, Attribute::STRING);
  return found ? found->s() : otherwise.str();
}

std::optional<Shape> NodeConversion::integers(llvm::StringRef name) {
  const Attribute *found = attribute(name, Attribute::INTS);
  if (!found)
    return std::nullopt;
  return Shape(found->ints().begin(), found->ints().end());
}

const schema::TensorProto *NodeConversion::tensor(llvm::StringRef name) {
  const Attribute *found = attribute(name, Attribute::TENSOR);
  return found ? &found->t() : nullptr;
}

llvm::Error NodeConversion::convertAs(const Node &form,
                                      llvm::function_ref<llvm::Error(NodeConversion &)> convert) {
  NodeConversion other(builder, loc, model, form, data);
  llvm::Error wrong = convert(other);
  asked.insert(other.asked.begin(), other.asked.end());
  wrongAttributes.insert(wrongAttributes.end(), other.wrongAttributes.begin(), other.wrongAttributes.end());
  return wrong;
}

llvm::Error NodeConversion::checkAttributes() {
  llvm::Error all = llvm::Error::success();
  for (const std::string &wrong : wrongAttributes)
    all = llvm::joinErrors(std::move(all), error(wrong));
  for (const Attribute &each : node.source->attribute())
    if (!asked.count(each.name()))
      all = llvm::joinErrors(
          std::move(all), error("has the attribute " + printable(each.name()) + ", which is not supported"));
  return all;
}

} // namespace tenon::import::onnx
