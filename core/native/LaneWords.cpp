// From a layout's enumeration to sums over the bits of the lane's number, each checked.
#include "core/native/LaneWords.h"

#include "core/support/Error.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace tenon::native {

int64_t LanePlace::at(int64_t lane) const {
  int64_t place = start;
  for (auto [bit, weight] : llvm::enumerate(weights))
    if (lane >> bit & 1)
      place += weight;
  return place;
}

int64_t LanePlace::most() const {
  int64_t place = start;
  for (int64_t weight : weights)
    place += std::max<int64_t>(weight, 0);
  return place;
}

bool LanePlace::isConstant() const {
  return llvm::all_of(weights, [](int64_t weight) { return weight == 0; });
}

namespace {

using Places = std::array<int64_t, placeCount>;

/// Where the element lies along each class, and along axes without a loop.
Places placesOf(const UseOperand &operand, int64_t element) {
  std::array<int64_t, classCount> along = operand.placeOf(element);
  Places places = {};
  llvm::copy(along, places.begin());
  for (size_t axis = operand.extents.size(); axis-- > 0; element /= operand.extents[axis])
    if (operand.axisClass[axis] < 0)
      places[fillPlace] += element % operand.extents[axis];
  return places;
}

class Words {
public:
  Words(const GatheredUse &inUse, const UseOperand &ofUse, int64_t laneCount) : use(inUse), operand(ofUse) {
    words.lanes = laneCount;
  }

  llvm::Expected<LaneWords> run(const isa::Description &description);

private:
  llvm::Error refuse(const std::string &why) const {
    return failure(ExitCode::TargetCannot, use.intrinsic->name + ": operand " +
                                               use.intrinsic->operands[operand.operand].name + " " + why);
  }
  /// The element at a place of a register, or -1.
  int64_t element(int64_t number, int64_t lane, int64_t part) const {
    return operand.layout.elements[size_t(number * operand.layout.slots + lane * words.parts + part)];
  }
  llvm::Error findParts();
  llvm::Expected<LaneWord> wordOf(int64_t number) const;

  const GatheredUse &use;
  const UseOperand &operand;
  LaneWords words;
};

/// The elements of every word follow one another along one class.
llvm::Error Words::findParts() {
  for (int64_t number = 0; number < operand.layout.registers; ++number)
    for (int64_t lane = 0; lane < words.lanes; ++lane) {
      if (element(number, lane, 0) < 0)
        return refuse("leaves a lane of register " + std::to_string(number) + " without an element");
      Places first = placesOf(operand, element(number, lane, 0));
      for (int64_t part = 1; part < words.parts; ++part) {
        int64_t here = element(number, lane, part);
        Places places = here < 0 ? Places{} : placesOf(operand, here);
        int along = -1;
        for (unsigned place = 0; place < placeCount; ++place)
          if (places[place] != first[place])
            along = along < 0 && places[place] == first[place] + part ? int(place) : int(placeCount);
        if (here < 0 || along < 0 || along >= int(placeCount) ||
            (words.partClass >= 0 && along != words.partClass))
          return refuse("has words whose elements do not follow one another along one axis");
        words.partClass = along;
      }
    }
  return llvm::Error::success();
}

llvm::Expected<LaneWord> Words::wordOf(int64_t number) const {
  LaneWord word;
  Places start = placesOf(operand, element(number, 0, 0));
  for (unsigned place = 0; place < placeCount; ++place) {
    word.places[place].start = start[place];
    for (int64_t bit = 1; bit < words.lanes; bit *= 2)
      word.places[place].weights.push_back(placesOf(operand, element(number, bit, 0))[place] - start[place]);
  }
  for (int64_t lane = 0; lane < words.lanes; ++lane)
    for (auto [place, actual] : llvm::zip_equal(word.places, placesOf(operand, element(number, lane, 0))))
      if (place.at(lane) != actual)
        return refuse("has a layout that is no sum over the bits of the lane's number: lane " +
                      std::to_string(lane) + " of register " + std::to_string(number));
  return word;
}

llvm::Expected<LaneWords> Words::run(const isa::Description &description) {
  const isa::OperandDeclaration &declared = use.intrinsic->operands[operand.operand];
  int64_t rowBytes = int64_t(description.memories[declared.memories.front()].rowBytes);
  words.elementBytes = declared.type.scalar.storageBytes();
  if (!llvm::isPowerOf2_64(uint64_t(words.lanes)) || rowBytes % words.lanes ||
      rowBytes / words.lanes % words.elementBytes)
    return refuse("is in registers of " + std::to_string(rowBytes) + " bytes, which " +
                  std::to_string(words.lanes) + " lanes do not share");
  words.parts = rowBytes / words.lanes / words.elementBytes;
  if (llvm::Error error = findParts())
    return std::move(error);
  for (int64_t number = 0; number < operand.layout.registers; ++number) {
    llvm::Expected<LaneWord> word = wordOf(number);
    if (!word)
      return word.takeError();
    words.registers.push_back(std::move(*word));
  }
  return std::move(words);
}

} // namespace

llvm::Expected<LaneWords> laneWords(const isa::Description &description, const GatheredUse &use,
                                    const UseOperand &operand, int64_t lanes) {
  return Words(use, operand, lanes).run(description);
}

} // namespace tenon::native
