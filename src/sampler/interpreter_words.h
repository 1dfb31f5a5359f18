// The few words of every interpreter that each tick looks at, read in one system call: who holds
// its GIL, whether it collects garbage, whether there are new threads.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "osprey/python/runtime_finder.h"
#include "osprey/python/thread_list.h"
#include "osprey/target/snapshot_memory.h"
#include "sampler/gil_watch.h"

namespace osprey {

// What is known of one interpreter as of the last look.
struct InterpreterState {
  GilWatch gil;
  Address gil_words;         // its address in the target; null: none
  bool collects = false;     // garbage, now
  Address collection_frame;  // under which the collection began; null where that is not kept
};

class InterpreterWords {
 public:
  // `runtime` must outlive it.
  explicit InterpreterWords(const Runtime& runtime) : runtime_(runtime) { Watch({}); }

  // From now on the words of `interpreters` are read, the newest first, as ListThreads has them.
  void Watch(const std::vector<Interpreter>& interpreters);

  // Looks once. True when threads or interpreters may have come or gone since they were listed.
  bool Look(const Memory& memory) { return Take(words_.Refill(memory)); }
  // The two halves of Look, for those who copy more in the same system call: the words to be
  // refilled, and what is taken from those that `arrived`.
  SnapshotMemory& words() { return words_; }
  bool Take(const Result<std::size_t>& arrived);

  // The number of the last look; 0 before the first.
  std::uint64_t look() const { return look_; }
  // Null for an interpreter that is not watched.
  const InterpreterState* Find(Address interpreter) const;
  const std::map<Address, InterpreterState>& states() const { return states_; }

 private:
  using Place = std::size_t;  // the index of a piece of words_
  // Where the words of one interpreter lie in the copy.
  struct Places {
    Address interpreter;
    Address first_thread;
    bool counts_switches = false;
    bool has_current = false;
    bool is_one_word = false;  // for last_holder and locked
    Place threads_head = 0, last_holder = 0, locked = 0, switch_number = 0, current = 0;
    Place collecting = 0, collection_frame = 0;
  };

  void BuildRanges(const std::vector<Interpreter>& interpreters);
  GilWords GilOf(const Places& places) const;
  template <typename T>
  T At(Place place) const;

  const Runtime& runtime_;
  SnapshotMemory words_;
  std::vector<Places> places_;
  Place interpreters_head_ = 0;
  Address newest_;
  std::map<Address, InterpreterState> states_;  // by interpreter
  std::uint64_t look_ = 0;
};

}  // namespace osprey
