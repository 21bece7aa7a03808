// Finding a model by its path, or by a short name among the models that the user keeps.
#pragma once

#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace tenon::driver {

/// `model` is a path, or a name without a slash or ending: then the one file in `folders` (or their folder
/// models/) whose name has it as a whole word between underscores ("resnet8" finds
/// mlperf_tiny_resnet8_int8.tflite). Errors: ExitCode::WrongUse for none or several, with what there is.
llvm::Expected<std::string> findModel(const std::string &model, const std::vector<std::string> &folders);

/// The folders of the environment variable TENON_MODELS, separated by colons.
std::vector<std::string> modelFolders();

} // namespace tenon::driver
