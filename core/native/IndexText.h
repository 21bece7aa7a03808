// Arithmetic on i32 indices as LLVM IR text, with what is known when compiling folded: a value is a number
// ("12") or a name ("%v3"). All of it is of numbers that are not negative.
#pragma once

#include "core/isa/Expression.h"
#include "core/native/LaneWords.h"
#include "core/native/ir/IrFunction.h"

#include <optional>

namespace tenon::native {

/// The number that the text is; nothing for a name.
std::optional<int64_t> numberOf(llvm::StringRef value);

class IndexText {
public:
  explicit IndexText(IrFunction &into) : function(into) {}

  std::string add(const std::string &a, const std::string &b);
  std::string multiply(const std::string &a, int64_t factor);
  std::string divide(const std::string &a, int64_t by);
  std::string remainder(const std::string &a, int64_t by);
  /// The smaller of the value and `most`.
  std::string atMost(const std::string &a, int64_t most);
  /// a < b as i1: "true", "false" or a name.
  std::string less(const std::string &a, int64_t b);
  /// Both conditions.
  std::string both(const std::string &a, const std::string &b);
  /// `condition` ? a : 0, of i32.
  std::string orZero(const std::string &condition, const std::string &a);
  /// As i64.
  std::string wide(const std::string &a);
  /// i64 arithmetic.
  std::string wideAdd(const std::string &a, const std::string &b);
  std::string wideMultiply(const std::string &a, int64_t factor);

  /// The i32 with an element of the integer type put into it, `bit` bits up; what was there is 0.
  std::string joined(const std::string &word, const std::string &element, const std::string &type,
                     int64_t bit);

  /// The place of a lane's word.
  std::string place(const LanePlace &place, const std::string &lane);
  /// An expression over one name, `value`.
  std::string expression(const isa::Expression &expression, const std::string &value);

private:
  IrFunction &function;

  std::string binary(const char *instruction, const std::string &a, const std::string &b);
};

} // namespace tenon::native
