// Where a run's outputs and intermediate tensors go; decided, and the places tried, before anything runs.
#pragma once

#include "core/driver/LoadedModel.h"
#include "core/driver/Report.h"

namespace tenon::driver {

struct RunCommand;

class OutputPlan {
public:
  /// Refuses outputs that the model does not have, one unnamed --output for several outputs, and places that
  /// can't be written.
  static llvm::Expected<OutputPlan> make(const RunCommand &command, const ModelSignature &signature);

  /// --dump-tensors: t<index>.npy, and an entry for tensors.json.
  llvm::Error dumpTensor(ir::TensorAttr tensor, const reference::BufferView &view);
  llvm::Error dumpInput(const LoadedModel &loaded, unsigned number, const reference::Tensor &value);

  /// One result for each inference, in order.
  llvm::Error writeOutputs(llvm::ArrayRef<std::vector<reference::Tensor>> results);

private:
  struct OutputFile {
    unsigned output;
    std::string path;
  };

  InputOptions format;
  std::vector<ModelTensor> outputs;
  std::vector<OutputFile> files;
  std::string outputFolder, tensorFolder;
  Json dumped = Json::array();
};

} // namespace tenon::driver
