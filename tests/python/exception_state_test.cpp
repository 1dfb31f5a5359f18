#include "osprey/python/exception_state.h"

#include <gtest/gtest.h>

#include "python/bytes.h"

namespace osprey {
namespace {

constexpr Address kThread(0x100000);
constexpr Address kItems(0x200000);  // one every 0x1000
constexpr Address kException(0x300000);
constexpr Address kNone(0x310000);
constexpr Address kTypes(0x400000);

class Exceptions : public testing::TestWithParam<Version> {
 protected:
  Exceptions() : state_(ThreadStateBytes(layout_)) {
    PutType(memory_, layout_, kTypes, "ValueError");
    PutType(memory_, layout_, kTypes + 0x1000, "NoneType");
    const Offset type = layout_.pyobject.ob_type;
    memory_.Put(kException, Bytes(64).Set(type, kTypes).get());
    memory_.Put(kNone, Bytes(64).Set(type, kTypes + 0x1000).get());
    if (layout_.thread_state.exc_info != kAbsent) {
      state_.Set(layout_.thread_state.exc_info, kThread + layout_.thread_state.exc_state);
    }
  }
  bool Has() { return reader_.HasException(kThread, state_.get().data()); }
  void SetOwn(Address value) {
    state_.Set(layout_.thread_state.exc_state + layout_.err_stackitem.exc_value, value);
  }
  // The item of a generator.
  void PutItem(std::uint64_t i, Address value, Address previous) {
    memory_.Put(kItems + i * 0x1000, Bytes(64)
                                         .Set(layout_.err_stackitem.exc_value, value)
                                         .Set(layout_.err_stackitem.previous_item, previous)
                                         .get());
  }

  const Layout& layout_ = *FindLayout(GetParam());
  SnapshotMemory memory_;
  ExceptionReader reader_{memory_, layout_};
  Bytes state_;
};

TEST_P(Exceptions, NoneAtAll) { EXPECT_FALSE(Has()); }

TEST_P(Exceptions, BeingRaised) {
  state_.Set(layout_.thread_state.current_exception, kException);
  EXPECT_TRUE(Has());
}

TEST_P(Exceptions, BeingHandled) {
  SetOwn(kException);
  EXPECT_TRUE(Has());
}

TEST_P(Exceptions, NoneIsNothing) {
  SetOwn(kNone);
  EXPECT_FALSE(Has());
  SetOwn(kException);
  EXPECT_TRUE(Has()) << "now that None is known";
}

// Versions whose generators keep what they handle.
class ExceptionItems : public Exceptions {};

TEST_P(ExceptionItems, HandledInAGeneratorOrBelowOne) {
  PutItem(0, Address(), kItems + 0x1000);
  PutItem(1, kNone, kThread + layout_.thread_state.exc_state);
  state_.Set(layout_.thread_state.exc_info, kItems);
  EXPECT_FALSE(Has());
  memory_.Clear();
  PutItem(0, Address(), kItems + 0x1000);
  PutItem(1, kException, kThread + layout_.thread_state.exc_state);
  EXPECT_TRUE(Has());
}

TEST_P(ExceptionItems, CirclesAndGarbageEnd) {
  PutItem(0, Address(), kItems);
  state_.Set(layout_.thread_state.exc_info, kItems);
  EXPECT_FALSE(Has());
  state_.Set(layout_.thread_state.exc_info, Address(0x7777));
  EXPECT_FALSE(Has());
}

INSTANTIATE_TEST_SUITE_P(Versions, Exceptions, testing::ValuesIn(AllVersions()), VersionName);
INSTANTIATE_TEST_SUITE_P(Versions, ExceptionItems, testing::ValuesIn(Versions([](const Layout& l) {
                           return l.thread_state.exc_info != kAbsent;
                         })),
                         VersionName);

}  // namespace
}  // namespace osprey
