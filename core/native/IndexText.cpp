// Folding of constants, and lanes' places as shifts and masks of the lane's number.
#include "core/native/IndexText.h"

#include "llvm/ADT/StringSwitch.h"

namespace tenon::native {

std::optional<int64_t> numberOf(llvm::StringRef value) {
  int64_t number = 0;
  if (value.getAsInteger(10, number))
    return std::nullopt;
  return number;
}

std::string IndexText::binary(const char *instruction, const std::string &a, const std::string &b) {
  return function.value(std::string(instruction) + " i32 " + a + ", " + b);
}

std::string IndexText::add(const std::string &a, const std::string &b) {
  std::optional<int64_t> left = numberOf(a), right = numberOf(b);
  if (left && right)
    return std::to_string(*left + *right);
  if (left == 0)
    return b;
  if (right == 0)
    return a;
  return binary("add nuw nsw", a, b);
}

std::string IndexText::multiply(const std::string &a, int64_t factor) {
  if (std::optional<int64_t> number = numberOf(a))
    return std::to_string(*number * factor);
  if (factor == 0)
    return "0";
  return factor == 1 ? a : binary("mul nuw nsw", a, std::to_string(factor));
}

std::string IndexText::divide(const std::string &a, int64_t by) {
  if (std::optional<int64_t> number = numberOf(a))
    return std::to_string(*number / by);
  return by == 1 ? a : binary("udiv", a, std::to_string(by));
}

std::string IndexText::remainder(const std::string &a, int64_t by) {
  if (std::optional<int64_t> number = numberOf(a))
    return std::to_string(*number % by);
  return by == 1 ? "0" : binary("urem", a, std::to_string(by));
}

std::string IndexText::atMost(const std::string &a, int64_t most) {
  if (std::optional<int64_t> number = numberOf(a))
    return std::to_string(std::min(*number, most));
  std::string small = less(a, most);
  return function.value("select i1 " + small + ", i32 " + a + ", i32 " + std::to_string(most));
}

std::string IndexText::less(const std::string &a, int64_t b) {
  if (std::optional<int64_t> number = numberOf(a))
    return *number < b ? "true" : "false";
  return function.value("icmp ult i32 " + a + ", " + std::to_string(b));
}

std::string IndexText::both(const std::string &a, const std::string &b) {
  if (a == "true" || b == "false" || a == b)
    return b;
  if (b == "true" || a == "false")
    return a;
  return function.value("and i1 " + a + ", " + b);
}

std::string IndexText::orZero(const std::string &condition, const std::string &a) {
  if (condition == "true")
    return a;
  return condition == "false" ? "0" : function.value("select i1 " + condition + ", i32 " + a + ", i32 0");
}

std::string IndexText::wide(const std::string &a) {
  return numberOf(a) ? a : function.value("zext i32 " + a + " to i64");
}

std::string IndexText::wideAdd(const std::string &a, const std::string &b) {
  std::optional<int64_t> left = numberOf(a), right = numberOf(b);
  if (left && right)
    return std::to_string(*left + *right);
  if (left == 0)
    return b;
  return right == 0 ? a : function.value("add nsw i64 " + a + ", " + b);
}

std::string IndexText::wideMultiply(const std::string &a, int64_t factor) {
  if (std::optional<int64_t> number = numberOf(a))
    return std::to_string(*number * factor);
  if (factor == 0)
    return "0";
  return factor == 1 ? a : function.value("mul nsw i64 " + a + ", " + std::to_string(factor));
}

std::string IndexText::joined(const std::string &word, const std::string &element, const std::string &type,
                              int64_t bit) {
  if (element == "0")
    return word;
  std::string wide = function.value(llvm::Twine("zext ") + type + " " + element + " to i32");
  if (bit > 0)
    wide = function.value(llvm::Twine("shl i32 ") + wide + ", " + llvm::Twine(bit));
  return word == "0" ? wide : function.value(llvm::Twine("or i32 ") + word + ", " + wide);
}

std::string IndexText::place(const LanePlace &place, const std::string &lane) {
  std::string sum = std::to_string(place.start);
  for (size_t bit = 0; bit < place.weights.size();) {
    int64_t weight = place.weights[bit];
    size_t end = bit + 1;
    while (end < place.weights.size() && place.weights[end] == weight << (end - bit))
      ++end;
    if (weight != 0) {
      std::string field = divide(lane, int64_t(1) << bit);
      if (end < place.weights.size())
        field = remainder(field, int64_t(1) << (end - bit));
      sum = add(sum, multiply(field, weight));
    }
    bit = end;
  }
  return sum;
}

std::string IndexText::expression(const isa::Expression &expression, const std::string &value) {
  using Kind = isa::Expression::Kind;
  if (expression.kind == Kind::Integer)
    return std::to_string(expression.integer);
  if (expression.kind != Kind::Binary)
    return value; // the loader lets one name pass
  std::string a = this->expression(expression.arguments[0], value);
  std::string b = this->expression(expression.arguments[1], value);
  const char *instruction = llvm::StringSwitch<const char *>(expression.text)
                                .Case("+", "add")
                                .Case("-", "sub")
                                .Case("*", "mul")
                                .Case("/", "udiv")
                                .Case("%", "urem")
                                .Case("&", "and")
                                .Case("|", "or")
                                .Case("^", "xor")
                                .Case("<<", "shl")
                                .Default("lshr");
  return binary(instruction, a, b);
}

} // namespace tenon::native
