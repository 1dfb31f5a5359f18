#include "osprey/tui/top_screen.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <string>

#include "tui/slices.h"

namespace osprey {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::uint8_t kRuns = kOnCpu | kHoldsGil;

class TopScreen : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
    facts_.command = "python3 app.py";
    facts_.pid = 42;
    facts_.charset = Charset::kUtf8;
  }
  void TearDown() override { std::setlocale(LC_CTYPE, "C"); }

  void Fill() {
    const StackId handle =
        maker_.Stack({maker_.Root("thread (0x1): Main", FrameKind::kThread, 1),
                      maker_.Function("main", 10), maker_.Function("handle", 20)});
    const StackId wide = maker_.Stack({maker_.Root("thread (0x1): Main", FrameKind::kThread, 1),
                                       maker_.Function("\u6570\u3048\u308B", 30)});
    Slice slice = maker_.Make(1000, {{handle, kRuns, 600}, {wide, kRuns, 100}});
    slice.figures.python_version = "3.12.1";
    slice.missed = 5;
    model_.Take(slice);
    for (int i = 0; i < 5; ++i) {
      ProcessMetrics metrics;
      metrics.user_s = i * 0.4;
      metrics.system_s = i * 0.1;
      metrics.resident_bytes = (std::uint64_t{100} << 20) + (static_cast<std::uint64_t>(i) << 23);
      metrics.minor_faults = 10 * static_cast<std::uint64_t>(i);
      metrics.major_faults = 0;
      metrics.read_bytes = 500'000 * static_cast<std::uint64_t>(i);
      metrics.written_bytes = 0;
      model_.usage().Add(TimePoint() + std::chrono::milliseconds(500 * i + 1), {{42, metrics}});
    }
    model_.Refresh();
  }
  std::string Text(int columns, int rows) {
    screen_ = ComposeScreen(model_, facts_, state_, {columns, rows});
    std::string text;
    for (const StyledLine& line : screen_.lines) text += line.Text() + "\n";
    return text;
  }

  SliceMaker maker_;
  TopModel model_{{}};
  TopFacts facts_;
  ScreenState state_;
  Screen screen_;
};

