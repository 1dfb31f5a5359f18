// describe_values PID: what the readers make of a live process's objects, frames and locks, as JSON
// on standard output. On standard input the addresses of the objects to print, in hexadecimal, one
// a line. For tests/end_to_end/values_test.py, which knows what the process says of them itself.
#include <sys/syscall.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "osprey/python/data_stack_walker.h"
#include "osprey/python/frame_locals.h"
#include "osprey/python/frame_object_walker.h"
#include "osprey/python/lock_objects.h"
#include "osprey/python/thread_list.h"
#include "osprey/python/value_text.h"
#include "osprey/target/live_target.h"
#include "osprey/target/thread_activity.h"

namespace osprey {
namespace {

using nlohmann::json;

// Far more than the test's objects need: it compares whole texts.
constexpr ValueLimits kNoLimits{
    .depth = 100, .items = 1U << 20U, .characters = 1U << 20U, .text = 1U << 26U};

class Describer {
 public:
  Describer(const LiveTarget& target, Runtime runtime)
      : target_(target),
        memory_(target.memory()),
        runtime_(std::move(runtime)),
        values_(memory_, runtime_.layout, kNoLimits),
        variables_(memory_, runtime_.layout, {}),
        locals_(memory_, runtime_.layout),
        locks_(memory_, runtime_.layout),
        codes_(memory_, runtime_.layout, stacks_) {}

  std::string Value(Address object) const { return values_.Of(object); }

  Result<json> Threads() {
    LearnThreadIds(memory_, target_.ThreadIdsInside(), runtime_);
    const auto list = ListThreads(memory_, runtime_);
    if (!list) return list.error();
    const auto names = ReadThreadNames(memory_, runtime_, list->interpreters.back().state);
    auto threads = json::array();
    for (const PythonThread& thread : list->threads) {
      const auto name = names.find(thread.ident);
      threads.push_back({{"name", name == names.end() ? "" : name->second},
                         {"ident", thread.ident},
                         {"waits", nullptr},
                         {"frames", Frames(thread)}});
      if (const auto lock = WaitedFor(thread)) {
        threads.back()["waits"] = {lock->object.value, lock->locked, lock->owner_ident,
                                   lock->count};
      }
    }
    return threads;
  }

 private:
  std::vector<RawFrame> Walk(const PythonThread& thread) {
    std::vector<RawFrame> frames;
    if (runtime_.layout.frame_chain == FrameChain::kFrameObjects) {
      FrameObjectWalker(runtime_.layout, codes_, thread.interpreter, thread.state)
          .Walk(memory_, frames);
    } else {
      DataStackWalker(runtime_.layout, codes_, thread.interpreter, thread.state)
          .Walk(memory_, frames);
    }
    return frames;
  }

  // Root to leaf. Keeps for WaitedFor what lies in the innermost ones.
  json Frames(const PythonThread& thread) {
    candidates_.clear();
    auto described = json::array();
    for (const RawFrame& raw : Walk(thread)) {
      const Frame& frame = stacks_.frame(codes_.FrameOf(*raw.code, raw.byte_offset));
      const std::string function(stacks_.strings().Get(frame.function));
      const std::string file(stacks_.strings().Get(frame.file));
      const auto variables = locals_.Read(raw).value_or(std::vector<LocalVariable>());
      const auto stack = locals_.ReadStack(raw).value_or(ValueStack());
      auto local_texts = json::array();
      for (const LocalVariable& variable : variables) {
        local_texts.push_back({variable.name, variable.is_argument, variables_.Of(variable.value)});
        candidates_.push_back(variable.value);
      }
      candidates_.insert(candidates_.end(), stack.objects.begin(), stack.objects.end());
      auto held = json::array();
      for (const LockObject& lock : locks_.HeldByWith(stack)) held.push_back(lock.object.value);
      auto joined = json();
      if (const auto ident = locks_.JoinedThread(function, file, variables)) joined = *ident;
      auto released = json();
      if (const auto lock = locks_.ReleasedByWait(function, file, variables)) {
        released = lock->value;
      }
      described.push_back({{"function", function},
                           {"locals", local_texts},
                           {"stack", stack.objects.size()},
                           {"guarded", stack.guarded},
                           {"exact", stack.is_exact},
                           {"held", held},
                           {"joins", joined},
                           {"released", released}});
    }
    return described;
  }

  std::optional<LockObject> WaitedFor(const PythonThread& thread) const {
    const auto reader = ThreadActivityReader::Open(target_.pid(), thread.tid);
    if (!reader) return std::nullopt;
    const auto activity = reader->Read();
    if (!activity || activity->system_call != SYS_futex) return std::nullopt;
    return locks_.WaitedFor(activity->first_argument, candidates_);
  }

  const LiveTarget& target_;
  const Memory& memory_;
  Runtime runtime_;
  ValueText values_, variables_;
  FrameLocals locals_;
  LockObjects locks_;
  StackTable stacks_;
  CodeCache codes_;
  std::vector<Address> candidates_;
};

int Run(pid_t pid) {
  const auto target = LiveTarget::Open(pid);
  auto runtime = target ? FindRuntime(*target) : Result<Runtime>(target.error());
  if (!runtime) {
    std::cerr << runtime.error().Message() << "\n";
    return 1;
  }
  Describer describer(*target, std::move(*runtime));
  auto values = json::array();
  for (std::string line; std::getline(std::cin, line);) {
    values.push_back(describer.Value(Address(std::strtoull(line.c_str(), nullptr, 16))));
  }
  const auto threads = describer.Threads();
  if (!threads) {
    std::cerr << threads.error().Message() << "\n";
    return 1;
  }
  std::cout << json{{"values", values}, {"threads", *threads}} << "\n";
  return 0;
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: describe_values PID < ADDRESSES\n";
    return 2;
  }
  return osprey::Run(static_cast<pid_t>(std::strtol(argv[1], nullptr, 10)));
}
