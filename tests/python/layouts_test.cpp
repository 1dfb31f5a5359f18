#include <gtest/gtest.h>

#include "osprey/python/layout.h"

namespace osprey {
namespace {

TEST(Layouts, KnowsWhatItSays) {
  for (const int minor : {8, 9, 10, 11, 12, 13, 14, 15}) {
    EXPECT_NE(FindLayout({3, minor, 0}), nullptr) << minor;
  }
  for (const Version v :
       {Version{3, 7, 0}, Version{3, 16, 0}, Version{2, 8, 0}, Version{4, 8, 0}}) {
    EXPECT_EQ(FindLayout(v), nullptr) << v.ToString();
  }
}

TEST(Layouts, GilIsInOnePlace) {
  for (const int minor : {8, 9, 10, 11, 12, 13, 14, 15}) {
    const Layout& l = *FindLayout({3, minor, 0});
    EXPECT_NE(l.interpreter_state.ceval_gil == kAbsent, l.gil.locked == kAbsent ? false : true);
    EXPECT_EQ(l.interpreter_state.ceval_gil == kAbsent, l.runtime_state.gil_locked != kAbsent);
  }
}

}  // namespace
}  // namespace osprey
