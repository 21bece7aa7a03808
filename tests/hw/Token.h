// token_t, swap_t and drain_config_t of npu_types_pkg, as the tests set and read them.
#pragma once

#include "tests/hw/Packed.h"

namespace tenon::hw {

struct Token {
  bool first = false, bias = false, maximum = false, last = false;
  unsigned sum = 0;
  bool set = false, write = false;
  unsigned out = 0;
  bool tileEnd = false, jobEnd = false;

  bool operator==(const Token &) const = default;

  static constexpr unsigned width = 8 + accAddressBits + spadAddressBits;

  template <class Port> void put(Port &port) const {
    Fields fields;
    fields.add(1, first).add(1, bias).add(1, maximum).add(1, last).add(accAddressBits, sum).add(1, set);
    fields.add(1, write).add(spadAddressBits, out).add(1, tileEnd).add(1, jobEnd);
    fields.put(port);
  }
  template <class Port> static Token get(const Port &port) {
    Members<Port> members(port, width);
    Token token;
    token.first = members.next(1);
    token.bias = members.next(1);
    token.maximum = members.next(1);
    token.last = members.next(1);
    token.sum = unsigned(members.next(accAddressBits));
    token.set = members.next(1);
    token.write = members.next(1);
    token.out = unsigned(members.next(spadAddressBits));
    token.tileEnd = members.next(1);
    token.jobEnd = members.next(1);
    return token;
  }
};

enum class Swap { Rows, Diagonal, Identity };

template <class Port> void putSwap(Port &port, bool valid, Swap kind = Swap::Rows, unsigned rows = 0) {
  Fields().add(1, valid).add(2, unsigned(kind)).add(bitsFor(dim + 1), rows).put(port);
}

struct WriteRequest {
  bool valid;
  unsigned address;
  std::vector<int8_t> data;
};

template <class Port> WriteRequest getWrite(const Port &port) {
  return {bool(getBits(port, 8 * dim + spadAddressBits, 1)),
          unsigned(getBits(port, 8 * dim, spadAddressBits)), getElements<int8_t>(port)};
}

} // namespace tenon::hw
