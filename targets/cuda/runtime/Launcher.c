// The launcher of NVIDIA GPUs: modules of PTX, memory, and launches through the driver.
#include "core/runtime/native/tenon_launcher.h"
#include "targets/cuda/runtime/DriverApi.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// NOLINTNEXTLINE(readability-identifier-naming): C has one name space for all constants
enum { MOST_MODULES = 16, LOG_BYTES = 8192, MESSAGE_BYTES = LOG_BYTES + 1024 };

struct TenonLauncher {
  DriverApi api;
  DriverDevice device;
  DriverContext *context;
  int major, minor;
  char name[256];
  DriverModule *modules[MOST_MODULES];
  int moduleCount;
  char message[MESSAGE_BYTES];
};

static char openMessage[MESSAGE_BYTES] = "nothing has failed";

static int32_t fail(TenonLauncher *launcher, TenonLauncherStatus status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(launcher->message, sizeof launcher->message, format, arguments);
  va_end(arguments);
  return (int32_t)status;
}

// A driver's error as a status: `what` was being done.
static int32_t refused(TenonLauncher *launcher, DriverResult result, const char *what) {
  TenonLauncherStatus status = TENON_LAUNCHER_FAILED;
  switch (result) {
  case DRIVER_OUT_OF_MEMORY:
    status = TENON_LAUNCHER_OUT_OF_MEMORY;
    break;
  case DRIVER_NO_DEVICE:
  case DRIVER_NO_CODE_FOR_DEVICE:
  case DRIVER_UNSUPPORTED_TEXT_VERSION:
    status = TENON_LAUNCHER_UNSUPPORTED;
    break;
  case DRIVER_INVALID_MODULE:
  case DRIVER_INVALID_TEXT:
    status = TENON_LAUNCHER_WRONG_INPUT;
    break;
  default:
    break;
  }
  char text[512];
  tenonDriverText(&launcher->api, result, text, sizeof text);
  return fail(launcher, status, "%s: %s", what, text);
}

// The context belongs to a thread, and calls may come from any.
static DriverApi *driverOf(TenonLauncher *launcher) {
  launcher->api.setCurrent(launcher->context); // a context that is broken makes the next call fail
  return &launcher->api;
}

static int32_t readOptions(TenonLauncher *launcher, const TenonLauncherOpenOptions *options, int *number) {
  if (options->version != TENON_LAUNCHER_VERSION || options->size < sizeof *options)
    return fail(launcher, TENON_LAUNCHER_WRONG_USE,
                "the options have version %u and %u bytes, this launcher's %u and %zu", options->version,
                options->size, TENON_LAUNCHER_VERSION, sizeof *options);
  for (uint64_t i = 0; i < options->optionCount; ++i) {
    const TenonLauncherSetting *setting = &options->options[i];
    char *end = NULL;
    long value = strtol(setting->value, &end, 10);
    if (strcmp(setting->name, "device") != 0)
      return fail(launcher, TENON_LAUNCHER_WRONG_USE, "no option is called '%s'; there is device",
                  setting->name);
    if (end == setting->value || *end || value < 0 || value > INT_MAX)
      return fail(launcher, TENON_LAUNCHER_WRONG_USE, "device is '%s', a number from 0 is needed",
                  setting->value);
    *number = (int)value;
  }
  return TENON_LAUNCHER_DONE;
}

static int32_t openDevice(TenonLauncher *launcher, int number) {
  DriverApi *api = &launcher->api;
  char message[768];
  if (tenonDriverOpen(api, message, sizeof message) != 0)
    return fail(launcher, TENON_LAUNCHER_UNSUPPORTED, "%s", message);
  snprintf(message, sizeof message, "%s is there, and finds no NVIDIA GPU that it can use", api->path);
  int count = 0;
  DriverResult result = api->init(0);
  if (result == 0)
    result = api->deviceCount(&count);
  if (result == 0 && count == 0)
    result = DRIVER_NO_DEVICE;
  if (result != 0) {
    int32_t status = refused(launcher, result, message);
    return status == TENON_LAUNCHER_FAILED ? TENON_LAUNCHER_UNSUPPORTED : status;
  }
  if (number >= count)
    return fail(launcher, TENON_LAUNCHER_UNSUPPORTED, "device %d is asked for, %s finds %d, numbered from 0",
                number, api->path, count);
  snprintf(message, sizeof message, "GPU %d cannot be opened", number);
  result = api->device(&launcher->device, number);
  if (result == 0)
    result = api->deviceName(launcher->name, sizeof launcher->name, launcher->device);
  if (result == 0)
    result = api->attribute(&launcher->major, DRIVER_ATTRIBUTE_MAJOR, launcher->device);
  if (result == 0)
    result = api->attribute(&launcher->minor, DRIVER_ATTRIBUTE_MINOR, launcher->device);
  if (result == 0)
    result = api->retain(&launcher->context, launcher->device);
  if (result == 0)
    result = api->setCurrent(launcher->context);
  return result == 0 ? TENON_LAUNCHER_DONE : refused(launcher, result, message);
}

