// The tensors at a model's edge: their names, types and quantisation, and their values from and to files.
#pragma once

#include "core/reference/Program.h"

#include <string>
#include <vector>

namespace tenon::driver {

/// An input or output of the model.
struct ModelTensor {
  std::string name;
  nest::ScalarType type;
  llvm::SmallVector<int64_t> shape;
  double scale = 0; ///< 0: not quantised
  int64_t zeroPoint = 0;
  bool isUnsigned = false; ///< the model's integers begin at 0; `type` is signless

  uint64_t bytes() const { return reference::Tensor::byteCount(type, shape); }
  std::string elementText() const; ///< "i8", "u8"
  std::string typeText() const;    ///< "i8[1, 32, 32, 3]", "u8[...]"
  std::string text() const;        ///< "input_1: i8[1, 32, 32, 3]"
};

struct ModelSignature {
  std::vector<ModelTensor> inputs, outputs;
};

ModelSignature signatureOf(mlir::func::FuncOp function);

/// What --input and --output name: NAME=FILE, or FILE alone, whose name is empty.
struct FileArgument {
  std::string name, file;
};

/// The tensor that each argument is for: by name, or by position among those without one. The name is the
/// text before the last '=' that names a tensor; an '=' after which none is named belongs to the file.
/// ExitCode::WrongUse for one that is named twice or a position beyond the last tensor.
llvm::Expected<std::vector<std::pair<unsigned, std::string>>>
assignFiles(llvm::ArrayRef<std::string> arguments, llvm::ArrayRef<ModelTensor> tensors, llvm::StringRef kind);

struct InputOptions {
  std::vector<std::string> files; ///< --input, as given
  uint64_t seed = 0;
  bool floatIo = false; ///< files hold float32; quantised by the model's own scales
  bool each = false;    ///< files have an extra leading axis
};

/// With --float-io every tensor of narrow integers needs a scale. ExitCode::WrongUse.
llvm::Error checkFloatFiles(llvm::ArrayRef<ModelTensor> tensors, const InputOptions &options,
                            llvm::StringRef kind);

/// The inputs of every inference: from the files, which must be all or none, or random by the seed (integers:
/// any value of the type; floats: -1 to 1). Type and shape must be the tensor's: no conversion and no
/// broadcast. Errors: ExitCode::WrongUse for the arguments, ExitCode::WrongInput for what is in a file.
llvm::Expected<std::vector<std::vector<reference::Tensor>>> readInputs(llvm::ArrayRef<ModelTensor> tensors,
                                                                       const InputOptions &options);

/// One output of every inference as a .npy file (or its bytes alone, where the file's name does not end in
/// .npy), stacked along an extra leading axis with `each`, as float32 with `floatIo`.
llvm::Error writeOutput(const ModelTensor &tensor, llvm::ArrayRef<reference::Tensor> values,
                        const InputOptions &options, llvm::StringRef path);

} // namespace tenon::driver
