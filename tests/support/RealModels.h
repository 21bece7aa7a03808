// Where the real models are, for unit tests: as scripts/models.py finds them. TENON_REPOSITORY is the
// repository's path.
#pragma once

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdlib>
#include <optional>
#include <string>

namespace tenon::test {

/// The folder that holds the .tflite files: $TENON_MODELS or its folder models/, else shared/data/models
/// beside the repository. Nothing where there is none.
inline std::optional<std::string> realModelsFolder() {
  const char *named = std::getenv("TENON_MODELS");
  llvm::SmallString<128> folder(named ? named : TENON_REPOSITORY);
  if (!named)
    llvm::sys::path::append(folder, "..", "shared", "data");
  llvm::SmallString<128> inside(folder);
  llvm::sys::path::append(inside, "models");
  for (const llvm::SmallString<128> &candidate : {folder, inside}) {
    std::error_code code;
    for (llvm::sys::fs::directory_iterator file(candidate, code), end; file != end && !code;
         file.increment(code))
      if (llvm::sys::path::extension(file->path()) == ".tflite")
        return candidate.str().str();
  }
  return std::nullopt;
}

inline constexpr const char *noRealModels =
    "no real models here: no .tflite file in $TENON_MODELS, or without it in ../shared/data/models";

} // namespace tenon::test

/// Skips the test where there are no real models, by name; fails where CI=true.
#define TENON_NEEDS_REAL_MODELS()                                                                            \
  if (!tenon::test::realModelsFolder()) {                                                                    \
    ASSERT_EQ(std::getenv("CI"), nullptr) << tenon::test::noRealModels;                                      \
    GTEST_SKIP() << tenon::test::noRealModels;                                                               \
  }
