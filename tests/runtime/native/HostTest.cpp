// The runtime's own knowledge of this host against LLVM's: two tables that were written apart.
#include "core/runtime/native/tenon_native.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <gtest/gtest.h>

namespace {

TEST(NativeHost, FeaturesAreThoseThatLlvmSees) {
  unsigned known = 0, there = 0;
  for (const auto &feature : llvm::sys::getHostCPUFeatures()) {
    int has = tenonNativeHostHas(feature.getKey().str().c_str());
    if (has < 0)
      continue;
    ++known;
    there += unsigned(has);
    EXPECT_EQ(has, int(feature.getValue())) << feature.getKey().str();
  }
  EXPECT_GT(known, 10u);
  EXPECT_GT(there, 2u);
}

TEST(NativeHost, WhatItCannotTellItSays) { EXPECT_EQ(tenonNativeHostHas("mind-reading"), -1); }

TEST(NativeHost, ArchitectureIsTheTriples) {
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  EXPECT_EQ(tenonNativeHostArchitecture(), host.getArchName().str());
}

TEST(NativeHost, ElementsHaveTheSizesThatTheManifestUses) {
  for (auto [type, bytes] : {std::pair{"i1", 1u},
                             {"i4", 1u},
                             {"u8", 1u},
                             {"i13", 2u},
                             {"f16", 2u},
                             {"bf16", 2u},
                             {"i32", 4u},
                             {"f32", 4u},
                             {"f64", 8u},
                             {"i64", 8u},
                             {"i65", 0u},
                             {"f8", 0u},
                             {"", 0u},
                             {"i", 0u},
                             {"i08", 0u},
                             {"float", 0u}})
    EXPECT_EQ(tenonNativeElementBytes(type), bytes) << type;
}

} // namespace
