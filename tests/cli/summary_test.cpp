#include "cli/summary.h"

#include <gtest/gtest.h>

#include <sstream>

namespace osprey {
namespace {

RunFigures Figures(const char* mode, bool is_supported, bool is_used) {
  RunFigures figures;
  figures.ticks = 10;
  figures.python_version = "3.7.16";
  figures.asyncio.mode = mode;
  figures.asyncio.is_supported = is_supported;
  figures.asyncio.is_used = is_used;
  figures.asyncio.running_samples = 5;
  figures.asyncio.waiting_samples = 70;
  return figures;
}

TEST(SummaryTest, SaysWhatBecameOfAsync) {
  EXPECT_EQ(SummaryText(Figures("", true, true)).find("asyncio"), std::string::npos);
  EXPECT_NE(SummaryText(Figures("all", true, true))
                .find("\nasyncio: 5 samples of running tasks, 70 of waiting ones\n"),
            std::string::npos);
  EXPECT_NE(SummaryText(Figures("all", true, false))
                .find("\nasyncio: --async all had no effect: the program does not use asyncio\n"),
            std::string::npos);
  EXPECT_NE(SummaryText(Figures("running", false, false))
                .find("\nasyncio: --async running had no effect: where Python 3.7.16 keeps its "
                      "tasks is not known to Osprey\n"),
            std::string::npos);
}

TEST(SummaryTest, SaysTheShareOfACpuOnlyWhereSomethingWasSampled) {
  RunFigures figures;
  figures.profiler_cpu_s = 0.5;
  EXPECT_NE(SummaryText(figures).find("; Osprey took 0.50 s of a CPU and 0.0 MiB"),
            std::string::npos);
  figures.duration_s = 5;
  EXPECT_NE(SummaryText(figures).find("; Osprey took 0.50 s of a CPU (10.0 %) and 0.0 MiB"),
            std::string::npos);
}

TEST(SummaryTest, TheStatsHaveItOnlyWhenItWasAskedFor) {
  std::ostringstream without;
  ASSERT_TRUE(WriteStats(Figures("", true, true), without));
  EXPECT_EQ(without.str().find("asyncio"), std::string::npos);
  std::ostringstream with;
  ASSERT_TRUE(WriteStats(Figures("all", true, true), with));
  EXPECT_NE(with.str().find("\"waiting_samples\": 70"), std::string::npos);
}

}  // namespace
}  // namespace osprey
