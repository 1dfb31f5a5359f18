#include "cli/dump.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "cli/single_process.h"
#include "cli/version.h"
#include "osprey/python/runtime_finder.h"
#include "osprey/sampler/kernel_threads.h"
#include "osprey/sampler/native_dumper.h"
#include "osprey/target/live_target.h"
#include "osprey/target/process_tree.h"
#include "osprey/target/scoped_pause.h"

namespace osprey {
namespace {

constexpr std::size_t kRule = 72;  // columns, between two processes

struct Dumped {
  ThreadDump dump;
  std::string own_code_root;
};

// Waits for the interpreter as long as for one that has just been started.
Result<FoundProgram> AwaitProgram(const LiveTarget& target, bool with_native) {
  SingleProcess process(target, nullptr, with_native);
  std::vector<FoundProgram> found;
  while (true) {
    const TimePoint now = Clock::now();
    const auto outlook = process.Poll(now, found);
    if (!outlook) return outlook.error();
    if (!found.empty()) return std::move(found.back());  // as a Python, where it is one
    if (*outlook == ProgramSource::Outlook::kNoMore) {
      return Error{ErrorCode::kNoSuchProcess, 0, Address{},
                   fmt::format("process {} has ended", target.pid())};
    }
    std::this_thread::sleep_until(process.PollAgainAt(now));
  }
}

// Null where native frames are not wanted, or cannot be had, which the dump says then.
std::unique_ptr<NativeDumper> MakeNative(NativeMode mode, const Target& target, Machine machine,
                                         const std::optional<Runtime>& runtime, ThreadDump& dump,
                                         NativeDumper::RegistersOf registers_of) {
  if (mode == NativeMode::kOff) return nullptr;
  auto dumper = NativeDumper::Make(target, machine, runtime ? &*runtime : nullptr,
                                   std::move(registers_of), dump);
  if (dumper) return std::move(*dumper);
  dump.warnings.push_back("there are no native frames: " + dumper.error().Message());
  return nullptr;
}

Result<void> ReadThreads(const Memory& memory, const std::optional<Runtime>& runtime,
                         std::span<const KernelThread> threads, const DumpOptions& options,
                         ThreadDump& dump) {
  if (runtime) return DumpThreads(memory, *runtime, threads, options, dump);
  DumpNativeThreads(threads, options, dump);
  return {};
}

// Reads a process that does not run meanwhile, because its threads are stopped or sleep. One that
// slept and woke up is stopped in the next try; in the last one all are.
Result<void> ReadStill(const LiveTarget& target, const std::optional<Runtime>& runtime,
                       NativeMode native, DumpOptions options, ThreadDump& dump) {
  constexpr int kTries = 3;
  std::vector<pid_t> restless;
  Duration stopped_for{0};
  for (int left = kTries; left > 0; --left) {
    ThreadDump tried;
    auto threads = LookAtThreads(target);
    const auto sleepers = left == 1 ? ScopedPause::Sleepers::kStop : ScopedPause::Sleepers::kWatch;
    auto pause = ScopedPause::Stop(target.pid(), sleepers, restless);
    if (!pause) {
      Error error = pause.error();
      error.context += "; --nonblocking reads it without stopping it";
      return error;
    }
    DropOutdated(target, threads);
    options.stands_still = pause->missed_threads() == 0;
    const auto dumper =
        MakeNative(native, target, OwnMachine(), runtime, tried, [&](const KernelThread& thread) {
          auto registers = pause->ReadRegisters(thread.facts.tid);
          return registers ? registers : BlockedRegisters(thread.facts.activity);
        });
    options.native = dumper.get();
    const auto result = ReadThreads(target.memory(), runtime, threads, options, tried);
    const std::vector<pid_t> woken = pause->Woken();
    pause->Resume();
    stopped_for += pause->Stopped();
    restless.insert(restless.end(), woken.begin(), woken.end());
    if (!woken.empty() && left > 1) continue;
    if (!result) return result.error();
    if (dumper) dumper->Name(native == NativeMode::kOn);
    tried.stopped_for = stopped_for;
    tried.stopped_threads = pause->stopped_threads();
    if (const std::size_t missed = pause->missed_threads(); missed > 0) {
      tried.warnings.push_back(fmt::format("{} thread{} could not be stopped and ran on", missed,
                                           missed == 1 ? "" : "s"));
    }
    dump = std::move(tried);
    break;
  }
  return {};
}

Result<void> ReadRunning(const LiveTarget& target, const std::optional<Runtime>& runtime,
                         const DumpOptions& options, ThreadDump& dump) {
  auto threads = LookAtThreads(target);
  if (auto read = ReadThreads(target.memory(), runtime, threads, options, dump); !read) return read;
  DropWaits(DropOutdated(target, threads), dump);
  return {};
}

Result<Dumped> DumpLive(pid_t pid, const DumpRequest& request) {
  const auto target = LiveTarget::Open(pid);
  if (!target) return target.error();
  const auto program = AwaitProgram(*target, request.native != NativeMode::kOff);
  if (!program) return program.error();
  Dumped dumped;
  const auto read =
      request.nonblocking
          ? ReadRunning(*target, program->runtime, request.options, dumped.dump)
          : ReadStill(*target, program->runtime, request.native, request.options, dumped.dump);
  if (!read) return read.error();
  dumped.dump.pid = pid;
  dumped.dump.command = target->CommandLine();
  dumped.dump.executable = target->ExecutablePath();
  dumped.dump.parent = target->Parent();
  dumped.own_code_root = target->WorkingDirectory();
  return dumped;
}

std::string SignalText(const CoreSignal& signal) {
  const char* name = ::sigabbrev_np(signal.number);
  std::string text =
      name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal.number);
  if (!signal.fault_address.IsNull()) text += fmt::format(" at {:#x}", signal.fault_address.value);
  return text;
}

Result<Dumped> DumpCore(const DumpRequest& request) {
  const auto target = CoreTarget::Open(request.core, request.core_files);
  if (!target) return target.error();
  auto found = FindRuntime(*target);
  const bool may_be_native = request.native != NativeMode::kOff;
  if (!found && !may_be_native) {
    Error error = found.error();
    error.context = fmt::format("{}: {}", request.core, error.context);
    // Why, most likely.
    for (const std::string& warning : target->Warnings()) error.context += "; " + warning;
    return error;
  }
  Dumped dumped;
  dumped.dump.pid = target->pid();
  dumped.dump.command = target->Title();
  dumped.dump.core = request.core;
  dumped.dump.executable = target->ExecutablePath();
  dumped.dump.warnings = target->Warnings();
  if (target->signal()) dumped.dump.signal = SignalText(*target->signal());
  const auto threads = ThreadsOfCore(*target);
  DumpOptions options = request.options;
  options.stands_still = true;
  const auto runtime = found ? std::optional(std::move(*found)) : std::nullopt;
  const auto dumper = MakeNative(request.native, *target, target->machine(), runtime, dumped.dump,
                                 [&](const KernelThread& thread) -> std::optional<Registers> {
                                   for (const CoreThread& core : target->threads()) {
                                     if (core.tid == thread.facts.tid) return core.registers;
                                   }
                                   return std::nullopt;
                                 });
  options.native = dumper.get();
  auto result = ReadThreads(target->memory(), runtime, threads, options, dumped.dump);
  if (!result) return result.error();
  if (dumper) dumper->Name(request.native == NativeMode::kOn);
  return dumped;
}

// The process and all that descend from it; of these, those that are no Python are left out.
Result<std::vector<Dumped>> DumpFamily(const DumpRequest& request) {
  std::vector<Dumped> all;
  auto first = DumpLive(*request.pid, request);
  const bool is_left_out = !first && first.error().code == ErrorCode::kNotFound;
  if (!first && !(request.subprocesses && is_left_out)) return first.error();
  if (first) all.push_back(std::move(*first));
  if (!request.subprocesses) return all;
  ProcessTree tree(*request.pid, false, AvailableChildSearch());
  for (const ProcessTree::Process& process : tree.Walk().arrived) {
    if (process.pid == *request.pid) continue;
    auto dumped = DumpLive(process.pid, request);
    if (dumped) {
      all.push_back(std::move(*dumped));
    } else {
      spdlog::info("process {} is left out: {}", process.pid, dumped.error().Message());
    }
  }
  if (all.empty()) return first.error();
  return all;
}

bool WantsColor(const DumpRequest& request, const OutputFile& file) {
  if (request.color != UseColor::kAuto) return request.color == UseColor::kAlways;
  // https://no-color.org: set to anything but nothing.
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::strcmp(term, "dumb") == 0) return false;
  return file.is_stdout() && ::isatty(STDOUT_FILENO) == 1;
}

