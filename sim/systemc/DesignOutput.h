// What the design says and how it stops: an assertion that fails ends a run with a report, not the process.
// This is read before Verilator's own library (Verilate.cmake), which leaves both to the user.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif
int tenonDesignPrint(const char *format, ...);
#ifdef __cplusplus
}
#endif

#define VL_PRINTF tenonDesignPrint /* NOLINT: Verilator's name */
#define VL_USER_STOP               /* NOLINT */
