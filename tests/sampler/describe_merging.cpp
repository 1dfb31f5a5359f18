// describe_merging PID ROUNDS STEPS: the merged stacks of the main thread of a Python, as JSON on
// standard output. Each round lets the program run for up to 2 ms and then does STEPS single steps,
// with a look before each.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>
#include <unordered_map>

#include "osprey/native/module_symbols.h"
#include "osprey/native/stack_copy.h"
#include "osprey/native/unwinder.h"
#include "osprey/python/evaluation_entries.h"
#include "osprey/python/frame_walker.h"
#include "osprey/python/thread_list.h"
#include "osprey/sampler/stack_merger.h"
#include "osprey/target/live_target.h"

namespace osprey {
namespace {

constexpr int kMaxAttempts = 3;
constexpr std::size_t kStackBytes = 512U << 10U;

class Stepped {
 public:
  explicit Stepped(pid_t pid) : pid_(pid) {}
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;
  ~Stepped() { ptrace(PTRACE_DETACH, pid_, nullptr, nullptr); }

  bool Seize() { return ptrace(PTRACE_SEIZE, pid_, nullptr, nullptr) == 0 && Interrupt(); }
  bool Interrupt() { return ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) == 0 && Wait(); }
  bool Step() { return ptrace(PTRACE_SINGLESTEP, pid_, nullptr, 0) == 0 && Wait(); }
  bool Continue() { return ptrace(PTRACE_CONT, pid_, nullptr, 0) == 0; }
  Registers Read() const {
    user_regs_struct user{};
    ptrace(PTRACE_GETREGS, pid_, nullptr, &user);
    Registers registers;
    registers.instruction_pointer = Address(user.rip);
    registers.stack_pointer = Address(user.rsp);
    registers.general.resize(sizeof user / sizeof(std::uint64_t));
    std::memcpy(registers.general.data(), &user, sizeof user);
    return registers;
  }

 private:
  bool Wait() {
    int status = 0;
    return waitpid(pid_, &status, __WALL) == pid_ && WIFSTOPPED(status);
  }

  pid_t pid_;
};

class Names {
 public:
  Names(const LiveTarget& target, const MemoryMap& map) : target_(target), modules_(Modules(map)) {}

  const std::string& Of(Address address) {
    auto [known, is_new] = names_.try_emplace(address);
    if (is_new) known->second = Look(address);
    return known->second;
  }

 private:
  std::string Look(Address address) {
    for (const Module& module : modules_) {
      for (const Mapping& mapping : module.mappings) {
        if (!mapping.Contains(address)) continue;
        std::string path = fmt::format("/proc/{}/root{}", target_.pid(), module.path);
        if (::access(path.c_str(), R_OK) != 0) {  // in another mount namespace, seen from outside
          path = fmt::format("/proc/{}/map_files/{:x}-{:x}", target_.pid(), mapping.start.value,
                             mapping.end.value);
        }
        const std::string file = module.path.substr(module.path.rfind('/') + 1);
        auto known = symbols_.find(module.path);
        if (known == symbols_.end()) {
          UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
          auto symbols = fd.valid() ? ModuleSymbols::Open(std::move(fd), path)
                                    : Result<ModuleSymbols>(Error{ErrorCode::kNotFound, 0, {}, ""});
          if (!symbols) return file;
          known = symbols_.emplace(module.path, std::move(*symbols)).first;
        }
        const auto elf = target_.OpenModule(module);
        const auto bias = elf ? LoadBias(module, *elf) : Result<std::uint64_t>(elf.error());
        if (!bias) return file;
        const auto frames = known->second.Name(FileAddress{address.value - *bias});
        return frames.front().function.empty() ? file : frames.front().function + "@" + file;
      }
    }
    return "?";
  }

