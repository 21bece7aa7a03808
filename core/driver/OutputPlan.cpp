// Output files, output folders and dumped tensors.
#include "core/driver/OutputPlan.h"

#include "core/driver/FileOutput.h"
#include "core/driver/Npy.h"
#include "core/driver/Run.h"
#include "core/ir/ModelNodes.h"
#include "core/support/Error.h"

#include "llvm/Support/Path.h"

#include <set>

namespace tenon::driver {

namespace {

std::string inFolder(const std::string &folder, const std::string &name) {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

Json describe(const std::string &file, const ModelTensor &tensor) {
  return {{"name", tensor.name},
          {"file", file},
          {"type", tensor.elementText()},
          {"shape", std::vector<int64_t>(tensor.shape.begin(), tensor.shape.end())},
          {"scale", tensor.scale == 0 ? Json(nullptr) : Json(tensor.scale)},
          {"zero_point", tensor.scale == 0 ? Json(nullptr) : Json(tensor.zeroPoint)}};
}

} // namespace

llvm::Expected<OutputPlan> OutputPlan::make(const RunCommand &command, const ModelSignature &signature) {
  OutputPlan plan;
  plan.format = command.input;
  plan.outputs = signature.outputs;
  plan.outputFolder = command.outputFolder;
  plan.tensorFolder = command.tensorFolder;
  if (llvm::Error wrong = checkFloatFiles(signature.outputs, command.input, "output"))
    return std::move(wrong);
  auto assigned = assignFiles(command.outputs, signature.outputs, "output");
  if (!assigned)
    return assigned.takeError();
  // By position the file is the whole argument.
  bool unnamed = assigned->size() == 1 && assigned->front().second == command.outputs.front();
  if (unnamed && signature.outputs.size() > 1) {
    Diagnostic diagnostic;
    diagnostic.message = "one --output without a name is given, the model has " +
                         std::to_string(signature.outputs.size()) + " outputs";
    diagnostic.repair = "name it, or use --output-dir; they are";
    for (const ModelTensor &tensor : signature.outputs)
      diagnostic.repair += (&tensor == signature.outputs.data() ? " " : "; ") + tensor.text();
    return failure(ExitCode::WrongUse, std::move(diagnostic));
  }
  std::set<std::string> paths;
  if (!command.report.json.empty() && !command.report.jsonToStandardOutput())
    paths.insert(command.report.json);
  for (auto &[number, path] : *assigned) {
    if (!paths.insert(path).second && !isSpecial(path))
      return failure(ExitCode::WrongUse, path + " is given for two results, each needs a file of its own");
    if (llvm::Error wrong = checkWritable(path))
      return std::move(wrong);
    plan.files.push_back({number, path});
  }
  for (const std::string &folder : {plan.outputFolder, plan.tensorFolder})
    if (!folder.empty())
      if (llvm::Error wrong = prepareFolder(folder))
        return std::move(wrong);
  if (!command.report.json.empty() && !command.report.jsonToStandardOutput())
    if (llvm::Error wrong = checkWritable(command.report.json))
      return std::move(wrong);
  return plan;
}

llvm::Error OutputPlan::dumpTensor(ir::TensorAttr tensor, const reference::BufferView &view) {
  if (tensorFolder.empty())
    return llvm::Error::success();
  ModelTensor described{tensor.getName().str(),
                        view.type,
                        view.shape,
                        tensor.getScale().getValueAsDouble(),
                        tensor.getZeroPoint(),
                        tensor.getIsUnsigned()};
  std::string file = "t" + std::to_string(tensor.getIndex()) + ".npy";
  Json entry = describe(file, described);
  entry["index"] = tensor.getIndex();
  dumped.push_back(std::move(entry));
  llvm::ArrayRef<char> bytes(static_cast<const char *>(view.data), view.bytes);
  return writeFile(inFolder(tensorFolder, file),
                   writeNpy(view.type, view.shape, bytes, described.isUnsigned));
}

llvm::Error OutputPlan::dumpInput(const LoadedModel &loaded, unsigned number,
                                  const reference::Tensor &value) {
  mlir::func::FuncOp function = loaded.function;
  auto tensor = ir::tensorOf(function.getArgument(number));
  if (!tensor)
    return llvm::Error::success();
  auto *bytes = const_cast<char *>(value.bytes.data()); // a view is writable, this one is only read
  return dumpTensor(tensor, {value.type, value.shape, bytes, value.bytes.size()});
}

llvm::Error OutputPlan::writeOutputs(llvm::ArrayRef<std::vector<reference::Tensor>> results) {
  auto write = [&](unsigned output, const std::string &path) {
    std::vector<reference::Tensor> values;
    for (const std::vector<reference::Tensor> &result : results)
      values.push_back(result[output]);
    return writeOutput(outputs[output], values, format, path);
  };
  for (const OutputFile &file : files)
    if (llvm::Error wrong = write(file.output, file.path))
      return wrong;
  if (!tensorFolder.empty())
    if (llvm::Error wrong = writeFile(inFolder(tensorFolder, "tensors.json"),
                                      jsonText({{"schema", "tenon.tensors/1"}, {"tensors", dumped}})))
      return wrong;
  if (outputFolder.empty())
    return llvm::Error::success();
  Json list = Json::array();
  for (unsigned i = 0; i < outputs.size(); ++i) {
    std::string file = "output_" + std::to_string(i) + ".npy";
    if (llvm::Error wrong = write(i, inFolder(outputFolder, file)))
      return wrong;
    list.push_back(describe(file, outputs[i]));
  }
  return writeFile(inFolder(outputFolder, "outputs.json"),
                   jsonText({{"schema", "tenon.outputs/1"}, {"outputs", list}}));
}

} // namespace tenon::driver
