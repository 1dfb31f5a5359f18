#include "osprey/tui/top_control.h"

#include <algorithm>
#include <utility>

namespace osprey {
namespace {

constexpr std::ptrdiff_t kWheelLines = 3;
constexpr std::size_t kLongestFilter = 200;  // bytes: more than a line shows

void AppendUtf8(std::string& text, char32_t c) {
  const auto put = [&](char32_t byte) {
    text += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | (c >> 6U));
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3FU));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
}

// The bytes at which the characters before and behind byte `at` begin.
bool IsInsideCharacter(const std::string& text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}
std::size_t Before(const std::string& text, std::size_t at) {
  if (at > 0) --at;
  while (at > 0 && IsInsideCharacter(text, at)) --at;
  return at;
}
std::size_t Behind(const std::string& text, std::size_t at) {
  if (at < text.size()) ++at;
  while (IsInsideCharacter(text, at)) ++at;
  return at;
}
// That of the word before `at`, as a shell's Ctrl-W takes it.
std::size_t WordBefore(const std::string& text, std::size_t at) {
  while (at > 0 && text[at - 1] == ' ') --at;
  while (at > 0 && text[at - 1] != ' ') --at;
  return at;
}

}  // namespace

void TopControl::Say(std::string message, bool is_error) {
  state_.message = std::move(message);
  state_.is_error = is_error;
}

TopControl::Request TopControl::Press(const KeyPress& key, const Screen& screen) {
  if (key.kind == KeyPress::Kind::kPasteBegin || key.kind == KeyPress::Kind::kPasteEnd) {
    is_pasting_ = key.kind == KeyPress::Kind::kPasteBegin;
    return Request::kNone;
  }
  if (is_pasting_) {
    Paste(key);
    return Request::kNone;
  }
  Say("");
  const Request request = Handle(key, screen);
  model_.Refresh();
  return request;
}

TopControl::Request TopControl::Handle(const KeyPress& key, const Screen& screen) {
  if (state_.prompt) {
    Type(key);
    return Request::kNone;
  }
  switch (key.kind) {
    case KeyPress::Kind::kClick:
      Click(key, screen);
      return Request::kNone;
    case KeyPress::Kind::kWheelUp:
      Move(-kWheelLines);
      return Request::kNone;
    case KeyPress::Kind::kWheelDown:
      Move(kWheelLines);
      return Request::kNone;
    default:
      return Do(ActionOf(key), screen);
  }
}

// Of a pasted text only the characters count: no Enter in it may end the line, no Escape close it.
void TopControl::Paste(const KeyPress& key) {
  if (!state_.prompt || key.kind != KeyPress::Kind::kCharacter || key.character < 0x20) return;
  Type(key);
}

void TopControl::Type(const KeyPress& key) {
  std::string& typed = *state_.prompt;
  std::size_t& at = state_.prompt_at;
  const auto erase_from = [&](std::size_t begin) {
    typed.erase(begin, at - begin);
    at = begin;
  };
  switch (key.kind) {
    case KeyPress::Kind::kEscape:
      state_.prompt.reset();
      break;
    case KeyPress::Kind::kBackspace:
      erase_from(Before(typed, at));
      break;
    case KeyPress::Kind::kLeft:
      at = Before(typed, at);
      break;
    case KeyPress::Kind::kRight:
      at = Behind(typed, at);
      break;
    case KeyPress::Kind::kHome:
      at = 0;
      break;
    case KeyPress::Kind::kEnd:
      at = typed.size();
      break;
    case KeyPress::Kind::kEnter:
      Apply();
      break;
    case KeyPress::Kind::kCharacter: {
      constexpr char32_t kControlU = 0x15;
      constexpr char32_t kControlW = 0x17;
      if (key.character == kControlU) erase_from(0);
      if (key.character == kControlW) erase_from(WordBefore(typed, at));
      if (key.character < 0x20 || typed.size() >= kLongestFilter) break;
      std::string bytes;
      AppendUtf8(bytes, key.character);
      typed.insert(at, bytes);
      at += bytes.size();
      break;
    }
    default:
      break;
  }
}

void TopControl::Apply() {
  const auto filtered = model_.Filter(*state_.prompt);
  if (!filtered) {
    Say("no regular expression: " + filtered.error().Message(), true);
  } else {
    model_.SelectFirst();
  }
  state_.prompt.reset();
}

