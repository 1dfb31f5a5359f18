// The whole screen of `osprey top` as lines of styled text, for any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "osprey/tui/styled_text.h"
#include "osprey/tui/top_model.h"

namespace osprey {

// What stays as it is, or is not the model's.
struct TopFacts {
  std::string command;  // as it came from the process: made harmless here
  std::int32_t pid = 0;
  bool subprocesses = false;
  bool native = false;             // native frames are sampled
  bool is_over = false;            // nothing is sampled any more: the last table
  bool has_waiting_tasks = false;  // each is counted beside the threads
  Charset charset = Charset::kAscii;
};

struct ScreenSize {
  int columns = 80;
  int rows = 24;
};

// What is on the screen besides the model.
struct ScreenState {
  std::size_t first_line = 0;  // of the page: what stands at the top
  bool is_help = false;
  std::size_t first_help_line = 0;
  std::optional<std::string> prompt;  // the regular expression that is being typed
  std::size_t prompt_at = 0;          // the byte of it before which something would be typed
  std::string message;
  bool is_error = false;  // the message
};

struct Screen {
  std::vector<StyledLine> lines;  // exactly as many as the screen has rows
  int body_row = 0;               // the row of the page's first line
  int body_rows = 0;
  int columns_row = 0;  // of the columns' names; -1: none
  struct ColumnSpot {
    int begin = 0;
    int end = 0;
    SortColumn column;
  };
  std::vector<ColumnSpot> columns;
  std::optional<int> cursor;  // the column in the last row, while something is typed
};

// Moves `state.first_line` so that the selected line can be seen.
Screen ComposeScreen(const TopModel& model, const TopFacts& facts, ScreenState& state,
                     ScreenSize size);

// The same for where there is no screen: the header and the first `max_lines` lines of the page,
// each at most `columns` wide.
std::vector<std::string> ComposePlain(const TopModel& model, const TopFacts& facts, int columns,
                                      std::size_t max_lines);

}  // namespace osprey
