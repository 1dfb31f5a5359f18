// Slices made by hand, as a sampling thread would leave them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "osprey/trace/stack_table.h"
#include "osprey/tui/slice.h"
#include "osprey/tui/top_model.h"

namespace osprey {

class SliceMaker {
 public:
  StackTable& stacks() { return stacks_; }

  FrameId Function(const std::string& name, std::uint32_t line = 1,
                   const std::string& file = "/srv/app.py") {
    Frame frame;
    frame.function = stacks_.strings().Intern(name);
    frame.file = stacks_.strings().Intern(file);
    frame.line = line;
    return stacks_.InternFrame(frame);
  }
  FrameId Root(const std::string& label, FrameKind kind, std::uint32_t line = 0) {
    Frame frame;
    frame.function = stacks_.strings().Intern(label);
    frame.line = line;
    frame.kind = kind;
    return stacks_.InternFrame(frame);
  }
  StackId Stack(const std::vector<FrameId>& frames) {
    StackId stack = kRootStack;
    for (const FrameId frame : frames) stack = stacks_.Push(stack, frame);
    return stack;
  }
  // Functions by name, all in line 1, on the root of the main thread.
  StackId Calls(const std::vector<std::string>& names) {
    std::vector<FrameId> frames = {Root("thread (0x1): MainThread", FrameKind::kThread, 1)};
    for (const std::string& name : names) frames.push_back(Function(name));
    return Stack(frames);
  }

  // One of `ticks` looks in `ticks` milliseconds.
  Slice Make(std::uint64_t ticks, const std::vector<StackCount>& counts) {
    Slice slice;
    slice.seconds = static_cast<double>(ticks) / 1000;
    slice.ticks = ticks;
    slice.counts = counts;
    slice.pids = {42};
    slice.news = stacks_.TakeNews(mark_);
    return slice;
  }

 private:
  StackTable stacks_;
  StackTable::Mark mark_;
};

// "name self total" of every line of the page, the counts of the scope; headings in brackets.
inline std::vector<std::string> LinesOf(TopModel& model) {
  model.Refresh();
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < model.line_count(); ++i) {
    const TopLine line = model.Line(i);
    if (line.kind == TopLine::Kind::kHeading) {
      lines.push_back(fmt::format("[{}]", line.heading));
      continue;
    }
    std::string text(line.depth, '.');
    text += model.stacks().strings().Get(line.frame.function);
    if (line.frame.line > 1) text += fmt::format(":{}", line.frame.line);
    text += line.self ? fmt::format(" {}", *line.self) : " -";
    text += fmt::format(" {}", *line.total);
    lines.push_back(text);
  }
  return lines;
}

}  // namespace osprey
