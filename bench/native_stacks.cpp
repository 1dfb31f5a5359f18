// How many stacks a second one core unwinds and merges: the main thread of a program is stopped
// some times, its stack copied, and each copy is then worked through over and over, without the
// program and without system calls but the walk of the Python frames. Prints one JSON object.
//
//   native_stacks PID STOPS SECONDS
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <thread>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/native/stack_copy.h"
#include "osprey/native/unwinder.h"
#include "osprey/python/evaluation_entries.h"
#include "osprey/python/frame_walker.h"
#include "osprey/python/thread_list.h"
#include "osprey/sampler/stack_merger.h"
#include "osprey/target/live_target.h"

namespace osprey {
namespace {

constexpr std::size_t kStackBytes = 256U << 10U;

struct Moment {
  explicit Moment(const Memory& memory) : stack(memory) {}

  Registers registers;
  StackCopy stack;
  std::vector<RawFrame> python;
};

bool Wait(pid_t pid) {
  int status = 0;
  return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status);
}

Registers Read(pid_t pid) {
  user_regs_struct user{};
  ptrace(PTRACE_GETREGS, pid, nullptr, &user);
  Registers registers;
  registers.instruction_pointer = Address(user.rip);
  registers.stack_pointer = Address(user.rsp);
  registers.general.resize(sizeof user / sizeof(std::uint64_t));
  std::memcpy(registers.general.data(), &user, sizeof user);
  return registers;
}

// What this thread has had of its core: others may want it too.
double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int Run(pid_t pid, int stops, int seconds) {
  const auto target = LiveTarget::Open(pid);
  if (!target) return 1;
  const auto runtime = FindRuntime(*target);
  const auto map = target->ReadMap();
  if (!runtime || !map) return 1;
  const Memory& memory = target->memory();
  const auto list = ListThreads(memory, *runtime);
  if (!list) return 1;
  UnwindTables tables;
  tables.Update(memory, *map);
  auto unwinder = Unwinder::Make(Machine::kX64, tables);
  const auto evaluations = EvaluationFrames::Find(*target, *runtime, tables);
  if (!unwinder || !evaluations) return 1;
  StackTable stacks;
  CodeCache codes(memory, runtime->layout, stacks);
  const PythonThread& thread = list->threads.back();
  FrameWalker walker(runtime->layout, codes, thread.interpreter, thread.state);

  std::deque<Moment> moments;
  Duration stopped{};
  if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) return 1;
  for (int i = 0; i < stops; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    const TimePoint start = Clock::now();
    if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0 || !Wait(pid)) return 1;
    Moment& moment = moments.emplace_back(memory);
    moment.registers = Read(pid);
    static_cast<void>(moment.stack.Take(moment.registers.stack_pointer, kStackBytes));
    walker.WalkStill(memory, moment.python);
    PlaceEntries(runtime->layout, moment.stack, thread.state, moment.python);
    ptrace(PTRACE_CONT, pid, nullptr, 0);
    stopped += Clock::now() - start;
  }
  StackMerger merger;
  std::vector<NativeFrame> native;
  std::vector<NativeRole> roles;
  std::vector<MergedFrame> merged;
  std::uint64_t walks = 0;
  std::uint64_t frames = 0;
  std::uint64_t fit = 0;
  const double start = CpuSeconds();
  while (CpuSeconds() - start < seconds) {
    for (const Moment& moment : moments) {
      const UnwindEnd end = unwinder->Walk(moment.registers, moment.stack, native);
      evaluations->RolesOf(native, roles);
      const NativeSide side{native, roles, end == UnwindEnd::kOutermost, moment.stack.start(),
                            moment.stack.bytes()};
      if (merger.Merge(side, {moment.python}, merged)) ++fit;
      ++walks;
      frames += native.size();
    }
  }
  const double each = static_cast<double>(frames) / static_cast<double>(walks);
  const double rate = static_cast<double>(walks) / (CpuSeconds() - start);
  fmt::print(
      "{{\"version\": \"{}\", \"stacks_per_second\": {:.0f}, \"frames\": {:.1f}, "
      "\"of_40_frames_per_second\": {:.0f}, \"fit_percent\": "
      "{:.2f}, "
      "\"stop_us\": {:.1f}}}\n",
      runtime->version.ToString(), rate, each, rate * each / 40,
      100 * static_cast<double>(fit) / static_cast<double>(walks), 1e6 * Seconds(stopped) / stops);
  return 0;
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: native_stacks PID STOPS SECONDS\n");
    return 2;
  }
  return osprey::Run(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]));
}
