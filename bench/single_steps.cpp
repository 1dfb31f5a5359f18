// Walks the main thread of a program before every machine instruction that it executes: what a
// copy shows must be true of each state that the program passes through, however short, for the
// host may take the processor away in any of them. Prints one JSON object: how many walks, and
// each stack from root to leaf, how often, and the instruction pointer where it was met first.
//
//   single_steps PID ROUNDS STEPS
//
// Each round lets the program run for up to 2 ms and then does STEPS steps.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "osprey/python/frame_walker.h"
#include "osprey/python/thread_list.h"
#include "osprey/target/live_target.h"

namespace osprey {
namespace {

// One thread under ptrace(2); let go when this ends.
class Stepped {
 public:
  explicit Stepped(pid_t pid) : pid_(pid) {}
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;
  ~Stepped() {
    if (is_stopped_) ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
  }

  bool Seize() {
    if (ptrace(PTRACE_SEIZE, pid_, nullptr, nullptr) != 0) return false;
    return Interrupt();
  }
  bool Interrupt() { return ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) == 0 && Wait(); }
  bool Step() { return Resume(PTRACE_SINGLESTEP) && Wait(); }
  bool Continue() { return Resume(PTRACE_CONT); }
  unsigned long long InstructionPointer() const {
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
    return registers.rip;
  }

 private:
  bool Resume(__ptrace_request how) {
    is_stopped_ = false;
    return ptrace(how, pid_, nullptr, std::exchange(signal_, 0)) == 0;
  }
  bool Wait() {
    int status = 0;
    if (waitpid(pid_, &status, __WALL) != pid_ || !WIFSTOPPED(status)) return false;
    is_stopped_ = true;
    const int signal = WSTOPSIG(status);
    if (status >> 16 == 0 && signal != SIGTRAP) signal_ = signal;  // the program's own: passed on
    return true;
  }

  pid_t pid_;
  bool is_stopped_ = false;
  long signal_ = 0;
};

struct Sighting {
  std::uint64_t count = 0;
  unsigned long long first_at = 0;
};

std::string Names(const std::vector<RawFrame>& frames, StackTable& stacks) {
  std::string names;
  for (const RawFrame& f : frames) {
    if (!names.empty()) names += ';';
    names += stacks.strings().Get(f.code->function);
  }
  return names;
}

int Run(pid_t pid, int rounds, int steps) {
  const auto target = LiveTarget::Open(pid);
  if (!target) return 1;
  const auto runtime = FindRuntime(*target);
  if (!runtime) return 1;
  const Memory& memory = target->memory();
  const auto list = ListThreads(memory, *runtime);
  if (!list || list->threads.size() != 1) return 1;
  StackTable stacks;
  CodeCache codes(memory, runtime->layout, stacks);
  FrameWalker walker(runtime->layout, codes, list->threads[0].interpreter, list->threads[0].state);
  std::vector<RawFrame> frames;
  std::map<std::string, Sighting> sightings;
  std::uint64_t walks = 0;
  std::uint64_t rejected = 0;
  std::uint64_t cut = 0;
  std::minstd_rand random(1);
  Stepped stepped(pid);
  if (!stepped.Seize()) return 1;
  for (int round = 0; round < rounds; ++round) {
    if (!stepped.Continue()) return 1;
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    if (!stepped.Interrupt()) return 1;
    for (int step = 0; step < steps; ++step) {
      const WalkEnd end = walker.Walk(memory, frames);
      ++walks;
      if (end == WalkEnd::kRejected) ++rejected;
      if (end == WalkEnd::kCut) ++cut;
      if (end == WalkEnd::kComplete || end == WalkEnd::kCut) {
        Sighting& sighting = sightings[Names(frames, stacks)];
        if (sighting.count++ == 0) sighting.first_at = stepped.InstructionPointer();
      }
      if (!stepped.Step()) return 1;
    }
  }
  std::vector<std::string> rows;
  for (const auto& [names, sighting] : sightings) {
    rows.push_back(fmt::format("[\"{}\", {}, {}]", names, sighting.count, sighting.first_at));
  }
  fmt::print(
      "{{\"version\": \"{}\", \"walks\": {}, \"rejected\": {}, \"cut\": {}, \"stacks\": [{}]}}\n",
      runtime->version.ToString(), walks, rejected, cut, fmt::join(rows, ",\n"));
  return 0;
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: single_steps PID ROUNDS STEPS\n");
    return 2;
  }
  return osprey::Run(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]));
}
