// Functions of C's library written out, for machines that have none.
#include "core/native/ir/NodeText.h"

namespace tenon::native {

bool hasOwnFunction(llvm::StringRef function) { return false; }

std::string emitOwnFunction(VectorText &text, llvm::StringRef function,
                            llvm::ArrayRef<std::string> arguments) {
  return "";
}

} // namespace tenon::native
