// The pass --tenon-print-nests: what the matcher and the reference see of each operation.
#pragma once

namespace tenon::tools {
void registerPrintNestsPass();
} // namespace tenon::tools
