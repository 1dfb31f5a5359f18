#include "osprey/python/lock_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "python/object_memory.h"

namespace osprey {
namespace {

constexpr std::uint64_t kSemaphore = 0x7000;

class Locks : public testing::TestWithParam<Version> {
 protected:
  // Forms of lock objects by the size of their types, as CPython has had them.
  void UseMutexes() {
    objects_.Type("_thread.lock", 0, layout_.pyobject.size + 8U);
    objects_.Type("_thread.RLock", 0, layout_.pyobject.size + 24U);
  }
  void UseSemaphores() {
    objects_.Type("_thread.lock", 0, layout_.pyobject.size + 24U);
    objects_.Type("_thread.RLock", 0, layout_.pyobject.size + 32U);
  }
  Address PlainLock(std::uint64_t locked, std::uint64_t semaphore = kSemaphore) {
    return objects_.Object("_thread.lock", {semaphore, 0, locked});
  }
  // An instance with one attribute, or several.
  Address Instance(const std::string& type,
                   const std::vector<std::pair<std::string, Address>>& attributes) {
    std::vector<std::pair<Address, Address>> items;
    for (const auto& [name, value] : attributes) items.emplace_back(objects_.Str(name), value);
    const Address dict = objects_.Dict(items);
    Bytes kind = objects_.TypeBytes(type, ObjectMemory::kHeapType, 64);
    kind.Set(layout_.type_object.tp_dictoffset, std::uint64_t{48});
    Bytes bytes(64);
    bytes.Set(layout_.pyobject.ob_type, objects_.Put(kind)).Set(48, dict);
    return objects_.Put(bytes);
  }
  // A bound method of C code.
  Address Builtin(const char* name, Address self) {
    const Address method = objects_.Put(Bytes(32).Set(0, objects_.Text(name)));
    return objects_.Object("builtin_function_or_method", {method.value, self.value});
  }
  Address Function(const char* name) {
    Bytes bytes = objects_.Head("function", 128);
    return objects_.Put(bytes.Set(layout_.function.qualname, objects_.Str(name)));
  }
  Address Method(const char* name, Address self) {
    return objects_.Object("method", {Function(name).value, self.value});
  }

  const Layout& layout_ = *FindLayout(GetParam());
  ObjectMemory objects_{layout_};
  LockObjects locks_{objects_.memory(), layout_};
};

class OldLocks : public Locks {};

TEST_P(Locks, WithAMutex) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  UseMutexes();
  const Address held = objects_.Object("_thread.lock", {0xFF03, 0, 0});  // the bytes above are none
  const auto lock = locks_.ReadLock(held);
  ASSERT_TRUE(lock);
  EXPECT_EQ(lock->kind, LockKind::kLock);
  EXPECT_TRUE(lock->locked);
  EXPECT_EQ(lock->word, held + layout_.pyobject.size);
  EXPECT_EQ(lock->owner_ident, 0U);
  EXPECT_FALSE(locks_.ReadLock(objects_.Object("_thread.lock", {2, 0, 0}))->locked);

  const auto rlock = locks_.ReadLock(objects_.Object("_thread.RLock", {1, 4711, 2}));
  ASSERT_TRUE(rlock);
  EXPECT_EQ(rlock->kind, LockKind::kRLock);
  EXPECT_TRUE(rlock->locked);
  EXPECT_EQ(rlock->owner_ident, 4711U);
  EXPECT_EQ(rlock->count, 3U);
  const auto free = locks_.ReadLock(objects_.Object("_thread.RLock", {0, 4711, 0}));
  EXPECT_FALSE(free->locked);
  EXPECT_EQ(free->owner_ident, 0U);
}

TEST_P(Locks, WithASemaphore) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  UseSemaphores();
  const auto lock = locks_.ReadLock(PlainLock(1));
  ASSERT_TRUE(lock);
  EXPECT_TRUE(lock->locked);
  EXPECT_EQ(lock->word, Address(kSemaphore));
  EXPECT_FALSE(locks_.ReadLock(PlainLock(0))->locked);
  const auto rlock = locks_.ReadLock(objects_.Object("_thread.RLock", {kSemaphore, 4711, 2, 0}));
  ASSERT_TRUE(rlock);
  EXPECT_TRUE(rlock->locked);
  EXPECT_EQ(rlock->word, Address(kSemaphore));
  EXPECT_EQ(rlock->owner_ident, 4711U);
  EXPECT_EQ(rlock->count, 2U);
}

