// Which reader takes a file, and the bounds that all readers keep.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <map>
#include <string>

namespace tenon::import {

/// What a model may ask for at most. A reader's own memory stays below `copies` times the file's size, a MiB,
/// `bytesPerTensor` for each tensor and `bytesPerNode` for each node, although a file may share its parts. An
/// ONNX file and its constants become other forms on the way: three times `copies` and two `ownBytes`.
struct ImportLimits {
  uint64_t fileBytes = uint64_t(2) << 30;   ///< of the model's file
  uint64_t tensorBytes = uint64_t(2) << 30; ///< of one tensor
  uint64_t copies = 8; ///< how often, on average, tensors and nodes may share a part of the file
  uint64_t points = uint64_t(1) << 44;         ///< of the loops of one operation; days of a reference
  uint64_t bytesPerTensor = 1024;              ///< of memory; what it costs, not a choice
  uint64_t bytesPerNode = uint64_t(64) * 1024; ///< the same
  uint64_t ownBytes = uint64_t(64) << 20;      ///< of memory, whatever the file's size: parsing, constants
  uint64_t foldedPoints = uint64_t(1) << 28;   ///< of loops that are computed when the model is read
  int64_t listed = int64_t(1) << 20;           ///< places along an axis that an operator lists one by one
  unsigned rank = 8;
  unsigned nodes = 100'000;
  unsigned tensors = 1'000'000;
  unsigned nameBytes = 16 * 1024; ///< of one name
  unsigned mistakes = 1000;       ///< that are listed; the last one says that there are more
  unsigned nesting = 256;         ///< brackets in brackets in a text of MLIR
  std::string bytecodeReader;     ///< path of tenon-read-bytecode; empty: the one beside the running program
};

/// Numbers for a model's symbolic sizes, by their names.
using SizeBindings = std::map<std::string, int64_t>;

/// Registers the dialects that imported models use.
void registerDialects(mlir::DialectRegistry &registry);

/// Reads a model into a module with one function `main` on ranked tensors of static shape: linalg, tensor,
/// arith, math and tenon operations, each with the location of its node of the model (core/ir/ModelNodes.h).
/// By the file's content: TFLite, ONNX, otherwise MLIR, as text or bytecode. Errors: ExitCode::WrongInput
/// with every mistake that was found, by node; ExitCode::WrongUse if there is no such file, or a symbolic
/// size without a number, or a binding without a size; ExitCode::SystemFailed if it cannot be read.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext &context,
                                                              llvm::StringRef path,
                                                              const ImportLimits &limits = {},
                                                              const SizeBindings &bindings = {});

/// The same for a file that is in memory already; `name` is the file in messages and locations. Without a
/// `folder`, no tensor's data may lie in another file.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importModelFromMemory(mlir::MLIRContext &context, llvm::StringRef bytes, llvm::StringRef name,
                      const ImportLimits &limits = {}, const SizeBindings &bindings = {},
                      llvm::StringRef folder = "");

} // namespace tenon::import
