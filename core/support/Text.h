// Numbers and shapes as every message and report writes them.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>

namespace tenon {

/// "[1, 32, 32, 3]".
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// The shortest decimal text that reads back as the same number.
std::string numberText(double value);

/// The text with '?' for every control character but newlines: a model's names go to people's terminals.
std::string printable(std::string text);

} // namespace tenon
