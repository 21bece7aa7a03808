// Reads the manifest key by key, strictly: every key is there, has its type and is known, and every number
// fits.
#include "core/runtime/native/Internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TenonNativeStatus tenonFail(TenonNativeFailure *failure, TenonNativeStatus status, const char *file,
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

uint64_t tenonNativeElementBytes(const char *type) {
  static const struct {
    const char *name;
    uint64_t bytes;
  } floats[] = {{"f16", 2}, {"bf16", 2}, {"f32", 4}, {"f64", 8}};
  for (size_t i = 0; i < sizeof floats / sizeof *floats; ++i)
    if (strcmp(type, floats[i].name) == 0)
      return floats[i].bytes;
  if ((type[0] != 'i' && type[0] != 'u') || type[1] < '1' || type[1] > '9')
    return 0;
  char *end = NULL;
  unsigned long bits = strtoul(type + 1, &end, 10);
  if (*end || bits > 64)
    return 0;
  return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

// A place in the manifest: the first mistake is kept, and what is read after it is empty.
typedef struct Reader {
  const char *path; // of the file
  TenonNativeFailure *failure;
  bool failed;
} Reader;

static void mistake(Reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void mistake(Reader *reader, const char *format, ...) {
  if (reader->failed)
    return;
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  reader->failed = true;
  tenonFail(reader->failure, TENON_NATIVE_WRONG_INPUT, reader->path, "%s", text);
}

static void *allocate(Reader *reader, size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory && !reader->failed) {
    reader->failed = true;
    tenonFail(reader->failure, TENON_NATIVE_SYSTEM_FAILED, reader->path, "no memory for %zu entries", count);
  }
  return memory;
}

static const json_t *member(Reader *reader, const json_t *object, const char *where, const char *key) {
  if (reader->failed)
    return NULL;
  const json_t *found = json_object_get(object, key);
  if (!found)
    mistake(reader, "%s%s%s is missing", where, *where ? "." : "", key);
  return found;
}

static const char *text(Reader *reader, const json_t *object, const char *where, const char *key) {
  const json_t *found = member(reader, object, where, key);
  if (!found)
    return "";
  if (!json_is_string(found)) {
    mistake(reader, "%s%s%s must be a text", where, *where ? "." : "", key);
    return "";
  }
  return json_string_value(found);
}

static uint64_t number(Reader *reader, const json_t *object, const char *where, const char *key) {
  const json_t *found = member(reader, object, where, key);
  if (!found)
    return 0;
  if (!json_is_integer(found) || json_integer_value(found) < 0 ||
      (uint64_t)json_integer_value(found) > TENON_NATIVE_MOST_BYTES) {
    mistake(reader, "%s%s%s must be a whole number from 0 to %llu", where, *where ? "." : "", key,
            (unsigned long long)TENON_NATIVE_MOST_BYTES);
    return 0;
  }
  return (uint64_t)json_integer_value(found);
}

static const json_t *list(Reader *reader, const json_t *object, const char *where, const char *key) {
  const json_t *found = member(reader, object, where, key);
  if (found && !json_is_array(found))
    mistake(reader, "%s%s%s must be a list", where, *where ? "." : "", key);
  return reader->failed ? NULL : found;
}

// Refuses keys that this version does not know.
static void only(Reader *reader, const json_t *object, const char *where, const char *const *known) {
  if (reader->failed)
    return;
  if (!json_is_object(object)) {
    mistake(reader, "%s must be an object", *where ? where : "the manifest");
    return;
  }
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    bool found = false;
    for (size_t i = 0; known[i]; ++i)
      found |= strcmp(known[i], key) == 0;
    if (!found)
      mistake(reader, "%s has the key '%s', which this version does not know",
              *where ? where : "the manifest", key);
  }
}

static const char **texts(Reader *reader, const json_t *object, const char *key, size_t *count) {
  const json_t *items = list(reader, object, "", key);
  *count = json_array_size(items);
  const char **made = allocate(reader, *count, sizeof *made);
  for (size_t i = 0; i < *count && !reader->failed; ++i) {
    made[i] = json_string_value(json_array_get(items, i));
    if (!made[i])
      mistake(reader, "%s[%zu] must be a text", key, i);
  }
  return made;
}

