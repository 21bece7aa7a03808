// Opening external data one path component at a time, so that no link is followed.
#include "core/import/onnx/ExternalData.h"

#include "core/support/Error.h"
#include "core/support/Text.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::import::onnx {

namespace {

struct Place {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

llvm::Error wrongPlace(const Place &place, const llvm::Twine &why) {
  return wrongInput("has its data in the file '" + printable(place.location) + "', " + why.str());
}

llvm::Expected<Place> placeOf(const schema::TensorProto &tensor) {
  Place place;
  for (const schema::StringStringEntryProto &entry : tensor.external_data()) {
    uint64_t number = 0;
    bool isNumber = !llvm::StringRef(entry.value()).getAsInteger(10, number);
    if (entry.key() == "location")
      place.location = entry.value();
    else if ((entry.key() == "offset" || entry.key() == "length") && !isNumber)
      return wrongInput("has external data with the " + entry.key() + " '" + printable(entry.value()) +
                        "', which is no number");
    else if (entry.key() == "offset")
      place.offset = number;
    else if (entry.key() == "length")
      place.length = number;
    else if (entry.key() != "checksum") // of a form that ONNX leaves open
      return wrongInput("has external data with the entry '" + printable(entry.key()) +
                        "', known: location, offset, length, checksum");
  }
  if (place.location.empty())
    return wrongInput("has external data without a location");
  return place;
}

/// The components of a location that stays in its folder.
llvm::Expected<llvm::SmallVector<std::string>> componentsOf(const Place &place) {
  if (place.location.front() == '/' || place.location.find('\0') != std::string::npos)
    return wrongPlace(place, "an absolute path; it must be relative to the model's folder");
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(place.location).split(parts, '/', -1, /*KeepEmpty=*/false);
  llvm::SmallVector<std::string> names;
  for (llvm::StringRef part : parts) {
    if (part == "..")
      return wrongPlace(place, "a path with '..'; it must stay in the model's folder");
    if (part != ".")
      names.push_back(part.str());
  }
  if (names.empty())
    return wrongPlace(place, "which names no file");
  return names;
}

llvm::Expected<std::vector<char>> readPart(int file, const Place &place, uint64_t needed) {
  struct stat status = {};
  if (fstat(file, &status) != 0)
    return wrongPlace(place, "which cannot be examined: " + llvm::Twine(std::strerror(errno)));
  if (!S_ISREG(status.st_mode))
    return wrongPlace(place, "which is no plain file");
  if (status.st_nlink > 1)
    return wrongPlace(place, "which has " + llvm::Twine(status.st_nlink) +
                                 " hard links and so may belong elsewhere; give the model a copy");
  auto size = static_cast<uint64_t>(status.st_size);
  if (place.length.value_or(needed) != needed)
    return wrongPlace(place, "with a length of " + llvm::Twine(*place.length) + ", its type and shape need " +
                                 llvm::Twine(needed));
  if (place.offset > size || needed > size - place.offset)
    return wrongPlace(place, "which has " + llvm::Twine(size) + " bytes, " + llvm::Twine(needed) +
                                 " are needed from byte " + llvm::Twine(place.offset));
  std::vector<char> bytes(needed);
  for (uint64_t done = 0; done < needed;) {
    ssize_t count = pread(file, &bytes[done], needed - done, static_cast<off_t>(place.offset + done));
    if (count <= 0)
      return failure(ExitCode::SystemFailed, "cannot read '" + printable(place.location) + "': " +
                                                 (count < 0 ? std::strerror(errno) : "it became shorter"));
    done += static_cast<uint64_t>(count);
  }
  return bytes;
}

} // namespace

llvm::Expected<std::vector<char>> externalBytes(const schema::TensorProto &tensor, uint64_t needed,
                                                llvm::StringRef folder) {
  llvm::Expected<Place> place = placeOf(tensor);
  if (!place)
    return place.takeError();
  if (folder.empty())
    return wrongPlace(*place, "but the model does not come from a folder");
  auto names = componentsOf(*place);
  if (!names)
    return names.takeError();
  int at = open(folder.str().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  auto closeLast = llvm::make_scope_exit([&] {
    if (at >= 0)
      close(at);
  });
  for (size_t i = 0; i < names->size() && at >= 0; ++i) {
    bool isLast = i + 1 == names->size();
    int next = openat(at, (*names)[i].c_str(),
                      O_NOFOLLOW | O_CLOEXEC | (isLast ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY));
    if (next < 0 && (errno == ELOOP || errno == ENOTDIR))
      return wrongPlace(*place, "where " + printable((*names)[i]) +
                                    " is a symbolic link or no folder; no link is followed");
    close(at);
    at = next;
  }
  if (at < 0)
    return wrongPlace(*place, "which cannot be opened: " + llvm::Twine(std::strerror(errno)));
  return readPart(at, *place, needed);
}

} // namespace tenon::import::onnx
