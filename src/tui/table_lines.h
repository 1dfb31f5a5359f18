// The table: its columns, and one line for each row of the page.
#pragma once

#include "osprey/tui/top_screen.h"

namespace osprey {

// Which columns there is room for, and how wide they are.
class TableColumns {
 public:
  TableColumns(const TopModel& model, const TopFacts& facts, int columns);

  StyledLine Names() const;
  std::vector<Screen::ColumnSpot> Spots() const;
  StyledLine Row(const TopLine& line, bool is_selected) const;

 private:
  struct Column {
    SortColumn column;
    const char* name;
    int width;
  };
  bool IsSorted(const Column& column) const;
  std::string Value(const TopLine& line, SortColumn column) const;
  Style ValueStyle(const TopLine& line, SortColumn column) const;
  void AddCall(const TopLine& line, StyledLine& row, int room) const;

  const TopModel& model_;
  const TopFacts& facts_;
  int columns_;
  int thread_width_ = 0;
  std::vector<Column> shown_;
};

}  // namespace osprey
