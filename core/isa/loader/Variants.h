// A file that lists a target's variants.
#pragma once

#include "core/isa/Expression.h"

#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace tenon::isa {

struct Variant {
  std::string name;
  std::string path; ///< of its description
};

struct Variants {
  std::string target, doc;
  std::vector<Variant> list; ///< the plainest first; never empty
  std::string choose;        ///< the variant where none is named; empty: the last that the host can run
};

/// The variants that the file lists; nothing where it has no key `variants`, whatever else it has. Mistakes:
/// ExitCode::WrongInput with every diagnostic.
llvm::Expected<std::optional<Variants>> loadVariants(llvm::StringRef path);

/// What `choose` says for the richest variant that the host can run.
inline constexpr const char *chooseHost = "host";

} // namespace tenon::isa
