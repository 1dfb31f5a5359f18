// Does what keys and the mouse mean, to the model and to the screen.
#pragma once

#include "osprey/tui/key_bindings.h"
#include "osprey/tui/top_model.h"
#include "osprey/tui/top_screen.h"

namespace osprey {

class TopControl {
 public:
  // What is for somebody else to do.
  enum class Request { kNone, kQuit, kSubprocesses, kNative, kWrite, kRedraw };

  // Both must outlive this.
  TopControl(TopModel& model, ScreenState& state) : model_(model), state_(state) {}

  // `screen` is what the user sees. The model's lines are built anew.
  Request Press(const KeyPress& key, const Screen& screen);
  // Between the begin and the end of what somebody pastes: it changes nothing but the filter that
  // is being typed.
  bool is_pasting() const { return is_pasting_; }

 private:
  Request Handle(const KeyPress& key, const Screen& screen);
  Request Do(TopAction action, const Screen& screen);
  void Paste(const KeyPress& key);
  void Type(const KeyPress& key);
  void Apply();  // the filter that was typed
  void Click(const KeyPress& key, const Screen& screen);
  void Move(std::ptrdiff_t lines);
  void Back();
  void Show(ShownSamples shown);
  void Say(std::string message, bool is_error = false);

  TopModel& model_;
  ScreenState& state_;
  bool is_pasting_ = false;
};

}  // namespace osprey
