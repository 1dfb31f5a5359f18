#include "osprey/sampler/thread_dumper.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "osprey/python/code_cache.h"
#include "osprey/python/evaluation_entries.h"
#include "osprey/python/frame_walker.h"
#include "osprey/python/thread_list.h"
#include "osprey/sampler/native_dumper.h"
#include "osprey/target/cached_memory.h"
#include "sampler/interpreter_words.h"
#include "sampler/lock_finder.h"
#include "sampler/lock_graph.h"
#include "sampler/thread_states.h"

namespace osprey {
namespace {

// A walk that could not be proved is tried again: by then the thread has moved on.
constexpr int kMaxWalks = 20;

DumpedThread::Stack StackOf(WalkEnd end) {
  switch (end) {
    case WalkEnd::kComplete:
      return DumpedThread::Stack::kComplete;
    case WalkEnd::kCut:
      return DumpedThread::Stack::kCut;
    case WalkEnd::kNoFrames:
    case WalkEnd::kGone:
      return DumpedThread::Stack::kNone;
    case WalkEnd::kRejected:
      break;
  }
  return DumpedThread::Stack::kUnread;
}

DumpedThread Describe(const KernelThread& kernel) {
  DumpedThread dumped;
  dumped.tid = kernel.facts.tid;
  dumped.name = kernel.facts.name;
  dumped.state.on_cpu = kernel.facts.activity.on_cpu;
  dumped.system_call = kernel.facts.system_call;
  dumped.asleep_for = kernel.facts.asleep_for;
  dumped.took_signal = kernel.took_signal;
  if (kernel.facts.state == 'T') dumped.halted = DumpedThread::Halt::kSignal;
  if (kernel.facts.state == 't') dumped.halted = DumpedThread::Halt::kDebugger;
  return dumped;
}

class Dumper {
 public:
  Dumper(const Memory& memory, const Runtime& runtime, const DumpOptions& options, ThreadDump& dump)
      : memory_(memory),
        runtime_(runtime),
        options_(options),
        dump_(dump),
        codes_(memory, runtime.layout, dump.stacks),
        cached_(memory),
        locks_(cached_, runtime.layout),
        words_(runtime) {
    if (options.variables) {
      variables_.emplace(cached_, runtime.layout, *options.variables, options.stands_still);
    }
  }

  Result<void> Run(std::span<const KernelThread> kernel_threads) {
    auto list = ListThreads(memory_, runtime_);
    if (!list) return list.error();
    words_.Watch(list->interpreters);
    words_.Look(memory_);
    for (const Interpreter& interpreter : list->interpreters) {
      names_[interpreter.state] = ReadThreadNames(memory_, runtime_, interpreter.state);
      ids_[interpreter.state] = interpreter.id;
    }
    std::vector<bool> is_known(kernel_threads.size());
    // The interpreter has the newest first; people think of the main thread as the first.
    for (std::size_t i = list->threads.size(); i-- > 0;) {
      const PythonThread& thread = list->threads[i];
      const auto kernel = std::find_if(
          kernel_threads.begin(), kernel_threads.end(),
          [&](const KernelThread& k) { return thread.tid != 0 && k.inside_tid == thread.tid; });
      const bool is_found = kernel != kernel_threads.end();
      if (is_found) is_known[static_cast<std::size_t>(kernel - kernel_threads.begin())] = true;
      DumpThread(thread, is_found ? &*kernel : nullptr);
    }
    for (std::size_t i = 0; i < kernel_threads.size(); ++i) {
      if (is_known[i]) continue;
      dump_.threads.push_back(Describe(kernel_threads[i]));
      if (options_.native != nullptr) {
        options_.native->Add(kernel_threads[i], {}, dump_.threads.back());
      }
    }
    dump_.waits = locks_.FindWaits(dump_.threads);
    dump_.deadlocks = FindDeadlocks(dump_.waits, dump_.threads.size());
    auto left_out = variables_ ? variables_->LeftOut() : std::nullopt;
    if (left_out) dump_.warnings.push_back(std::move(*left_out));
    return {};
  }

 private:
  // What threading calls the thread: the interpreters that started it know.
  std::string NameOf(const PythonThread& thread) const {
    for (const auto& [interpreter, names] : names_) {
      const auto name = names.find(thread.ident);
      if (name != names.end()) return name->second;
    }
    return {};
  }

