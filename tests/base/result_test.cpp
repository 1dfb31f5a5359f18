#include "osprey/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

namespace osprey {
namespace {

Error SomeError() { return Error{ErrorCode::kTimeout, 0, Address{}, "too late"}; }

TEST(Result, HoldsAValue) {
  Result<std::string> result("value");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "value");
  EXPECT_EQ(result->size(), 5u);
  EXPECT_EQ(result.value_or("other"), "value");
  EXPECT_THROW(static_cast<void>(result.error()), std::bad_variant_access);
}

TEST(Result, HoldsAnError) {
  const Result<int> result(SomeError());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(result.value_or(7), 7);
  EXPECT_THROW(static_cast<void>(result.value()), std::bad_variant_access);
}

TEST(Result, HoldsAValueThatOnlyMoves) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 3);
}

TEST(Result, OfNothingIsFineUnlessItHasAnError) {
  EXPECT_TRUE(Result<void>().has_value());
  const Result<void> failed(SomeError());
  EXPECT_FALSE(failed);
  EXPECT_EQ(failed.error().context, "too late");
}

}  // namespace
}  // namespace osprey
