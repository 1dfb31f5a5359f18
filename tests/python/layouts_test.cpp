#include <gtest/gtest.h>

#include "osprey/python/layout.h"

namespace osprey {
namespace {

TEST(Layouts, KnowsWhatItSays) {
  EXPECT_NE(FindLayout({2, 7, 0}), nullptr);
  for (int minor = 6; minor <= 15; ++minor) {
    EXPECT_NE(FindLayout({3, minor, 0}), nullptr) << minor;
  }
  for (const Version v : {Version{3, 5, 0}, Version{2, 6, 0}, Version{3, 16, 0}, Version{2, 8, 0},
                          Version{4, 8, 0}}) {
    EXPECT_EQ(FindLayout(v), nullptr) << v.ToString();
  }
}

TEST(Layouts, GilIsInOnePlace) {
  // Until 3.6 in none: it is a variable of its own.
  for (int minor = 7; minor <= 15; ++minor) {
    const Layout& l = *FindLayout({3, minor, 0});
    EXPECT_NE(l.interpreter_state.ceval_gil == kAbsent, l.gil.locked == kAbsent ? false : true);
    EXPECT_EQ(l.interpreter_state.ceval_gil == kAbsent, l.runtime_state.gil_locked != kAbsent);
  }
}

}  // namespace
}  // namespace osprey
