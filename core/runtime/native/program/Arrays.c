// Reading trusts nothing of a file; a reader in C for .npy is not among Debian's libraries.
#include "Arrays.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TenonNativeStatus failed(TenonNativeFailure *failure, TenonNativeStatus status, const char *file,
                         const char *format, ...) {
  memset(failure, 0, sizeof *failure);
  failure->status = status;
  snprintf(failure->file, sizeof failure->file, "%s", file);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(failure->message, sizeof failure->message, format, arguments);
  va_end(arguments);
  return status;
}

bool endsWith(const char *text, const char *end) {
  size_t length = strlen(text), other = strlen(end);
  return length >= other && strcmp(text + length - other, end) == 0;
}

// The dtype that stands for a type: "|i1" for i8 and narrower, "<u2" for bf16, which numpy lacks.
static void dtypeOf(const TenonNativeTensor *tensor, char *text, size_t bytes) {
  if (strcmp(tensor->type, "i1") == 0)
    snprintf(text, bytes, "|b1");
  else if (strcmp(tensor->type, "bf16") == 0)
    snprintf(text, bytes, "<u2");
  else
    snprintf(text, bytes, "%c%c%u", tensor->elementBytes == 1 ? '|' : '<', tensor->type[0],
             (unsigned)tensor->elementBytes);
}

// As Python writes a tuple: "(2, 3)", "(2,)", "()".
static void shapeOf(const TenonNativeTensor *tensor, char *text, size_t bytes) {
  size_t used = (size_t)snprintf(text, bytes, "(");
  for (size_t i = 0; i < tensor->rank && used < bytes; ++i)
    used += (size_t)snprintf(text + used, bytes - used, "%s%lld", i ? ", " : "", (long long)tensor->shape[i]);
  if (used < bytes)
    snprintf(text + used, bytes - used, tensor->rank == 1 ? ",)" : ")");
}

// What a .npy header's dictionary says.
typedef struct Header {
  char dtype[16];
  bool fortran;
  int64_t shape[32];
  size_t rank;
} Header;

static const char *skip(const char *at) {
  while (*at == ' ' || *at == '\n')
    ++at;
  return at;
}

// Takes a token; gives what follows it, or NULL.
static const char *take(const char *at, const char *token) {
  if (!at)
    return NULL;
  at = skip(at);
  return strncmp(at, token, strlen(token)) == 0 ? at + strlen(token) : NULL;
}

static const char *takeShape(const char *at, Header *header) {
  at = take(at, "(");
  header->rank = 0;
  while (at && !take(at, ")")) {
    char *end = NULL;
    at = skip(at);
    errno = 0;
    long long extent = strtoll(at, &end, 10);
    if (end == at || errno || extent < 0 || header->rank == sizeof header->shape / sizeof *header->shape)
      return NULL;
    header->shape[header->rank++] = extent;
    at = take(end, ",") ? take(end, ",") : take(end, ")") ? end : NULL;
  }
  return take(at, ")");
}

static const char *takeText(const char *at, char *text, size_t bytes) {
  at = take(at, "'");
  size_t length = at ? strcspn(at, "'") : 0;
  if (!at || at[length] != '\'' || length >= bytes)
    return NULL;
  memcpy(text, at, length);
  text[length] = 0;
  return at + length + 1;
}

static bool parseHeader(const char *text, Header *header) {
  unsigned seen = 0;
  const char *at = take(text, "{");
  while (at && !take(at, "}")) {
    char key[32];
    at = take(takeText(at, key, sizeof key), ":");
    unsigned which = strcmp(key, "descr") == 0 ? 1 : strcmp(key, "fortran_order") == 0 ? 2 : 4;
    if (!at || (seen & which) || (which == 4 && strcmp(key, "shape") != 0))
      return false;
    seen |= which;
    if (which == 1) {
      at = takeText(at, header->dtype, sizeof header->dtype);
    } else if (which == 2) {
      const char *yes = take(at, "True");
      header->fortran = yes != NULL;
      at = yes ? yes : take(at, "False");
    } else {
      at = takeShape(at, header);
    }
    at = at && take(at, ",") ? take(at, ",") : at && take(at, "}") ? at : NULL;
  }
  at = take(at, "}");
  return at && !*skip(at) && seen == 7;
}