  const LiveTarget& target_;
  std::vector<Module> modules_;
  std::map<std::string, ModuleSymbols> symbols_;
  std::unordered_map<Address, std::string> names_;
};

int Fail(const Error& error) {
  fmt::print(stderr, "{}\n", error.Message());
  return 1;
}

int Run(pid_t pid, int rounds, int steps) {
  const auto target = LiveTarget::Open(pid);
  if (!target) return Fail(target.error());
  const auto runtime = FindRuntime(*target);
  if (!runtime) return Fail(runtime.error());
  const Memory& memory = target->memory();
  const auto list = ListThreads(memory, *runtime);
  if (!list) return Fail(list.error());
  const PythonThread& thread = list->threads.back();  // the oldest
  const auto map = target->ReadMap();
  if (!map) return Fail(map.error());
  UnwindTables tables;
  tables.Update(memory, *map);
  auto unwinder = Unwinder::Make(Machine::kX64, tables);
  if (!unwinder) return Fail(unwinder.error());
  const auto evaluations = EvaluationFrames::Find(*target, *runtime, tables);
  if (!evaluations) return Fail(evaluations.error());
  Names names(*target, *map);
  StackTable stacks;
  CodeCache codes(memory, runtime->layout, stacks);
  FrameWalker walker(runtime->layout, codes, thread.interpreter, thread.state);
  StackMerger merger;
  StackCopy copy(memory);
  std::vector<NativeFrame> native;
  std::vector<NativeRole> roles;
  std::vector<RawFrame> python;
  std::vector<MergedFrame> merged;
  std::map<std::string, std::uint64_t> sightings;
  std::map<std::string, std::uint64_t> unfit;
  std::uint64_t looks = 0;
  std::array<std::uint64_t, kMaxAttempts> attempts{};
  std::uint64_t incomplete = 0;
  std::minstd_rand random(1);
  Stepped stepped(pid);
  if (!stepped.Seize()) return 1;
  for (int round = 0; round < rounds; ++round) {
    if (!stepped.Continue()) return 1;
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    if (!stepped.Interrupt()) return 1;
    for (int step = 0; step < steps; ++step) {
      ++looks;
      const Registers registers = stepped.Read();
      static_cast<void>(copy.Take(registers.stack_pointer, kStackBytes));
      const UnwindEnd unwound = unwinder->Walk(registers, copy, native);
      if (unwound != UnwindEnd::kOutermost) ++incomplete;
      evaluations->RolesOf(native, roles);
      bool fits = false;
      for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
        const WalkEnd walked = walker.WalkStill(memory, python);
        const bool is_walked = walked == WalkEnd::kComplete || walked == WalkEnd::kCut;
        if (!is_walked) python.clear();
        PlaceEntries(runtime->layout, copy, thread.state, python);
        const NativeSide native_side{native, roles, unwound == UnwindEnd::kOutermost, copy.start(),
                                     copy.bytes()};
        fits = merger.Merge(native_side, {python}, merged);
        ++attempts.at(static_cast<std::size_t>(attempt));
        if (fits && !merger.has_idle_evaluation()) break;
      }
      std::string text;
      for (const MergedFrame& frame : merged) {
        if (!text.empty()) text += ';';
        if (frame.side == MergedFrame::Side::kNative) {
          text += "n " + names.Of(native[frame.index].LookupAddress());
        } else {
          text += "p ";
          text += stacks.strings().Get(python[frame.index].code->function);
        }
      }
      ++(fits ? sightings : unfit)[text];
      if (step + 1 < steps && !stepped.Step()) return 1;
    }
  }
  std::size_t parts = evaluations->evaluation().size();
  const nlohmann::json result{{"version", runtime->version.ToString()},
                              {"looks", looks},
                              {"attempts", attempts},
                              {"native_incomplete", incomplete},
                              {"parts", parts},
                              {"stacks", sightings},
                              {"unfit", unfit}};
  fmt::print("{}\n", result.dump(0));
  return 0;
}

}  // namespace
}  // namespace osprey

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: describe_merging PID ROUNDS STEPS\n");
    return 2;
  }
  return osprey::Run(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]));
}
