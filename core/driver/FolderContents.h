// The files that a command has written into a folder.
#pragma once

#include "core/driver/Report.h"

namespace tenon::driver {

struct WrittenFile {
  std::string name;
  uint64_t bytes = 0;
};

/// What lies in the folder now, by name.
std::vector<WrittenFile> filesIn(const std::string &folder);

/// As a table.
std::string filesText(const std::vector<WrittenFile> &files);

} // namespace tenon::driver
