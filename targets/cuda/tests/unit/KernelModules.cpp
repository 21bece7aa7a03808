// Writes kernels of gathered computations made by hand, every row on many shapes, as modules that a script
// assembles and that an interpreter of lanes runs: OUT/ROW.ll, and OUT/ROW.json with what each case's kernels
// are, how they are launched, what their arguments hold and what has to come out.
#include "core/codegen/Codegen.h"
#include "core/native/ParallelKernel.h"
#include "core/native/ir/IrModule.h"
#include "core/support/Error.h"
#include "targets/cuda/tests/unit/RowCases.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

#include <fstream>
#include <iostream>

using namespace tenon;
using cuda::Form;
using test::GatheredBuilder;
using test::GatheredCase;

namespace {

llvm::json::Value bytesOf(const match::ConstantTensor &tensor) {
  return llvm::toHex(llvm::StringRef(tensor.bytes.data(), tensor.bytes.size()), true);
}

/// What a kernel's pointer parameter points to, for whoever runs it.
llvm::json::Value argumentText(const native::KernelArgument &argument) {
  switch (argument.kind) {
  case native::KernelArgument::Kind::Value:
    return llvm::json::Object{{"value", argument.value}};
  case native::KernelArgument::Kind::Constant:
    return llvm::json::Object{{"constant", bytesOf(*argument.constant)}};
  case native::KernelArgument::Kind::Scratch:
    return llvm::json::Object{{"scratch", argument.scratch}};
  }
  return nullptr;
}

llvm::json::Value kernelText(const native::Kernel &kernel) {
  llvm::json::Array arguments;
  for (const native::KernelArgument &argument : kernel.arguments)
    arguments.push_back(argumentText(argument));
  return llvm::json::Object{{"name", kernel.name},
                            {"blocks", kernel.items},
                            {"threads", kernel.threadsPerBlock},
                            {"shared_bytes", int64_t(kernel.sharedBytes)},
                            {"what", kernel.what},
                            {"arguments", std::move(arguments)}};
}

llvm::json::Value caseText(const GatheredBuilder &made, const native::LayerCode &code,
                           const std::string &text) {
  llvm::json::Object values, scratch;
  for (const auto &[number, tensor] : made.values)
    values[std::to_string(number)] = bytesOf(tensor);
  llvm::json::Array kernels, sizes;
  for (const native::Kernel &kernel : code.kernels)
    kernels.push_back(kernelText(kernel));
  for (uint64_t bytes : code.scratchBytes)
    sizes.push_back(int64_t(bytes));
  return llvm::json::Object{{"case", text},
                            {"values", std::move(values)},
                            {"scratch", std::move(sizes)},
                            {"kernels", std::move(kernels)},
                            {"result", 3},
                            {"expected", bytesOf(test::expectedResult(made))}};
}

/// Every mapping of the row to the case.
llvm::Expected<unsigned> write(const isa::Description &description, const Form &form, const GatheredCase &one,
                               native::IrModule &module, llvm::json::Array &cases) {
  GatheredBuilder made(one);
  match::Matches matches = match::match(description, made.computation);
  unsigned done = 0;
  for (const match::Match &legal : matches.legal) {
    if (!cuda::isWanted(description, form, legal))
      continue;
    std::string name = form.file + "_" + std::to_string(cases.size());
    auto code = native::parallelKernels(description, matches.computation, legal, name);
    if (!code)
      return code.takeError();
    for (const native::Kernel &kernel : code->kernels)
      module.add(kernel);
    cases.push_back(caseText(made, *code, one.text()));
    ++done;
  }
  return done;
}

llvm::Error assemble(const isa::Code &code, const std::string &module, const std::string &file) {
  codegen::CodegenRequest request;
  request.module = module;
  request.triple = code.triple;
  request.processor = code.processor;
  request.features = code.features;
  request.output = codegen::CodegenRequest::Output::Assembly;
  codegen::CodegenOptions options;
  options.program = TENON_CODEGEN;
  llvm::Expected<codegen::CodegenResult> result = codegen::generateCode(request, options);
  if (!result)
    return result.takeError();
  std::ofstream(file).write(result->bytes.data(), long(result->bytes.size()));
  return llvm::Error::success();
}

llvm::Error run(const std::string &file, const std::string &folder, bool few) {
  llvm::Expected<isa::Description> description = isa::loadDescription(file);
  if (!description)
    return description.takeError();
  for (const Form &form : cuda::forms()) {
    native::IrModule module(*description);
    llvm::json::Array cases;
    for (const GatheredCase &one : cuda::casesOf(form, few)) {
      llvm::Expected<unsigned> done = write(*description, form, one, module, cases);
      if (!done)
        return done.takeError();
      if (*done == 0 && one.m > 1 && one.n * one.g > 1)
        std::cerr << form.row << " has no mapping for " << one.text() << "\n";
    }
    if (cases.empty())
      return failure(ExitCode::OwnFault, form.row + " takes none of its cases");
    std::ofstream(folder + "/" + form.file + ".ll") << module.text();
    if (llvm::Error error = assemble(*description->code, module.text(), folder + "/" + form.file + ".ptx"))
      return error;
    std::string json;
    llvm::raw_string_ostream(json) << llvm::json::Value(std::move(cases));
    std::ofstream(folder + "/" + form.file + ".json") << json << "\n";
  }
  return llvm::Error::success();
}

} // namespace

int main(int count, char **arguments) {
  if (count != 3 && count != 4) {
    std::cerr << "usage: cuda_kernel_modules DESCRIPTION FOLDER [few]\n";
    return 2;
  }
  FailureReport failed = report(run(arguments[1], arguments[2], count == 4));
  for (const Diagnostic &one : failed.diagnostics)
    std::cerr << toString(one) << "\n";
  return int(failed.code);
}
