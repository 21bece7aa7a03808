// The mistakes that a reader found so far: it goes on after one, up to a bound, and reports them all.
#pragma once

#include "core/import/ModelFile.h"
#include "core/support/Error.h"

namespace tenon::import {

class Mistakes {
public:
  explicit Mistakes(const ImportLimits &limits) : most(limits.mistakes) {}

  bool empty() const { return list.empty(); }
  /// No more are taken; the last one says so.
  bool full() const { return list.size() > most; }

  void add(Diagnostic diagnostic) {
    if (full())
      return;
    if (list.size() == most) {
      diagnostic = {};
      diagnostic.message =
          "there are more than " + std::to_string(most) + " mistakes, the others are not listed";
    }
    list.push_back(std::move(diagnostic));
  }

  void add(std::string message, std::string node, std::string repair = "") {
    Diagnostic diagnostic;
    diagnostic.repair = std::move(repair);
    diagnostic.message = std::move(message);
    diagnostic.node = std::move(node);
    add(std::move(diagnostic));
  }

  /// All of them as one failure, or success.
  llvm::Error take(ExitCode code = ExitCode::WrongInput) {
    return list.empty() ? llvm::Error::success() : failure(code, std::move(list));
  }

private:
  unsigned most;
  std::vector<Diagnostic> list;
};

} // namespace tenon::import
