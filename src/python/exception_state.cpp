#include "osprey/python/exception_state.h"

#include <algorithm>
#include <array>

#include "python/field.h"

namespace osprey {
namespace {

// One item for each generator that runs within another.
constexpr int kMaxItems = 64;

}  // namespace

bool ExceptionReader::HasException(Address thread, const std::byte* state) {
  const auto& offsets = layout_.thread_state;
  const auto& item = layout_.err_stackitem;  // until 3.6 the thread state has only one
  if (offsets.current_exception == kAbsent || offsets.exc_state == kAbsent) return false;
  if (IsException(Field<Address>(state, offsets.current_exception))) return true;
  // The oldest item lies in the thread state itself (PyThreadState.exc_state), the others in
  // generators (gi_exc_state); Include/cpython/pystate.h, _PyErr_StackItem.
  if (IsException(Field<Address>(state, offsets.exc_state + item.exc_value))) return true;
  if (offsets.exc_info == kAbsent) return false;
  const Address oldest = thread + offsets.exc_state;
  auto at = Field<Address>(state, offsets.exc_info);
  std::array<std::byte, 64> copy{};
  const std::size_t size = std::max(item.exc_value, item.previous_item) + sizeof(Address);
  for (int i = 0; i < kMaxItems && !at.IsNull() && at != oldest; ++i) {
    if (size > copy.size() || !memory_.Read(at, std::span(copy).first(size))) return false;
    if (IsException(Field<Address>(copy.data(), item.exc_value))) return true;
    at = Field<Address>(copy.data(), item.previous_item);
  }
  return false;
}

bool ExceptionReader::IsException(Address object) {
  if (object.IsNull() || object == none_) return false;
  if (!none_.IsNull()) return true;
  const auto type = objects_.TypeOf(object);
  if (!type) return true;  // it was there, and has been freed since
  const auto name = objects_.TypeName(*type);
  if (!name || *name != "NoneType") return true;
  none_ = object;
  return false;
}

}  // namespace osprey
