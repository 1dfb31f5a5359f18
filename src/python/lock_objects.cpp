#include "osprey/python/lock_objects.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

namespace osprey {
namespace {

// A sem_t of glibc and of musl begins with its value; the highest bit of musl's says that somebody
// waits.
constexpr std::uint32_t kSemaphoreValue = 0x7FFFFFFF;
constexpr std::uint8_t kLocked = 1;  // of a PyMutex: _Py_LOCKED (Include/internal/pycore_lock.h)
// What the forms of locks take behind the object's head, and where `locked` is.
constexpr std::uint64_t kMutexLockBytes = 8;
constexpr std::uint64_t kOldLockBytes = 16;  // 2.7
constexpr std::uint64_t kMutexRLockBytes = 24;
constexpr std::uint64_t kLockLocked = 16;
// struct wait_entry (Python/parking_lot.c): the address that is waited for stands before the
// semaphore that is waited on.
constexpr std::uint64_t kParkedAddress = 8;
// PyMethodDescrObject (Include/cpython/descrobject.h): type, then name.
constexpr std::uint64_t kDescriptorName = 8;

// Between an object and the lock that its methods take: queue.Queue.not_empty._lock.
constexpr int kMaxAttributeDepth = 2;
// All that is looked at for one thread: a few thousand reads, some milliseconds.
constexpr std::size_t kMaxSearched = 2048;
constexpr std::uint64_t kHeapType = std::uint64_t{1} << 9U;  // tp_flags, Include/object.h
// Of one object: those of classes that people write have less than a hundred.
constexpr int kMaxAttributes = 256;
constexpr int kMaxBases = 8;               // between a class and threading.Condition
constexpr std::size_t kMaxHeldLocks = 64;  // more `with` statements than the compiler nests (20)

Error NoLock(Address object) { return Error{ErrorCode::kNotFound, 0, object, "not a lock"}; }

std::string_view LastPart(std::string_view dotted) {
  const std::size_t dot = dotted.rfind('.');
  return dot == std::string_view::npos ? dotted : dotted.substr(dot + 1);
}

bool IsThreading(std::string_view file) {
  return file == "threading.py" || file.ends_with("/threading.py");
}

Address FindLocal(std::span<const LocalVariable> locals, std::string_view name) {
  const auto found = std::find_if(locals.begin(), locals.end(),
                                  [&](const LocalVariable& local) { return local.name == name; });
  return found == locals.end() ? Address{} : found->value;
}

}  // namespace

std::string LockObjects::NameOfType(Address object) const {
  if (object.IsNull() || object.value % 8 != 0) return "";
  const auto type = objects_.TypeOf(object);
  return type ? objects_.TypeName(*type).value_or("") : "";
}

Result<LockObject> LockObjects::ReadLock(Address object) const {
  const std::string name = NameOfType(object);
  if (name == "_RLock") return ReadPythonRLock(object);
  const bool is_rlock = name == "_thread.RLock";
  if (!is_rlock && name != "_thread.lock" && name != "thread.lock") return NoLock(object);
  const auto type = objects_.TypeOf(object);
  if (!type) return type.error();
  const auto size = memory_.ReadAs<std::uint64_t>(*type + layout_.type_object.tp_basicsize);
  if (!size) return size.error();
  return is_rlock ? ReadRLock(object, *size - layout_.pyobject.size)
                  : ReadPlainLock(object, *size - layout_.pyobject.size);
}

// lockobject (Modules/_threadmodule.c), of `size` bytes behind its head: a PyMutex (from 3.13.1
// on), or lock_lock, in_weakreflist and, but in 2.7, `locked`. The first says by its size which: it
// changed within a version.
Result<LockObject> LockObjects::ReadPlainLock(Address object, std::uint64_t size) const {
  const Address members = object + layout_.pyobject.size;
  LockObject lock{.object = object, .kind = LockKind::kLock, .word = members};
  Address locked = members;
  if (size != kMutexLockBytes) {
    const auto semaphore = memory_.ReadAs<Address>(members);
    if (!semaphore) return semaphore.error();
    lock.word = *semaphore;
    locked = members + kLockLocked;
  }
  if (size == kOldLockBytes) {
    const auto value = memory_.ReadAs<std::uint32_t>(lock.word);
    if (!value) return value.error();
    lock.locked = (*value & kSemaphoreValue) == 0;
    return lock;
  }
  const auto bits = memory_.ReadAs<std::uint8_t>(locked);
  if (!bits) return bits.error();
  lock.locked = (*bits & kLocked) != 0;
  return lock;
}

// rlockobject, likewise: a _PyRecursiveMutex (Include/internal/pycore_lock.h, from 3.14 on), which
// is a PyMutex, the owner, and how often it has it beside the first time; or rlock_lock, the owner,
// how often it has it, and in_weakreflist.
Result<LockObject> LockObjects::ReadRLock(Address object, std::uint64_t size) const {
  const Address members = object + layout_.pyobject.size;
  const auto words = memory_.ReadAs<std::array<std::uint64_t, 3>>(members);
  if (!words) return words.error();
  const auto [first, owner, count] = *words;
  LockObject lock{.object = object, .kind = LockKind::kRLock, .word = members};
  if (size == kMutexRLockBytes) {
    lock.count = (first & kLocked) != 0 ? count + 1 : 0;
  } else {
    lock.word = Address(first);
    lock.count = count;
  }
  lock.locked = lock.count != 0;
  lock.owner_ident = lock.locked ? owner : 0;
  return lock;
}

// threading._RLock, which is all that 2.7 has: a lock and two attributes, whose names begin with
// that of the class where they are private.
Result<LockObject> LockObjects::ReadPythonRLock(Address object) const {
  Address block;
  Address owner;
  Address count;
  const auto visited = objects_.VisitAttributes(object, [&](Address key, Address value) {
    const std::string name = objects_.ReadString(key).value_or("");
    if (name.ends_with("_block")) block = value;
    if (name.ends_with("_owner")) owner = value;
    if (name.ends_with("_count")) count = value;
    return true;
  });
  if (!visited) return visited.error();
  if (NameOfType(block) == "_RLock") return NoLock(object);  // it would be without end
  auto lock = ReadLock(block);
  if (!lock) return lock.error();
  lock->object = object;
  lock->kind = LockKind::kRLock;
  if (NameOfType(owner) == "int") lock->owner_ident = objects_.ReadInt(owner).value_or(0);
  if (NameOfType(count) == "int") lock->count = objects_.ReadInt(count).value_or(0);
  return lock;
}

std::optional<LockObject> LockObjects::WaitedFor(Address futex_word,
                                                 std::span<const Address> candidates) const {
  if (futex_word.IsNull()) return std::nullopt;
  if (const auto mutex = memory_.ReadAs<Address>(futex_word - kParkedAddress)) {
    auto lock = ReadLock(*mutex - layout_.pyobject.size);
    if (lock && lock->word == *mutex) return *lock;
  }
  // Those that are near first: a thread waits for a lock that its frame has at hand.
  struct Near {
    Address object;
    int depth;
  };
  std::vector<Near> found;
  std::unordered_set<Address> seen;
  const auto add = [&](Address object, int depth) {
    const bool is_object = !object.IsNull() && object.value % 8 == 0;
    if (is_object && found.size() < kMaxSearched && seen.insert(object).second) {
      found.push_back({object, depth});
    }
  };
  for (const Address candidate : candidates) add(candidate, 0);
  for (std::size_t next = 0; next < found.size();) {
    const Near near = found[next++];
    if (const auto lock = ReadLock(near.object)) {
      if (lock->word == futex_word) return *lock;
      continue;
    }
    if (near.depth == kMaxAttributeDepth) continue;
    // What `lock.acquire` leaves on the stack is the method, or what it is of.
    if (NameOfType(near.object) == "builtin_function_or_method") {
      const auto self =
          memory_.ReadAs<Address>(near.object + layout_.pyobject.size + sizeof(Address));
      if (self) add(*self, kMaxAttributeDepth);
    } else if (IsInstance(near.object)) {
      int attributes = 0;
      (void)objects_.VisitAttributes(near.object, [&](Address, Address value) {
        add(value, near.depth + 1);
        return ++attributes < kMaxAttributes;
      });
    }
  }
  return std::nullopt;
}

// Of a class that is written in Python, or like one: the attributes of functions, classes and
// modules lead anywhere.
bool LockObjects::IsInstance(Address object) const {
  const auto type = objects_.TypeOf(object);
  if (!type) return false;
  const auto flags = memory_.ReadAs<std::uint64_t>(*type + layout_.type_object.tp_flags);
  if (flags && (*flags & kHeapType) != 0) return true;
  return layout_.repr.python2 && NameOfType(object) == "instance";
}

std::vector<LockObject> LockObjects::HeldByWith(const ValueStack& stack) const {
  std::vector<LockObject> held;
  const std::size_t count = std::min(stack.guarded, stack.objects.size());
  for (std::size_t i = 0; i < count && held.size() < kMaxHeldLocks; ++i) {
    const Address above = i + 1 < count ? stack.objects[i + 1] : Address{};
    const auto object = LockOfExit(stack.objects[i], above);
    if (!object) continue;
    const auto lock = ReadLock(*object);
    if (lock && lock->locked) held.push_back(*lock);
  }
  return held;
}

std::optional<Address> LockObjects::LockOfExit(Address object, Address above) const {
  const std::string type = NameOfType(object);
  const Address members = object + layout_.pyobject.size;
  const auto first = memory_.ReadAs<Address>(members);
  const auto second = memory_.ReadAs<Address>(members + sizeof(Address));
  if (type.empty() || !first || !second) return std::nullopt;
  if (type == "builtin_function_or_method") {           // PyCFunctionObject: m_ml, m_self
    const auto name = memory_.ReadAs<Address>(*first);  // PyMethodDef: ml_name
    if (!name || ReadCString(memory_, *name, 16).value_or("") != "__exit__") return std::nullopt;
    return LockOfManager(*second);
  }
  if (type == "method" || type == "instancemethod") {  // PyMethodObject: im_func, im_self
    return IsExit(*first) ? LockOfManager(*second) : std::nullopt;
  }
  if (type == "method_descriptor") {
    const auto name = memory_.ReadAs<Address>(members + kDescriptorName);
    const bool is_exit = name && objects_.ReadString(*name).value_or("") == "__exit__";
    return is_exit ? LockOfManager(above) : std::nullopt;
  }
  return type == "function" && IsExit(object) ? LockOfManager(above) : std::nullopt;
}

bool LockObjects::IsExit(Address function) const {
  if (NameOfType(function) != "function") return false;
  const auto name = memory_.ReadAs<Address>(function + layout_.function.qualname);
  return name && LastPart(objects_.ReadString(*name).value_or("")) == "__exit__";
}

std::optional<Address> LockObjects::LockOfManager(Address object) const {
  if (object.IsNull()) return std::nullopt;
  if (ReadLock(object)) return object;
  Address type = objects_.TypeOf(object).value_or(Address{});
  for (int i = 0; i < kMaxBases && !type.IsNull() && type.value % 8 == 0; ++i) {
    const std::string name = objects_.TypeName(type).value_or("");
    if (name == "Condition" || name == "_Condition") {  // 2.7: _Condition__lock
      Address lock;
      const auto visited = objects_.VisitAttributes(object, [&](Address key, Address value) {
        if (objects_.ReadString(key).value_or("").ends_with("_lock")) lock = value;
        return lock.IsNull();
      });
      return visited && ReadLock(lock) ? std::optional(lock) : std::nullopt;
    }
    type = memory_.ReadAs<Address>(type + layout_.type_object.tp_base).value_or(Address{});
  }
  return std::nullopt;
}

std::optional<Address> LockObjects::ReleasedByWait(std::string_view function, std::string_view file,
                                                   std::span<const LocalVariable> locals) const {
  if (!IsThreading(file) || LastPart(function) != "wait") return std::nullopt;
  // Before `waiter` is there, it has let go of nothing.
  if (FindLocal(locals, "waiter").IsNull()) return std::nullopt;
  return LockOfManager(FindLocal(locals, "self"));
}

std::optional<std::uint64_t> LockObjects::JoinedThread(
    std::string_view function, std::string_view file, std::span<const LocalVariable> locals) const {
  const std::string_view name = LastPart(function);
  if (!IsThreading(file) || (name != "join" && name != "_wait_for_tstate_lock")) {
    return std::nullopt;
  }
  const Address self = FindLocal(locals, "self");
  if (self.IsNull()) return std::nullopt;
  const auto ident = objects_.GetAttribute(self, layout_.thread_ident);
  if (!ident || NameOfType(*ident) != "int") return std::nullopt;
  const auto value = objects_.ReadInt(*ident);
  return value ? std::optional(*value) : std::nullopt;
}

}  // namespace osprey
