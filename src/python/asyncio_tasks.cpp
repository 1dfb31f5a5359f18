#include "osprey/python/asyncio_tasks.h"

#include <algorithm>
#include <array>

#include "python/object_word.h"

namespace osprey {
namespace {

constexpr std::size_t kMaxTasks = 1U << 18U;
constexpr std::uint64_t kMaxSetMask =
    (1U << 21U) - 1;                        // a set of kMaxTasks has at most as many places
constexpr std::uint64_t kMaxRunning = 256;  // places in the dict of the loops that run
constexpr int kMaxCopies = 8;               // to follow a set or dict to its table
constexpr Offset kWord = sizeof(Address);

// A weak reference has the hash of its object (Objects/weakrefobject.c), which is its address
// turned to the right by four bits (Python/pyhash.c, _Py_HashPointer): no need to read it.
Address ObjectOfHash(std::uint64_t hash) { return Address(hash << 4U | hash >> 60U); }

}  // namespace

bool AsyncioTasks::FindModule() {
  if (!module_dict_.IsNull()) return true;
  const auto modules = memory_.ReadAs<Address>(interpreter_ + layout_.interpreter_state.modules);
  if (!modules) return false;
  const auto module = objects_.DictGet(*modules, "asyncio.tasks");
  if (!module) return false;
  // PyModuleObject: md_dict follows the object's head (Objects/moduleobject.c).
  module_dict_ = memory_.ReadAs<Address>(*module + layout_.pyobject.size).value_or(Address{});
  return !module_dict_.IsNull();
}

bool AsyncioTasks::Find() {
  if (!FindModule()) return false;
  if (layout_.task_source == TaskSource::kDebugSection) return layout_.task_object.node != kAbsent;
  const auto current = objects_.DictGet(module_dict_, "_current_tasks");
  if (!current) {
    module_dict_ = Address{};
    return false;
  }
  current_tasks_ = *current;
  // Until 3.11; those that have run at least once, from 3.12 on, and those that have not.
  all_tasks_ = FindSet(module_dict_, "_scheduled_tasks");
  if (all_tasks_.IsNull()) all_tasks_ = FindSet(module_dict_, "_all_tasks");
  eager_tasks_ = objects_.DictGet(module_dict_, "_eager_tasks").value_or(Address{});
  return true;
}

// The set inside a weakref.WeakSet (Lib/_weakrefset.py).
Address AsyncioTasks::FindSet(Address module_dict, const char* name) {
  const auto weak_set = objects_.DictGet(module_dict, name);
  if (!weak_set) return Address{};
  return objects_.GetAttribute(*weak_set, "data").value_or(Address{});
}

void AsyncioTasks::ReadRunning(Address thread_state, std::vector<Address>& tasks) {
  if (layout_.task_source == TaskSource::kDebugSection) {
    const auto task = memory_.ReadAs<std::array<std::byte, kWord>>(
        thread_state + layout_.task_object.thread_running_task);
    if (!task) return;
    const Address running = ObjectAt(task->data(), 0);
    if (!running.IsNull()) tasks.push_back(running);
    return;
  }
  if (current_tasks_.IsNull()) return;
  ReadPlan* plan = &current_plan_;
  reads_.CopyTogether(std::span(&plan, 1), PlannedReads::Passes::kOne);
  const std::size_t before = tasks.size();
  for (int i = 0; i < kMaxCopies; ++i) {
    tasks.resize(before);
    PlanReader reader(reads_, current_plan_);
    ReadCurrentTasks(reader, tasks);
    if (!reader.is_missing()) {
      reader.Finish();
      return;
    }
    if (!reads_.CopyMissing()) break;
  }
  tasks.resize(before);
}

void AsyncioTasks::ReadCurrentTasks(PlanReader& reader, std::vector<Address>& tasks) {
  const auto& d = layout_.dict;
  const std::byte* dict = reader.Ask(current_tasks_, d.ma_values + kWord);
  if (dict == nullptr || !Field<Address>(dict, d.ma_values).IsNull()) return;
  const std::byte* keys = reader.Ask(Field<Address>(dict, d.ma_keys), d.dk_indices);
  if (keys == nullptr) return;
  const auto entries = Field<std::uint64_t>(keys, d.dk_nentries);
  std::uint64_t index_bytes = 0;
  std::uint64_t words = 3;
  if (d.log2_sizes) {
    const auto log2_bytes = Field<std::uint8_t>(keys, d.dk_log2_index_bytes);
    if (log2_bytes > 10) return;
    index_bytes = std::uint64_t{1} << log2_bytes;
    if (Field<std::uint8_t>(keys, d.dk_kind) != 0) words = 2;
  } else {
    index_bytes = Field<std::uint64_t>(keys, d.dk_log2_size);  // of one byte each, being so few
  }
  if (entries > kMaxRunning || index_bytes > 4 * kMaxRunning) return;
  const std::uint64_t start = d.dk_indices + index_bytes;
  // All that the table can hold, so that an entry more does not cost another copy.
  keys = reader.Extend(start + std::max<std::uint64_t>(entries, 5) * words * kWord);
  for (std::uint64_t i = 0; keys != nullptr && i < entries; ++i) {
    const auto value = static_cast<Offset>(start + (i * words + words - 1) * kWord);
    const Address task = ObjectAt(keys, value);
    if (!task.IsNull()) tasks.push_back(task);
  }
}

void AsyncioTasks::ReadAll(Address thread_state, std::vector<Address>& tasks) {
  if (layout_.task_source == TaskSource::kDebugSection) {
    WalkList(thread_state.IsNull() ? interpreter_ + layout_.task_object.interpreter_tasks_head
                                   : thread_state + layout_.task_object.thread_tasks_head,
             tasks);
    return;
  }
  const std::array plans{&all_plan_, &eager_plan_};
  reads_.CopyTogether(plans, PlannedReads::Passes::kOne);
  const std::size_t before = tasks.size();
  for (int i = 0; i < kMaxCopies; ++i) {
    tasks.resize(before);
    PlanReader all(reads_, all_plan_);
    ReadSet(all, all_tasks_, Keys::kWeakReferences, tasks);
    PlanReader eager(reads_, eager_plan_);
    ReadSet(eager, eager_tasks_, Keys::kTasks, tasks);
    if (!all.is_missing() && !eager.is_missing()) {
      all.Finish();
      eager.Finish();
      return;
    }
    if (!reads_.CopyMissing()) break;
  }
  tasks.resize(before);
}

void AsyncioTasks::ReadSet(PlanReader& reader, Address set, Keys keys,
                           std::vector<Address>& tasks) {
  // PySetObject: fill, used, mask, table; its entries are (key, hash).
  const Offset first = layout_.pyobject.size;
  const std::byte* head = reader.Ask(set, first + 4 * kWord);
  if (head == nullptr) return;
  const auto mask = Field<std::uint64_t>(head, first + 2 * kWord);
  if (mask > kMaxSetMask) return;
  const auto table = Field<Address>(head, first + 3 * kWord);
  const std::byte* entries = reader.Ask(table, (mask + 1) * 2 * kWord);
  for (std::uint64_t i = 0; entries != nullptr && i <= mask && tasks.size() < kMaxTasks; ++i) {
    const auto entry = static_cast<Offset>(i * 2 * kWord);
    const Address key = ObjectAt(entries, entry);
    const auto hash = Field<std::uint64_t>(entries, entry + kWord);
    if (key.IsNull() || hash == ~std::uint64_t{0}) continue;  // the second: removed
    tasks.push_back(keys == Keys::kTasks ? key : ObjectOfHash(hash));
  }
}

// A circle of struct llist_node (Include/internal/pycore_llist.h: next, prev) through the tasks.
void AsyncioTasks::WalkList(Address head, std::vector<Address>& tasks) {
  std::vector<Address>& known = known_nodes_[head];
  links_.Clear();
  for (const Address node : known) links_.Add({node, kWord});
  const std::size_t arrived = links_.Refill(memory_).value_or(0);
  link_of_.clear();
  for (std::size_t i = 0; i < arrived; ++i) link_of_.emplace(known[i], i);
  constexpr std::size_t kMet = SIZE_MAX;

  std::vector<Address> met;
  Address node = head;
  while (met.size() < kMaxTasks && tasks.size() < kMaxTasks) {
    const auto [link, is_new] = link_of_.try_emplace(node, kMet);
    if (!is_new && link->second == kMet) break;  // another circle closes: torn
    Address next;
    if (is_new) {
      const auto read = memory_.ReadAs<Address>(node);
      if (!read) break;
      next = *read;
    } else {
      next = Field<Address>(links_.View(link->second), 0);
      link->second = kMet;
    }
    met.push_back(node);
    if (next.IsNull() || next.value % kWord != 0 || next == head) break;
    tasks.push_back(next - layout_.task_object.node);
    node = next;
  }
  known = std::move(met);
}

}  // namespace osprey
