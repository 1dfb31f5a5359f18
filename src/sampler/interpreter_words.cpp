#include "sampler/interpreter_words.h"

#include <algorithm>
#include <cstring>

namespace osprey {

void InterpreterWords::Watch(const std::vector<Interpreter>& interpreters) {
  std::map<Address, InterpreterState> states;
  for (const Interpreter& i : interpreters) {
    const auto known = states_.find(i.state);
    InterpreterState& state = states[i.state];
    if (known != states_.end() && known->second.gil_words == i.gil_last_holder) {
      state = known->second;
    }
    state.gil_words = i.gil_last_holder;
  }
  states_ = std::move(states);
  newest_ = interpreters.empty() ? Address() : interpreters.front().state;
  BuildRanges(interpreters);
}

void InterpreterWords::BuildRanges(const std::vector<Interpreter>& interpreters) {
  const auto& layout = runtime_.layout;
  struct Wanted {
    Address address;
    std::size_t size;
    Place* place;
  };
  std::vector<Wanted> wanted;
  const auto want = [&wanted](Address address, std::size_t size, Place& place) {
    wanted.push_back({address, size, &place});
  };
  places_.assign(interpreters.size(), {});
  for (std::size_t n = 0; n < interpreters.size(); ++n) {
    const Interpreter& i = interpreters[n];
    Places& places = places_[n];
    places.interpreter = i.state;
    places.first_thread = i.first_thread;
    want(i.state + layout.interpreter_state.threads_head, sizeof(Address), places.threads_head);
    if (!i.gil_last_holder.IsNull()) {
      want(i.gil_last_holder, sizeof(Address), places.last_holder);
      want(i.gil_locked, sizeof(std::int32_t), places.locked);
      places.has_current = layout.runtime_state.gilstate_current != kAbsent;
      if (places.has_current) {
        want(runtime_.address + layout.runtime_state.gilstate_current, sizeof(Address),
             places.current);
      }
      places.is_one_word = i.gil_locked == i.gil_last_holder;
      places.counts_switches = !i.gil_switch_number.IsNull();
      if (places.counts_switches) {
        want(i.gil_switch_number, sizeof(std::uint64_t), places.switch_number);
      }
    }
    if (layout.runtime_state.gc_collecting != kAbsent) {
      want(runtime_.address + layout.runtime_state.gc_collecting, 4, places.collecting);
    } else if (layout.interpreter_state.gc_collecting != kAbsent) {
      want(i.state + layout.interpreter_state.gc_collecting, 4, places.collecting);
    }
    if (layout.interpreter_state.gc_frame != kAbsent) {
      want(i.state + layout.interpreter_state.gc_frame, sizeof(Address), places.collection_frame);
    }
  }
  want(runtime_.address + layout.runtime_state.interpreters_head, sizeof(Address),
       interpreters_head_);

  std::sort(wanted.begin(), wanted.end(),
            [](const Wanted& a, const Wanted& b) { return a.address < b.address; });
  words_.Clear();
  for (const Wanted& word : wanted) *word.place = words_.AddNear({word.address, word.size});
}

template <typename T>
T InterpreterWords::At(Place place) const {
  T value;
  std::memcpy(&value, words_.View(place), sizeof value);
  return value;
}

GilWords InterpreterWords::GilOf(const Places& places) const {
  GilWords words;
  words.last_holder = At<Address>(places.last_holder);
  words.holder = words.last_holder;
  // With one interpreter nobody swaps thread states.
  if (places.has_current && places_.size() > 1) {
    const auto current = At<Address>(places.current);
    if (!current.IsNull()) words.holder = current;
  }
  // One word says both until 3.6: nobody holds it where it is null. -1: not made yet.
  words.locked =
      places.is_one_word ? !words.last_holder.IsNull() : At<std::int32_t>(places.locked) > 0;
  if (places.counts_switches) words.switches = At<std::uint64_t>(places.switch_number);
  return words;
}

bool InterpreterWords::Take(const Result<std::size_t>& arrived) {
  ++look_;
  if (!arrived || *arrived != words_.size()) {
    for (auto& [address, state] : states_) {
      state.gil = GilWatch{};
      state.collects = false;
    }
    return true;
  }
  bool changed = At<Address>(interpreters_head_) != newest_;
  const auto& layout = runtime_.layout;
  for (const Places& p : places_) {
    if (At<Address>(p.threads_head) != p.first_thread) changed = true;
    InterpreterState& state = states_[p.interpreter];
    if (!state.gil_words.IsNull()) state.gil.Update(GilOf(p), look_);
    // Several interpreters: PyThreadState_Swap goes from one to another under one GIL, until 3.11
    // without a word to it.
    if (state.gil_words.IsNull() || places_.size() > 1) state.gil.Lose();
    if (layout.runtime_state.gc_collecting != kAbsent ||
        layout.interpreter_state.gc_collecting != kAbsent) {
      state.collects = At<std::int32_t>(p.collecting) != 0;
    }
    if (layout.interpreter_state.gc_frame != kAbsent) {
      state.collection_frame = At<Address>(p.collection_frame);
    }
  }
  return changed;
}

const InterpreterState* InterpreterWords::Find(Address interpreter) const {
  const auto found = states_.find(interpreter);
  return found == states_.end() ? nullptr : &found->second;
}

}  // namespace osprey
