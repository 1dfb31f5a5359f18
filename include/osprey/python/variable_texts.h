// The variables of all frames of one dump as text, within bounds of time and of length.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/python/frame_locals.h"
#include "osprey/python/value_text.h"

namespace osprey {

struct VariableLimits {
  ValueLimits value;     // of each of them
  Duration time{};       // for reading all of them
  std::size_t text = 0;  // bytes of all of them, with a little for what stands around each
  std::string if_slow;   // what the user may do where `time` does not suffice; may be empty
  std::string if_long;   // the same for `text`
};

struct VariableText {
  std::string name;
  std::string value;
  bool is_argument = false;
};

// Of frames that a walk has found. Once a bound is reached, the variables that are left have no
// text at all: LeftOut() says so.
class VariableTexts {
 public:
  // Where the memory stands still every object is written once: after that its text is known, and
  // of a long one only the beginning is repeated. Give the frames in the order in which they are
  // shown.
  VariableTexts(const Memory& memory, const Layout& layout, const VariableLimits& limits,
                bool stands_still, std::function<TimePoint()> clock = &Clock::now);

  // Of one frame, in the order of FrameLocals; of what could not be read nothing.
  std::vector<VariableText> Of(const RawFrame& frame);
  // The same of what is known of a frame already.
  std::vector<VariableText> Of(std::span<const LocalVariable> variables);

  // A sentence, where the variables of some frames are left out.
  std::optional<std::string> LeftOut() const;

 private:
  // Counts the time until it goes.
  class Stopwatch;

  std::vector<VariableText> Write(std::span<const LocalVariable> variables);
  std::string TextOf(Address object);
  bool IsSpent();

  const Memory& memory_;
  const Layout& layout_;
  VariableLimits limits_;
  bool stands_still_;
  std::function<TimePoint()> clock_;
  FrameLocals locals_;
  std::optional<ValueText> values_;
  // What is written when the object comes again. All of it was part of the text before: together
  // they are no longer than that may be.
  std::unordered_map<Address, std::string> written_;
  TimePoint start_;                         // of the frame that is being read
  Duration taken_{};                        // by those before
  std::size_t length_ = 0;                  // of all texts
  bool is_slow_ = false, is_long_ = false;  // which bound was reached
  std::size_t left_out_ = 0;                // frames
};

}  // namespace osprey