void TopControl::Click(const KeyPress& key, const Screen& screen) {
  if (state_.is_help) return;
  if (key.row == screen.columns_row) {
    for (const Screen::ColumnSpot& spot : screen.columns) {
      if (key.column >= spot.begin && key.column < spot.end) model_.SortBy(spot.column);
    }
    return;
  }
  const int row = key.row - screen.body_row;
  if (row < 0 || row >= screen.body_rows) return;
  const std::size_t line = state_.first_line + static_cast<std::size_t>(row);
  if (line >= model_.line_count()) return;
  if (model_.Line(line).kind == TopLine::Kind::kHeading) return;
  if (line == model_.selected()) {
    model_.Enter();
  } else {
    model_.Select(line);
  }
}

void TopControl::Move(std::ptrdiff_t lines) {
  if (!state_.is_help) {
    model_.MoveSelection(lines);
    return;
  }
  const auto first = static_cast<std::ptrdiff_t>(state_.first_help_line) + lines;
  // ComposeScreen stops it at the end.
  state_.first_help_line = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, first));
}

void TopControl::Back() {
  if (state_.is_help) {
    state_.is_help = false;
  } else if (!model_.Back() && !model_.filter().is_empty()) {
    (void)model_.Filter("");
  }
}

void TopControl::Show(ShownSamples shown) {
  if (model_.shown() == ShownSamples::kException) {
    Say("only samples with an exception were asked for (--mode exception)");
    return;
  }
  model_.Show(model_.shown() == shown ? ShownSamples::kOnCpu : shown);
}

TopControl::Request TopControl::Do(TopAction action, const Screen& screen) {
  const std::ptrdiff_t page = std::max(1, screen.body_rows - 1);
  switch (action) {
    case TopAction::kNone:
      break;
    case TopAction::kQuit:
      return Request::kQuit;
    case TopAction::kBack:
      Back();
      break;
    case TopAction::kHelp:
      state_.is_help = !state_.is_help;
      state_.first_help_line = 0;
      break;
    case TopAction::kSortSelfPercent:
      model_.SortBy(SortColumn::kSelfPercent);
      break;
    case TopAction::kSortTotalPercent:
      model_.SortBy(SortColumn::kTotalPercent);
      break;
    case TopAction::kSortSelf:
      model_.SortBy(SortColumn::kSelf);
      break;
    case TopAction::kSortTotal:
      model_.SortBy(SortColumn::kTotal);
      break;
    case TopAction::kSortLeft:
      model_.MoveSortColumn(-1);
      break;
    case TopAction::kSortRight:
      model_.MoveSortColumn(1);
      break;
    case TopAction::kLines:
      model_.ToggleLines();
      break;
    case TopAction::kReset:
      model_.Reset();
      Say("forgot what was seen until now");
      break;
    case TopAction::kPause:
      model_.TogglePause();
      break;
    case TopAction::kFilter:
      state_.is_help = false;
      state_.prompt = model_.filter().expression();
      state_.prompt_at = state_.prompt->size();
      break;
    case TopAction::kThreads:
      model_.ToggleThreads();
      break;
    case TopAction::kSubprocesses:
      return Request::kSubprocesses;
    case TopAction::kGil:
      Show(ShownSamples::kGil);
      break;
    case TopAction::kIdle:
      Show(ShownSamples::kAll);
      break;
    case TopAction::kNative:
      return Request::kNative;
    case TopAction::kScope:
      model_.ToggleScope();
      break;
    case TopAction::kEnter:
      if (!state_.is_help) model_.Enter();
      break;
    case TopAction::kTree:
      state_.is_help = false;
      model_.ShowTree(model_.page() != TopPage::kTree);
      break;
    case TopAction::kWrite:
      return Request::kWrite;
    case TopAction::kRedraw:
      return Request::kRedraw;
    case TopAction::kUp:
      Move(-1);
      break;
    case TopAction::kDown:
      Move(1);
      break;
    case TopAction::kLeft:
      model_.OpenNode(false);
      break;
    case TopAction::kRight:
      model_.OpenNode(true);
      break;
    case TopAction::kPageUp:
      Move(-page);
      break;
    case TopAction::kPageDown:
      Move(page);
      break;
    case TopAction::kHome:
      if (state_.is_help) {
        state_.first_help_line = 0;
      } else {
        model_.SelectFirst();
      }
      break;
    case TopAction::kEnd:
      if (state_.is_help) {
        Move(1000);  // more lines than the help has
      } else {
        model_.SelectLast();
      }
      break;
  }
  return Request::kNone;
}

}  // namespace osprey
