// Tensors in files: .npy (numpy's NEP 1) and .bin (raw, little-endian, C order).
#ifndef TENON_RUN_ARRAYS_H
#define TENON_RUN_ARRAYS_H

#include "core/runtime/native/tenon_native.h"

#include <stdbool.h>

/* Reads a tensor's bytes; type, shape and size must be the tensor's own. */
TenonNativeStatus readArray(const char *path, const TenonNativeTensor *tensor, void *data,
                            TenonNativeFailure *failure);

/* Writes .npy, or raw numbers where the path ends in .bin. Aside first, then renamed. */
TenonNativeStatus writeArray(const char *path, const TenonNativeTensor *tensor, const void *data,
                             TenonNativeFailure *failure);

/* The same for any text. */
TenonNativeStatus writeWhole(const char *path, const void *first, size_t firstBytes, const void *second,
                             size_t secondBytes, TenonNativeFailure *failure);

bool endsWith(const char *text, const char *end);

/* Fills a failure; gives its status. */
TenonNativeStatus failed(TenonNativeFailure *failure, TenonNativeStatus status, const char *file,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
