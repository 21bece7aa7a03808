// The places of an operand with `holds`, by enumeration: a layout says which element a place holds, execution
// needs the way back.
#include "core/spec/Places.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

namespace tenon::spec {
namespace {

/// In a row: they are enumerated.
constexpr int64_t mostPlaces = int64_t(1) << 20;

struct Coordinate {
  unsigned number = 0; ///< in the layout's order
  int64_t bytes = 0;   ///< of its unit
  int64_t values = 1;  ///< 0 .. values - 1
};

class Enumeration {
public:
  Enumeration(const isa::Memory &where, const isa::OperandDeclaration &declared,
              llvm::ArrayRef<int64_t> shape,
              llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> names)
      : memory(where), operand(declared), holds(*declared.holds), extents(shape), lookup(names),
        elementBytes(declared.type.scalar.storageBytes()), at(holds.coordinates.size(), 0) {}

  llvm::Expected<HeldPlaces> run();

private:
  llvm::Error wrong(const llvm::Twine &message) const {
    return failure(ExitCode::WrongInput, (operand.name + " holds \"" + holds.text + "\": " + message).str());
  }
  llvm::Expected<int64_t> unitBytes(llvm::StringRef unit) const;
  llvm::Error sortCoordinates();
  llvm::Expected<std::optional<int64_t>> elementHere() const;
  llvm::Expected<bool> addRow(int64_t row);
  void addPlace(int64_t address, int64_t element);
  void findOutside();

