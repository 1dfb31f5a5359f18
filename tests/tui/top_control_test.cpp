#include "osprey/tui/top_control.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string_view>

#include "tui/slices.h"

namespace osprey {
namespace {

using Kind = KeyPress::Kind;
using Request = TopControl::Request;

constexpr std::uint8_t kRuns = kOnCpu | kHoldsGil;

class TopControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const StackId a = maker_.Calls({"main", "alpha"});
    const StackId b = maker_.Calls({"main", "beta"});
    model_.Take(
        maker_.Make(100, {{a, kRuns, 50}, {b, kRuns, 20}, {maker_.Calls({"main"}), 0, 30}}));
    model_.Refresh();
    Compose();
  }
  void Compose() { screen_ = ComposeScreen(model_, facts_, state_, {100, 30}); }
  Request Press(const KeyPress& key) {
    const Request request = control_.Press(key, screen_);
    Compose();
    return request;
  }
  Request Press(Kind kind) { return Press(KeyPress{kind}); }
  Request Type(std::string_view text) {
    Request request = Request::kNone;
    for (const char c : text) {
      request = Press(KeyPress{Kind::kCharacter, static_cast<char32_t>(c)});
    }
    return request;
  }

  SliceMaker maker_;
  TopModel model_{{}};
  TopFacts facts_;
  ScreenState state_;
  TopControl control_{model_, state_};
  Screen screen_;
};

TEST_F(TopControlTest, KeysChangeTheModel) {
  Type("2");
  EXPECT_EQ(model_.sort_column(), SortColumn::kTotalPercent);
  Type(">>>>");
  EXPECT_EQ(model_.sort_column(), SortColumn::kTotal);
  Type("<");
  EXPECT_EQ(model_.sort_column(), SortColumn::kSelf);
  Type("3");
  EXPECT_TRUE(model_.is_ascending());
  Type("L");
  EXPECT_FALSE(model_.style().per_line);
  Type("t");
  EXPECT_TRUE(model_.style().per_thread);
  Type("a");
  EXPECT_TRUE(model_.is_since_start());
  Type("i");
  EXPECT_EQ(model_.shown(), ShownSamples::kAll);
  Type("g");
  EXPECT_EQ(model_.shown(), ShownSamples::kGil);
  Type("g");
  EXPECT_EQ(model_.shown(), ShownSamples::kOnCpu);
  Type("p");
  EXPECT_TRUE(model_.is_paused());
  Type(" ");
  EXPECT_FALSE(model_.is_paused());
  Type("c");
  EXPECT_EQ(model_.page(), TopPage::kTree);
  Press(Kind::kEscape);
  EXPECT_EQ(model_.page(), TopPage::kTable);
  Press(Kind::kEnter);
  EXPECT_EQ(model_.page(), TopPage::kRelatives);
  Press(Kind::kBackspace);
  EXPECT_EQ(model_.page(), TopPage::kTable);
  Type("R");
  EXPECT_EQ(model_.line_count(), 0U);
}

TEST_F(TopControlTest, SomeKeysAreForSomebodyElse) {
  EXPECT_EQ(Type("q"), Request::kQuit);
  EXPECT_EQ(Type("s"), Request::kSubprocesses);
  EXPECT_EQ(Type("n"), Request::kNative);
  EXPECT_EQ(Type("w"), Request::kWrite);
  EXPECT_EQ(Press(KeyPress{Kind::kCharacter, 0x0C}), Request::kRedraw);
  EXPECT_EQ(Type("Z"), Request::kNone);
  EXPECT_EQ(Press(Kind::kOther), Request::kNone);
}

TEST_F(TopControlTest, AFilterIsTyped) {
  Type("/alq");  // q is a letter here
  EXPECT_EQ(state_.prompt, "alq");
  Press(Kind::kBackspace);
  Press(KeyPress{Kind::kCharacter, U'\u6570'});
  Press(Kind::kBackspace);
  Press(Kind::kEnter);
  EXPECT_FALSE(state_.prompt);
  EXPECT_EQ(model_.filter().expression(), "al");
  EXPECT_EQ(model_.line_count(), 1U);
  Type("/");
  EXPECT_EQ(state_.prompt, "al");
  Press(KeyPress{Kind::kCharacter, 0x15});  // Ctrl-U
  Type("(");
  Press(Kind::kEnter);
  EXPECT_TRUE(state_.is_error);
  EXPECT_EQ(model_.filter().expression(), "al");
  Type("/x");
  Press(Kind::kEscape);
  EXPECT_EQ(model_.filter().expression(), "al");
  Press(Kind::kEscape);  // shows all again
  EXPECT_TRUE(model_.filter().is_empty());
}

TEST_F(TopControlTest, AFilterIsEdited) {
  Type("/alha beta");
  Press(Kind::kHome);
  Press(Kind::kRight);
  Press(Kind::kRight);
  Type("p");
  EXPECT_EQ(state_.prompt, "alpha beta");
  EXPECT_EQ(screen_.cursor, 12);
  Press(KeyPress{Kind::kCharacter, U'\u6570'});
  Press(Kind::kLeft);
  Press(Kind::kRight);
  Press(Kind::kBackspace);
  EXPECT_EQ(state_.prompt, "alpha beta");
  Press(Kind::kEnd);
  Press(KeyPress{Kind::kCharacter, 0x17});  // Ctrl-W
  EXPECT_EQ(state_.prompt, "alpha ");
  Press(Kind::kLeft);
  Press(KeyPress{Kind::kCharacter, 0x15});  // Ctrl-U: what stands before
  EXPECT_EQ(state_.prompt, " ");
  for (const Kind kind : {Kind::kHome, Kind::kLeft, Kind::kBackspace, Kind::kEnd, Kind::kRight}) {
    Press(kind);
  }
  EXPECT_EQ(state_.prompt, " ");
}

