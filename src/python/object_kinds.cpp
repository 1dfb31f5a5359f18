#include "osprey/python/object_kinds.h"

#include <array>
#include <string_view>
#include <utility>

namespace osprey {
namespace {

constexpr std::size_t kMaxKinds = 1U << 16U;  // more classes than that meet no task
constexpr int kMaxBases = 16;                 // between a class and _asyncio.Task

using Named = std::pair<std::string_view, ObjectKind>;

// tp_name as Objects/*.c, Modules/_asynciomodule.c and Modules/_functoolsmodule.c give it.
constexpr std::array kExact = {
    Named{"str", ObjectKind::kStr},
    Named{"int", ObjectKind::kInt},
    Named{"coroutine", ObjectKind::kCoroutine},
    Named{"generator", ObjectKind::kCoroutine},
    Named{"async_generator", ObjectKind::kCoroutine},
    Named{"coroutine_wrapper", ObjectKind::kAwaitWrapper},
    Named{"async_generator_asend", ObjectKind::kAwaitWrapper},
    Named{"async_generator_athrow", ObjectKind::kAwaitWrapper},
    Named{"anext_awaitable", ObjectKind::kAwaitWrapper},
    Named{"TaskWakeupMethWrapper", ObjectKind::kTaskWakeup},
    Named{"builtin_function_or_method", ObjectKind::kBuiltin},
    Named{"method", ObjectKind::kMethod},
    Named{"function", ObjectKind::kFunction},
    Named{"functools.partial", ObjectKind::kPartial},
    Named{"TaskGroup", ObjectKind::kTaskGroup},
};
// Those that classes are derived from.
constexpr std::array kBases = {
    Named{"_asyncio.Task", ObjectKind::kTask},
    Named{"_asyncio.Future", ObjectKind::kFuture},
};

template <typename Table>
ObjectKind Find(const Table& table, std::string_view name) {
  for (const Named& entry : table) {
    if (entry.first == name) return entry.second;
  }
  return ObjectKind::kOther;
}

}  // namespace

ObjectKind ObjectKinds::Learn(Address type) {
  if (type.IsNull() || type.value % 8 != 0) return ObjectKind::kOther;
  const auto name = objects_.TypeName(type);
  if (!name) return ObjectKind::kOther;
  ObjectKind kind = Find(kExact, *name);
  Address base = type;
  for (int i = 0; kind == ObjectKind::kOther && i < kMaxBases && !base.IsNull(); ++i) {
    const auto base_name = objects_.TypeName(base);
    if (!base_name) break;
    kind = Find(kBases, *base_name);
    base = memory_.ReadAs<Address>(base + layout_.type_object.tp_base).value_or(Address{});
  }
  if (kinds_.size() >= kMaxKinds) kinds_.clear();
  return kinds_[type] = kind;
}

}  // namespace osprey
