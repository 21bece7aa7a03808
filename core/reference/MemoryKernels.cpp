// Between buffers and lanes: loads and stores of runs and of scattered elements, for each type of storage.
// Buffers may be unaligned, so elements are copied as bytes; compilers turn that into plain vector moves.
#include "core/reference/LaneArithmetic.h"
#include "core/reference/RowKernels.h"

#include <algorithm>
#include <cstring>

namespace tenon::reference {
namespace {

using nest::ScalarType;

template <class Stored, class InLane> struct Integers {
  using Storage = Stored;
  using Lane = InLane;
  static Lane toLane(Storage value) { return value; }
  static Storage toStorage(Lane value) { return Storage(value); }
};
template <class Format> struct SmallFloats {
  using Storage = uint16_t;
  using Lane = float;
  static Lane toLane(Storage value) { return decode<Format>(value); }
  static Storage toStorage(Lane value) { return encode<Format>(value); }
};
template <class Value> struct Floats {
  using Storage = Value;
  using Lane = Value;
  static Lane toLane(Storage value) { return value; }
  static Storage toStorage(Lane value) { return value; }
};

template <class Codec> typename Codec::Lane loadOne(const char *address) {
  typename Codec::Storage value;
  std::memcpy(&value, address, sizeof(value));
  return Codec::toLane(value);
}

template <class Codec> void storeOne(char *address, typename Codec::Lane lane) {
  typename Codec::Storage value = Codec::toStorage(lane);
  std::memcpy(address, &value, sizeof(value));
}

template <class Codec> void load(void *lanes, const char *buffer, int64_t stride, int64_t count) {
  auto *result = static_cast<typename Codec::Lane *>(lanes);
  constexpr int64_t bytes = sizeof(typename Codec::Storage);
  if (stride == bytes) {
    for (int64_t i = 0; i < count; ++i)
      result[i] = loadOne<Codec>(buffer + i * bytes);
  } else if (stride == 0) {
    std::fill_n(result, count, loadOne<Codec>(buffer));
  } else {
    for (int64_t i = 0; i < count; ++i)
      result[i] = loadOne<Codec>(buffer + i * stride);
  }
}

template <class Codec> void store(const void *lanes, char *buffer, int64_t stride, int64_t count) {
  auto *values = static_cast<const typename Codec::Lane *>(lanes);
  constexpr int64_t bytes = sizeof(typename Codec::Storage);
  if (stride == bytes) {
    for (int64_t i = 0; i < count; ++i)
      storeOne<Codec>(buffer + i * bytes, values[i]);
  } else {
    for (int64_t i = 0; i < count; ++i)
      storeOne<Codec>(buffer + i * stride, values[i]);
  }
}

template <class Codec>
void gather(void *lanes, const char *buffer, const int64_t *offsets, const uint8_t *inside, int64_t count) {
  auto *result = static_cast<typename Codec::Lane *>(lanes);
  if (!inside) {
    for (int64_t i = 0; i < count; ++i)
      result[i] = loadOne<Codec>(buffer + offsets[i]);
    return;
  }
  for (int64_t i = 0; i < count; ++i)
    if (inside[i])
      result[i] = loadOne<Codec>(buffer + offsets[i]);
}

template <class Codec> void scatter(const void *lanes, char *buffer, const int64_t *offsets, int64_t count) {
  auto *values = static_cast<const typename Codec::Lane *>(lanes);
  for (int64_t i = 0; i < count; ++i)
    storeOne<Codec>(buffer + offsets[i], values[i]);
}

template <class Codec> MemoryKernels kernels() {
  return {load<Codec>, store<Codec>, gather<Codec>, scatter<Codec>};
}

} // namespace

LaneKind laneKind(const ScalarType &type) {
  if (type.isInteger())
    return type.width <= 32 ? LaneKind::Int32 : LaneKind::Int64;
  return type.kind == ScalarType::Kind::Float64 ? LaneKind::Double : LaneKind::Float;
}

unsigned laneBytes(LaneKind kind) { return kind == LaneKind::Int32 || kind == LaneKind::Float ? 4 : 8; }

MemoryKernels selectMemoryKernels(const ScalarType &type) {
  switch (type.kind) {
  case ScalarType::Kind::Float16:
    return kernels<SmallFloats<Half>>();
  case ScalarType::Kind::BFloat16:
    return kernels<SmallFloats<Brain>>();
  case ScalarType::Kind::Float32:
    return kernels<Floats<float>>();
  case ScalarType::Kind::Float64:
    return kernels<Floats<double>>();
  case ScalarType::Kind::Integer:
    break;
  }
  switch (type.storageBytes()) {
  case 1:
    return kernels<Integers<int8_t, int32_t>>();
  case 2:
    return kernels<Integers<int16_t, int32_t>>();
  case 4:
    return kernels<Integers<int32_t, int32_t>>();
  default:
    return kernels<Integers<int64_t, int64_t>>();
  }
}

void fillLanes(void *lanes, const ScalarType &type, const nest::Constant &constant, int64_t count) {
  switch (laneKind(type)) {
  case LaneKind::Int32:
    std::fill_n(static_cast<int32_t *>(lanes), count, int32_t(constant.integer));
    return;
  case LaneKind::Int64:
    std::fill_n(static_cast<int64_t *>(lanes), count, constant.integer);
    return;
  case LaneKind::Float:
    std::fill_n(static_cast<float *>(lanes), count, float(constant.real));
    return;
  case LaneKind::Double:
    std::fill_n(static_cast<double *>(lanes), count, constant.real);
    return;
  }
}

void wrapLanes(void *lanes, const ScalarType &type, int64_t count) {
  if (type.isFloat())
    return;
  if (laneKind(type) == LaneKind::Int32) {
    auto *values = static_cast<int32_t *>(lanes);
    std::transform(values, values + count, values,
                   [&](int32_t v) { return wrap<int32_t>(uint32_t(v), type.width); });
  } else {
    auto *values = static_cast<int64_t *>(lanes);
    std::transform(values, values + count, values,
                   [&](int64_t v) { return wrap<int64_t>(uint64_t(v), type.width); });
  }
}

} // namespace tenon::reference