static void closeLauncher(TenonLauncher *launcher) {
  if (!launcher)
    return;
  DriverApi *api = &launcher->api;
  if (launcher->context) {
    api->setCurrent(launcher->context);
    for (int i = 0; i < launcher->moduleCount; ++i)
      api->unload(launcher->modules[i]);
    api->release(launcher->device);
  }
  free(launcher); // the driver's library stays: it has threads of its own
}

static int32_t openLauncher(const TenonLauncherOpenOptions *options, TenonLauncher **opened) {
  *opened = NULL;
  TenonLauncher *launcher = calloc(1, sizeof *launcher);
  if (!launcher) {
    snprintf(openMessage, sizeof openMessage, "no memory for a launcher");
    return TENON_LAUNCHER_OUT_OF_MEMORY;
  }
  int number = 0;
  int32_t status = readOptions(launcher, options, &number);
  if (status == TENON_LAUNCHER_DONE)
    status = openDevice(launcher, number);
  if (status == TENON_LAUNCHER_DONE) {
    *opened = launcher;
    return status;
  }
  memcpy(openMessage, launcher->message, sizeof openMessage);
  closeLauncher(launcher);
  return status;
}

static const char *deviceName(const TenonLauncher *launcher) { return launcher->name; }

// Whether code for a level of the architecture ("sm_80", "sm_90a") runs here.
static int32_t checkLevel(TenonLauncher *launcher, const TenonLauncherModule *module) {
  if (strncmp(module->triple, "nvptx64", 7) != 0)
    return fail(launcher, TENON_LAUNCHER_WRONG_INPUT, "the module is for %s, this launcher takes nvptx64",
                module->triple);
  int level = 0, read = 0;
  if (sscanf(module->processor, "sm_%d%n", &level, &read) != 1)
    return TENON_LAUNCHER_DONE; // the driver will say
  int here = launcher->major * 10 + launcher->minor;
  int isOnlyForIt = module->processor[read] == 'a';
  if (isOnlyForIt ? here == level : here >= level)
    return TENON_LAUNCHER_DONE;
  return fail(launcher, TENON_LAUNCHER_UNSUPPORTED, "the module is for %s, and %s is sm_%d",
              module->processor, launcher->name, here);
}

static int32_t loadModule(TenonLauncher *launcher, const TenonLauncherModule *module) {
  if (module->version != TENON_LAUNCHER_VERSION || module->size < sizeof *module)
    return fail(launcher, TENON_LAUNCHER_WRONG_USE,
                "the module has version %u and %u bytes, this launcher's %u and %zu", module->version,
                module->size, TENON_LAUNCHER_VERSION, sizeof *module);
  if (launcher->moduleCount == MOST_MODULES)
    return fail(launcher, TENON_LAUNCHER_WRONG_USE, "%d modules are loaded, more are not taken",
                MOST_MODULES);
  int32_t status = checkLevel(launcher, module);
  if (status != TENON_LAUNCHER_DONE)
    return status;
  char *log = calloc(1, LOG_BYTES);
  if (!log)
    return fail(launcher, TENON_LAUNCHER_OUT_OF_MEMORY, "no memory for the driver's words");
  int options[] = {DRIVER_JIT_ERROR_LOG, DRIVER_JIT_ERROR_LOG_BYTES};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the driver takes a number there
  void *values[] = {log, (void *)(uintptr_t)LOG_BYTES};
  DriverModule **place = &launcher->modules[launcher->moduleCount];
  DriverResult result = driverOf(launcher)->load(place, module->text, 2, options, values);
  if (result == 0) {
    ++launcher->moduleCount;
  } else {
    status = refused(launcher, result, "the driver refuses the module");
    size_t used = strlen(launcher->message);
    log[LOG_BYTES - 1] = 0;
    if (*log)
      snprintf(launcher->message + used, sizeof launcher->message - used, "; it says: %s", log);
  }
  free(log);
  return status;
}

static int32_t allocate(TenonLauncher *launcher, uint64_t bytes, uint64_t *address) {
  DriverResult result = driverOf(launcher)->allocate(address, bytes ? bytes : 1);
  char what[96];
  snprintf(what, sizeof what, "%llu bytes of the GPU's memory are not to be had", (unsigned long long)bytes);
  return result ? refused(launcher, result, what) : TENON_LAUNCHER_DONE;
}

