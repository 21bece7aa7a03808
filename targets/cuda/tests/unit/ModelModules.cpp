// Whole models as modules: OUT/MODEL.ll and OUT/MODEL.ptx for every model named, and OUT/models.json with
// what did each layer. Many models in one process, so that hundreds of small ones can be assembled in a test.
#include "core/codegen/Codegen.h"
#include "core/driver/LoadedModel.h"
#include "core/native/Plan.h"
#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

#include <fstream>
#include <iostream>

using namespace tenon;

namespace {

llvm::Expected<std::vector<char>> assembled(const isa::Code &code, const std::string &module) {
  codegen::CodegenRequest request;
  request.module = module;
  request.triple = code.triple;
  request.processor = code.processor;
  request.features = code.features;
  request.output = codegen::CodegenRequest::Output::Assembly;
  codegen::CodegenOptions options;
  options.program = TENON_CODEGEN;
  auto result = codegen::generateCode(request, options);
  if (!result)
    return result.takeError();
  return std::move(result->bytes);
}

std::string symbolOf(const std::string &name) {
  std::string symbol = "m_";
  for (char letter : name)
    symbol += llvm::isAlnum(letter) ? letter : '_';
  return symbol;
}

llvm::json::Array layersOf(const native::NativePlan &plan) {
  llvm::json::Array layers;
  for (size_t number = 0; number < plan.layers.size(); ++number) {
    llvm::json::Array kernels, intrinsics;
    for (const native::Launch &launch : plan.launches)
      if (launch.layer == int(number))
        kernels.push_back(llvm::json::Object{{"name", launch.kernel},
                                             {"blocks", launch.items},
                                             {"threads", launch.threadsPerBlock},
                                             {"what", launch.what}});
    for (const std::string &intrinsic : plan.results[number].intrinsics)
      intrinsics.push_back(intrinsic);
    layers.push_back(llvm::json::Object{{"name", plan.layers[number].name},
                                        {"macs", plan.layers[number].macs},
                                        {"intrinsics", std::move(intrinsics)},
                                        {"reason", plan.results[number].reason},
                                        {"kernels", std::move(kernels)}});
  }
  return layers;
}

llvm::Expected<llvm::json::Array> write(const isa::Description &description, const std::string &model,
                                        const std::string &folder) {
  auto loaded = driver::loadModel(model, {});
  if (!loaded)
    return loaded.takeError();
  native::NativeOptions options;
  std::string name = llvm::sys::path::stem(model).str();
  options.name = symbolOf(name); // modules of several models may then be joined
  auto plan = native::planNative(description, loaded->program, options);
  if (!plan)
    return plan.takeError();
  std::ofstream(folder + "/" + name + ".ll") << plan->module;
  auto text = assembled(*description.code, plan->module);
  if (!text)
    return text.takeError();
  std::ofstream(folder + "/" + name + ".ptx").write(text->data(), long(text->size()));
  return layersOf(*plan);
}

} // namespace

int main(int count, char **arguments) {
  if (count < 4) {
    std::cerr << "usage: cuda_model_modules DESCRIPTION FOLDER MODEL...\n";
    return 2;
  }
  llvm::Expected<isa::Description> description = isa::loadDescription(arguments[1]);
  if (!description) {
    std::cerr << llvm::toString(description.takeError()) << "\n";
    return 3;
  }
  llvm::json::Object models;
  int failed = 0;
  for (int number = 3; number < count; ++number) {
    auto layers = write(*description, arguments[number], arguments[2]);
    if (layers) {
      models[llvm::sys::path::stem(arguments[number])] = std::move(*layers);
      continue;
    }
    FailureReport why = report(layers.takeError());
    failed = int(why.code);
    std::string text;
    for (const Diagnostic &one : why.diagnostics)
      text += toString(one) + "\n";
    std::cerr << arguments[number] << ": " << text;
    models[llvm::sys::path::stem(arguments[number])] = text;
  }
  std::string json;
  llvm::raw_string_ostream(json) << llvm::json::Value(std::move(models));
  std::ofstream(std::string(arguments[2]) + "/models.json") << json << "\n";
  return failed;
}
