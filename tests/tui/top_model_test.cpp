#include "osprey/tui/top_model.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tui/slices.h"

namespace osprey {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint8_t kRuns = kOnCpu | kHoldsGil;

TEST(TopModel, CountsSelfAndTotal) {
  SliceMaker maker;
  TopModel model({});
  const StackId g = maker.Calls({"main", "f", "g"});
  const StackId f = maker.Calls({"main", "f"});
  model.Take(maker.Make(100, {{g, kRuns, 60}, {f, kRuns, 30}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("g 60 60", "f 30 90", "main 0 90"));
  EXPECT_DOUBLE_EQ(model.Percent(60), 60);
  EXPECT_DOUBLE_EQ(model.SecondsOf(60), 0.06);
}

TEST(TopModel, CountsARecursiveFunctionOnceForEachSample) {
  SliceMaker maker;
  TopModel model({});
  const StackId deep = maker.Calls({"f", "g", "f", "f"});
  model.Take(maker.Make(10, {{deep, kRuns, 10}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("f 10 10", "g 0 10"));
}

TEST(TopModel, TheWindowForgetsAndTheStartDoesNot) {
  SliceMaker maker;
  TopOptions options;
  options.window_seconds = 2;
  TopModel model(options);
  const StackId old_stack = maker.Calls({"old"});
  const StackId new_stack = maker.Calls({"new"});
  model.Take(maker.Make(1000, {{old_stack, kRuns, 1000}}));
  for (int i = 0; i < 3; ++i) model.Take(maker.Make(1000, {{new_stack, kRuns, 500}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("new 1000 1000", "old 0 0"));
  EXPECT_DOUBLE_EQ(model.scope().seconds, 2);
  EXPECT_DOUBLE_EQ(model.Percent(1000), 50);
  EXPECT_DOUBLE_EQ(model.SecondsOf(1500), 1.5);
  model.ToggleScope();
  EXPECT_THAT(LinesOf(model), ElementsAre("new 1500 1500", "old 1000 1000"));
  EXPECT_DOUBLE_EQ(model.scope().seconds, 4);
}

// The program has executed something that is no Python.
TEST(TopModel, SharesFallAndTimesStandWhileThereIsNoProgram) {
  SliceMaker maker;
  TopOptions options;
  options.window_seconds = 2;
  TopModel model(options);
  model.Take(maker.Make(1000, {{maker.Calls({"f"}), kRuns, 1000}}));
  Slice wait;
  wait.seconds = 1;
  wait.waited_seconds = 1;
  wait.is_waiting = true;
  model.Take(wait);
  EXPECT_TRUE(model.is_waiting());
  EXPECT_DOUBLE_EQ(model.Percent(1000), 50);
  EXPECT_DOUBLE_EQ(model.SecondsOf(1000), 1);
  EXPECT_DOUBLE_EQ(model.watched_seconds(), 2);
  model.Take(wait);
  EXPECT_THAT(LinesOf(model), ElementsAre("f 0 0"));
  EXPECT_DOUBLE_EQ(model.Percent(1000), 0);
  EXPECT_DOUBLE_EQ(model.SecondsOf(1000), 1);
  model.ToggleScope();
  EXPECT_NEAR(model.Percent(1000), 100.0 / 3, 1e-9);
}

TEST(TopModel, ASliceLongerThanTheWindowIsTheWindow) {
  SliceMaker maker;
  TopOptions options;
  options.window_seconds = 0.1;
  TopModel model(options);
  const StackId f = maker.Calls({"f"});
  model.Take(maker.Make(1000, {{f, kRuns, 100}}));
  model.Take(maker.Make(1000, {{f, kRuns, 300}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("f 300 300"));
}

TEST(TopModel, SamplesCanBeChosenAfterwards) {
  SliceMaker maker;
  TopModel model({});
  const StackId runs = maker.Calls({"runs"});
  const StackId holds = maker.Calls({"holds"});
  const StackId waits = maker.Calls({"waits"});
  const StackId task = maker.Calls({"task"});
  model.Take(maker.Make(100, {{runs, kOnCpu, 50}, {holds, kHoldsGil, 20}, {waits, 0, 90}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("runs 50 50"));
  model.Show(ShownSamples::kAll);
  EXPECT_THAT(LinesOf(model), ElementsAre("waits 90 90", "runs 50 50", "holds 20 20"));
  model.Show(ShownSamples::kGil);
  EXPECT_THAT(LinesOf(model), ElementsAre("holds 20 20"));
  model.Take(maker.Make(100, {{task, kWaitingTask, 7}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("holds 20 20", "task 7 7"));
}

TEST(TopModel, LinesOrFunctions) {
  SliceMaker maker;
  TopModel model({});
  const StackId one = maker.Stack({maker.Function("f", 10)});
  const StackId two = maker.Stack({maker.Function("f", 20)});
  model.Take(maker.Make(100, {{one, kRuns, 10}, {two, kRuns, 30}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("f:20 30 30", "f:10 10 10"));
  model.ToggleLines();
  EXPECT_THAT(LinesOf(model), ElementsAre("f 40 40"));
  model.ToggleLines();
  EXPECT_THAT(LinesOf(model), ElementsAre("f:20 30 30", "f:10 10 10"));
}

TEST(TopModel, ARowForEachThread) {
  SliceMaker maker;
  TopModel model({});
  const FrameId f = maker.Function("f");
  const FrameId first = maker.Root("thread (0x1): Main", FrameKind::kThread, 1);
  const FrameId second = maker.Root("thread (0x2)", FrameKind::kThread, 2);
  const StackId on_first = maker.Stack({first, f});
  const StackId on_second = maker.Stack({second, f});
  model.Take(maker.Make(100, {{on_first, kRuns, 10}, {on_second, kRuns, 30}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("f 40 40"));
  model.ToggleThreads();
  EXPECT_THAT(LinesOf(model), ElementsAre("f 30 30", "f 10 10"));
  EXPECT_EQ(model.Line(1).thread, "thread (0x1): Main");
  // A name that becomes known later is shown from then on.
  maker.stacks().Rename(second, maker.stacks().strings().Intern("thread (0x2): Worker"));
  model.Take(maker.Make(100, {}));
  model.Refresh();
  EXPECT_EQ(model.Line(0).thread, "thread (0x2): Worker");
}

TEST(TopModel, SortsByEveryColumnBothWays) {
  SliceMaker maker;
  TopOptions options;
  options.window_seconds = 1;
  TopModel model(options);
  const StackId a = maker.Calls({"a"});
  const StackId ab = maker.Calls({"a", "b"});
  const StackId c = maker.Calls({"c"});
  model.Take(maker.Make(1000, {{c, kRuns, 900}}));
  model.Take(maker.Make(1000, {{a, kRuns, 100}, {ab, kRuns, 300}, {c, kRuns, 200}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("b 300 300", "c 200 200", "a 100 400"));
  model.SortBy(SortColumn::kTotalPercent);
  EXPECT_THAT(LinesOf(model), ElementsAre("a 100 400", "b 300 300", "c 200 200"));
  model.SortBy(SortColumn::kSelf);
  EXPECT_THAT(LinesOf(model), ElementsAre("c 200 200", "b 300 300", "a 100 400"));
  model.SortBy(SortColumn::kTotal);
  EXPECT_THAT(LinesOf(model), ElementsAre("c 200 200", "a 100 400", "b 300 300"));
  model.SortBy(SortColumn::kTotal);
  EXPECT_THAT(LinesOf(model), ElementsAre("b 300 300", "a 100 400", "c 200 200"));
  for (int i = 0; i < 9; ++i) model.MoveSortColumn(-1);
  EXPECT_EQ(model.sort_column(), SortColumn::kSelfPercent);
  for (int i = 0; i < 9; ++i) model.MoveSortColumn(1);
  EXPECT_EQ(model.sort_column(), SortColumn::kTotal);
}

TEST(TopModel, FiltersByExpression) {
  SliceMaker maker;
  TopModel model({});
  const StackId stack =
      maker.Stack({maker.Function("main"), maker.Function("Json.load", 5, "/x/json.py"),
                   maker.Function("scan", 7, "/x/json.py")});
  model.Take(maker.Make(100, {{stack, kRuns, 10}}));
  ASSERT_TRUE(model.Filter("json"));
  EXPECT_THAT(LinesOf(model), ElementsAre("scan:7 10 10", "Json.load:5 0 10"));
  ASSERT_TRUE(model.Filter("^Json"));  // a capital: capitals count
  EXPECT_THAT(LinesOf(model), ElementsAre("Json.load:5 0 10"));
  EXPECT_FALSE(model.Filter("("));
  EXPECT_EQ(model.filter().expression(), "^Json");
  ASSERT_TRUE(model.Filter("nothing like it"));
  EXPECT_THAT(LinesOf(model), IsEmpty());
  model.MoveSelection(1);
  model.Enter();
  ASSERT_TRUE(model.Filter(""));
  EXPECT_EQ(LinesOf(model).size(), 3U);
}

TEST(TopModel, FiltersWhatTheRowsShow) {
  SliceMaker maker;
  TopModel model({});
  PlaceStyle places;
  places.shorten = [](std::string_view path) { return path.substr(path.rfind('/') + 1); };
  model.ShowPlaces(places);
  const auto stack = [&](const char* thread, const char* function, std::uint32_t line) {
    return maker.Stack({maker.Root(thread, FrameKind::kThread, 1), maker.Function(function, line)});
  };
  model.Take(maker.Make(100, {{stack("thread (0x1): MainThread", "load_2", 12), kRuns, 60},
                              {stack("thread (0x2): Worker-1", "save", 345), kRuns, 30}}));
  const auto lines = [&](const char* expression) {
    EXPECT_TRUE(model.Filter(expression)) << expression;
    return LinesOf(model);
  };
  EXPECT_THAT(lines("app.py:12\\)$"), ElementsAre("load_2:12 60 60"));
  EXPECT_THAT(lines("srv"), IsEmpty());
  EXPECT_THAT(lines("worker"), IsEmpty());  // no thread is shown
  EXPECT_THAT(lines(":\\d\\d\\d\\)"), ElementsAre("save:345 30 30"));
  EXPECT_THAT(lines("^\\w+\\s.app"), ElementsAre("load_2:12 60 60", "save:345 30 30"));
  EXPECT_THAT(lines("^[a-z]+\\D\\("), ElementsAre("save:345 30 30"));
  EXPECT_THAT(lines("^[\\w]+_[\\d]"), ElementsAre("load_2:12 60 60"));
  EXPECT_THAT(lines("^(?:save|nothing)\\b"), ElementsAre("save:345 30 30"));
  EXPECT_THAT(lines("[[:digit:]_] [(]"), ElementsAre("load_2:12 60 60"));
  EXPECT_THAT(lines("[]\\.]py"), ElementsAre("load_2:12 60 60", "save:345 30 30"));
  EXPECT_THAT(lines("[^]a] \\("), ElementsAre("load_2:12 60 60", "save:345 30 30"));
  EXPECT_FALSE(model.Filter("[a"));
  EXPECT_FALSE(model.Filter("a\\"));
  model.ToggleLines();
  EXPECT_THAT(lines(":12"), IsEmpty());
  EXPECT_THAT(lines("app.py\\)$"), ElementsAre("load_2 60 60", "save 30 30"));
  model.ToggleThreads();
  EXPECT_THAT(lines("^worker-\\d$"), ElementsAre("save 30 30"));
  model.ShowTree(true);
  EXPECT_THAT(lines("0x2"), ElementsAre("thread (0x2): Worker-1 0 30"));
}

TEST(TopModel, APauseHoldsTheTableAndCountsOn) {
  SliceMaker maker;
  TopModel model({});
  const StackId f = maker.Calls({"f"});
  model.Take(maker.Make(100, {{f, kRuns, 10}}));
  model.TogglePause();
  const StackId g = maker.Calls({"g"});
  model.Take(maker.Make(100, {{g, kRuns, 70}, {f, 0, 5}}));
  EXPECT_TRUE(model.is_paused());
  EXPECT_THAT(LinesOf(model), ElementsAre("f 10 10"));
  model.Show(ShownSamples::kAll);
  EXPECT_THAT(LinesOf(model), ElementsAre("f 10 10"));
  EXPECT_DOUBLE_EQ(model.since_start().seconds, 0.1);
  model.TogglePause();
  EXPECT_THAT(LinesOf(model), ElementsAre("g 70 70", "f 15 15"));
}

TEST(TopModel, ResetForgets) {
  SliceMaker maker;
  TopModel model({});
  const StackId f = maker.Calls({"f"});
  model.Take(maker.Make(100, {{f, kRuns, 10}}));
  model.Reset();
  EXPECT_THAT(LinesOf(model), IsEmpty());
  EXPECT_DOUBLE_EQ(model.Percent(10), 0);
  EXPECT_DOUBLE_EQ(model.SecondsOf(10), 0);
  model.Take(maker.Make(100, {{f, kRuns, 20}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("f 20 20"));
  EXPECT_DOUBLE_EQ(model.since_start().seconds, 0.1);
  EXPECT_DOUBLE_EQ(model.watched_seconds(), 0.2);
}

TEST(TopModel, CallersAndCallees) {
  SliceMaker maker;
  TopModel model({});
  const StackId a = maker.Calls({"main", "a", "f", "x"});
  const StackId b = maker.Calls({"main", "b", "f"});
  const StackId other = maker.Calls({"main", "b", "y"});
  model.Take(maker.Make(100, {{a, kRuns, 30}, {b, kRuns, 50}, {other, kRuns, 5}}));
  EXPECT_THAT(LinesOf(model),
              ElementsAre("f 50 80", "x 30 30", "y 5 5", "main 0 85", "b 0 55", "a 0 30"));
  model.Enter();
  EXPECT_EQ(model.page(), TopPage::kRelatives);
  EXPECT_THAT(LinesOf(model), ElementsAre("[called by]", "b - 50", "a - 30",
                                          "[the function itself]", "f 50 80", "[calls]", "x - 30"));
  EXPECT_EQ(model.selected(), 4U);
  // On to a caller, over a heading, and back.
  model.MoveSelection(-1);
  EXPECT_EQ(model.selected(), 2U);
  model.MoveSelection(-1);
  model.Enter();
  EXPECT_THAT(LinesOf(model), ElementsAre("[called by]", "main - 55", "[the function itself]",
                                          "b 0 55", "[calls]", "f - 50", "y - 5"));
  EXPECT_TRUE(model.Back());
  EXPECT_EQ(LinesOf(model)[4], "f 50 80");
  EXPECT_TRUE(model.Back());
  EXPECT_EQ(model.page(), TopPage::kTable);
  EXPECT_FALSE(model.Back());
}

TEST(TopModel, ARecursiveFunctionIsItsOwnCaller) {
  SliceMaker maker;
  TopModel model({});
  const StackId deep = maker.Calls({"main", "f", "f", "f"});
  model.Take(maker.Make(100, {{deep, kRuns, 10}}));
  LinesOf(model);
  model.Enter();
  EXPECT_THAT(LinesOf(model), ElementsAre("[called by]", "main - 10", "f - 10",
                                          "[the function itself]", "f 10 10", "[calls]", "f - 10"));
  // The same row stands in three places; the selection stays where it was put.
  model.SelectLast();
  LinesOf(model);
  EXPECT_EQ(model.selected(), 6U);
}

TEST(TopModel, TheFunctionThatIsLookedAtSurvivesAnotherWayOfCounting) {
  SliceMaker maker;
  TopModel model({});
  const StackId one = maker.Stack({maker.Function("main", 3), maker.Function("f", 10)});
  const StackId two = maker.Stack({maker.Function("main", 4), maker.Function("f", 20)});
  model.Take(maker.Make(100, {{one, kRuns, 10}, {two, kRuns, 30}}));
  LinesOf(model);
  model.Enter();
  EXPECT_EQ(LinesOf(model)[1], "main:4 - 30");
  model.ToggleLines();
  EXPECT_THAT(LinesOf(model), ElementsAre("[called by]", "main - 40", "[the function itself]",
                                          "f 40 40", "[calls nothing]"));
}

TEST(TopModel, TheTreeOpensAndCloses) {
  SliceMaker maker;
  TopModel model({});
  const FrameId process = maker.Root("process 42: app", FrameKind::kProcess);
  const FrameId thread = maker.Root("thread (0x1): Main", FrameKind::kThread, 1);
  const FrameId main = maker.Function("main");
  const StackId a = maker.Stack({process, thread, main, maker.Function("a")});
  const StackId b = maker.Stack({process, thread, main, maker.Function("b"), maker.Function("c")});
  model.Take(maker.Make(1000, {{a, kRuns, 600}, {b, kRuns, 40}}));
  model.ShowTree(true);
  EXPECT_EQ(model.sort_column(), SortColumn::kTotalPercent);
  EXPECT_THAT(LinesOf(model), ElementsAre("process 42: app 0 640", ".main 0 640", "..a 600 600",
                                          "..b 0 40", "...c 40 40"));
  model.MoveSelection(1);
  model.Enter();  // closes main
  EXPECT_THAT(LinesOf(model), ElementsAre("process 42: app 0 640", ".main 0 640"));
  EXPECT_EQ(model.Line(1).fold, TopLine::Fold::kClosed);
  model.OpenNode(true);
  EXPECT_EQ(LinesOf(model).size(), 5U);
  model.MoveSelection(2);
  EXPECT_EQ(model.Line(model.selected()).fold, TopLine::Fold::kOpen);
  model.OpenNode(false);
  EXPECT_EQ(LinesOf(model).size(), 4U);
  model.OpenNode(false);  // of a closed one: to its parent
  EXPECT_EQ(model.selected(), 1U);
  model.ToggleThreads();
  EXPECT_EQ(LinesOf(model)[1], ".thread (0x1): Main 0 640");
  // What matches is shown with all that leads to it.
  ASSERT_TRUE(model.Filter("^c"));
  EXPECT_THAT(LinesOf(model), ElementsAre("process 42: app 0 640", ".thread (0x1): Main 0 640",
                                          "..main 0 640", "...b 0 40", "....c 40 40"));
  EXPECT_TRUE(model.Back());
  EXPECT_EQ(model.sort_column(), SortColumn::kSelfPercent);
}

TEST(TopModel, TheSelectionFollowsItsRow) {
  SliceMaker maker;
  TopModel model({});
  const StackId a = maker.Calls({"a"});
  const StackId b = maker.Calls({"b"});
  model.Take(maker.Make(100, {{a, kRuns, 50}, {b, kRuns, 10}}));
  LinesOf(model);
  model.MoveSelection(1);
  model.Take(maker.Make(100, {{b, kRuns, 90}}));
  EXPECT_THAT(LinesOf(model), ElementsAre("b 100 100", "a 50 50"));
  EXPECT_EQ(model.selected(), 0U);
  model.SelectFirst();
  model.Take(maker.Make(100, {{a, kRuns, 90}}));
  EXPECT_EQ(LinesOf(model).front(), "a 140 140");
  EXPECT_EQ(model.selected(), 0U);
  model.MoveSelection(-5);
  EXPECT_EQ(model.selected(), 0U);
  model.MoveSelection(500);
  EXPECT_EQ(model.selected(), 1U);
}

TEST(TopModel, APictureHasTheSamplesThatCount) {
  SliceMaker maker;
  TopModel model({});
  const FrameId thread = maker.Root("thread (0x1): Main", FrameKind::kThread, 1);
  const FrameId f = maker.Function("f");
  const StackId runs = maker.Stack({thread, f});
  const StackId waits = maker.Stack({thread, f, maker.Function("wait")});
  model.Take(maker.Make(100, {{runs, kRuns, 50}, {waits, 0, 40}}));
  const auto picture = model.TakePicture();
  EXPECT_EQ(picture->profile.total(), 50U);
  ASSERT_EQ(picture->stacks.node_count(), 2U);  // the root, and f: no thread, nobody who waits
  EXPECT_EQ(picture->stacks.strings().Get(picture->stacks.frame(FrameId{0}).function), "f");
  model.ToggleThreads();
  model.Show(ShownSamples::kAll);
  const auto more = model.TakePicture();
  EXPECT_EQ(more->profile.total(), 90U);
  EXPECT_EQ(more->stacks.node_count(), 4U);
}

// Many random samples in random slices: what is counted step by step must be what is counted anew,
// and no share may be above that of all threads.
TEST(TopModel, CountingStepByStepIsCountingAnew) {
  std::mt19937 random(7);
  const auto pick = [&](unsigned below) { return static_cast<std::uint32_t>(random() % below); };
  SliceMaker maker;
  TopOptions options;
  options.window_seconds = 0.5;
  TopModel model(options);
  constexpr unsigned kThreads = 3;
  for (int slice = 0; slice < 60; ++slice) {
    std::vector<StackCount> counts;
    for (unsigned thread = 0; thread < kThreads; ++thread) {
      std::vector<FrameId> frames = {
          maker.Root(fmt::format("thread ({})", thread), FrameKind::kThread, thread + 1)};
      for (std::uint32_t depth = pick(8); depth < 8; ++depth) {
        frames.push_back(maker.Function(fmt::format("f{}", pick(5)), pick(3) + 1));
      }
      counts.push_back({maker.Stack(frames), static_cast<std::uint8_t>(pick(4)), 100});
    }
    model.Take(maker.Make(100, counts));
    if (slice % 7 == 0) model.TogglePause();
    if (slice % 11 == 0) model.Show(slice % 22 == 0 ? ShownSamples::kAll : ShownSamples::kGil);
    if (slice % 13 == 0) model.ToggleThreads();
    const auto step_by_step = LinesOf(model);
    for (std::size_t i = 0; i < model.line_count(); ++i) {
      EXPECT_LE(model.Percent(*model.Line(i).total), 100.0 * kThreads + 1e-9);
    }
    model.Show(model.shown());  // counts anew
    EXPECT_EQ(LinesOf(model), step_by_step) << slice;
  }
}

}  // namespace
}  // namespace osprey
