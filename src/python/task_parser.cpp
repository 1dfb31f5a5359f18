#include "python/task_parser.h"

#include <algorithm>

#include "python/object_word.h"
#include "python/unicode_state.h"
#include "python/utf8.h"

namespace osprey {
namespace {

constexpr std::uint64_t kMaxNameLength = 256;  // code points
constexpr std::uint64_t kMaxAwaitedBy = 4096;  // places in a set of those that await one task
constexpr std::size_t kMaxAwaiters = 8;        // that are looked at of them
constexpr Offset kWord = sizeof(Address);

}  // namespace

void Task::Reset(Address at) {
  address = at;
  state = TaskState::kGone;
  name.clear();
  loop = awaits = root_frame = root_code = Address{};
  frames.clear();
  is_cut = false;
  callbacks.clear();
}

bool Task::IsSame(const Task& other) const {
  return address == other.address && state == other.state && name == other.name &&
         loop == other.loop && awaits == other.awaits && root_frame == other.root_frame &&
         root_code == other.root_code && frames == other.frames && is_cut == other.is_cut &&
         callbacks == other.callbacks;
}

void TaskParser::Read(PlanReader& reader, Address at, Task& task) {
  const auto& offsets = layout_.task_object;
  const bool has_awaited_by = layout_.task_source == TaskSource::kDebugSection;
  task.Reset(at);
  std::size_t size =
      std::max<std::size_t>(std::max(offsets.coro, offsets.name) + kWord, awaiters_.future_size());
  if (has_awaited_by) {
    size = std::max<std::size_t>(size,
                                 std::max(offsets.awaited_by, offsets.awaited_by_is_set) + kWord);
  } else {
    size = std::max<std::size_t>(size, offsets.fut_waiter + kWord);
  }
  const std::byte* head = reader.Ask(at, size);
  if (head == nullptr) return;
  if (kinds_.Of(ObjectAt(head, layout_.pyobject.ob_type)) != ObjectKind::kTask) return;
  task.loop = ObjectAt(head, layout_.pyobject.size);
  const Address name = ObjectAt(head, offsets.name);
  const Address coroutine = ObjectAt(head, offsets.coro);
  if (has_awaited_by) {
    const Address by = ObjectAt(head, offsets.awaited_by);
    if (Field<std::uint8_t>(head, offsets.awaited_by_is_set) == 0) {
      if (!by.IsNull()) task.callbacks.push_back(by);
    } else {
      ParseSet(reader, by, task.callbacks);
    }
  } else {
    task.awaits = ObjectAt(head, offsets.fut_waiter);
    awaiters_.ReadCallbacks(reader, head, task.callbacks);
  }
  ParseName(reader, name, task);
  chains_.Read(reader, coroutine, task);
}

void TaskParser::ParseSet(PlanReader& reader, Address set, std::vector<Address>& objects) {
  // PySetObject: fill, used, mask, table; its entries are (key, hash).
  const Offset first = layout_.pyobject.size;
  const std::byte* head = reader.Ask(set, first + 4 * kWord);
  if (head == nullptr) return;
  const auto mask = Field<std::uint64_t>(head, first + 2 * kWord);
  if (mask >= kMaxAwaitedBy) return;
  const std::byte* table =
      reader.Ask(Field<Address>(head, first + 3 * kWord), (mask + 1) * 2 * kWord);
  if (table == nullptr) return;
  constexpr auto kDummyHash = ~std::uint64_t{0};  // of an entry that was removed
  for (std::uint64_t i = 0; i <= mask; ++i) {
    const auto entry = static_cast<Offset>(i * 2 * kWord);
    if (Field<std::uint64_t>(table, entry + kWord) == kDummyHash) continue;
    const Address key = ObjectAt(table, entry);
    if (!key.IsNull()) objects.push_back(key);
  }
  std::sort(objects.begin(), objects.end());  // the table's order changes as it grows
  if (objects.size() > kMaxAwaiters) objects.resize(kMaxAwaiters);
}

void TaskParser::ParseName(PlanReader& reader, Address name, Task& task) {
  const auto& u = layout_.unicode;
  const std::byte* head = reader.Ask(name, u.state + sizeof(std::uint32_t));
  if (head == nullptr) return;
  const ObjectKind kind = kinds_.Of(ObjectAt(head, layout_.pyobject.ob_type));
  if (kind == ObjectKind::kInt) {  // not formatted before somebody asks for it, from 3.12 on
    head = reader.Extend(layout_.long_object.ob_digit + 8);
    if (head == nullptr) return;
    const auto tag = Field<std::uint64_t>(head, layout_.long_object.ob_size);
    const std::uint64_t digits = layout_.long_object.tagged ? tag >> 3U : tag;
    std::uint64_t number = Field<std::uint32_t>(head, layout_.long_object.ob_digit);
    if (digits == 2) {
      const std::uint64_t high = Field<std::uint32_t>(head, layout_.long_object.ob_digit + 4);
      number |= high << 30U;
    }
    task.name = "Task-" + std::to_string(digits == 0 ? 0 : number);
    return;
  }
  if (kind != ObjectKind::kStr) return;
  const auto [width, is_compact, is_ascii] =
      ParseUnicodeState(layout_, Field<std::uint32_t>(head, u.state));
  if (width != 1 && width != 2 && width != 4) return;
  const std::uint64_t length = std::min(Field<std::uint64_t>(head, u.length), kMaxNameLength);
  std::uint64_t start = is_ascii ? u.asciiobject_size : u.compactunicodeobject_size;
  const std::byte* text = nullptr;
  if (is_compact) {
    head = reader.Extend(start + length * width);
    if (head != nullptr) text = head + start;
  } else {
    head = reader.Extend(u.compactunicodeobject_size + kWord);
    if (head == nullptr) return;
    text = reader.Ask(Field<Address>(head, u.compactunicodeobject_size), length * width);
  }
  for (std::uint64_t i = 0; text != nullptr && i < length; ++i) {
    std::uint32_t code_point = 0;
    std::memcpy(&code_point, text + i * width, width);
    AppendUtf8(code_point, task.name);
  }
}

}  // namespace osprey
