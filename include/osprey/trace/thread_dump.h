// Every thread of a process at one moment, as a person or a program reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/trace/sample.h"
#include "osprey/trace/stack_table.h"

namespace osprey {

struct DumpedVariable {
  std::string name;
  std::string value;  // as repr() gives it, cut where it is long
  bool is_argument = false;
};

struct DumpedFrame {
  FrameId frame;                          // in ThreadDump::stacks
  std::vector<DumpedVariable> variables;  // arguments first; empty where they were not asked for
};

struct DumpedThread {
  enum class Stack : std::uint8_t {
    kComplete,  // from the leaf to the thread's first frame
    kCut,       // the frames are true, and some are known to be missing
    kNone,      // it runs no Python code
    kUnread,    // it runs some, and nothing of it could be proved
  };

  std::string name;              // threading's, else the kernel's; empty where neither is known
  std::int64_t tid = 0;          // the kernel's id where known; 0: it is not
  std::uint64_t ident = 0;       // threading.get_ident(); 0 for a thread that is not Python's
  std::int64_t interpreter = 0;  // 0 is the main one
  ThreadState state;
  std::string system_call;             // its name while the thread waits in one, else empty
  std::optional<Duration> asleep_for;  // since it last ran; none where it runs or nobody knows
  enum class Halt : std::uint8_t { kNone, kSignal, kDebugger };
  Halt halted = Halt::kNone;  // what had stopped it before Osprey came: SIGSTOP, Ctrl-Z, gdb
  bool took_signal = false;   // the one that ended the process, of a core file that tells
  Stack stack = Stack::kNone;
  std::vector<DumpedFrame> frames;  // from root to leaf
};

// One thread that cannot go on before another does something.
struct DumpedWait {
  enum class For : std::uint8_t {
    kGil,
    kLock,    // threading.Lock
    kRLock,   // threading.RLock
    kThread,  // its end: Thread.join
  };

  std::size_t waiter = 0;  // index into ThreadDump::threads
  For what = For::kLock;
  std::uint64_t object = 0;          // the lock's address, as id() gives it; 0 where it is no lock
  std::optional<std::size_t> owner;  // index into ThreadDump::threads; none: not known
};

struct ThreadDump {
  std::int32_t pid = 0;
  std::string command;
  std::string python_version;
  std::string executable;              // the path of the program's file; empty where nobody knows
  std::optional<std::int32_t> parent;  // the pid of the process that started it, or adopted it
  std::string core;                    // the file's path; empty for a live process
  std::string signal;  // "SIGSEGV at 0x10": what ended it; empty where nothing did, or nobody knows
  StackTable stacks;
  std::vector<DumpedThread> threads;
  std::vector<DumpedWait> waits;                    // one for each waiter at the most
  std::vector<std::vector<std::size_t>> deadlocks;  // threads, each waits for the next, the last
                                                    // for the first
  bool has_variables = false;                       // they were asked for
  // For how long threads of it were stopped: 0 where all slept on and none had to be; none: it was
  // not to be stopped.
  std::optional<Duration> stopped_for;
  std::size_t stopped_threads = 0;
  std::vector<std::string> warnings;  // what may be missing or wrong, a sentence each
};

}  // namespace osprey
