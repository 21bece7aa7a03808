// NumPy's files: what is written is read back, and every damaged header is refused.
#include "core/driver/Npy.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>

#include <numeric>

namespace tenon::driver {
namespace {

using nest::ScalarType;

/// A file of version 1.0 with any text as its header.
std::string fileOf(const std::string &header, size_t dataBytes, char version = 1) {
  std::string file = std::string("\x93NUMPY") + version + '\0';
  file += static_cast<char>(header.size() & 0xff);
  file += static_cast<char>(header.size() >> 8);
  if (version > 1)
    file += std::string(2, '\0');
  return file + header + std::string(dataBytes, 'd');
}

void expectRefused(const std::string &file, const std::string &part) {
  auto array = parseNpy(file);
  ASSERT_FALSE(bool(array)) << file;
  FailureReport found = report(array.takeError());
  EXPECT_EQ(found.code, ExitCode::WrongInput);
  EXPECT_NE(found.diagnostics.front().message.find(part), std::string::npos)
      << found.diagnostics.front().message;
}

struct TypeCase {
  ScalarType type;
  std::string dtype;
};

class NpyOfType : public testing::TestWithParam<TypeCase> {};

TEST_P(NpyOfType, ComesBack) {
  const std::vector<std::vector<int64_t>> shapes = {{},     {1},          {3},
                                                    {2, 3}, {1, 2, 3, 4}, {1, 1, 1, 1, 1, 1, 1, 5}};
  for (const std::vector<int64_t> &shape : shapes) {
    int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
    std::vector<char> bytes(count * GetParam().type.storageBytes());
    std::iota(bytes.begin(), bytes.end(), 0);
    std::string file = writeNpy(GetParam().type, shape, bytes);
    auto array = parseNpy(file);
    ASSERT_TRUE(bool(array)) << llvm::toString(array.takeError());
    EXPECT_EQ(array->dtype, GetParam().dtype);
    EXPECT_EQ(array->shape, shape);
    if (GetParam().dtype != "|b1")
      EXPECT_EQ(array->bytes, llvm::StringRef(bytes.data(), bytes.size()));
    EXPECT_EQ((array->bytes.data() - file.data()) % 64, 0); // numpy maps such files
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, NpyOfType,
    testing::Values(TypeCase{ScalarType::integer(1), "|b1"}, TypeCase{ScalarType::integer(4), "|i1"},
                    TypeCase{ScalarType::integer(8), "|i1"}, TypeCase{ScalarType::integer(16), "<i2"},
                    TypeCase{ScalarType::integer(32), "<i4"}, TypeCase{ScalarType::integer(33), "<i8"},
                    TypeCase{ScalarType::integer(64), "<i8"}, TypeCase{ScalarType::f16(), "<f2"},
                    TypeCase{ScalarType::bf16(), "<u2"}, TypeCase{ScalarType::f32(), "<f4"},
                    TypeCase{ScalarType::f64(), "<f8"}));

TEST(Npy, TrueIsOne) {
  std::vector<char> bytes = {0, -1, 0};
  std::string file = writeNpy(ScalarType::integer(1), {3}, bytes);
  auto array = parseNpy(file);
  ASSERT_TRUE(bool(array));
  EXPECT_EQ(array->bytes, llvm::StringRef("\0\1\0", 3));
}

TEST(Npy, CutShortAtEveryLength) {
  std::string whole = writeNpy(ScalarType::integer(16), {2, 3}, std::vector<char>(12, 1));
  for (size_t length = 0; length < whole.size(); ++length) {
    std::vector<char> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    auto array = parseNpy({part.data(), part.size()});
    ASSERT_FALSE(bool(array)) << length;
    EXPECT_EQ(report(array.takeError()).code, ExitCode::WrongInput);
  }
}

TEST(Npy, EveryByteOfTheHeaderReplaced) { // whatever is said, nothing is read past the end
  std::string whole = writeNpy(ScalarType::f32(), {2, 3}, std::vector<char>(24, 1));
  for (size_t place = 0; place < whole.size() - 24; ++place)
    for (int value = 0; value < 256; ++value) {
      std::vector<char> damaged(whole.begin(), whole.end());
      damaged[place] = static_cast<char>(value);
      auto array = parseNpy({damaged.data(), damaged.size()});
      if (array)
        EXPECT_LE(array->bytes.size(), damaged.size());
      else
        EXPECT_EQ(report(array.takeError()).code, ExitCode::WrongInput);
    }
}

TEST(Npy, KeysInAnyOrder) {
  std::vector<std::string> keys = {"'descr': '<i2'", "'fortran_order': False", "'shape': (2, 3)"};
  llvm::sort(keys);
  do {
    std::string file = fileOf("{" + keys[0] + ", " + keys[1] + ", " + keys[2] + "}", 12);
    auto array = parseNpy(file);
    ASSERT_TRUE(bool(array)) << llvm::toString(array.takeError());
    EXPECT_EQ(array->shape, (std::vector<int64_t>{2, 3}));
  } while (std::next_permutation(keys.begin(), keys.end()));
}

TEST(Npy, Spaces) {
  std::string file = fileOf("  { 'descr' :'|u1','fortran_order':False , 'shape': ( 2 ,3, ) , }  \n", 6);
  EXPECT_TRUE(bool(parseNpy(file)));
}

TEST(Npy, Versions) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}";
  for (char version : {1, 2, 3})
    EXPECT_TRUE(bool(parseNpy(fileOf(header, 2, version)))) << int(version);
  expectRefused(fileOf(header, 2, 0), ".npy version 0");
  expectRefused(fileOf(header, 2, 4), ".npy version 4");
}

struct HeaderCase {
  const char *name, *header, *part;
};
void PrintTo(const HeaderCase &wrong, std::ostream *stream) { *stream << wrong.name; }

class NpyHeader : public testing::TestWithParam<HeaderCase> {};
TEST_P(NpyHeader, IsRefused) { expectRefused(fileOf(GetParam().header, 8), GetParam().part); }

constexpr const char *notADictionary = "is not the dictionary";
INSTANTIATE_TEST_SUITE_P(
    Wrong, NpyHeader,
    testing::Values(
        HeaderCase{"Empty", "", notADictionary}, HeaderCase{"NoDictionary", "[1, 2]", notADictionary},
        HeaderCase{"NotClosed", "{'descr': '<i2', 'fortran_order': False, 'shape': (4,)", notADictionary},
        HeaderCase{"TextBehind", "{'descr': '<i2', 'fortran_order': False, 'shape': (4,)} x", notADictionary},
        HeaderCase{"NoDescr", "{'fortran_order': False, 'shape': (4,)}", notADictionary},
        HeaderCase{"NoOrder", "{'descr': '<i2', 'shape': (4,)}", notADictionary},
        HeaderCase{"NoShape", "{'descr': '<i2', 'fortran_order': False}", notADictionary},
        HeaderCase{"KeyUnknown", "{'descr': '<i2', 'fortran_order': False, 'shape': (4,), 'x': 1}",
                   notADictionary},
        HeaderCase{"KeyTwice", "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}",
                   notADictionary},
        HeaderCase{"NoComma", "{'descr': '<i2' 'fortran_order': False, 'shape': (4,)}", notADictionary},
        HeaderCase{"NoCommaInTheShape", "{'descr': '<i2', 'fortran_order': False, 'shape': (2 2)}",
                   notADictionary},
        HeaderCase{"NoQuoteEnd", "{'descr': '<i2, 'fortran_order': False", notADictionary},
        HeaderCase{"OrderNoTruth", "{'descr': '<i2', 'fortran_order': 0, 'shape': (4,)}", notADictionary},
        HeaderCase{"FortranOrder", "{'descr': '<i2', 'fortran_order': True, 'shape': (4,)}",
                   "is in Fortran order"},
        HeaderCase{"Structured", "{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (4,)}",
                   notADictionary},
        HeaderCase{"BigEndian", "{'descr': '>i2', 'fortran_order': False, 'shape': (4,)}", "dtype >i2"},
        HeaderCase{"NativeEndian", "{'descr': '=i2', 'fortran_order': False, 'shape': (4,)}", "dtype =i2"},
        HeaderCase{"Text", "{'descr': '<U2', 'fortran_order': False, 'shape': (1,)}", "dtype <U2"},
        HeaderCase{"Complex", "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "dtype <c8"},
        HeaderCase{"TooWide", "{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", "dtype <f16"},
        HeaderCase{"WidthZero", "{'descr': '|i0', 'fortran_order': False, 'shape': (1,)}", "dtype |i0"},
        HeaderCase{"WidthOdd", "{'descr': '<i3', 'fortran_order': False, 'shape': (1,)}", "dtype <i3"},
        HeaderCase{"DtypeEmpty", "{'descr': '', 'fortran_order': False, 'shape': (1,)}", "dtype ,"},
        HeaderCase{"ShapeNegative", "{'descr': '<i2', 'fortran_order': False, 'shape': (-4,)}",
                   notADictionary},
        HeaderCase{"ShapeOfText", "{'descr': '<i2', 'fortran_order': False, 'shape': ('4',)}",
                   notADictionary},
        HeaderCase{"ShapeNotClosed", "{'descr': '<i2', 'fortran_order': False, 'shape': (4,", notADictionary},
        HeaderCase{"ShapePast63Bits",
                   "{'descr': '<i2', 'fortran_order': False, 'shape': (9223372036854775808,)}",
                   notADictionary},
        HeaderCase{"ShapePast64Bits",
                   "{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                   notADictionary},
        HeaderCase{"ShapeOverflows",
                   "{'descr': '<i2', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4)}",
                   "has 8 bytes of data, its header says 18446744073709551615"},
        HeaderCase{"ShapeTooLarge", "{'descr': '<i2', 'fortran_order': False, 'shape': (5,)}",
                   "has 8 bytes of data, its header says 10"},
        HeaderCase{"ShapeTooSmall", "{'descr': '<i2', 'fortran_order': False, 'shape': (3,)}",
                   "has 8 bytes of data, its header says 6"},
        HeaderCase{"ShapeZero", "{'descr': '<i2', 'fortran_order': False, 'shape': (0,)}",
                   "its header says 0"}),
    [](const auto &test) { return std::string(test.param.name); });

TEST(Npy, HeaderLongerThanTheFile) {
  std::string file = fileOf("{}", 0);
  file[8] = '\xff', file[9] = '\xff';
  expectRefused(file, "ends in its header, which has 65535 bytes");
}

} // namespace
} // namespace tenon::driver
