// What the planner's tests share: the chips, and errors as text.
#pragma once

#include "core/isa/Description.h"
#include "core/support/Error.h"
#include "tests/isa/chips/ChipFiles.h"

#include "gtest/gtest.h"

namespace tenon::test {

inline isa::Description chip(const std::string &name) {
  auto loaded = isa::loadDescription(chipFile(name));
  if (!loaded) {
    std::string text = llvm::toString(loaded.takeError());
    ADD_FAILURE() << text;
    return {};
  }
  return std::move(*loaded);
}

template <typename Named> unsigned numberOf(const std::vector<Named> &list, llvm::StringRef name) {
  for (auto [number, entry] : llvm::enumerate(list))
    if (entry.name == name)
      return unsigned(number);
  ADD_FAILURE() << "there is no " << name.str();
  return 0;
}

inline std::string messageOf(llvm::Error error) {
  if (!error)
    return "";
  return report(std::move(error)).diagnostics.front().message;
}

} // namespace tenon::test