TEST_P(Locks, Of27) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  objects_.Type("thread.lock", 0, layout_.pyobject.size + 16U);
  const auto lock = [&](std::uint32_t value) {
    const Address semaphore = objects_.Put(Bytes(32).Set(0, value));
    return objects_.Object("thread.lock", {semaphore.value, 0});
  };
  EXPECT_TRUE(locks_.ReadLock(lock(0))->locked);
  EXPECT_FALSE(locks_.ReadLock(lock(1))->locked);
  EXPECT_TRUE(locks_.ReadLock(lock(0x80000000))->locked);  // musl: and somebody waits
  const Address block = lock(0);
  const Address rlock = Instance("_RLock", {{"_RLock__block", block},
                                            {"_RLock__owner", objects_.Int(4711)},
                                            {"_RLock__count", objects_.Int(2)}});
  const auto read = locks_.ReadLock(rlock);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->object, rlock);
  EXPECT_EQ(read->kind, LockKind::kRLock);
  EXPECT_TRUE(read->locked);
  EXPECT_EQ(read->owner_ident, 4711U);
  EXPECT_EQ(read->count, 2U);
  EXPECT_EQ(read->word, locks_.ReadLock(block)->word);
}

TEST_P(Locks, WhatIsNone) {
  EXPECT_FALSE(locks_.ReadLock(Address{}));
  EXPECT_FALSE(locks_.ReadLock(Address(0x13)));
  EXPECT_FALSE(locks_.ReadLock(Address(0xDEAD0)));
  EXPECT_FALSE(locks_.ReadLock(objects_.Int(1)));
  EXPECT_FALSE(locks_.ReadLock(Instance("_RLock", {})));
  // A threading._RLock in a threading._RLock in a ... would be one without end.
  const Address one = Instance("_RLock", {});
  EXPECT_FALSE(locks_.ReadLock(Instance("_RLock", {{"_block", one}})));
}

TEST_P(Locks, WaitedForByTheParkedAddress) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  UseMutexes();
  for (const Address lock : {objects_.Object("_thread.lock", {3, 0, 0}),
                             objects_.Object("_thread.RLock", {3, 4711, 0})}) {
    // struct wait_entry: park_arg, addr, sema.
    const Address entry =
        objects_.Put(Bytes(64).Set(0, ~std::uint64_t{0}).Set(8, lock + layout_.pyobject.size));
    const auto found = locks_.WaitedFor(entry + 16, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->object, lock);
    EXPECT_FALSE(locks_.WaitedFor(entry + 24, {}));
  }
  EXPECT_FALSE(locks_.WaitedFor(Address{}, {}));
  EXPECT_FALSE(locks_.WaitedFor(Address(0x10), {}));
}

TEST_P(Locks, WaitedForAmongCandidates) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  UseSemaphores();
  const Address wanted = PlainLock(1, 0x8000);
  const Address other = PlainLock(1, 0x9000);
  const Address condition = Instance("Condition", {{"other", other}, {"_lock", wanted}});
  const Address queue = Instance("Queue", {{"maxsize", objects_.Int(0)}, {"full", condition}});
  const Address far = Instance("Far", {{"queue", queue}});
  const auto find = [&](std::vector<Address> candidates) {
    const auto found = locks_.WaitedFor(Address(0x8000), candidates);
    return found ? found->object : Address{};
  };
  EXPECT_EQ(find({}), Address{});
  EXPECT_EQ(find({Address{}, Address(0x13), Address(0xDEAD0), other, wanted}), wanted);
  EXPECT_EQ(find({Builtin("acquire", wanted)}), wanted);
  EXPECT_EQ(find({condition}), wanted);
  EXPECT_EQ(find({queue}), wanted);
  EXPECT_EQ(find({far}), Address{});  // too far to be what the frame waits for
  // However many objects there are, the search ends.
  std::vector<Address> crowd;
  for (int i = 0; i < 2048; ++i) crowd.push_back(objects_.Int(1));
  crowd.push_back(wanted);
  EXPECT_EQ(find(crowd), Address{});
}