TEST_F(TopScreen, HasTheFiguresAndTheTable) {
  Fill();
  const std::string text = Text(100, 30);
  for (const char* part :
       {"python3 app.py", "pid 42", "Python 3.12.1", "0:01", "CPU 100% (user 80, system 20)",
        "GIL held 70%", "threads 0.7 runnable of 0.7", "1000 Hz missed 5 ticks", "RSS 132 MiB ",
        "page faults 20/s", "read 1.0 MB/s written 0 B/s", "% of the last 1.0 s",
        "100% = one thread", "runnable", "by line", "%Self\u25BC", "? help"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, HasSubstr("   60.0    60.0    0.60s    0.60s   handle (/srv/app.py:20)\n"));
  EXPECT_THAT(text, HasSubstr("    0.0    60.0    0.00s    0.60s   main (/srv/app.py:10)\n"));
}

// Threads that have ended since count as long as they lived.
TEST_F(TopScreen, NoMoreThreadsAreRunnableThanThereAre) {
  const StackId f = maker_.Calls({"f"});
  model_.Take(maker_.Make(500, {{f, kRuns, 1000}}));
  model_.Take(maker_.Make(500, {{f, kRuns, 400}, {f, 0, 100}}));
  model_.Refresh();
  EXPECT_THAT(Text(100, 30), HasSubstr("threads 1.4 runnable of 1.5"));
}

TEST_F(TopScreen, TasksThatWaitCountAsThreads) {
  const StackId f = maker_.Calls({"f"});
  model_.Take(maker_.Make(100, {{f, kRuns, 60}}));
  facts_.has_waiting_tasks = true;
  model_.Refresh();
  EXPECT_THAT(Text(120, 30), HasSubstr(", 100% = one thread or waiting task, "));
}

TEST_F(TopScreen, WhatIsNotKnownIsLeftOut) {
  const StackId f = maker_.Calls({"f"});
  model_.Take(maker_.Make(100, {{f, kRuns, 60}}));
  ProcessMetrics metrics;
  metrics.resident_bytes = 1 << 20;
  model_.usage().Add(TimePoint() + std::chrono::seconds(1), {{42, metrics}});
  model_.usage().Add(TimePoint() + std::chrono::seconds(2), {{42, metrics}});
  model_.Refresh();
  const std::string text = Text(200, 30);
  EXPECT_THAT(text, HasSubstr("RSS 1.0 MiB"));
  for (const char* part : {"CPU ", "faults", "B/s", "written", "missed", "Python"}) {
    EXPECT_THAT(text, Not(HasSubstr(part)));
  }
}

TEST_F(TopScreen, ABuildWithoutAGilHasNoHolder) {
  const StackId f = maker_.Calls({"f"});
  Slice slice = maker_.Make(100, {{f, kRuns, 250}});
  slice.figures.python_version = "3.14.0t";
  model_.Take(slice);
  EXPECT_THAT(Text(100, 30), HasSubstr("in Python code 250%"));
}

// Every size: as many lines as there are rows, none wider than the screen.
TEST_F(TopScreen, FitsEverySize) {
  Fill();
  for (const TopPage page : {TopPage::kTable, TopPage::kRelatives, TopPage::kTree}) {
    if (page == TopPage::kRelatives) model_.Enter();
    if (page == TopPage::kTree) model_.ShowTree(true);
    for (const bool by_thread : {false, true}) {
      if (model_.style().per_thread != by_thread) model_.ToggleThreads();
      model_.Refresh();
      for (const bool is_help : {false, true}) {
        state_.is_help = is_help;
        for (const int columns : {1, 2, 7, 20, 40, 41, 63, 64, 80, 132, 400, 700}) {
          for (const int rows : {1, 2, 3, 6, 10, 24, 100}) {
            const Screen screen = ComposeScreen(model_, facts_, state_, {columns, rows});
            ASSERT_EQ(screen.lines.size(), static_cast<std::size_t>(rows));
            for (const StyledLine& line : screen.lines) {
              ASSERT_LE(line.Width(), columns) << line.Text() << " in " << columns << "x" << rows;
            }
          }
        }
      }
    }
  }
}

TEST_F(TopScreen, TheSmallestScreenShowsTheTable) {
  Fill();
  const std::string text = Text(40, 10);
  EXPECT_THAT(text, HasSubstr("pid 42"));
  EXPECT_THAT(text, HasSubstr("CPU 100%   GIL held 70%"));
  EXPECT_THAT(text, HasSubstr("% of the last 1.0 s, 100% = one thread"));
  EXPECT_THAT(text, HasSubstr("   60.0    60.0   handle (\u2026rv/app.py:20)"));
  // Sorted by time, it shows the times.
  model_.SortBy(SortColumn::kTotal);
  EXPECT_THAT(Text(40, 10), HasSubstr("   0.60s    0.60s   handle"));
}

// What was chosen is to be seen, however little room there is.
TEST_F(TopScreen, TheStateIsSeenOnEveryScreen) {
  Fill();
  ASSERT_TRUE(model_.Filter("handle|main"));
  model_.Show(ShownSamples::kGil);
  model_.ToggleThreads();
  model_.Refresh();
  EXPECT_THAT(
      Text(200, 10),
      HasSubstr(" % of the last 1.0 s, 100% = one thread, filter /handle|main/, GIL only, by "
                "line, by thread, times of 0:01 since the start\n"));
  EXPECT_THAT(Text(60, 10), HasSubstr(" % of 1.0 s, filter /handle|main/, GIL only, by thread\n"));
  EXPECT_THAT(Text(40, 10), HasSubstr(" % of 1.0 s, /handle|main/, GIL, threads\n"));
  EXPECT_THAT(Text(30, 10), HasSubstr(" /handle|ma\u2026/, GIL, threads\n"));
  ASSERT_TRUE(model_.Filter(std::string(150, 'x')));
  model_.TogglePause();
  EXPECT_THAT(Text(60, 10), HasSubstr("xxx\u2026/"));
  EXPECT_THAT(Text(40, 10), HasSubstr(" PAUSED, /xxxx"));
}

TEST_F(TopScreen, TheScriptIsWorthMoreThanTheInterpreter) {
  Fill();
  facts_.command = "/usr/local/bin/python3.12 -X dev /srv/some/where/app.py --port 80";
  EXPECT_THAT(Text(200, 10), StartsWith(" " + facts_.command + "  "));
  EXPECT_THAT(Text(70, 10), StartsWith(" app.py --port 80  "));
  EXPECT_THAT(Text(40, 10), StartsWith(" app.py --port 80  "));
  facts_.command = "/usr/local/bin/python3.12 -m http.server --directory /srv/some/where";
  EXPECT_THAT(Text(40, 10), StartsWith(" http.server --dire"));
  facts_.command = "/opt/a/very/long/path/to/some/program with arguments";
  EXPECT_THAT(Text(40, 10), StartsWith(" program with"));
}

TEST_F(TopScreen, HostileNamesAreHarmless) {
  facts_.command = "python3 -c \x1b]0;owned\x07";
  const StackId evil = maker_.Stack({maker_.Function("f\x1b[2J\r\n", 1, "/x\x1b[31m.py")});
  model_.Take(maker_.Make(100, {{evil, kRuns, 60}}));
  model_.Refresh();
  for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
    facts_.charset = charset;
    const std::string text = Text(100, 30);
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\r'), std::string::npos);
    EXPECT_EQ(text.find('\x07'), std::string::npos);
    EXPECT_THAT(text, HasSubstr(charset == Charset::kAscii ? "f?[2J??" : "f\uFFFD[2J\uFFFD\uFFFD"));
  }
}

