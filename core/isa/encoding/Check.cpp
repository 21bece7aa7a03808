// The checks of a description's words and commands.
#include "core/isa/encoding/Check.h"

#include "llvm/ADT/STLExtras.h"

namespace tenon::isa {

namespace {

class Checker {
public:
  Checker(const Description &of, std::vector<Diagnostic> &list) : description(of), mistakes(list) {}

  bool words() {
    const size_t before = mistakes.size();
    for (const Word &word : description.words) {
      if (word.bits == 0 || word.bits % 8 != 0 || word.bits > WordBits::most)
        mistake(word.place, "word " + word.name + " has " + std::to_string(word.bits) + " bits",
                "give it a multiple of 8, at most " + std::to_string(WordBits::most));
      else
        fields(word);
    }
    return mistakes.size() == before;
  }

  void distinct(llvm::ArrayRef<CommandPlan> plans) {
    for (size_t right = 0; right < plans.size(); ++right)
      for (size_t left = 0; left < right; ++left)
        pair(plans[left], plans[right]);
  }

  /// Streams are decoded in order, so a cell must have been set further up in the same queue.
  void settersOfNeeds() {
    for (const Intrinsic &intrinsic : description.intrinsics)
      for (const Need &need : intrinsic.needs)
        setter(intrinsic, need);
  }

private:
  void mistake(Place at, std::string message, std::string repair) {
    Diagnostic diagnostic;
    diagnostic.message = std::move(message);
    diagnostic.file = description.path;
    if (at.line > 0)
      diagnostic.line = at.line;
    if (at.column > 0)
      diagnostic.column = at.column;
    diagnostic.repair = std::move(repair);
    mistakes.push_back(std::move(diagnostic));
  }

  static std::string bits(const Field &field) {
    return std::to_string(field.high) + ".." + std::to_string(field.low);
  }

  void fields(const Word &word) {
    for (auto [number, field] : llvm::enumerate(word.fields)) {
      if (!fieldInWord(word, field))
        continue;
      for (const Field &other : llvm::ArrayRef(word.fields).take_front(number))
        if (field.low <= other.high && other.low <= field.high)
          mistake(field.place,
                  "field " + field.name + " (" + bits(field) + ") of word " + word.name + " overlaps field " +
                      other.name + " (" + bits(other) + ")",
                  "move one of the two");
      if (field.constant && field.width() < 64 && *field.constant >> field.width() != 0)
        mistake(field.place,
                "field " + field.name + " of word " + word.name + " is " + std::to_string(*field.constant) +
                    ", its " + std::to_string(field.width()) + " bits hold 0.." +
                    std::to_string((uint64_t(1) << field.width()) - 1),
                "widen the field");
    }
  }

  bool fieldInWord(const Word &word, const Field &field) {
    const std::string name = "field " + field.name + " (" + bits(field) + ") of word " + word.name;
    if (field.high < field.low)
      mistake(field.place, name + " ends below its start", "write the higher bit first");
    else if (field.high >= word.bits)
      mistake(field.place, name + " leaves the word, which has bits " + std::to_string(word.bits - 1) + "..0",
              "give the word more bits or move the field");
    else if (field.high - field.low >= 64)
      mistake(field.place, name + " has " + std::to_string(field.high - field.low + 1) + " bits, at most 64",
              "split it");
    else
      return true;
    return false;
  }

  void pair(const CommandPlan &left, const CommandPlan &right) {
    const unsigned common = std::min(left.word().bits, right.word().bits);
    WordBits both = left.constantMask & right.constantMask & WordBits::ones(0, common);
    if (((left.constantBits ^ right.constantBits) & both).any())
      return;
    const std::string names =
        left.reference().name(description) + " and " + right.reference().name(description);
    if (left.word().bits == right.word().bits)
      mistake(right.reference().place(description), names + " decode alike: no constant bit tells them apart",
              "give a field of both a different constant");
    else
      mistake(right.reference().place(description),
              names + " have words of " + std::to_string(left.word().bits) + " and " +
                  std::to_string(right.word().bits) + " bits, and no constant bit below bit " +
                  std::to_string(common) + " tells which",
              "give a field in the common low bits of both a different constant");
  }

  void setter(const Intrinsic &intrinsic, const Need &need) {
    const Register &reg = description.registers[need.reg];
    const std::string cell = reg.name + "." + reg.cells[need.cell].name;
    bool any = false;
    for (const Intrinsic &other : description.intrinsics) {
      if (other.sets != static_cast<int>(need.reg))
        continue;
      any = true;
      if (other.queue != intrinsic.queue)
        mistake(need.place,
                intrinsic.name + " goes down queue " + queueName(intrinsic.queue) + " and needs " + cell +
                    ", which " + other.name + " sets down queue " + queueName(other.queue),
                "let both go down the same queue");
    }
    if (!any && !reg.cells[need.cell].atReset)
      mistake(need.place,
              intrinsic.name + " needs " + cell +
                  ", which no command sets and which has no value after reset",
              "add an intrinsic that sets " + reg.name + ", or a value after reset");
  }

  std::string queueName(int queue) const {
    return queue < 0 ? "none" : description.queues[static_cast<size_t>(queue)].name;
  }

  const Description &description;
  std::vector<Diagnostic> &mistakes;
};

} // namespace

bool checkWords(const Description &description, std::vector<Diagnostic> &mistakes) {
  return Checker(description, mistakes).words();
}

void checkDistinct(const Description &description, llvm::ArrayRef<CommandPlan> plans,
                   std::vector<Diagnostic> &mistakes) {
  Checker(description, mistakes).distinct(plans);
}

void checkEncoding(const Description &description, std::vector<Diagnostic> &mistakes) {
  if (!checkWords(description, mistakes))
    return; // everything below counts on bits that are there
  std::vector<CommandPlan> plans;
  for (CommandReference reference : commandsOf(description))
    plans.emplace_back(description, reference, mistakes);
  checkDistinct(description, plans, mistakes);
  Checker(description, mistakes).settersOfNeeds();
}

} // namespace tenon::isa
