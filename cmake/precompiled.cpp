// Holds the precompiled header of cmake/precompiled.h; no code.