  const isa::Memory &memory;
  const isa::OperandDeclaration &operand;
  const isa::Holds &holds;
  llvm::ArrayRef<int64_t> extents;
  llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> lookup;
  int64_t elementBytes;
  std::vector<Coordinate> inner;   ///< within a row, the largest unit first
  std::optional<Coordinate> outer; ///< counts rows
  std::vector<int64_t> at;         ///< the values of the coordinates
  std::vector<uint8_t> placed;     ///< by element
  int64_t missing = 0;             ///< elements without a place
  HeldPlaces places;
};

llvm::Expected<int64_t> Enumeration::unitBytes(llvm::StringRef unit) const {
  if (unit == "byte")
    return 1;
  if (unit == "word")
    return 2;
  if (unit == "dword")
    return 4;
  if (unit == "qword")
    return 8;
  if (unit == "row" || unit == "vector" || unit == "reg")
    return int64_t(memory.rowBytes);
  if (unit == "lane" && memory.rowElements > 0)
    return int64_t(memory.rowBytes) / memory.rowElements;
  return wrong("no unit is called " + unit);
}

llvm::Error Enumeration::sortCoordinates() {
  if (memory.rowBytes == 0)
    return wrong(llvm::Twine(memory.name) + " has no rows, of which places are parts");
  for (auto [number, coordinate] : llvm::enumerate(holds.coordinates)) {
    llvm::Expected<int64_t> bytes = unitBytes(coordinate.unit);
    if (!bytes)
      return bytes.takeError();
    inner.push_back({unsigned(number), *bytes, 1});
  }
  llvm::sort(inner, [](const Coordinate &a, const Coordinate &b) {
    return std::pair(-a.bytes, a.number) < std::pair(-b.bytes, b.number);
  });
  auto rowBytes = int64_t(memory.rowBytes);
  int64_t around = rowBytes;
  if (!inner.empty() && inner.front().bytes == rowBytes) {
    outer = inner.front();
    inner.erase(inner.begin());
  }
  for (Coordinate &coordinate : inner) {
    if (coordinate.bytes >= around || around % coordinate.bytes != 0)
      return wrong("a unit of " + llvm::Twine(coordinate.bytes) + " bytes does not divide one of " +
                   llvm::Twine(around));
    coordinate.values = around / coordinate.bytes;
    around = coordinate.bytes;
  }
  if (rowBytes / around > mostPlaces)
    return wrong("a row has " + llvm::Twine(rowBytes / around) + " places, the most is " +
                 llvm::Twine(mostPlaces));
  if (around < elementBytes)
    return wrong("the smallest unit has " + llvm::Twine(around) + " bytes, an element has " +
                 llvm::Twine(elementBytes));
  return llvm::Error::success();
}

/// The element that the place at the coordinates holds; nothing if that is outside the operand.
llvm::Expected<std::optional<int64_t>> Enumeration::elementHere() const {
  auto names = [&](llvm::StringRef name) -> std::optional<int64_t> {
    for (auto [number, coordinate] : llvm::enumerate(holds.coordinates))
      if (coordinate.name == name)
        return at[number];
    return lookup(name);
  };
  int64_t element = 0;
  for (auto [axis, expression] : llvm::enumerate(holds.indices)) {
    llvm::Expected<int64_t> index = isa::evaluate(expression, names);
    if (!index)
      return index.takeError();
    if (*index < 0 || *index >= extents[axis])
      return std::nullopt;
    element = element * extents[axis] + *index;
  }
  return element;
}

void Enumeration::addPlace(int64_t address, int64_t element) {
  bool again = placed[size_t(element)];
  Runs &runs = again ? places.copies : places.runs;
  int64_t offset = element * elementBytes;
  missing -= again ? 0 : 1;
  placed[size_t(element)] = 1;
  if (!runs.empty() && runs.back().address + runs.back().bytes == address &&
      runs.back().offset + runs.back().bytes == offset)
    runs.back().bytes += elementBytes;
  else
    runs.push_back({address, offset, elementBytes});
}

/// Whether the row holds any element.
llvm::Expected<bool> Enumeration::addRow(int64_t row) {
  if (outer)
    at[outer->number] = row;
  bool any = false;
  for (bool more = true; more;) {
    std::optional<int64_t> element;
    if (llvm::Error error = elementHere().moveInto(element))
      return std::move(error);
    int64_t address = row * int64_t(memory.rowBytes);
    for (const Coordinate &coordinate : inner)
      address += at[coordinate.number] * coordinate.bytes;
    if (element) {
      addPlace(address, *element);
      any = true;
    }
    more = false;
    for (size_t i = inner.size(); i-- > 0 && !more;) {
      more = ++at[inner[i].number] < inner[i].values;
      if (!more)
        at[inner[i].number] = 0;
    }
  }
  return any;
}

/// What the places do not cover of the rows that they touch.
void Enumeration::findOutside() {
  std::vector<ByteRange> covered;
  for (const Runs *runs : {&places.runs, &places.copies})
    for (const Run &run : *runs)
      covered.push_back({run.address, run.address + run.bytes});
  normalise(covered);
  int64_t done = 0;
  for (const ByteRange &range : covered) {
    if (done < range.first)
      places.outside.push_back({done, range.first});
    done = range.end;
  }
  if (done < places.bytes)
    places.outside.push_back({done, places.bytes});
}

llvm::Expected<HeldPlaces> Enumeration::run() {
  if (llvm::Error error = sortCoordinates())
    return std::move(error);
  if (holds.indices.size() != extents.size())
    return wrong(llvm::Twine(holds.indices.size()) + " indices for " + llvm::Twine(extents.size()) + " axes");
  missing = 1;
  for (int64_t extent : extents)
    missing *= extent;
  placed.assign(size_t(missing), 0);
  auto rowBytes = int64_t(memory.rowBytes);
  int64_t rows = outer ? int64_t(memory.bytes) / rowBytes : 1;
  int64_t row = 0;
  for (; row < rows; ++row) {
    llvm::Expected<bool> any = addRow(row);
    if (!any)
      return any.takeError();
    if (!*any)
      break;
  }
  if (missing > 0)
    return wrong(llvm::Twine(missing) + " of " + llvm::Twine(placed.size()) + " elements have no place in " +
                 llvm::Twine(row) + " rows");
  places.bytes = row * rowBytes;
  findOutside();
  return std::move(places);
}

} // namespace

llvm::Expected<HeldPlaces> heldPlaces(const isa::Memory &memory, const isa::OperandDeclaration &operand,
                                      llvm::ArrayRef<int64_t> extents,
                                      llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> lookup) {
  return Enumeration(memory, operand, extents, lookup).run();
}

} // namespace tenon::spec