Result<void> WriteJson(const std::vector<Dumped>& all, const DumpRequest& request,
                       std::ostream& out) {
  if (!request.subprocesses) return WriteDumpJson(all.front().dump, kOspreyVersion, out);
  out << "[\n";
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out << ",\n";
    if (auto written = WriteDumpJson(all[i].dump, kOspreyVersion, out); !written) return written;
  }
  out << "]\n";
  return {};
}

Result<void> WriteText(const std::vector<Dumped>& all, const DumpRequest& request, bool is_colored,
                       std::ostream& out) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out << "\n" << std::string(kRule, '-') << "\n\n";
    const DumpStyle style{request.style, is_colored, all[i].own_code_root};
    if (auto written = WriteDumpText(all[i].dump, style, out); !written) return written;
  }
  return {};
}

}  // namespace

Result<int> Dump(const DumpRequest& request) {
  auto file = OutputFile::Create(request.output);
  if (!file) return file.error();
  std::vector<Dumped> all;
  if (request.pid) {
    auto family = DumpFamily(request);
    if (!family) return family.error();
    all = std::move(*family);
  } else {
    auto dumped = DumpCore(request);
    if (!dumped) return dumped.error();
    all.push_back(std::move(*dumped));
  }
  auto written = request.is_json
                     ? WriteJson(all, request, file->stream())
                     : WriteText(all, request, WantsColor(request, *file), file->stream());
  // The file knows better than the stream why it failed.
  if (auto committed = file->Commit(); !committed) written = committed;
  if (!written) return written.error();
  return kExitSuccess;
}

}  // namespace osprey
