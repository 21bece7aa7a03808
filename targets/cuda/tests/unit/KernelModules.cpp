// Writes kernels of gathered computations made by hand, every row on many shapes, as modules that a script
// assembles and that an interpreter of lanes runs: OUT/ROW.ll, and OUT/ROW.json with what each case's kernels
// are, how they are launched, what their arguments hold and what has to come out.
#include "core/native/ParallelKernel.h"
#include "core/native/ir/IrModule.h"
#include "core/support/Error.h"
#include "tests/native/GatheredComputation.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

#include <fstream>
#include <iostream>

using namespace tenon;
using test::GatheredBuilder;
using test::GatheredCase;

namespace {

/// The rows that are to be seen, and what their factors are.
struct Form {
  std::string row, file;
  nest::ScalarType left, right, sum;
  bool leftSigned = true;
  int64_t step = 1; ///< of k
  bool hasGroups = false;
};

std::vector<Form> forms() {
  nest::ScalarType f32 = nest::ScalarType::f32(), f16 = nest::ScalarType::f16(),
                   bf16 = nest::ScalarType::bf16();
  nest::ScalarType i8 = nest::ScalarType::integer(8), i32 = nest::ScalarType::integer(32);
  return {{"mma_s8_k32", "mma_s8_k32", i8, i8, i32, true, 32},
          {"mma_s8_k16", "mma_s8_k16", i8, i8, i32, true, 16},
          {"mma_f32_k16{type: f16}", "mma_f16_k16", f16, f16, f32, true, 16},
          {"mma_f32_k16{type: bf16}", "mma_bf16_k16", bf16, bf16, f32, true, 16},
          {"mma_f32_k8{type: f16}", "mma_f16_k8", f16, f16, f32, true, 8},
          {"mma_f32_k8{type: bf16}", "mma_bf16_k8", bf16, bf16, f32, true, 8},
          {"dp4a{ta: i8}", "dp4a_s8", i8, i8, i32, true, 4, true},
          {"dp4a{ta: u8}", "dp4a_u8", i8, i8, i32, false, 4, true},
          {"dp4a_row{ta: i8}", "dp4a_row_s8", i8, i8, i32, true, 4},
          {"dp4a_row{ta: u8}", "dp4a_row_u8", i8, i8, i32, false, 4},
          {"mad", "mad", i32, i32, i32, true, 1, true},
          {"mad_row", "mad_row", i32, i32, i32, true, 1},
          {"fma", "fma", f32, f32, f32, true, 1, true},
          {"fma_row", "fma_row", f32, f32, f32, true, 1}};
}

/// The cases of a row: odd and even shapes, with the ways in which factors, starts and finals come turning.
std::vector<GatheredCase> casesOf(const Form &form, bool few) {
  std::vector<GatheredCase> cases;
  const std::pair<int64_t, int64_t> shapes[] = {{1, 1},   {1, 10},  {3, 7},    {17, 1},
                                                {16, 8},  {33, 17}, {64, 64},  {70, 40},
                                                {5, 130}, {300, 9}, {128, 96}, {129, 127}};
  int64_t number = 0;
  for (auto [m, n] : shapes) {
    if (few && number % 3 == 1) {
      ++number;
      continue;
    }
    GatheredCase one;
    one.m = m;
    (form.hasGroups ? one.g : one.n) = n;
    one.k = form.step * std::array<int64_t, 4>{1, 5, 2, 9}[size_t(number % 4)];
    one.leftType = form.left;
    one.rightType = form.right;
    one.sumType = form.sum;
    one.leftSigned = form.leftSigned;
    one.left = GatheredCase::Source(std::array{0, 3, 2, 1}[size_t(number % 4)]);
    one.right = GatheredCase::Source(std::array{1, 0, 2}[size_t(number % 3)]);
    one.depthFilled = form.step > 1 && one.k > form.step ? 1 : 0;
    one.start = GatheredCase::Start(number % 3);
    one.final = GatheredCase::Final(number / 2 % 4);
    if (one.final == GatheredCase::Final::Requantise && form.sum.isFloat())
      one.final = GatheredCase::Final::Clamp;
    cases.push_back(one);
    ++number;
  }
  return cases;
}

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
    bool isCut = llvm::any_of(legal.loops, [](const auto &loop) { return loop.block >= 0; });
    if (description.intrinsics[legal.intrinsic].name != form.row || legal.part != match::Match::Part::Core ||
        !legal.accumulates || isCut)
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

llvm::Error run(const std::string &file, const std::string &folder, bool few) {
  llvm::Expected<isa::Description> description = isa::loadDescription(file);
  if (!description)
    return description.takeError();
  for (const Form &form : forms()) {
    native::IrModule module(*description);
    llvm::json::Array cases;
    for (const GatheredCase &one : casesOf(form, few)) {
      llvm::Expected<unsigned> done = write(*description, form, one, module, cases);
      if (!done)
        return done.takeError();
      if (*done == 0 && one.m > 1 && one.n * one.g > 1)
        std::cerr << form.row << " has no mapping for " << one.text() << "\n";
    }
    if (cases.empty())
      return failure(ExitCode::OwnFault, form.row + " takes none of its cases");
    std::ofstream(folder + "/" + form.file + ".ll") << module.text();
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
