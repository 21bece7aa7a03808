// Identifiers that C++ and SystemVerilog accept. The keywords are those of ISO C++20 (lex.key and
// lex.digraph) and of IEEE 1800-2017, annex B.
#include "core/isa/encoding/GeneratedNames.h"

#include "core/support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace tenon::isa {

namespace {

constexpr llvm::StringLiteral cppKeywords = " alignas alignof and and_eq asm auto bitand bitor bool break "
                                            "case catch char char8_t char16_t char32_t class "
                                            "compl concept const consteval constexpr constinit const_cast "
                                            "continue co_await co_return co_yield decltype "
                                            "default delete do double dynamic_cast else enum explicit export "
                                            "extern false float for friend goto if inline "
                                            "int long mutable namespace new noexcept not not_eq nullptr "
                                            "operator or or_eq private protected public register "
                                            "reinterpret_cast requires return short signed sizeof static "
                                            "static_assert static_cast struct switch template "
                                            "this thread_local throw true try typedef typeid typename union "
                                            "unsigned using virtual void volatile wchar_t "
                                            "while xor xor_eq std ";

constexpr llvm::StringLiteral systemVerilogKeywords =
    " accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before "
    "begin bind "
    "bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos "
    "config "
    "const constraint context continue cover covergroup coverpoint cross deassign default defparam design "
    "disable "
    "dist do edge else end endcase endchecker endclass endclocking endconfig endfunction endgenerate "
    "endgroup "
    "endinterface endmodule endpackage endprimitive endprogram endproperty endspecify endsequence endtable "
    "endtask "
    "enum event eventually expect export extends extern final first_match for force foreach forever fork "
    "forkjoin "
    "function generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies "
    "import "
    "incdir include initial inout input inside instance int integer interconnect interface intersect join "
    "join_any "
    "join_none large let liblist library local localparam logic longint macromodule matches medium modport "
    "module "
    "nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output package "
    "packed "
    "parameter pmos posedge primitive priority program property protected pull0 pull1 pulldown pullup "
    "pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref "
    "reg "
    "reject_on release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually "
    "s_nexttime "
    "s_until s_until_with scalared sequence shortint shortreal showcancelled signed small soft solve specify "
    "specparam static string strong strong0 strong1 struct super supply0 supply1 sync_accept_on "
    "sync_reject_on "
    "table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand "
    "trior "
    "trireg type typedef union unique unique0 unsigned until until_with untyped use uwire var vectored "
    "virtual void "
    "wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor ";

} // namespace

std::string GeneratedNames::add(llvm::StringRef wanted) {
  std::string name;
  for (char c : wanted) {
    const bool isPart = llvm::isAlnum(c) || c == '_';
    if (isPart)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (name.size() > 1 && name.back() == '_') // C++ reserves two of them in a row
    name.pop_back();
  if (name.empty() || llvm::isDigit(name[0]))
    name = "_" + name;
  llvm::StringRef keywords = language == GeneratedLanguage::Cpp ? cppKeywords : systemVerilogKeywords;
  if (keywords.contains(" " + name + " "))
    name += "_";
  std::string unique = name;
  for (unsigned number = 2; !taken.insert(unique).second; ++number)
    unique = name + "_" + std::to_string(number);
  return unique;
}

std::string commandName(const Description &description, CommandReference command) {
  if (command.kind == Instruction::Kind::Sync)
    return command.name(description);
  const Intrinsic &intrinsic = description.intrinsics[command.number];
  std::string name = intrinsic.family;
  for (const auto &[key, choice] : intrinsic.member) {
    const bool isWord = llvm::all_of(choice, [](char c) { return llvm::isAlnum(c) || c == '_'; });
    auto number = intrinsic.memberCode.find(key);
    name += "_" + key + "_";
    name += isWord || number == intrinsic.memberCode.end() ? choice : std::to_string(number->second);
  }
  return name;
}

std::string commentText(llvm::StringRef text) {
  std::string line = printable(text.trim().str());
  for (char &c : line)
    if (c == '\n')
      c = ' ';
  while (!line.empty() && line.back() == '\\') // it would continue the comment
    line.pop_back();
  return line;
}

} // namespace tenon::isa
