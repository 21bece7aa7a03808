// NumPy's .npy files: one array, dense. Format: numpy's NEP 1 (versions 1.0 to 3.0 of the header).
#pragma once

#include "core/reference/Program.h"

namespace tenon::driver {

/// The dtype that stands for a type: "|i1" for i8 and narrower, "<u2" for bf16, which numpy lacks.
std::string npyDtype(nest::ScalarType type, bool isUnsigned = false);

/// An array as its file has it; the bytes point into the file.
struct NpyArray {
  std::string dtype;
  std::vector<int64_t> shape;
  llvm::StringRef bytes;
};

/// Takes a file apart. Refuses Fortran order, big-endian and structured types, and a file whose size is not
/// what its header says (ExitCode::WrongInput).
llvm::Expected<NpyArray> parseNpy(llvm::StringRef file);

/// A version 1.0 file.
std::string writeNpy(nest::ScalarType type, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<char> bytes,
                     bool isUnsigned = false);

} // namespace tenon::driver
