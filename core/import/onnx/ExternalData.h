// Tensor data in files beside a model: from the model's own folder and from nowhere else.
#pragma once

#include "core/import/onnx/Model.h"

namespace tenon::import::onnx {

/// The `needed` bytes that the tensor's entries location, offset and length name. A model comes from somebody
/// else, so a location must stay in `folder`: no absolute path, no `..`, no symbolic link on the way, no file
/// with a second hard link, nothing but a plain file. ExitCode::WrongInput otherwise.
llvm::Expected<std::vector<char>> externalBytes(const schema::TensorProto &tensor, uint64_t needed,
                                                llvm::StringRef folder);

} // namespace tenon::import::onnx