static void readTensor(Reader *reader, const json_t *json, const char *where, bool isNamed,
                       uint64_t arenaBytes, TenonNativeTensor *tensor) {
  static const char *const keys[] = {"name", "type", "shape", "bytes", "offset", "launches", NULL};
  only(reader, json, where, keys);
  tensor->name = text(reader, json, where, "name");
  tensor->type = text(reader, json, where, "type");
  tensor->elementBytes = reader->failed ? 0 : tenonNativeElementBytes(tensor->type);
  if (!reader->failed && tensor->elementBytes == 0)
    mistake(reader, "%s.type is '%s', which is no type", where, tensor->type);
  const json_t *shape = list(reader, json, where, "shape");
  tensor->rank = json_array_size(shape);
  int64_t *extents = allocate(reader, tensor->rank, sizeof *extents);
  tensor->shape = extents;
  uint64_t bytes = tensor->elementBytes;
  for (size_t i = 0; i < tensor->rank && !reader->failed; ++i) {
    const json_t *extent = json_array_get(shape, i);
    int64_t value = json_is_integer(extent) ? json_integer_value(extent) : -1;
    if (value < 0 || (value > 0 && bytes > TENON_NATIVE_MOST_BYTES / (uint64_t)value)) {
      mistake(reader, "%s.shape[%zu] must be a whole number, and the tensor at most %llu bytes", where, i,
              (unsigned long long)TENON_NATIVE_MOST_BYTES);
      return;
    }
    extents[i] = value;
    bytes *= (uint64_t)value;
  }
  tensor->bytes = number(reader, json, where, "bytes");
  if (!reader->failed && tensor->bytes != bytes)
    mistake(reader, "%s.bytes is %llu, its shape and type have %llu", where,
            (unsigned long long)tensor->bytes, (unsigned long long)bytes);
  tensor->offset = number(reader, json, where, "offset");
  if (!reader->failed && (tensor->offset > arenaBytes || bytes > arenaBytes - tensor->offset))
    mistake(reader, "%s has %llu bytes at %llu, the arena has %llu", where, (unsigned long long)bytes,
            (unsigned long long)tensor->offset, (unsigned long long)arenaBytes);
  if (isNamed)
    tensor->launches = number(reader, json, where, "launches");
}

static TenonNativeTensors readTensors(Reader *reader, const json_t *json, const char *key, bool isNamed,
                                      uint64_t arenaBytes) {
  const json_t *items = list(reader, json, "", key);
  TenonNativeTensors tensors = {NULL, json_array_size(items)};
  TenonNativeTensor *made = allocate(reader, tensors.count, sizeof *made);
  if (!made)
    tensors.count = 0;
  tensors.items = made;
  for (size_t i = 0; i < tensors.count && !reader->failed; ++i) {
    char where[64];
    snprintf(where, sizeof where, "%s[%zu]", key, i);
    readTensor(reader, json_array_get(items, i), where, isNamed, arenaBytes, &made[i]);
  }
  return tensors;
}

static void readLaunch(Reader *reader, const json_t *json, const char *where, const TenonManifest *manifest,
                       TenonLaunch *launch) {
  static const char *const keys[] = {"kernel",          "layer",       "arguments", "items",
                                     "threadsPerBlock", "sharedBytes", NULL};
  static const char *const argumentKeys[] = {"place", "offset", NULL};
  only(reader, json, where, keys);
  launch->kernel = text(reader, json, where, "kernel");
  launch->layer = number(reader, json, where, "layer");
  launch->items = number(reader, json, where, "items");
  launch->threadsPerBlock = number(reader, json, where, "threadsPerBlock");
  launch->sharedBytes = number(reader, json, where, "sharedBytes");
  if (!reader->failed && launch->layer >= manifest->layerCount)
    mistake(reader, "%s.layer is %llu, there are %zu layers", where, (unsigned long long)launch->layer,
            manifest->layerCount);
  const json_t *arguments = list(reader, json, where, "arguments");
  size_t count = json_array_size(arguments);
  launch->isWeights = allocate(reader, count, 1);
  launch->offsets = allocate(reader, count, sizeof *launch->offsets);
  for (size_t i = 0; i < count && !reader->failed; ++i) {
    char inner[128];
    snprintf(inner, sizeof inner, "%s.arguments[%zu]", where, i);
    const json_t *argument = json_array_get(arguments, i);
    only(reader, argument, inner, argumentKeys);
    const char *place = text(reader, argument, inner, "place");
    launch->offsets[i] = number(reader, argument, inner, "offset");
    launch->isWeights[i] = strcmp(place, "weights") == 0;
    uint64_t all = launch->isWeights[i] ? manifest->weightsBytes : manifest->arenaBytes;
    if (!reader->failed && !launch->isWeights[i] && strcmp(place, "arena") != 0)
      mistake(reader, "%s.place is '%s', it must be arena or weights", inner, place);
    if (!reader->failed && launch->offsets[i] > all)
      mistake(reader, "%s.offset is %llu, there are %llu bytes", inner,
              (unsigned long long)launch->offsets[i], (unsigned long long)all);
  }
  launch->argumentCount = count;
}

