// The chip as the host sees it: registers at offsets, their fields, and the codes that stand in them.
#include "core/isa/loader/Readers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::isa::loader {

namespace {

constexpr int64_t registerBytes = 4, registerBits = 8 * registerBytes;

std::string offsetText(int64_t offset) { return "0x" + llvm::utohexstr(uint64_t(offset), true); }

/// A group's names with their numbers: of a list its places, of a mapping what stands there.
HostCodes readCodeGroup(Reading &reading, const TreeKey &key, const TreeNode &node) {
  HostCodes group;
  group.name = key.text;
  group.place = key.place;
  const std::string what = "codes " + quoted(key.text);
  for (auto [position, item] : llvm::enumerate(node.items)) {
    HostCode code{node.isMapping() ? node.keys[position].text : item.text, int64_t(position),
                  node.isMapping() ? node.keys[position].place : item.place};
    if (!node.isMapping() && !isLabel(code.name)) {
      reading.mistakes.add(code.place, noName(code.name), "choose another name");
      continue;
    }
    const int64_t most = (int64_t(1) << registerBits) - 1;
    if (node.isMapping())
      code.number = readNumber(reading, item.piece(), {"code " + quoted(code.name), 0, most}).value_or(0);
    for (const HostCode &other : group.codes)
      if (other.name == code.name)
        reading.mistakes.add(code.place, "code " + quoted(code.name) + " of " + what + " is there twice",
                             "remove one of them");
      else if (other.number == code.number)
        reading.mistakes.add(code.place,
                             "code " + quoted(code.name) + " of " + what + " is " +
                                 std::to_string(code.number) + ", and so is " + quoted(other.name),
                             "give each its own number");
    group.codes.push_back(std::move(code));
  }
  if (node.items.empty())
    reading.mistakes.add(key.place, what + " has no names", "write [NAME, ...]");
  uint64_t all = 1;
  for (const HostCode &code : group.codes)
    all |= uint64_t(code.number);
  group.bits = unsigned(llvm::Log2_64(all)) + 1;
  return group;
}

class RegisterReader {
public:
  RegisterReader(Reading &reading, const TreeKey &key, const TreeNode &node)
      : reading(reading), node(node), what("host register " + quoted(key.text)) {
    read.name = key.text;
    read.place = key.place;
  }

  HostRegister take() {
    readPlace();
    if (const TreeNode *access = node.find("access"))
      read.access = access->text == "read"    ? HostRegister::Access::Read
                    : access->text == "write" ? HostRegister::Access::Write
                                              : HostRegister::Access::ReadWrite;
    if (const TreeNode *doc = node.find("doc"))
      read.doc = doc->text;
    for (auto [key, item] : llvm::zip_equal(node.keys, node.items))
      if (const Key *row = findKey(Section::HostRegister, key.text); row && row->form == Form::HostField)
        readField(key, item.piece());
    return std::move(read);
  }

private:
  Reading &reading;
  const TreeNode &node;
  std::string what;
  HostRegister read;

  void readPlace() {
    const int64_t window = reading.description.host.window;
    const TreeNode *offset = node.find("offset");
    if (!offset)
      return;
    Bounds bounds{"offset of " + what, 0, window - registerBytes};
    read.offset = readNumber(reading, offset->piece(), bounds).value_or(0);
    if (read.offset % registerBytes)
      reading.mistakes.add(offset->place, "offset of " + what + " is " + offsetText(read.offset),
                           "make it a multiple of 4");
    if (const TreeNode *count = node.find("count"))
      read.count =
          readNumber(reading, count->piece(), {"count of " + what, 1, (window - read.offset) / registerBytes})
              .value_or(1);
  }

  void readField(const TreeKey &key, const Piece &text) {
    const std::string name = "field " + quoted(key.text) + " of " + what;
    const size_t of = std::min(text.text.find(" of "), text.text.size());
    auto range = readRange(reading, text.until(of), {name, 0, registerBits - 1});
    if (!range)
      return;
    HostField field{key.text, unsigned(range->low), unsigned(range->high), -1, key.place};
    if (field.high < field.low)
      return reading.mistakes.add(
          text.place, name + " is " + std::to_string(field.high) + ".." + std::to_string(field.low),
          "the high bit comes first: write " + std::to_string(field.low) + ".." + std::to_string(field.high));
    if (of < text.text.size())
      field.codes =
          reference(reading, reading.description.host.codes, text.from(of + 4).trimmed(), "group of codes");
    for (const HostField &other : read.fields)
      if (field.low <= other.high && other.low <= field.high)
        reading.mistakes.add(key.place,
                             name + " and field " + quoted(other.name) + " share bit " +
                                 std::to_string(std::max(field.low, other.low)),
                             "give each its own bits");
    read.fields.push_back(std::move(field));
  }
};

void checkOverlaps(Reading &reading) {
  std::vector<const HostRegister *> order;
  order.reserve(reading.description.host.registers.size());
  for (const HostRegister &each : reading.description.host.registers)
    order.push_back(&each);
  llvm::sort(order, [](const HostRegister *a, const HostRegister *b) {
    return std::pair(a->offset, a) < std::pair(b->offset, b); // as the file has them where offsets are equal
  });
  const HostRegister *last = nullptr; // of those before, the one that reaches furthest
  for (const HostRegister *next : order) {
    if (last && next->offset < last->end())
      reading.mistakes.add(next->place,
                           "host registers " + quoted(last->name) + " and " + quoted(next->name) +
                               " share offset " + offsetText(next->offset),
                           "give each its own offsets");
    if (!last || next->end() > last->end())
      last = next;
  }
}

/// A code is as wide as the fields that hold one; all of them have one width, and every number fits it.
void fitCodes(Reading &reading) {
  Host &host = reading.description.host;
  std::vector<const HostField *> first(host.codes.size());
  for (const HostRegister &each : host.registers)
    for (const HostField &field : each.fields) {
      if (field.codes < 0)
        continue;
      HostCodes &group = host.codes[size_t(field.codes)];
      const HostField *&before = first[size_t(field.codes)];
      if (before && before->width() != field.width())
        reading.mistakes.add(field.place,
                             "field " + quoted(field.name) + " has " + std::to_string(field.width()) +
                                 " bits, and another field of codes " + quoted(group.name) + " has " +
                                 std::to_string(before->width()),
                             "make all fields of one group equally wide");
      else if (!before && field.width() < group.bits)
        reading.mistakes.add(field.place,
                             "field " + quoted(field.name) + " has " + std::to_string(field.width()) +
                                 " bits, and codes " + quoted(group.name) + " need " +
                                 std::to_string(group.bits),
                             "make the field wider, or the numbers smaller");
      if (!before) {
        before = &field;
        group.bits = std::max(group.bits, field.width());
      }
    }
}

} // namespace

void readHost(Reading &reading, const TreeNode &section) {
  Host &host = reading.description.host;
  if (const TreeNode *window = section.find("window"))
    host.window = readBytes(reading, window->piece(), {"window of the host", registerBytes, int64_t(1) << 32})
                      .value_or(host.window);
  if (const TreeNode *codes = section.find("codes"))
    for (auto [key, item] : llvm::zip_equal(codes->keys, codes->items))
      host.codes.push_back(readCodeGroup(reading, key, item));
  if (const TreeNode *registers = section.find("registers"))
    for (auto [key, item] : llvm::zip_equal(registers->keys, registers->items))
      host.registers.push_back(RegisterReader(reading, key, item).take());
  checkOverlaps(reading);
  fitCodes(reading);
}

} // namespace tenon::isa::loader
