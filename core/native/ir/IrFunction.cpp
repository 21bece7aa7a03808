// Lines of one function. A loop's head is written when the loop is opened; what its carried values are on the
// way around is known only when it is closed, so those lines are filled in then.
#include "core/native/ir/IrFunction.h"

#include <cassert>

namespace tenon::native {

IrFunction::IrFunction() { lines.push_back("entry:"); }

std::string IrFunction::fresh(llvm::StringRef hint) {
  return "%" + hint.str() + "." + std::to_string(number++);
}

std::string IrFunction::value(const llvm::Twine &text) {
  std::string name = "%v" + std::to_string(number++);
  lines.push_back("  " + name + " = " + text.str());
  return name;
}

void IrFunction::line(const llvm::Twine &text) { lines.push_back("  " + text.str()); }

std::string IrFunction::label(llvm::StringRef hint) { return hint.str() + "." + std::to_string(number++); }

void IrFunction::startBlock(llvm::StringRef label) {
  current = label.str();
  lines.push_back(current + ":");
}

void IrFunction::branch(llvm::StringRef label) { line("br label %" + label); }

void IrFunction::branch(llvm::StringRef condition, llvm::StringRef yes, llvm::StringRef no) {
  line("br i1 " + condition + ", label %" + yes + ", label %" + no);
}

IrLoop IrFunction::openLoop(llvm::StringRef begin, llvm::StringRef end, llvm::StringRef step,
                            llvm::ArrayRef<Carried> carried, bool mayBeEmpty) {
  IrLoop loop;
  loop.initial.assign(carried.begin(), carried.end());
  loop.end = end.str();
  loop.step = step.str();
  loop.head = label("loop");
  if (mayBeEmpty) {
    loop.empty = label("done");
    std::string any = value("icmp slt i64 " + begin + ", " + end);
    loop.before = current;
    branch(any, loop.head, loop.empty);
  } else {
    loop.before = current;
    branch(loop.head);
  }
  startBlock(loop.head);
  loop.variable = fresh("i");
  loop.phiLine = lines.size();
  lines.push_back("  " + loop.variable + " = phi i64 [ " + begin.str() + ", %" + loop.before + " ]");
  for (const Carried &one : carried) {
    loop.carried.push_back(fresh("c"));
    lines.push_back("  " + loop.carried.back() + " = phi " + one.type + " [ " + one.initial + ", %" +
                    loop.before + " ]");
  }
  return loop;
}

llvm::SmallVector<std::string> IrFunction::closeLoop(const IrLoop &loop, llvm::ArrayRef<std::string> next) {
  assert(next.size() == loop.initial.size() && "each carried value goes on");
  std::string advanced = value("add nsw i64 " + loop.variable + ", " + loop.step);
  std::string more = value("icmp slt i64 " + advanced + ", " + loop.end);
  std::string latch = current;
  lines[loop.phiLine] += ", [ " + advanced + ", %" + latch + " ]";
  for (size_t i = 0; i < next.size(); ++i)
    lines[loop.phiLine + 1 + i] += ", [ " + next[i] + ", %" + latch + " ]";
  std::string after = loop.empty.empty() ? label("done") : loop.empty;
  branch(more, loop.head, after);
  startBlock(after);
  if (loop.empty.empty())
    return {next.begin(), next.end()};
  llvm::SmallVector<std::string> results;
  for (size_t i = 0; i < next.size(); ++i)
    results.push_back(value("phi " + loop.initial[i].type + " [ " + loop.initial[i].initial + ", %" +
                            loop.before + " ], [ " + next[i] + ", %" + latch + " ]"));
  return results;
}

void IrFunction::fail(llvm::StringRef condition, host::HostStatus code) {
  std::string yes = label("fail"), no = label("go");
  branch(condition, yes, no);
  startBlock(yes);
  line("cmpxchg ptr " + status + ", i32 0, i32 " + std::to_string(int32_t(code)) + " monotonic monotonic");
  branch(no);
  startBlock(no);
}

std::string IrFunction::text() const {
  std::string result;
  for (const std::string &one : lines)
    result += one + "\n";
  return result;
}

} // namespace tenon::native
