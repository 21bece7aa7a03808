// Reading and writing .npy. xtensor's reader (the one in Debian) takes a file that is cut short for zeros and
// depends on the order of the header's keys, so this is ours: see docs/rationale/dependencies.md.
#include "core/driver/Npy.h"

#include "core/support/Error.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::driver {

namespace {

constexpr llvm::StringLiteral magic("\x93NUMPY");

/// The header's dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderParser {
public:
  explicit HeaderParser(llvm::StringRef header) : rest(header) {}

  /// Whether the dictionary is whole and has its three keys.
  bool parse(NpyArray &array) {
    bool seen[3] = {};
    if (!take("{"))
      return false;
    while (!take("}")) {
      llvm::StringRef key, text;
      if (!takeString(key) || !take(":"))
        return false;
      bool good = false;
      if (key == "descr" && !seen[0]) {
        seen[0] = good = takeString(text);
        array.dtype = text.str();
      } else if (key == "fortran_order" && !seen[1]) {
        fortran = take("True");
        seen[1] = good = fortran || take("False");
      } else if (key == "shape" && !seen[2]) {
        seen[2] = good = takeShape(array.shape);
      }
      if (!good || !takeSeparator("}"))
        return false;
    }
    return rest.trim().empty() && seen[0] && seen[1] && seen[2];
  }

  bool fortran = false;

private:
  bool take(llvm::StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  /// A comma, which may be left out before the closing bracket.
  bool takeSeparator(llvm::StringRef closing) { return take(",") || rest.ltrim().starts_with(closing); }

  bool takeString(llvm::StringRef &text) {
    if (!take("'"))
      return false;
    size_t end = rest.find('\'');
    if (end == llvm::StringRef::npos)
      return false;
    text = rest.take_front(end);
    rest = rest.drop_front(end + 1);
    return true;
  }

  bool takeShape(std::vector<int64_t> &shape) {
    if (!take("("))
      return false;
    while (!take(")")) {
      uint64_t extent = 0;
      rest = rest.ltrim();
      if (rest.consumeInteger(10, extent) || extent > INT64_MAX)
        return false;
      shape.push_back(static_cast<int64_t>(extent));
      if (!takeSeparator(")"))
        return false;
    }
    return true;
  }

  llvm::StringRef rest;
};

/// Bytes of one element of a plain little-endian dtype, 0 for others.
uint64_t dtypeBytes(llvm::StringRef dtype) {
  if (dtype.size() != 3 || !llvm::StringRef("|<").contains(dtype[0]) ||
      !llvm::StringRef("biuf").contains(dtype[1]))
    return 0;
  uint64_t bytes = dtype[2] - '0';
  return bytes == 1 || (dtype[0] == '<' && (bytes == 2 || bytes == 4 || bytes == 8)) ? bytes : 0;
}

} // namespace

std::string npyDtype(nest::ScalarType type, bool isUnsigned) {
  unsigned bytes = type.storageBytes();
  if (type == nest::ScalarType::integer(1))
    return "|b1";
  if (type.kind == nest::ScalarType::Kind::BFloat16)
    return "<u2";
  std::string kind = type.isFloat() ? "f" : isUnsigned ? "u" : "i";
  return (bytes == 1 ? "|" : "<") + kind + std::to_string(bytes);
}

llvm::Expected<NpyArray> parseNpy(llvm::StringRef file) {
  size_t prefix = magic.size() + 2;
  if (!file.starts_with(magic) || file.size() < prefix + 2)
    return wrongInput("the file does not begin as a .npy file");
  unsigned version = static_cast<unsigned char>(file[magic.size()]);
  if (version < 1 || version > 3)
    return wrongInput("the file has .npy version " + std::to_string(version) + ", 1 to 3 are supported");
  size_t lengthBytes = version == 1 ? 2 : 4;
  if (file.size() < prefix + lengthBytes)
    return wrongInput("the file ends in its header");
  const char *length = file.data() + prefix;
  uint64_t headerBytes =
      version == 1 ? llvm::support::endian::read16le(length) : llvm::support::endian::read32le(length);
  llvm::StringRef rest = file.drop_front(prefix + lengthBytes);
  if (headerBytes > rest.size())
    return wrongInput("the file ends in its header, which has " + std::to_string(headerBytes) + " bytes");
  NpyArray array;
  HeaderParser parser(rest.take_front(headerBytes));
  if (!parser.parse(array))
    return wrongInput(
        "the file's header is not the dictionary of a .npy file: 'descr' of a plain type, 'fortran_order' "
        "and 'shape'");
  if (parser.fortran)
    return wrongInput("the file is in Fortran order, C order is needed; save numpy.ascontiguousarray(x)");
  uint64_t size = dtypeBytes(array.dtype);
  if (size == 0)
    return wrongInput("the file has dtype " + array.dtype +
                      ", a little-endian b, i, u or f of 1 to 8 bytes is needed");
  array.bytes = rest.drop_front(headerBytes);
  for (int64_t extent : array.shape)
    size = llvm::SaturatingMultiply(size, static_cast<uint64_t>(extent));
  if (size != array.bytes.size())
    return wrongInput("the file has " + std::to_string(array.bytes.size()) +
                      " bytes of data, its header says " + std::to_string(size));
  return array;
}

std::string writeNpy(nest::ScalarType type, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<char> bytes,
                     bool isUnsigned) {
  constexpr size_t alignment = 64;
  std::string dictionary =
      "{'descr': '" + npyDtype(type, isUnsigned) + "', 'fortran_order': False, 'shape': (";
  // As numpy prints a tuple: the same bytes as its own files.
  for (auto [number, extent] : llvm::enumerate(shape))
    dictionary += (number == 0 ? "" : ", ") + std::to_string(extent);
  dictionary += shape.size() == 1 ? ",), }" : "), }";
  size_t prefix = magic.size() + 4;
  while ((prefix + dictionary.size() + 1) % alignment != 0)
    dictionary += ' ';
  dictionary += '\n';
  std::string file(magic);
  file += '\x01';
  file += '\0';
  file += static_cast<char>(dictionary.size() & 0xff);
  file += static_cast<char>(dictionary.size() >> 8);
  file += dictionary;
  if (type == nest::ScalarType::integer(1)) { // numpy's true is 1, ours is -1
    for (char byte : bytes)
      file += static_cast<char>(byte != 0);
    return file;
  }
  file.append(bytes.begin(), bytes.end());
  return file;
}

} // namespace tenon::driver
