// asyncio's tasks: what each is called, where it stands and who awaits it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "osprey/base/duration.h"
#include "osprey/python/code_cache.h"
#include "osprey/python/object_kinds.h"
#include "osprey/python/planned_reads.h"

namespace osprey {

enum class TaskState : std::uint8_t {
  kGone,       // no task any more, or it never was one
  kDone,       // its coroutine has ended
  kCreated,    // its coroutine has not begun
  kSuspended,  // it awaits something, or its turn
  kExecuting,  // its coroutine's frames are on a thread's stack
};

struct AwaitFrame {
  CodeObject* code = nullptr;
  std::int64_t byte_offset = 0;  // of the instruction in the bytecode; below 0: not started
  bool operator==(const AwaitFrame&) const = default;
};

struct Task {
  Address address;
  TaskState state = TaskState::kGone;
  std::string name;    // UTF-8
  Address loop;        // the event loop's object
  Address awaits;      // the future or task it waits for; null: none
  Address root_frame;  // its coroutine's frame
  Address root_code;   // and the code object that this runs
  // From its coroutine down to what is awaited at last; empty where it executes or is done.
  std::vector<AwaitFrame> frames;
  bool is_cut = false;  // it awaits more than was read
  // Leads to who awaits it: until 3.13 what is called when it is done, in that order, later tasks.
  std::vector<Address> callbacks;
  // Another one with every change of state, name or frames; no two tasks of a graph share one.
  std::uint64_t version = 0;

  // A task of which nothing is known, in the memory that this one has.
  void Reset(Address at);
  // Whether all but the version is the same.
  bool IsSame(const Task& other) const;
};

class AwaiterReader;
class TaskParser;

// Reads tasks and, through the callbacks that wait for their end, those that await them, theirs in
// turn and so on. What is known is copied in one go, twice, and a task counts only if both copies
// show the same, so that it stood so at the moment between them; what is new is learned link by
// link and then copied so.
class TaskGraph {
 public:
  TaskGraph(const Memory& memory, const Layout& layout, CodeCache& codes);
  ~TaskGraph();
  TaskGraph(const TaskGraph&) = delete;
  TaskGraph& operator=(const TaskGraph&) = delete;

  // Reads `tasks` and their awaiters anew. At most 262144 in all, the rest is left out. `now` is
  // when the code objects of new frames count as checked.
  void Read(std::span<const Address> tasks, TimePoint now);

  // The task at that address as the last Read found it; null: not read then, or none.
  const Task* Find(Address task) const;
  // Who awaits `task`, directly or through futures made of it (gather, wait, shield, wait_for,
  // TaskGroup); the first of several, null for nobody. Bounded, but may lead in a circle.
  const Task* AwaiterOf(const Task& task) const;

  // Tasks of the last Read that changed too fast to be read as one.
  std::uint64_t rejected() const { return rejected_; }

 private:
  struct Node;

  Node* Want(Address address, bool is_task);
  const Node* FindNode(Address address, bool is_task) const;
  bool Parse(Node& node);
  bool IsConfirmed(Node& node);
  void Accept(Node& node);
  enum class Links { kOfLastReading, kOfThisReading };
  void WantLinks(Links which);
  void CopyPending();
  void LearnLinkByLink(std::vector<Node*> open);
  bool RecheckCodes(TimePoint now);
  void ForgetUnused();

  const Layout& layout_;
  CodeCache& codes_;
  ObjectKinds kinds_;
  PlannedReads reads_;
  std::unique_ptr<AwaiterReader> awaiters_;
  std::unique_ptr<TaskParser> parser_;
  std::unordered_map<Address, std::unique_ptr<Node>> nodes_;
  std::vector<Node*> pending_;
  std::vector<CodeObject*> new_codes_;
  std::uint64_t reading_ = 0;
  int round_ = 0;
  std::uint64_t versions_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace osprey
