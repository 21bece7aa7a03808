// Every file of a bundle is mapped once, and held to the size and the hash that the manifest has for it.
#include "core/runtime/native/Internal.h"

#include <sha2.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static _Alignas(TENON_NATIVE_ALIGNMENT) const char nothing[TENON_NATIVE_ALIGNMENT];

TenonNativeStatus tenonMap(const char *path, TenonMapping *mapping, TenonNativeFailure *failure) {
  mapping->data = nothing;
  mapping->bytes = 0;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno == ENOENT)
    return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, path, "it is missing");
  struct stat found;
  if (file < 0 || fstat(file, &found) != 0) {
    TenonNativeStatus status =
        tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, path, "cannot be opened: %s", strerror(errno));
    if (file >= 0)
      close(file);
    return status;
  }
  if (!S_ISREG(found.st_mode)) {
    close(file);
    return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, path, "is no file");
  }
  if (found.st_size > 0) {
    void *data = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (data == MAP_FAILED) {
      TenonNativeStatus status =
          tenonFail(failure, TENON_NATIVE_SYSTEM_FAILED, path, "cannot be mapped: %s", strerror(errno));
      close(file);
      return status;
    }
    mapping->data = data;
    mapping->bytes = (uint64_t)found.st_size;
  }
  close(file);
  return TENON_NATIVE_DONE;
}

void tenonUnmap(TenonMapping *mapping) {
  if (mapping->bytes > 0)
    munmap((void *)mapping->data, mapping->bytes);
  mapping->data = nothing;
  mapping->bytes = 0;
}

static TenonNativeStatus checkFile(const char *path, const TenonFile *file, TenonMapping *mapping,
                                   TenonNativeFailure *failure) {
  TenonNativeStatus status = tenonMap(path, mapping, failure);
  if (status != TENON_NATIVE_DONE)
    return status;
  if (mapping->bytes != file->bytes) {
    status = tenonFail(failure, TENON_NATIVE_WRONG_INPUT, path, "has %llu bytes, the manifest says %llu",
                       (unsigned long long)mapping->bytes, (unsigned long long)file->bytes);
    tenonUnmap(mapping);
    return status;
  }
  char hash[SHA256_DIGEST_STRING_LENGTH];
  SHA256Data(mapping->data, mapping->bytes, hash);
  if (strcmp(hash, file->sha256) == 0)
    return TENON_NATIVE_DONE;
  tenonUnmap(mapping);
  return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, path, "has SHA-256 %s, the manifest says %s", hash,
                   file->sha256);
}

TenonNativeStatus tenonCheckFiles(const char *folder, const TenonManifest *manifest, TenonMapping *weights,
                                  TenonMapping *code, TenonNativeFailure *failure) {
  for (size_t i = 0; i < manifest->fileCount; ++i) {
    const TenonFile *file = &manifest->files[i];
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, file->name);
    TenonMapping mapping;
    TenonNativeStatus status = checkFile(path, file, &mapping, failure);
    if (status != TENON_NATIVE_DONE)
      return status;
    if (strcmp(file->name, TENON_NATIVE_WEIGHTS) == 0)
      *weights = mapping;
    else if (strcmp(file->name, manifest->code) == 0)
      *code = mapping;
    else
      tenonUnmap(&mapping);
  }
  if (weights->bytes == manifest->weightsBytes)
    return TENON_NATIVE_DONE;
  return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, folder,
                   "the weights have %llu bytes, the manifest says %llu", (unsigned long long)weights->bytes,
                   (unsigned long long)manifest->weightsBytes);
}
