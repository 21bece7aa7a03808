// What an emitted function returns. The numbers are part of the emitted C, so they stay as they are.
#pragma once

#include <cstdint>
#include <string>

namespace tenon::host {

enum class HostStatus : int32_t {
  Done = 0,
  DivisionByZero = 1,
  ShiftNotBelowWidth = 2,
  TableIndexOutside = 3,
  FloatOutsideInteger = 4,
  IndexOutsideOperand = 5, ///< an access without a value for outside left its operand
  OutOfMemory = 6,         ///< for a local
};

/// "division by zero"; a number that is none of these is named as such.
inline std::string hostStatusText(int32_t status) {
  switch (HostStatus(status)) {
  case HostStatus::Done:
    return "done";
  case HostStatus::DivisionByZero:
    return "division by zero";
  case HostStatus::ShiftNotBelowWidth:
    return "a shift is not below the width";
  case HostStatus::TableIndexOutside:
    return "a table's index is outside the table";
  case HostStatus::FloatOutsideInteger:
    return "a float is outside the integer type that it is converted to";
  case HostStatus::IndexOutsideOperand:
    return "an index leaves its operand";
  case HostStatus::OutOfMemory:
    return "the host has no memory for a local tensor";
  }
  return "unknown status " + std::to_string(status);
}

} // namespace tenon::host
