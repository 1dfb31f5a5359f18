#include "osprey/python/task_graph.h"

#include <algorithm>
#include <unordered_set>

#include "python/task_parser.h"

namespace osprey {
namespace {

constexpr std::size_t kMaxNodes = 1U << 18U;  // tasks and callbacks of one reading
constexpr std::uint64_t kForgetAfter = 16;    // readings
// A round copies what is known of a task in one go. New tasks need a second one, those that changed
// meanwhile a third.
constexpr int kMaxRounds = 4;
// Copies in one round: a chain of awaits is learned link by link, and has at most as many.
constexpr int kMaxCopies = 4096;

}  // namespace

struct TaskGraph::Node {
  Address address;
  bool is_task = false;  // else a callback
  ReadPlan plan;
  std::uint64_t wanted = 0;    // in which reading it was wanted last
  std::uint64_t accepted = 0;  // in which reading it was read whole
  int round = 0;               // of that reading
  int since = 0;               // the first round that showed it as it is
  std::uint64_t judged = 0;    // the reading of these two
  Task draft, second, task;
  Awaiter awaiter_draft, awaiter;
};

TaskGraph::TaskGraph(const Memory& memory, const Layout& layout, CodeCache& codes)
    : layout_(layout),
      codes_(codes),
      kinds_(memory, layout),
      reads_(memory),
      awaiters_(std::make_unique<AwaiterReader>(memory, layout, kinds_)),
      parser_(std::make_unique<TaskParser>(layout, codes, kinds_, *awaiters_)) {}

TaskGraph::~TaskGraph() = default;

// The node at `address`, put among those to be read if it is not there; null for one too many.
TaskGraph::Node* TaskGraph::Want(Address address, bool is_task) {
  if (address.IsNull()) return nullptr;
  if (nodes_.size() >= kMaxNodes && !nodes_.contains(address)) return nullptr;
  std::unique_ptr<Node>& node = nodes_[address];
  if (node == nullptr || node->is_task != is_task) {
    if (node != nullptr && node->wanted == reading_) return nullptr;  // torn: it cannot be both
    node = std::make_unique<Node>();
    node->address = address;
    node->is_task = is_task;
  }
  if (node->wanted != reading_) {
    node->wanted = reading_;
    pending_.push_back(node.get());
  }
  return node.get();
}

void TaskGraph::Read(std::span<const Address> tasks, TimePoint now) {
  ++reading_;
  rejected_ = 0;
  pending_.clear();
  new_codes_.clear();
  for (const Address task : tasks) Want(task, true);
  // What they were linked to last time will mostly be what they are linked to now.
  WantLinks(Links::kOfLastReading);
  for (int round = 0; round < kMaxRounds && !pending_.empty(); ++round) {
    // What a task that changed is linked to is read anew with it.
    round_ = round;
    if (round > 0) WantLinks(Links::kOfThisReading);
    CopyPending();
  }
  rejected_ = pending_.size();
  if (!RecheckCodes(now)) {
    // Another code object has taken one's place: what was read of it is not to be trusted.
    for (const auto& [address, node] : nodes_) node->accepted = 0;
  }
  if (reading_ % kForgetAfter == 0) ForgetUnused();
}

// Adds to the pending nodes what they lead to, and what that leads to.
void TaskGraph::WantLinks(Links which) {
  std::unordered_set<Node*> known(pending_.begin(), pending_.end());
  const auto want = [&](Address address, bool is_task) {
    Node* node = Want(address, is_task);
    if (node == nullptr || !known.insert(node).second) return;
    node->accepted = 0;
    if (pending_.back() != node) pending_.push_back(node);
  };
  const bool are_tasks = layout_.task_source == TaskSource::kDebugSection;
  std::size_t done = 0;
  while (done < pending_.size()) {  // grows meanwhile
    const Node& node = *pending_[done++];
    if (!node.is_task) {
      want(node.awaiter_draft.task, true);
      continue;
    }
    const Task& task = which == Links::kOfLastReading ? node.task : node.draft;
    for (const Address link : task.callbacks) want(link, are_tasks);
  }
}

// Copies all pending nodes together. Those that this copy shows whole are done; the others are
// learned, and are pending again, together with those that lead to them.
void TaskGraph::CopyPending() {
  std::vector<ReadPlan*> plans;
  plans.reserve(pending_.size());
  for (Node* node : pending_) plans.push_back(&node->plan);
  reads_.CopyTogether(plans, PlannedReads::Passes::kTwo);
  const std::size_t copied = pending_.size();
  std::vector<Node*> open;
  std::vector<Node*> changed;
  for (std::size_t i = 0; i < pending_.size(); ++i) {  // grows meanwhile
    Node& node = *pending_[i];
    const std::size_t before = pending_.size();
    if (!Parse(node)) {
      open.push_back(&node);
    } else if (i < copied && pending_.size() == before && IsConfirmed(node)) {
      Accept(node);
    } else {
      changed.push_back(&node);
    }
  }
  pending_.clear();
  LearnLinkByLink(std::move(open));
  pending_.insert(pending_.end(), changed.begin(), changed.end());
}

// Whether the second copy shows the same as the first, from which the node was parsed.
bool TaskGraph::IsConfirmed(Node& node) {
  if (reads_.IsSameTwice(node.plan)) return true;
  if (!node.is_task) {
    PlanReader reader(reads_, node.plan, PlanReader::Pass::kSecond);
    const Awaiter second = awaiters_->Read(reader, node.address);
    return !reader.is_missing() && second == node.awaiter_draft;
  }
  PlanReader reader(reads_, node.plan, PlanReader::Pass::kSecond);
  parser_->Read(reader, node.address, node.second);
  return !reader.is_missing() && node.second.IsSame(node.draft);
}

void TaskGraph::LearnLinkByLink(std::vector<Node*> open) {
  std::vector<Node*> learned = open;
  for (int i = 0; i < kMaxCopies && !open.empty() && reads_.CopyMissing(); ++i) {
    std::erase_if(open, [this](Node* node) { return Parse(*node); });
    std::size_t done = 0;
    while (done < pending_.size()) {  // grows meanwhile
      Node* node = pending_[done++];
      learned.push_back(node);
      if (!Parse(*node)) open.push_back(node);
    }
    pending_.clear();
  }
  pending_ = std::move(learned);
}

bool TaskGraph::Parse(Node& node) {
  PlanReader reader(reads_, node.plan);
  if (node.is_task) {
    parser_->Read(reader, node.address, node.draft);
    const bool are_tasks = layout_.task_source == TaskSource::kDebugSection;
    for (const Address link : node.draft.callbacks) Want(link, are_tasks);
  } else {
    node.awaiter_draft = awaiters_->Read(reader, node.address);
    if (!reader.is_missing()) Want(node.awaiter_draft.task, true);
  }
  if (reader.is_missing()) return false;
  reader.Finish();
  return true;
}

void TaskGraph::Accept(Node& node) {
  const bool stayed =
      node.judged == reading_ &&
      (node.is_task ? node.task.IsSame(node.draft) : node.awaiter == node.awaiter_draft);
  if (!stayed) node.since = round_;
  node.accepted = node.judged = reading_;
  node.round = round_;
  node.awaiter = node.awaiter_draft;
  if (!node.is_task) return;
  Task& old = node.task;
  Task& fresh = node.draft;
  const bool is_same = old.state == fresh.state && old.name == fresh.name &&
                       old.frames == fresh.frames && old.root_frame == fresh.root_frame &&
                       old.is_cut == fresh.is_cut;
  fresh.version = is_same ? old.version : ++versions_;
  if (!is_same) {
    for (const AwaitFrame& frame : fresh.frames) new_codes_.push_back(frame.code);
  }
  std::swap(old, fresh);
}

bool TaskGraph::RecheckCodes(TimePoint now) {
  std::sort(new_codes_.begin(), new_codes_.end());
  new_codes_.erase(std::unique(new_codes_.begin(), new_codes_.end()), new_codes_.end());
  return new_codes_.empty() || codes_.Recheck(new_codes_, now);
}

void TaskGraph::ForgetUnused() {
  std::erase_if(nodes_, [this](const auto& entry) {
    return reading_ - entry.second->wanted >= kForgetAfter;
  });
}

const TaskGraph::Node* TaskGraph::FindNode(Address address, bool is_task) const {
  const auto found = nodes_.find(address);
  if (found == nodes_.end()) return nullptr;
  const Node& node = *found->second;
  return node.is_task == is_task && node.accepted == reading_ ? &node : nullptr;
}

const Task* TaskGraph::Find(Address task) const {
  const Node* node = FindNode(task, true);
  return node == nullptr || node->task.state == TaskState::kGone ? nullptr : &node->task;
}

const Task* TaskGraph::AwaiterOf(const Task& task) const {
  const Node* awaited = FindNode(task.address, true);
  if (awaited == nullptr) return nullptr;
  // What was read again since shows another moment, unless nothing of it has changed.
  const auto stood_then = [awaited](const Node* node) {
    return node != nullptr && node->since <= awaited->round;
  };
  for (const Address link : task.callbacks) {
    if (layout_.task_source == TaskSource::kDebugSection) {
      const Node* awaiter = FindNode(link, true);
      if (stood_then(awaiter) && awaiter->task.state != TaskState::kGone) return &awaiter->task;
      continue;
    }
    const Node* callback = FindNode(link, false);
    if (!stood_then(callback)) continue;
    const Awaiter& by = callback->awaiter;
    const Node* awaiter = FindNode(by.task, true);
    if (!stood_then(awaiter) || awaiter->task.state == TaskState::kGone) continue;
    // Both sides must say so: the callback may be another's by now.
    const Address future = by.awaits.IsNull() ? task.address : by.awaits;
    if (!by.waits || awaiter->task.awaits == future) return &awaiter->task;
  }
  return nullptr;
}

}  // namespace osprey
