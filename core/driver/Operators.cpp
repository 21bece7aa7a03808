// Listing the readers' tables of operators.
#include "core/driver/Operators.h"

#include "core/import/onnx/Import.h"
#include "core/import/tflite/Import.h"

namespace tenon::driver {

llvm::Error listOperators(const ReportOptions &options) {
  std::vector<std::vector<std::string>> rows = {{"format", "operator", "since operator set"}};
  Json list = Json::array();
  for (const import::onnx::OperatorText &each : import::onnx::supportedOperators()) {
    rows.push_back({"onnx", each.name.str(), std::to_string(each.firstVersion)});
    list.push_back({{"format", "onnx"}, {"operator", each.name.str()}, {"operator_set", each.firstVersion}});
  }
  for (const std::string &name : import::tflite::supportedOperators()) {
    rows.push_back({"tflite", name, ""});
    list.push_back({{"format", "tflite"}, {"operator", name}, {"operator_set", nullptr}});
  }
  if (llvm::Error wrong = writeJson(options, {{"schema", "tenon.ops/1"}, {"operators", std::move(list)}}))
    return wrong;
  return printText(options, table(rows, "llr"));
}

} // namespace tenon::driver