// Holds a .npy file's beginning to the tensor; gives where the data begins, 0 for a failure.
static size_t checkNpy(const char *path, const unsigned char *file, size_t bytes,
                       const TenonNativeTensor *tensor, TenonNativeFailure *failure) {
  static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
  size_t before = sizeof magic + 2, lengthBytes = bytes > 6 && file[6] == 1 ? 2 : 4;
  if (bytes < before + lengthBytes || memcmp(file, magic, sizeof magic) != 0 || file[6] < 1 || file[6] > 3) {
    failed(failure, TENON_NATIVE_WRONG_INPUT, path,
           "the file does not begin as a .npy file of version 1 to 3");
    return 0;
  }
  size_t length = 0;
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= (size_t)file[before + i] << (8 * i);
  if (length > bytes - before - lengthBytes) {
    failed(failure, TENON_NATIVE_WRONG_INPUT, path, "the file ends in its header, which has %zu bytes",
           length);
    return 0;
  }
  char *text = malloc(length + 1);
  if (!text) {
    failed(failure, TENON_NATIVE_SYSTEM_FAILED, path, "no memory for %zu bytes", length);
    return 0;
  }
  memcpy(text, file + before + lengthBytes, length);
  text[length] = 0;
  Header header = {.rank = 0};
  bool good = parseHeader(text, &header);
  free(text);
  if (!good) {
    failed(failure, TENON_NATIVE_WRONG_INPUT, path,
           "the file's header is not the dictionary of a .npy file: 'descr', 'fortran_order' and 'shape'");
    return 0;
  }
  char dtype[16], wanted[1024], found[1024];
  dtypeOf(tensor, dtype, sizeof dtype);
  TenonNativeTensor other = {.shape = header.shape, .rank = header.rank};
  shapeOf(tensor, wanted, sizeof wanted);
  shapeOf(&other, found, sizeof found);
  if (header.fortran)
    failed(failure, TENON_NATIVE_WRONG_INPUT, path, "the file is in Fortran order, C order is needed");
  else if (strcmp(header.dtype, dtype) != 0)
    failed(failure, TENON_NATIVE_WRONG_INPUT, path, "the file has dtype %s, '%s' has type %s, which is %s",
           header.dtype, tensor->name, tensor->type, dtype);
  else if (strcmp(wanted, found) != 0)
    failed(failure, TENON_NATIVE_WRONG_INPUT, path, "the file has shape %s, '%s' has %s", found, tensor->name,
           wanted);
  else
    return before + lengthBytes + length;
  return 0;
}

// All bytes of a file, and whatever more there is than `most`.
static unsigned char *readWhole(const char *path, size_t most, size_t *bytes, TenonNativeFailure *failure) {
  FILE *file = fopen(path, "rb");
  unsigned char *data = file ? malloc(most + 1) : NULL;
  if (!file)
    failed(failure, errno == ENOENT ? TENON_NATIVE_WRONG_USE : TENON_NATIVE_SYSTEM_FAILED, path,
           "cannot be opened: %s", strerror(errno));
  else if (!data)
    failed(failure, TENON_NATIVE_SYSTEM_FAILED, path, "no memory for %zu bytes", most);
  else
    *bytes = fread(data, 1, most + 1, file);
  if (data && ferror(file)) {
    failed(failure, TENON_NATIVE_SYSTEM_FAILED, path, "cannot be read: %s", strerror(errno));
    free(data);
    data = NULL;
  }
  if (file)
    fclose(file);
  return data;
}

TenonNativeStatus readArray(const char *path, const TenonNativeTensor *tensor, void *data,
                            TenonNativeFailure *failure) {
  bool isNpy = endsWith(path, ".npy");
  if (!isNpy && !endsWith(path, ".bin"))
    return failed(failure, TENON_NATIVE_WRONG_USE, path, "inputs are files whose names end in .npy or .bin");
  enum { MostHeader = 70000 };
  size_t bytes = 0, begin = 0;
  unsigned char *file = readWhole(path, tensor->bytes + (isNpy ? MostHeader : 0), &bytes, failure);
  if (!file)
    return failure->status;
  failure->status = TENON_NATIVE_DONE;
  if (isNpy) {
    begin = checkNpy(path, file, bytes, tensor, failure);
    bytes -= begin;
  }
  if (failure->status == TENON_NATIVE_DONE && bytes != tensor->bytes)
    failed(failure, TENON_NATIVE_WRONG_INPUT, path, "the file has %s%zu bytes of data, '%s' has %llu",
           bytes > tensor->bytes ? "at least " : "", bytes, tensor->name, (unsigned long long)tensor->bytes);
  if (failure->status == TENON_NATIVE_DONE)
    memcpy(data, file + begin, tensor->bytes);
  free(file);
  return failure->status;
}

TenonNativeStatus writeWhole(const char *path, const void *first, size_t firstBytes, const void *second,
                             size_t secondBytes, TenonNativeFailure *failure) {
  char aside[4200];
  struct stat found;
  bool isSpecial = stat(path, &found) == 0 && !S_ISREG(found.st_mode); // a pipe cannot be renamed
  snprintf(aside, sizeof aside, isSpecial ? "%s" : "%s.%ld.part", path, (long)getpid());
  FILE *file = fopen(aside, "wb");
  bool good = file && fwrite(first, 1, firstBytes, file) == firstBytes &&
              fwrite(second, 1, secondBytes, file) == secondBytes;
  if (file && fclose(file) != 0)
    good = false;
  if (good && (isSpecial || rename(aside, path) == 0))
    return TENON_NATIVE_DONE;
  failed(failure, TENON_NATIVE_SYSTEM_FAILED, path, "cannot be written: %s", strerror(errno));
  if (file && !isSpecial)
    remove(aside);
  return TENON_NATIVE_SYSTEM_FAILED;
}

TenonNativeStatus writeArray(const char *path, const TenonNativeTensor *tensor, const void *data,
                             TenonNativeFailure *failure) {
  if (endsWith(path, ".bin"))
    return writeWhole(path, "", 0, data, tensor->bytes, failure);
  char dtype[16], shape[1024], text[2048];
  dtypeOf(tensor, dtype, sizeof dtype);
  shapeOf(tensor, shape, sizeof shape);
  size_t length = (size_t)snprintf(text, sizeof text,
                                   "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", dtype, shape);
  size_t all = (10 + length + 1 + 63) / 64 * 64 - 10; // data begins at a multiple of 64
  memset(text + length, ' ', all - length);
  text[all - 1] = '\n';
  char header[2200] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(all & 255), (char)(all >> 8)};
  memcpy(header + 10, text, all);
  return writeWhole(path, header, 10 + all, data, tensor->bytes, failure);
}