TEST_F(TopScreen, PlainAsciiWhereTheLocaleHasNoMore) {
  Fill();
  facts_.charset = Charset::kAscii;
  model_.ShowTree(true);
  model_.Refresh();
  for (const char c : Text(100, 30)) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  EXPECT_THAT(Text(100, 30), HasSubstr("%Totalv"));
}

TEST_F(TopScreen, ScrollsToWhatIsSelected) {
  std::vector<StackCount> counts;
  for (int i = 0; i < 200; ++i) {
    counts.push_back(
        {maker_.Calls({fmt::format("f{}", i)}), kRuns, static_cast<std::uint64_t>(1000 - i)});
  }
  model_.Take(maker_.Make(1000, counts));
  model_.Refresh();
  Text(100, 20);
  EXPECT_EQ(state_.first_line, 0U);
  model_.SelectLast();
  EXPECT_THAT(Text(100, 20), HasSubstr("f199 "));
  EXPECT_EQ(state_.first_line, 200U - static_cast<std::size_t>(screen_.body_rows));
  model_.MoveSelection(-3);
  const std::size_t before = state_.first_line;
  Text(100, 20);
  EXPECT_EQ(state_.first_line, before);
  model_.SelectFirst();
  Text(100, 20);
  EXPECT_EQ(state_.first_line, 0U);
}

TEST_F(TopScreen, SaysWhyThereIsNothing) {
  EXPECT_THAT(Text(100, 20), HasSubstr("waiting for Python (s: in its subprocesses, too)\n"));
  facts_.subprocesses = true;
  EXPECT_THAT(Text(100, 20), HasSubstr("waiting for Python\n"));
  const StackId f = maker_.Calls({"f"});
  model_.Take(maker_.Make(100, {{f, 0, 60}}));
  model_.Refresh();
  EXPECT_THAT(Text(100, 20), HasSubstr("no thread was runnable yet"));
  model_.Show(ShownSamples::kAll);
  ASSERT_TRUE(model_.Filter("zzz"));
  model_.Refresh();
  EXPECT_THAT(Text(100, 20), HasSubstr("nothing matches the filter"));
}

