// Where the descriptions lie that tests use: the chips of this folder, and those of targets/, whose folders
// may have been deleted.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace tenon::test {

/// Of targets/NAME where that folder is there, else of tests/isa/chips.
inline std::string chipFile(const std::string &name) {
  const std::string repository = TENON_REPOSITORY;
  const std::string target = repository + "/targets/" + name + "/target.yaml";
  return std::filesystem::exists(target) ? target : repository + "/tests/isa/chips/" + name + ".yaml";
}

inline bool isThere(const std::string &name) { return std::filesystem::exists(chipFile(name)); }

/// Those of the names whose description is there.
inline std::vector<std::string> chipsThere(std::initializer_list<std::string> names) {
  std::vector<std::string> found;
  for (const std::string &name : names)
    if (isThere(name))
      found.push_back(name);
  return found;
}

/// Whether the file lists variants, whose descriptions are files of their own.
inline bool listsVariants(const std::filesystem::path &path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("variants:"))
      return true;
  return false;
}

/// Every description that is there, of targets without variants.
inline std::vector<std::string> allChips() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(TENON_REPOSITORY "/tests/isa/chips"))
    if (entry.path().extension() == ".yaml")
      names.push_back(entry.path().stem());
  for (const auto &entry : std::filesystem::directory_iterator(TENON_REPOSITORY "/targets"))
    if (std::filesystem::exists(entry.path() / "target.yaml") && !listsVariants(entry.path() / "target.yaml"))
      names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace tenon::test
