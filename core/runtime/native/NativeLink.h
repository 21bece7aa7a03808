// From an object to the shared library beside it.
#pragma once

#include "core/runtime/native/NativeBundle.h"

namespace tenon::runtime {

/// Links `folder`/model.o and the libraries in the folder into `folder`/model.so.
llvm::Error linkNative(const NativeBundle &bundle, llvm::StringRef folder,
                       llvm::ArrayRef<std::string> libraries, const NativeBundleOptions &options,
                       NativeBundleReport &report);

/// The name under which the dynamic linker looks for a shared library: its DT_SONAME, or its file name
/// without one. ExitCode::WrongInput for a file that is no shared library.
llvm::Expected<std::string> libraryName(llvm::StringRef path);

} // namespace tenon::runtime