TEST_F(TopControlTest, WhatIsPastedIsNoKeys) {
  Press(Kind::kPasteBegin);
  EXPECT_EQ(Type("qRLw"), Request::kNone);
  Press(Kind::kEscape);
  Press(Kind::kEnter);
  Press(Kind::kPasteEnd);
  EXPECT_GT(model_.line_count(), 0U);
  EXPECT_TRUE(model_.style().per_line);
  EXPECT_EQ(model_.page(), TopPage::kTable);
  Type("/a");
  Press(Kind::kPasteBegin);
  Type("lp");
  Press(Kind::kEnter);
  Press(KeyPress{Kind::kCharacter, 0x15});  // Ctrl-U
  Press(Kind::kBackspace);
  Type("ha");
  Press(Kind::kPasteEnd);
  EXPECT_EQ(state_.prompt, "alpha");
  Press(Kind::kEnter);
  EXPECT_EQ(model_.filter().expression(), "alpha");
  EXPECT_EQ(Type("q"), Request::kQuit);
}

TEST_F(TopControlTest, TheMouseSelectsAndSorts) {
  const auto click = [&](int column, int row) { Press(KeyPress{Kind::kClick, 0, column, row}); };
  click(screen_.columns[1].begin + 1, screen_.columns_row);
  EXPECT_EQ(model_.sort_column(), SortColumn::kTotalPercent);
  click(30, screen_.body_row + 2);
  EXPECT_EQ(model_.selected(), 2U);
  click(30, screen_.body_row + 2);  // again: as Enter
  EXPECT_EQ(model_.page(), TopPage::kRelatives);
  click(30, screen_.body_row);  // a heading
  EXPECT_EQ(model_.page(), TopPage::kRelatives);
  Press(Kind::kEscape);
  Press(Kind::kWheelDown);
  EXPECT_EQ(model_.selected(), 2U);
  Press(Kind::kWheelUp);
  EXPECT_EQ(model_.selected(), 0U);
  for (const auto& [column, row] : {std::pair(-5, -5), std::pair(5, 0), std::pair(5, 29),
                                    std::pair(5000, 5000), std::pair(5, screen_.body_row + 9)}) {
    click(column, row);
    EXPECT_EQ(model_.selected(), 0U);
  }
}

TEST_F(TopControlTest, HelpScrollsAndCloses) {
  Type("?");
  EXPECT_TRUE(state_.is_help);
  screen_ = ComposeScreen(model_, facts_, state_, {60, 10});
  control_.Press(KeyPress{Kind::kDown}, screen_);
  EXPECT_EQ(state_.first_help_line, 1U);
  control_.Press(KeyPress{Kind::kEnd}, screen_);
  screen_ = ComposeScreen(model_, facts_, state_, {60, 10});
  EXPECT_GT(state_.first_help_line, 5U);
  EXPECT_LT(state_.first_help_line, 100U);
  Press(Kind::kEscape);
  EXPECT_FALSE(state_.is_help);
  EXPECT_EQ(model_.selected(), 0U);
}

TEST_F(TopControlTest, ExceptionsAloneCannotBecomeAnythingElse) {
  TopOptions options;
  options.shown = ShownSamples::kException;
  TopModel model(options);
  TopControl control(model, state_);
  control.Press(KeyPress{Kind::kCharacter, 'i'}, screen_);
  EXPECT_EQ(model.shown(), ShownSamples::kException);
  EXPECT_NE(state_.message, "");
}

// Whatever is pressed in whatever order, every screen is a whole one.
TEST_F(TopControlTest, AnyOrderOfKeysIsBearable) {
  std::uint32_t random = 1;
  const auto next = [&](std::uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 8) % below;
  };
  constexpr std::string_view kCharacters = "1234<>lLrRp /tsgiacn?hwq(e";
  for (int i = 0; i < 5000; ++i) {
    KeyPress key;
    if (next(2) == 0) {
      key = {Kind::kCharacter, static_cast<char32_t>(kCharacters[next(kCharacters.size())])};
    } else {
      key.kind = static_cast<Kind>(1 + next(static_cast<std::uint32_t>(Kind::kOther)));
      key.column = static_cast<int>(next(100));
      key.row = static_cast<int>(next(30));
    }
    Press(key);
    if (i % 5 == 0) {
      const StackId stack = maker_.Calls({"main", fmt::format("f{}", next(20))});
      model_.Take(maker_.Make(10, {{stack, static_cast<std::uint8_t>(next(4)), 10}}));
    }
    ASSERT_EQ(screen_.lines.size(), 30U);
    ASSERT_TRUE(model_.line_count() == 0 || model_.selected() < model_.line_count());
  }
}

}  // namespace
}  // namespace osprey
