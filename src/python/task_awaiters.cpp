#include "python/task_awaiters.h"

#include <algorithm>

#include "python/object_word.h"

namespace osprey {
namespace {

constexpr std::uint64_t kMaxCallbacks = 64;  // of one future: who comes later awaits it as well
constexpr std::uint64_t kMaxItems = 32;      // of a closure; those of asyncio have 3 to 6
constexpr std::size_t kMaxSteps = 128;       // from one callback to the task that it wakes up
constexpr std::size_t kMaxLearned = 4096;
constexpr std::uint64_t kMaxObject = 65536;

constexpr Offset kWord = sizeof(Address);

}  // namespace

void AwaiterReader::ReadCallbacks(PlanReader& reader, const std::byte* future,
                                  std::vector<Address>& callbacks) {
  // FutureObj_HEAD of Modules/_asynciomodule.c: loop, callback0, context0, callbacks.
  const Offset first = layout_.pyobject.size;
  const Address callback0 = ObjectAt(future, first + kWord);
  const Address list = ObjectAt(future, first + 3 * kWord);
  if (!callback0.IsNull()) callbacks.push_back(callback0);
  const std::byte* head = reader.Ask(list, first + 2 * kWord);
  if (head == nullptr) return;
  const auto size = Field<std::uint64_t>(head, first);  // -1 for None, were it no list
  const auto items = Field<Address>(head, first + kWord);
  if (size == 0 || size > kMaxObject) return;
  const std::uint64_t count = std::min(size, kMaxCallbacks);
  const std::byte* pointers = reader.Ask(items, count * kWord);
  if (pointers == nullptr) return;
  std::vector<Address> pairs(count);
  for (std::size_t i = 0; i < count; ++i) {
    pairs[i] = ObjectAt(pointers, static_cast<Offset>(i * kWord));
  }
  for (const Address pair : pairs) {  // (callback, context)
    const std::byte* tuple = reader.Ask(pair, layout_.tuple.ob_item + kWord);
    if (reader.is_missing()) return;
    if (tuple != nullptr) callbacks.push_back(ObjectAt(tuple, layout_.tuple.ob_item));
  }
}

ObjectKind AwaiterReader::KindAt(PlanReader& reader, Address object) {
  const std::byte* head = reader.Ask(object, layout_.pyobject.size);
  return head == nullptr ? ObjectKind::kOther : kinds_.Of(ObjectAt(head, layout_.pyobject.ob_type));
}

std::vector<Address> AwaiterReader::ReadTuple(PlanReader& reader, Address tuple) {
  std::vector<Address> items;
  const std::byte* head = reader.Ask(tuple, layout_.tuple.ob_item);
  if (head == nullptr) return items;
  const auto size = Field<std::uint64_t>(head, layout_.pyobject.size);
  if (size > kMaxItems) return items;
  head = reader.Extend(layout_.tuple.ob_item + size * kWord);
  for (std::uint64_t i = 0; head != nullptr && i < size; ++i) {
    items.push_back(ObjectAt(head, static_cast<Offset>(layout_.tuple.ob_item + i * kWord)));
  }
  return items;
}

void AwaiterReader::AddFuture(PlanReader& reader, Address object, std::vector<Step>& steps) {
  if (object.IsNull() || KindAt(reader, object) != ObjectKind::kFuture) return;
  const bool is_known = std::any_of(steps.begin(), steps.end(),
                                    [object](const Step& s) { return s.future == object; });
  if (is_known) return;
  const std::byte* future = reader.Extend(future_size());
  if (future == nullptr) return;
  std::vector<Address> callbacks;
  ReadCallbacks(reader, future, callbacks);
  for (const Address callback : callbacks) steps.push_back({callback, object});
}

Awaiter AwaiterReader::Read(PlanReader& reader, Address callback) {
  const Offset first = layout_.pyobject.size;
  std::vector<Step> steps{{callback, Address{}}};
  for (std::size_t i = 0; i < steps.size() && i < kMaxSteps; ++i) {
    const Step step = steps[i];
    const std::byte* head = reader.Ask(step.callback, first + 2 * kWord);
    if (reader.is_missing()) return {};
    if (head == nullptr) continue;
    // TaskWakeupMethWrapper: the task. PyCFunctionObject: its definition, self. PyMethodObject:
    // the function, self. partialobject: the function, its arguments.
    const auto second = ObjectAt(head, first + kWord);
    switch (kinds_.Of(ObjectAt(head, layout_.pyobject.ob_type))) {
      case ObjectKind::kTaskWakeup:
        return {ObjectAt(head, first), step.future};
      case ObjectKind::kBuiltin:
        if (IsWakeup(Field<Address>(head, first))) return {second, step.future};
        break;
      case ObjectKind::kMethod:
        if (KindAt(reader, second) == ObjectKind::kTaskGroup) {
          const Address parent = ReadParentTask(reader, second);
          if (!parent.IsNull()) return {parent, Address{}, false};
        }
        break;
      case ObjectKind::kFunction: {
        head = reader.Extend(layout_.function.closure + kWord);
        if (head == nullptr) break;
        for (const Address cell : ReadTuple(reader, ObjectAt(head, layout_.function.closure))) {
          const std::byte* content = reader.Ask(cell, first + kWord);
          if (content != nullptr) AddFuture(reader, ObjectAt(content, first), steps);
        }
        break;
      }
      case ObjectKind::kPartial:
        for (const Address item : ReadTuple(reader, second)) AddFuture(reader, item, steps);
        break;
      default:
        break;
    }
    if (reader.is_missing()) return {};
  }
  return {};
}

bool AwaiterReader::IsWakeup(Address method_def) {
  const auto found = wakeups_.find(method_def);
  if (found != wakeups_.end()) return found->second;
  const auto text = memory_.ReadAs<Address>(method_def);  // PyMethodDef.ml_name
  if (!text) return false;
  const auto name = ReadCString(memory_, *text, 64);
  if (!name) return false;
  if (wakeups_.size() >= kMaxLearned) wakeups_.clear();
  return wakeups_[method_def] = *name == "task_wakeup";
}

Address AwaiterReader::ReadParentTask(PlanReader& reader, Address group) {
  // The piece in hand is the group's head.
  const std::byte* head = reader.Extend(layout_.pyobject.size);
  if (head == nullptr) return Address{};
  const Address type = ObjectAt(head, layout_.pyobject.ob_type);
  auto place = parent_places_.find(type);
  if (place == parent_places_.end()) {
    const auto index = objects_.SharedKeyIndex(type, "_parent_task");
    const auto size = memory_.ReadAs<std::uint64_t>(type + layout_.type_object.tp_basicsize);
    if (!index || !size || *size > kMaxObject) return Address{};
    std::uint64_t offset = layout_.dict.values + *index * kWord;
    if (layout_.instance_dict == InstanceDict::kInlineValues) offset += *size;
    if (parent_places_.size() >= kMaxLearned) parent_places_.clear();
    place = parent_places_.emplace(type, offset).first;
  }
  Address values = group;
  switch (layout_.instance_dict) {
    case InstanceDict::kValuesBefore: {
      const std::byte* before = reader.Ask(group - 4 * kWord, kWord);
      if (before == nullptr) return Address{};
      values = Field<Address>(before, 0);
      break;
    }
    case InstanceDict::kTaggedBefore: {
      const std::byte* before = reader.Ask(group - 3 * kWord, kWord);
      if (before == nullptr) return Address{};
      const auto word = Field<Address>(before, 0);
      values = (word.value & 1U) != 0 ? word + 1 : Address{};
      break;
    }
    case InstanceDict::kInlineValues: {
      const std::byte* before = reader.Ask(group - layout_.dict_before, kWord);
      if (before == nullptr) return Address{};
      if (!Field<Address>(before, 0).IsNull()) values = Address{};
      break;
    }
    default:
      return Address{};
  }
  if (values.IsNull()) {  // somebody has asked for its __dict__
    return objects_.GetAttribute(group, "_parent_task").value_or(Address{});
  }
  const std::byte* value = reader.Ask(values + place->second, kWord);
  return value == nullptr ? Address{} : ObjectAt(value, 0);
}

}  // namespace osprey