TEST_P(OldLocks, WaitedForInInstancesOfOldClasses) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  UseSemaphores();
  const Address wanted = PlainLock(1, 0x8000);
  const Address dict = objects_.Dict({{objects_.Str("mutex"), wanted}});
  const Address queue = objects_.Object("instance", {0, dict.value});
  const auto found = locks_.WaitedFor(Address(0x8000), std::vector<Address>{queue});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->object, wanted);
}

TEST_P(Locks, HeldByWith) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  UseSemaphores();
  const Address first = PlainLock(1);
  const Address second = PlainLock(1);
  const Address unlocked = PlainLock(0);
  const Address condition = Instance("Condition", {{"_lock", second}});
  const Address descriptor = objects_.Object(
      "method_descriptor", {objects_.Type("_thread.lock").value, objects_.Str("__exit__").value});
  ValueStack stack;
  stack.objects = {objects_.Int(1),
                   Builtin("__exit__", first),
                   Builtin("acquire", first),
                   Method("Condition.__exit__", condition),
                   Method("Condition.wait", condition),
                   Builtin("__exit__", unlocked),
                   Builtin("__exit__", objects_.Int(1)),
                   Address{},
                   descriptor,  // of 3.14: what it is bound to stands above it
                   first,
                   Function("Condition.__exit__"),
                   condition,
                   Builtin("__exit__", second)};
  const auto held = [&](std::size_t guarded) {
    stack.guarded = guarded;
    std::vector<Address> objects;
    for (const LockObject& lock : locks_.HeldByWith(stack)) objects.push_back(lock.object);
    return objects;
  };
  EXPECT_THAT(held(0), testing::IsEmpty());
  EXPECT_THAT(held(2), testing::ElementsAre(first));
  EXPECT_THAT(held(8), testing::ElementsAre(first, second));
  EXPECT_THAT(held(9), testing::ElementsAre(first, second));
  EXPECT_THAT(held(12), testing::ElementsAre(first, second, first, second));
  EXPECT_THAT(held(1000), testing::ElementsAre(first, second, first, second, second));
}

TEST_P(Locks, ConditionsAndThreads) {
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  UseSemaphores();
  const Address lock = PlainLock(1);
  const Address condition = Instance("Condition", {{"_lock", lock}});
  const std::vector<LocalVariable> waiting = {{"self", condition, true}, {"waiter", lock, false}};
  const std::vector<LocalVariable> not_yet = {{"self", condition, true}};
  const char* const file = "/usr/lib/python3.11/threading.py";
  EXPECT_EQ(locks_.ReleasedByWait("Condition.wait", file, waiting), lock);
  EXPECT_EQ(locks_.ReleasedByWait("wait", "threading.py", waiting), lock);
  EXPECT_EQ(locks_.ReleasedByWait("Condition.wait", file, not_yet), std::nullopt);
  EXPECT_EQ(locks_.ReleasedByWait("Condition.notify", file, waiting), std::nullopt);
  EXPECT_EQ(locks_.ReleasedByWait("Condition.wait", "/my_threading.py", waiting), std::nullopt);

  const Address thread = Instance("Thread", {{layout_.thread_ident, objects_.Int(4711)}});
  const Address unborn = Instance("Thread", {{layout_.thread_ident, objects_.None()}});
  const std::vector<LocalVariable> joining = {{"self", thread, true}};
  const std::vector<LocalVariable> joining_unborn = {{"self", unborn, true}};
  EXPECT_EQ(locks_.JoinedThread("Thread.join", file, joining), 4711U);
  EXPECT_EQ(locks_.JoinedThread("_wait_for_tstate_lock", file, joining), 4711U);
  EXPECT_EQ(locks_.JoinedThread("Thread.join", file, joining_unborn), std::nullopt);
  EXPECT_EQ(locks_.JoinedThread("Thread.join", file, {}), std::nullopt);
  EXPECT_EQ(locks_.JoinedThread("Thread.run", file, joining), std::nullopt);
  EXPECT_EQ(locks_.JoinedThread("Thread.join", "thread.py", joining), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Versions, OldLocks, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.repr.python2;
                         })),
                         VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, Locks, testing::ValuesIn(AllVersions()), VersionName);

}  // namespace
}  // namespace osprey
