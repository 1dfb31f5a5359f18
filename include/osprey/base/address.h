// A place in the target's memory; never a pointer of our own.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace osprey {

struct Address {
  std::uint64_t value = 0;

  constexpr Address() = default;
  constexpr explicit Address(std::uint64_t v) : value(v) {}

  constexpr bool IsNull() const { return value == 0; }
  constexpr auto operator<=>(const Address&) const = default;

  // Wraps like the machine does: a hostile target may hold any value.
  constexpr Address operator+(std::uint64_t offset) const { return Address(value + offset); }
  constexpr Address operator-(std::uint64_t offset) const { return Address(value - offset); }
  // The distance from `base`; wraps to a huge number where this lies below it.
  constexpr std::uint64_t operator-(Address base) const { return value - base.value; }
};

}  // namespace osprey

template <>
struct std::hash<osprey::Address> {
  std::size_t operator()(osprey::Address a) const noexcept {
    return std::hash<std::uint64_t>{}(a.value);
  }
};