  void DumpThread(const PythonThread& thread, const KernelThread* kernel) {
    DumpedThread dumped = kernel != nullptr ? Describe(*kernel) : DumpedThread();
    if (kernel == nullptr) dumped.tid = thread.tid;
    dumped.ident = thread.ident;
    dumped.interpreter = ids_[thread.interpreter];
    if (std::string name = NameOf(thread); !name.empty()) dumped.name = std::move(name);

    FrameWalker walker(runtime_.layout, codes_, thread.interpreter, thread.state);
    walker.CopyThreadState(WalkedThreadBytes(runtime_.layout));
    std::vector<RawFrame> frames;
    WalkEnd end = WalkEnd::kRejected;
    for (int i = 0; i < kMaxWalks && (end == WalkEnd::kRejected || end == WalkEnd::kCut); ++i) {
      end =
          options_.stands_still ? walker.WalkStill(memory_, frames) : walker.Walk(memory_, frames);
    }
    const InterpreterState* interpreter = words_.Find(thread.interpreter);
    const bool is_gone = end == WalkEnd::kGone;
    const bool is_attached = !is_gone && IsAttached(runtime_.layout, walker.thread_state());
    const ThreadActivity activity = kernel != nullptr ? kernel->facts.activity : ThreadActivity{};
    dumped.state = StateOf(runtime_.layout, thread.state, activity, interpreter, is_attached);
    dumped.stack = StackOf(end);
    if (is_gone || end == WalkEnd::kRejected) frames.clear();
    for (const RawFrame& frame : frames) {
      dumped.frames.push_back({codes_.FrameOf(*frame.code, frame.byte_offset), {}});
    }
    if (variables_) AddVariables(frames, dumped.frames);
    if (options_.native != nullptr && kernel != nullptr) {
      PlaceEntries(runtime_.layout, memory_, thread.state, frames);
      options_.native->Add(*kernel, frames, dumped);
    } else if (interpreter != nullptr && interpreter->collects && dumped.state.holds_gil) {
      AddMarker(frames, interpreter->collection_frame, dumped);
    }
    const std::string& call = dumped.system_call;
    // One that was stopped before has entered it again, with the same arguments
    // (restart_syscall(2)).
    const bool is_in_futex = call == "futex" || call == "restart_syscall";
    LookForLocks(frames, is_in_futex ? activity.first_argument : Address());
    dump_.threads.push_back(std::move(dumped));
  }

  // The leaf first: it is what people look at first, and should there be too much, what has them.
  void AddVariables(const std::vector<RawFrame>& frames, std::vector<DumpedFrame>& dumped) {
    for (std::size_t i = frames.size(); i-- > 0;) {
      if (!options_.stands_still) cached_.Clear();
      for (VariableText& text : variables_->Of(frames[i])) {
        dumped[i].variables.push_back(
            {std::move(text.name), std::move(text.value), text.is_argument});
      }
    }
  }

  void LookForLocks(const std::vector<RawFrame>& frames, Address futex) {
    if (!options_.stands_still) cached_.Clear();
    std::vector<LockFinder::NamedFrame> named;
    named.reserve(frames.size());
    for (const RawFrame& raw : frames) {
      named.push_back({&raw, dump_.stacks.strings().Get(raw.code->function),
                       dump_.stacks.strings().Get(raw.code->file)});
    }
    locks_.AddThread(named, futex);
  }

  // Garbage is collected on top of `below`, or of all where that is not known.
  void AddMarker(const std::vector<RawFrame>& frames, Address below, DumpedThread& dumped) {
    const auto at = std::find_if(frames.begin(), frames.end(),
                                 [&](const RawFrame& f) { return f.frame == below; });
    const auto place =
        at == frames.end() ? frames.size() : static_cast<std::size_t>(at - frames.begin()) + 1;
    Frame marker;
    marker.function = dump_.stacks.strings().Intern("<gc>");
    marker.kind = FrameKind::kMarker;
    dumped.frames.insert(dumped.frames.begin() + static_cast<std::ptrdiff_t>(place),
                         DumpedFrame{dump_.stacks.InternFrame(marker), {}});
  }

  const Memory& memory_;
  const Runtime& runtime_;
  const DumpOptions& options_;
  ThreadDump& dump_;
  CodeCache codes_;
  CachedMemory cached_;  // for objects
  std::optional<VariableTexts> variables_;
  LockFinder locks_;
  InterpreterWords words_;
  std::map<Address, std::map<std::uint64_t, std::string>> names_;  // by interpreter and ident
  std::map<Address, std::int64_t> ids_;                            // of the interpreters
};

}  // namespace

Result<void> DumpThreads(const Memory& memory, Runtime runtime,
                         std::span<const KernelThread> kernel_threads, const DumpOptions& options,
                         ThreadDump& dump) {
  std::vector<pid_t> ids;
  for (const KernelThread& thread : kernel_threads) ids.push_back(thread.inside_tid);
  LearnThreadIds(memory, ids, runtime);
  dump.python_version = runtime.version.ToString();
  dump.has_variables = options.variables.has_value();
  return Dumper(memory, runtime, options, dump).Run(kernel_threads);
}

void DumpNativeThreads(std::span<const KernelThread> kernel_threads, const DumpOptions& options,
                       ThreadDump& dump) {
  for (const KernelThread& thread : kernel_threads) {
    dump.threads.push_back(Describe(thread));
    if (options.native != nullptr) options.native->Add(thread, {}, dump.threads.back());
  }
}

void DropWaits(std::span<const pid_t> tids, ThreadDump& dump) {
  std::erase_if(dump.waits, [&](const DumpedWait& wait) {
    return std::find(tids.begin(), tids.end(), dump.threads[wait.waiter].tid) != tids.end();
  });
  dump.deadlocks = FindDeadlocks(dump.waits, dump.threads.size());
}

}  // namespace osprey
