// Finds the driver's library and its functions, and says in words what is missing.
#include "targets/cuda/runtime/DriverApi.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const libraryName = "libcuda.so.1";

int tenonDriverOpen(DriverApi *api, char *message, size_t messageBytes) {
  memset(api, 0, sizeof *api);
  const char *named = getenv(TENON_CUDA_DRIVER);
  if (named && !*named)
    named = NULL;
  const char *wanted = named ? named : libraryName;
  api->library = dlopen(wanted, RTLD_NOW | RTLD_LOCAL);
  if (!api->library) {
    const char *folders = getenv("LD_LIBRARY_PATH");
    if (named)
      snprintf(message, messageBytes, "the NVIDIA driver's library that %s names cannot be opened: %s",
               TENON_CUDA_DRIVER, dlerror());
    else
      snprintf(message, messageBytes,
               "no NVIDIA driver here: looked for %s in the loader's folders and in LD_LIBRARY_PATH (%s): "
               "%s; install the "
               "driver, or set %s to its library",
               libraryName, folders && *folders ? folders : "not set", dlerror(), TENON_CUDA_DRIVER);
    return -1;
  }
  struct link_map *map = NULL;
  snprintf(api->path, sizeof api->path, "%s",
           dlinfo(api->library, RTLD_DI_LINKMAP, &map) == 0 && map && *map->l_name ? map->l_name : wanted);
  const char *missing = NULL;
#define TENON_DRIVER_FIND(member, symbol, parameters)                                                        \
  *(void **)&api->member = dlsym(api->library, symbol);                                                      \
  if (!api->member && !missing)                                                                              \
    missing = symbol;
  TENON_DRIVER_FUNCTIONS(TENON_DRIVER_FIND)
#undef TENON_DRIVER_FIND
  if (!missing)
    return 0;
  snprintf(message, messageBytes, "%s has no %s: it is no NVIDIA driver, or one that is too old", api->path,
           missing);
  dlclose(api->library);
  api->library = NULL;
  return -1;
}

void tenonDriverText(const DriverApi *api, DriverResult result, char *text, size_t bytes) {
  const char *name = NULL, *words = NULL;
  if (api->errorName(result, &name) != 0 || !name)
    name = "unknown error";
  if (api->errorText(result, &words) != 0 || !words)
    words = "the driver has no words for it";
  snprintf(text, bytes, "%s (%d): %s", name, result, words);
}
