// Bytecode of MLIR: whole, damaged and foreign. Whatever its reader does with a damaged file happens in a
// child; here it is one error of wrong input.
#include "tests/import/ModelSpec.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

namespace tenon::test {
namespace {

const char *const model = R"(func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %r = linalg.mul ins(%a, %c : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
})";

std::unique_ptr<mlir::MLIRContext> makeContext() {
  mlir::DialectRegistry dialects;
  import::registerDialects(dialects);
  return std::make_unique<mlir::MLIRContext>(dialects, mlir::MLIRContext::Threading::DISABLED);
}

std::string bytecodeOf(llvm::StringRef text, bool isForeign = false) {
  auto context = makeContext();
  context->loadAllAvailableDialects();
  context->allowUnregisteredDialects(isForeign);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, context.get(), "source.mlir");
  EXPECT_TRUE(module);
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  EXPECT_TRUE(module && mlir::succeeded(mlir::writeBytecodeToFile(*module, stream)));
  return bytes;
}

import::ImportLimits limitsWithReader() {
  import::ImportLimits limits;
  limits.bytecodeReader = TENON_READ_BYTECODE;
  return limits;
}

FailureReport reportOf(llvm::StringRef bytes, const import::ImportLimits &limits = limitsWithReader()) {
  auto context = makeContext();
  auto module = import::importModelFromMemory(*context, bytes, "model.mlirbc", limits);
  return module ? FailureReport{} : report(module.takeError());
}

void expectError(llvm::StringRef bytes, const std::string &part,
                 const import::ImportLimits &limits = limitsWithReader()) {
  FailureReport found = reportOf(bytes, limits);
  ASSERT_EQ(found.code, ExitCode::WrongInput);
  EXPECT_EQ(found.diagnostics.front().file, "model.mlirbc");
  EXPECT_NE(toString(found.diagnostics.front()).find(part), std::string::npos)
      << toString(found.diagnostics.front());
}

std::string textOf(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream);
  return text;
}

TEST(MlirBytecode, IsTheSameModuleAsItsText) {
  auto context = makeContext();
  auto fromText = import::importModelFromMemory(*context, model, "model.mlir", limitsWithReader());
  auto fromBytecode =
      import::importModelFromMemory(*context, bytecodeOf(model), "model.mlirbc", limitsWithReader());
  ASSERT_TRUE(bool(fromText)) << llvm::toString(fromText.takeError());
  ASSERT_TRUE(bool(fromBytecode)) << llvm::toString(fromBytecode.takeError());
  EXPECT_EQ(textOf(**fromText), textOf(**fromBytecode));
}

TEST(MlirBytecode, ForeignDialect) {
  expectError(bytecodeOf("\"stablehlo.add\"() : () -> ()", /*isForeign=*/true),
              "the bytecode uses the dialect 'stablehlo', which is not read; lower it to linalg on tensors");
}

TEST(MlirBytecode, NewerVersion) {
  std::string bytes = bytecodeOf(model);
  bytes[4] = char(99 * 2 + 1); // a number of one byte has its lowest bit set
  expectError(bytes, "is newer than the current version 6; write it in version 6");
}

TEST(MlirBytecode, BoundsHoldAsForText) {
  std::string text = "func.func @main(%a: tensor<1048576x1048576x4xi8>) {\n  return\n}";
  FailureReport found = reportOf(bytecodeOf(text));
  ASSERT_EQ(found.code, ExitCode::WrongInput);
  EXPECT_EQ(toString(found.diagnostics.front()).find("source.mlir:1:1: "), 0)
      << "the place that the bytecode knows";
  EXPECT_NE(toString(found.diagnostics.front()).find("[1048576, 1048576, 4] has too many elements"),
            std::string::npos);
}

/// An end that is no answer: exit code 0 or refused comes from the program alone, all others are damage.
TEST(MlirBytecode, ReaderThatDies) {
  import::ImportLimits limits = limitsWithReader();
  limits.bytecodeReader = "/bin/false";
  expectError(bytecodeOf(model), "the bytecode is damaged: its reader exited with 1", limits);
}

TEST(MlirBytecode, ReaderThatIsMissing) {
  import::ImportLimits limits = limitsWithReader();
  limits.bytecodeReader = "/nowhere/tenon-read-bytecode";
  FailureReport found = reportOf(bytecodeOf(model), limits);
  EXPECT_EQ(found.code, ExitCode::SystemFailed);
}

/// Reads many damaged files, on all cores; each is refused as wrong input or is a module.
unsigned refusedOf(const std::vector<std::string> &files) {
  std::atomic<size_t> next = 0;
  std::atomic<unsigned> refused = 0;
  std::mutex lock;
  std::string wrong;
  auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) {
      FailureReport found = reportOf(files[i]);
      refused += found.code == ExitCode::WrongInput;
      if (found.code == ExitCode::WrongInput || found.code == ExitCode::Done)
        continue;
      std::lock_guard<std::mutex> guard(lock);
      wrong = "file " + std::to_string(i) + ": " + toString(found.diagnostics.front());
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(2U, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back(work);
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, "");
  return refused;
}

TEST(MlirBytecode, CutShortAtEveryLength) {
  std::string whole = bytecodeOf(model);
  std::vector<std::string> files;
  for (size_t length = 4; length < whole.size(); ++length) // below, nothing says that it is bytecode
    files.push_back(whole.substr(0, length));
  EXPECT_EQ(refusedOf(files), files.size());
}

/// TENON_FLIPS=2000 tries more; each is a process.
unsigned flippedFiles() {
  const char *given = std::getenv("TENON_FLIPS");
  unsigned count = 200;
  return given && !llvm::StringRef(given).getAsInteger(10, count) ? count : 200;
}

TEST(MlirBytecode, FlippedBits) {
  std::string whole = bytecodeOf(model);
  std::mt19937_64 random(19);
  std::vector<std::string> files;
  for (unsigned i = 0; i < flippedFiles(); ++i) {
    std::string damaged = whole;
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
      damaged[4 + random() % (whole.size() - 4)] ^= char(1 << random() % 8);
    files.push_back(std::move(damaged));
  }
  EXPECT_GT(refusedOf(files), files.size() / 2);
}

} // namespace
} // namespace tenon::test