static void readLaunches(Reader *reader, const json_t *json, TenonManifest *manifest) {
  const json_t *items = list(reader, json, "", "launches");
  size_t count = json_array_size(items);
  manifest->launches = allocate(reader, count, sizeof *manifest->launches);
  if (!manifest->launches)
    return;
  manifest->launchCount = count;
  for (size_t i = 0; i < count && !reader->failed; ++i) {
    char where[64];
    snprintf(where, sizeof where, "launches[%zu]", i);
    readLaunch(reader, json_array_get(items, i), where, manifest, &manifest->launches[i]);
  }
  for (size_t i = 0; i < manifest->tensors.count && !reader->failed; ++i)
    if (manifest->tensors.items[i].launches > count)
      mistake(reader, "tensors[%zu].launches is %llu, there are %zu", i,
              (unsigned long long)manifest->tensors.items[i].launches, count);
}

static void readFiles(Reader *reader, const json_t *json, TenonManifest *manifest) {
  static const char *const keys[] = {"bytes", "sha256", NULL};
  const json_t *files = member(reader, json, "", "files");
  if (files && !json_is_object(files))
    mistake(reader, "files must be an object");
  if (reader->failed)
    return;
  manifest->files = allocate(reader, json_object_size(files), sizeof *manifest->files);
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)files, name, value) {
    if (reader->failed)
      return;
    char where[512];
    snprintf(where, sizeof where, "files.%s", name);
    if (!*name || strchr(name, '/') || strcmp(name, "..") == 0 || strcmp(name, ".") == 0)
      mistake(reader, "%s is no name of a file in the bundle", where);
    only(reader, value, where, keys);
    TenonFile *file = &manifest->files[manifest->fileCount++];
    file->name = name;
    file->bytes = number(reader, value, where, "bytes");
    file->sha256 = text(reader, value, where, "sha256");
  }
}

static void needFile(Reader *reader, const TenonManifest *manifest, const char *name) {
  for (size_t i = 0; i < manifest->fileCount && !reader->failed; ++i)
    if (strcmp(manifest->files[i].name, name) == 0)
      return;
  mistake(reader, "files lacks '%s'", name);
}

// The schema comes first: of another version nothing else can be judged.
static void checkSchema(Reader *reader, const json_t *json) {
  const char *schema = text(reader, json, "", "schema");
  char own[64];
  snprintf(own, sizeof own, "%s%d", TENON_NATIVE_SCHEMA_PREFIX, TENON_NATIVE_SCHEMA_VERSION);
  if (reader->failed || strcmp(schema, own) == 0)
    return;
  mistake(reader, "the manifest has schema %s, this program reads %s", schema, own);
  if (strncmp(schema, TENON_NATIVE_SCHEMA_PREFIX, strlen(TENON_NATIVE_SCHEMA_PREFIX)) == 0)
    snprintf(reader->failure->repair, sizeof reader->failure->repair,
             "compile the model again, or run it with the version that wrote it");
}

