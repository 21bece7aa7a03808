// Ports of a Verilated module as bits: structs are packed into one number whose highest bits are the member
// that is declared first, and Verilator keeps a port in a byte, a word or an array of words, least
// significant first.
#pragma once

#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace tenon::hw {

constexpr unsigned dim = TENON_DIM;

constexpr unsigned bitsFor(unsigned count) {
  unsigned bits = 0;
  while ((1U << bits) < count)
    ++bits;
  return bits;
}

constexpr unsigned spadAddressBits = bitsFor(TENON_SPAD_BYTES / dim);
constexpr unsigned accRows = TENON_ACC_BYTES / (4 * dim);
constexpr unsigned accAddressBits = bitsFor(accRows);

template <class Port> uint64_t getBits(const Port &port, unsigned low, unsigned width) {
  static_assert(std::is_trivially_copyable_v<Port>);
  assert(low + width <= 8 * sizeof(Port) && width <= 64);
  const auto *bytes = reinterpret_cast<const unsigned char *>(&port);
  uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i)
    value |= uint64_t(bytes[(low + i) / 8] >> ((low + i) % 8) & 1) << i;
  return value;
}

template <class Port> void setBits(Port &port, unsigned low, unsigned width, uint64_t value) {
  static_assert(std::is_trivially_copyable_v<Port>);
  assert(low + width <= 8 * sizeof(Port) && width <= 64);
  auto *bytes = reinterpret_cast<unsigned char *>(&port);
  for (unsigned i = 0; i < width; ++i) {
    unsigned bit = low + i;
    bytes[bit / 8] = (bytes[bit / 8] & ~(1U << (bit % 8))) | unsigned(value >> i & 1) << (bit % 8);
  }
}

/// Elements of a packed vector; element 0 is the lowest.
template <class Element, class Port> std::vector<Element> getElements(const Port &port, unsigned first = 0) {
  std::vector<Element> elements(dim);
  constexpr size_t bytes = dim * sizeof(Element);
  assert((first + 1) * bytes <= sizeof(Port));
  std::memcpy(elements.data(), reinterpret_cast<const char *>(&port) + first * bytes, bytes);
  return elements;
}

/// Into the vector number `at` of a port that holds several.
template <class Element, class Port>
void setElements(Port &port, const std::vector<Element> &elements, unsigned at = 0) {
  constexpr size_t bytes = dim * sizeof(Element);
  assert(elements.size() == dim && (at + 1) * bytes <= sizeof(Port));
  std::memcpy(reinterpret_cast<char *>(&port) + at * bytes, elements.data(), bytes);
}

/// A struct's members, in the order of their declaration.
class Fields {
public:
  Fields &add(unsigned width, uint64_t value) {
    fields.push_back({width, value});
    total += width;
    return *this;
  }
  unsigned width() const { return total; }

  template <class Port> void put(Port &port, unsigned low = 0) const {
    unsigned place = low + total;
    for (const Field &field : fields) {
      place -= field.width;
      setBits(port, place, field.width, field.value);
    }
  }

private:
  struct Field {
    unsigned width;
    uint64_t value;
  };
  std::vector<Field> fields;
  unsigned total = 0;
};

/// Takes a port apart, from the member that is declared first; `width` is the struct's.
template <class Port> class Members {
public:
  Members(const Port &port, unsigned width) : port(port), place(width) {}
  uint64_t next(unsigned width) { return getBits(port, place -= width, width); }

private:
  const Port &port;
  unsigned place;
};

} // namespace tenon::hw