static int32_t freeMemory(TenonLauncher *launcher, uint64_t address) {
  DriverResult result = driverOf(launcher)->free(address);
  return result ? refused(launcher, result, "memory cannot be given back") : TENON_LAUNCHER_DONE;
}

static int32_t copyIn(TenonLauncher *launcher, uint64_t address, const void *data, uint64_t bytes) {
  DriverResult result = bytes ? driverOf(launcher)->copyIn(address, data, bytes) : 0;
  return result ? refused(launcher, result, "a copy to the GPU failed") : TENON_LAUNCHER_DONE;
}

static int32_t copyOut(TenonLauncher *launcher, uint64_t address, void *data, uint64_t bytes) {
  DriverResult result = bytes ? driverOf(launcher)->copyOut(data, address, bytes) : 0;
  return result ? refused(launcher, result, "a copy from the GPU failed") : TENON_LAUNCHER_DONE;
}

static int32_t findKernel(TenonLauncher *launcher, const char *name, DriverFunction **function) {
  DriverResult result = DRIVER_NOT_FOUND;
  for (int i = launcher->moduleCount; i-- > 0 && result == DRIVER_NOT_FOUND;)
    result = driverOf(launcher)->function(function, launcher->modules[i], name);
  if (result == 0)
    return TENON_LAUNCHER_DONE;
  if (result == DRIVER_NOT_FOUND)
    return fail(launcher, TENON_LAUNCHER_WRONG_INPUT,
                "none of the %d modules that are loaded has a kernel %s", launcher->moduleCount, name);
  char what[512];
  snprintf(what, sizeof what, "kernel %.400s cannot be found", name);
  return refused(launcher, result, what);
}

static int32_t launchKernel(TenonLauncher *launcher, const TenonLauncherLaunch *launch) {
  if (launch->version != TENON_LAUNCHER_VERSION || launch->size < sizeof *launch)
    return fail(launcher, TENON_LAUNCHER_WRONG_USE,
                "the launch has version %u and %u bytes, this launcher's %u and %zu", launch->version,
                launch->size, TENON_LAUNCHER_VERSION, sizeof *launch);
  if (launch->blocks < 1 || launch->blocks > INT_MAX || launch->threadsPerBlock < 1 ||
      launch->threadsPerBlock > 1024 || launch->sharedBytes > INT_MAX)
    return fail(launcher, TENON_LAUNCHER_WRONG_USE,
                "kernel %s: %llu blocks of %llu threads; a GPU takes 1 to %d blocks of 1 to 1024",
                launch->kernel, (unsigned long long)launch->blocks,
                (unsigned long long)launch->threadsPerBlock, INT_MAX);
  DriverFunction *function = NULL;
  int32_t status = findKernel(launcher, launch->kernel, &function);
  if (status != TENON_LAUNCHER_DONE)
    return status;
  void **parameters = calloc(launch->pointerCount + 1, sizeof *parameters);
  if (!parameters)
    return fail(launcher, TENON_LAUNCHER_OUT_OF_MEMORY, "no memory for a launch");
  for (uint64_t i = 0; i < launch->pointerCount; ++i)
    parameters[i] = (void *)&launch->pointers[i];
  DriverResult result = 0;
  if (launch->sharedBytes > 0)
    result = driverOf(launcher)->setFunction(function, DRIVER_FUNCTION_MOST_DYNAMIC_SHARED,
                                             (int)launch->sharedBytes);
  if (result == 0)
    result = driverOf(launcher)->launch(function, (unsigned)launch->blocks, 1, 1,
                                        (unsigned)launch->threadsPerBlock, 1, 1,
                                        (unsigned)launch->sharedBytes, NULL, parameters, NULL);
  free(parameters);
  char what[512];
  snprintf(what, sizeof what, "kernel %.200s with %llu blocks of %llu threads", launch->kernel,
           (unsigned long long)launch->blocks, (unsigned long long)launch->threadsPerBlock);
  return result ? refused(launcher, result, what) : TENON_LAUNCHER_DONE;
}

static int32_t waitForAll(TenonLauncher *launcher) {
  DriverResult result = driverOf(launcher)->wait();
  return result ? refused(launcher, result, "what was launched has failed") : TENON_LAUNCHER_DONE;
}

static const char *lastError(const TenonLauncher *launcher) {
  return launcher ? launcher->message : openMessage;
}

static const TenonLauncherInterface table = {sizeof table, TENON_LAUNCHER_VERSION,
                                             openLauncher, closeLauncher,
                                             deviceName,   loadModule,
                                             allocate,     freeMemory,
                                             copyIn,       copyOut,
                                             launchKernel, waitForAll,
                                             lastError};

__attribute__((visibility("default"))) const TenonLauncherInterface *
tenonLauncherInterface(uint32_t callersVersion) {
  (void)callersVersion; // the caller compares it with the table's
  return &table;
}
