// Runs passes on MLIR files: the dialects that Tenon uses, its own passes, and the upstream ones that go with
// them.
#include "core/graph/Pipeline.h"
#include "core/import/ModelFile.h"
#include "core/tools/PrintNests.h"

#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  tenon::import::registerDialects(registry);
  tenon::graph::registerPasses();
  tenon::tools::registerPrintNestsPass();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerLinalgGeneralizeNamedOpsPass();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Tenon's passes\n", registry));
}