TEST_F(TopScreen, SaysThatItIsNoPythonAnyMore) {
  Fill();
  Slice wait;
  wait.seconds = 1;
  wait.waited_seconds = 1;
  wait.is_waiting = true;
  wait.figures.python_version = "3.12.1";
  model_.Take(wait);
  model_.Refresh();
  for (const int columns : {40, 100}) {
    const std::string text = Text(columns, 10);
    EXPECT_THAT(text, HasSubstr("no Python program now: waiting"));
    EXPECT_THAT(text, HasSubstr("0:02"));
    for (const char* part : {"GIL", "threads", "3.12.1", "Hz"}) {
      EXPECT_THAT(text, Not(HasSubstr(part)));
    }
  }
  facts_.is_over = true;
  EXPECT_THAT(Text(100, 10), HasSubstr("no Python program any more"));
  facts_.is_over = false;
  model_.Reset();
  model_.Refresh();
  EXPECT_THAT(Text(100, 10), HasSubstr("waiting for Python"));
}

TEST_F(TopScreen, AResetIsNoWaiting) {
  Fill();
  model_.Reset();
  model_.Refresh();
  EXPECT_THAT(Text(100, 20), HasSubstr("nothing seen yet"));
  EXPECT_THAT(Text(100, 20), Not(HasSubstr("missed")));
}

TEST_F(TopScreen, TheFooterSaysHowAPauseEnds) {
  Fill();
  EXPECT_THAT(Text(100, 20), HasSubstr(" p pause "));
  model_.TogglePause();
  EXPECT_THAT(Text(100, 20), HasSubstr(" p go on "));
  for (const bool is_tree : {true, false}) {
    if (is_tree)
      model_.ShowTree(true);
    else
      model_.Enter();
    model_.Refresh();
    EXPECT_THAT(Text(100, 20), HasSubstr(" p go on "));
    model_.Back();
    model_.Refresh();
  }
}

TEST_F(TopScreen, TheLastRowIsForMessagesAndForTyping) {
  Fill();
  state_.message = "wrote app-20260101-120000.svg";
  EXPECT_THAT(Text(100, 20), ::testing::EndsWith(" wrote app-20260101-120000.svg\n"));
  state_.prompt = "ab";
  state_.prompt_at = 2;
  EXPECT_THAT(Text(100, 20), ::testing::EndsWith(" Filter: ab\n"));
  EXPECT_EQ(screen_.cursor, 11);
  state_.prompt_at = 1;
  EXPECT_THAT(Text(100, 20), ::testing::EndsWith(" Filter: ab\n"));
  EXPECT_EQ(screen_.cursor, 10);
}

TEST_F(TopScreen, HelpNamesTheKeys) {
  state_.is_help = true;
  const std::string text = Text(100, 50);
  for (const char* part :
       {"1 2 3 4", "< >", " L ", " t ", " s ", " i ", " g ", " n ", " / ", "Enter", " c ", " w ",
        "p Space", " R ", "Esc", "? q", "runs on a CPU or waits for a free one"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_EQ(screen_.columns_row, -1);
}

TEST_F(TopScreen, PlainTablesHaveNoBlanksAtTheirEnds) {
  Fill();
  const auto lines = ComposePlain(model_, facts_, 400, 1);
  EXPECT_THAT(lines.front(), StartsWith(" python3 app.py  pid 42  Python 3.12.1  0:01"));
  EXPECT_THAT(lines.back(), HasSubstr("handle (/srv/app.py:20)"));
  for (const std::string& line : lines) EXPECT_NE(line.back(), ' ');
}

}  // namespace
}  // namespace osprey
