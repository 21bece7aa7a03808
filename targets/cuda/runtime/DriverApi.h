// The part of NVIDIA's driver API that the launcher calls, declared here: the library comes with the driver
// and is opened when a bundle runs, so that neither building nor installing needs CUDA.
#ifndef TENON_CUDA_DRIVER_API_H
#define TENON_CUDA_DRIVER_API_H

#include <stddef.h>
#include <stdint.h>

typedef int DriverResult; // 0: done
typedef int DriverDevice;
typedef uint64_t DriverAddress;
typedef struct DriverContext DriverContext;
typedef struct DriverModule DriverModule;
typedef struct DriverFunction DriverFunction;

// NOLINTBEGIN(readability-identifier-naming): C has one name space for all constants
enum {
  DRIVER_OUT_OF_MEMORY = 2,
  DRIVER_NO_DEVICE = 100,
  DRIVER_INVALID_MODULE = 200,
  DRIVER_NO_CODE_FOR_DEVICE = 209,
  DRIVER_INVALID_TEXT = 218,
  DRIVER_UNSUPPORTED_TEXT_VERSION = 222,
  DRIVER_NOT_FOUND = 500,
};

enum { DRIVER_ATTRIBUTE_MAJOR = 75, DRIVER_ATTRIBUTE_MINOR = 76 };
enum { DRIVER_FUNCTION_MOST_DYNAMIC_SHARED = 8 };
enum { DRIVER_JIT_ERROR_LOG = 5, DRIVER_JIT_ERROR_LOG_BYTES = 6 };
// NOLINTEND(readability-identifier-naming)

// Function, its symbol, its parameters. Symbols that end in _v2 are those that the driver's own header maps
// the plain names to.
#define TENON_DRIVER_FUNCTIONS(X)                                                                            \
  X(init, "cuInit", (unsigned flags))                                                                        \
  X(version, "cuDriverGetVersion", (int *version))                                                           \
  X(deviceCount, "cuDeviceGetCount", (int *count))                                                           \
  X(device, "cuDeviceGet", (DriverDevice * device, int number))                                              \
  X(deviceName, "cuDeviceGetName", (char *name, int bytes, DriverDevice device))                             \
  X(attribute, "cuDeviceGetAttribute", (int *value, int attribute, DriverDevice device))                     \
  X(retain, "cuDevicePrimaryCtxRetain", (DriverContext * *context, DriverDevice device))                     \
  X(release, "cuDevicePrimaryCtxRelease_v2", (DriverDevice device))                                          \
  X(setCurrent, "cuCtxSetCurrent", (DriverContext * context))                                                \
  X(wait, "cuCtxSynchronize", (void))                                                                        \
  X(load, "cuModuleLoadDataEx",                                                                              \
    (DriverModule * *module, const void *text, unsigned count, int *options, void **values))                 \
  X(unload, "cuModuleUnload", (DriverModule * module))                                                       \
  X(function, "cuModuleGetFunction", (DriverFunction * *function, DriverModule * module, const char *name))  \
  X(setFunction, "cuFuncSetAttribute", (DriverFunction * function, int attribute, int value))                \
  X(allocate, "cuMemAlloc_v2", (DriverAddress * address, size_t bytes))                                      \
  X(free, "cuMemFree_v2", (DriverAddress address))                                                           \
  X(copyIn, "cuMemcpyHtoD_v2", (DriverAddress address, const void *data, size_t bytes))                      \
  X(copyOut, "cuMemcpyDtoH_v2", (void *data, DriverAddress address, size_t bytes))                           \
  X(launch, "cuLaunchKernel",                                                                                \
    (DriverFunction * function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,             \
     unsigned blockY, unsigned blockZ, unsigned sharedBytes, void *stream, void **parameters, void **extra)) \
  X(errorName, "cuGetErrorName", (DriverResult result, const char **name))                                   \
  X(errorText, "cuGetErrorString", (DriverResult result, const char **text))

typedef struct DriverApi {
  void *library;
  char path[512]; // of the library, as the loader found it
// NOLINTBEGIN(bugprone-macro-parentheses): a member's name and a list of parameters
#define TENON_DRIVER_MEMBER(member, symbol, parameters) DriverResult(*member) parameters;
  TENON_DRIVER_FUNCTIONS(TENON_DRIVER_MEMBER)
#undef TENON_DRIVER_MEMBER
  // NOLINTEND(bugprone-macro-parentheses)
} DriverApi;

// The variable that names another file than the loader would find.
#define TENON_CUDA_DRIVER "TENON_CUDA_DRIVER"

// Opens libcuda.so.1. Gives 0, or -1 and a sentence on what was looked for and where.
int tenonDriverOpen(DriverApi *api, char *message, size_t messageBytes);

// "CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected".
void tenonDriverText(const DriverApi *api, DriverResult result, char *text, size_t bytes);

#endif