static void readAll(Reader *reader, const json_t *json, TenonManifest *manifest) {
  static const char *const keys[] = {"schema",    "version",    "name",         "target", "variant",
                                     "triple",    "processor",  "features",     "device", "code",
                                     "libraries", "arenaBytes", "weightsBytes", "inputs", "outputs",
                                     "tensors",   "layers",     "launches",     "files",  NULL};
  checkSchema(reader, json);
  only(reader, json, "", keys);
  manifest->version = text(reader, json, "", "version");
  manifest->name = text(reader, json, "", "name");
  manifest->target = text(reader, json, "", "target");
  manifest->variant = text(reader, json, "", "variant");
  manifest->triple = text(reader, json, "", "triple");
  manifest->processor = text(reader, json, "", "processor");
  manifest->device = text(reader, json, "", "device");
  manifest->code = text(reader, json, "", "code");
  manifest->arenaBytes = number(reader, json, "", "arenaBytes");
  manifest->weightsBytes = number(reader, json, "", "weightsBytes");
  if (!reader->failed && manifest->arenaBytes < TENON_NATIVE_ALIGNMENT)
    mistake(reader, "arenaBytes is %llu, it must be at least %d", (unsigned long long)manifest->arenaBytes,
            TENON_NATIVE_ALIGNMENT);
  manifest->features = texts(reader, json, "features", &manifest->featureCount);
  manifest->libraries = texts(reader, json, "libraries", &manifest->libraryCount);
  manifest->layers = texts(reader, json, "layers", &manifest->layerCount);
  manifest->inputs = readTensors(reader, json, "inputs", false, manifest->arenaBytes);
  manifest->outputs = readTensors(reader, json, "outputs", false, manifest->arenaBytes);
  manifest->tensors = readTensors(reader, json, "tensors", true, manifest->arenaBytes);
  readLaunches(reader, json, manifest);
  readFiles(reader, json, manifest);
  needFile(reader, manifest, TENON_NATIVE_WEIGHTS);
  needFile(reader, manifest, manifest->code);
  for (size_t i = 0; i < manifest->libraryCount && !reader->failed; ++i)
    needFile(reader, manifest, manifest->libraries[i]);
}

TenonNativeStatus tenonReadManifest(const char *folder, TenonManifest *manifest,
                                    TenonNativeFailure *failure) {
  memset(manifest, 0, sizeof *manifest);
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, TENON_NATIVE_MANIFEST);
  TenonMapping mapping;
  TenonNativeStatus status = tenonMap(path, &mapping, failure);
  if (status != TENON_NATIVE_DONE)
    return status;
  if (mapping.bytes > TENON_NATIVE_MOST_MANIFEST_BYTES) {
    tenonFail(failure, TENON_NATIVE_WRONG_INPUT, path, "has %llu bytes, the most is %llu",
              (unsigned long long)mapping.bytes, (unsigned long long)TENON_NATIVE_MOST_MANIFEST_BYTES);
    tenonUnmap(&mapping);
    return failure->status;
  }
  json_error_t error;
  manifest->json = json_loadb(mapping.data, mapping.bytes, JSON_REJECT_DUPLICATES, &error);
  tenonUnmap(&mapping);
  if (!manifest->json)
    return tenonFail(failure, TENON_NATIVE_WRONG_INPUT, path, "is not JSON: line %d, column %d: %s",
                     error.line, error.column, error.text);
  Reader reader = {path, failure, false};
  readAll(&reader, manifest->json, manifest);
  if (reader.failed)
    tenonFreeManifest(manifest);
  return reader.failed ? failure->status : TENON_NATIVE_DONE;
}

static void freeTensors(TenonNativeTensors *tensors) {
  for (size_t i = 0; i < tensors->count; ++i)
    free((void *)tensors->items[i].shape);
  free((void *)tensors->items);
}

void tenonFreeManifest(TenonManifest *manifest) {
  freeTensors(&manifest->inputs);
  freeTensors(&manifest->outputs);
  freeTensors(&manifest->tensors);
  for (size_t i = 0; i < manifest->launchCount; ++i) {
    free(manifest->launches[i].isWeights);
    free(manifest->launches[i].offsets);
  }
  free(manifest->launches);
  free(manifest->files);
  free(manifest->features);
  free(manifest->libraries);
  free(manifest->layers);
  json_decref(manifest->json);
  memset(manifest, 0, sizeof *manifest);
}
