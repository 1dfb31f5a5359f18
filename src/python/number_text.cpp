#include "python/number_text.h"

#include <gmp.h>

#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace osprey {
namespace {

// The shortest digits that give the number back, without what repr of a float adds.
std::string ShortText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // 17 digits, a sign, a point and an exponent of three digits at most; a fixed one has up to 16
  // digits before the point, or 3 zeros behind it.
  std::array<char, 40> buffer{};
  const auto put = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
    return std::string(buffer.data(), end);
  };
  const std::string scientific = put(std::chars_format::scientific);
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const char* const first = scientific.data() + e + (scientific[e + 1] == '+' ? 2 : 1);
  std::from_chars(first, scientific.data() + scientific.size(), exponent);
  return exponent < -4 || exponent >= 16 ? scientific : put(std::chars_format::fixed);
}

}  // namespace

std::string FloatText(double value) {
  std::string text = ShortText(value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string ComplexText(double real, double imag) {
  const std::string imaginary = ShortText(imag);
  std::string text;
  const bool has_real = real != 0 || std::signbit(real);
  if (has_real) {
    text += '(';
    text += ShortText(real);
    if (imaginary.front() != '-') text += '+';
  }
  text += imaginary;
  text += has_real ? "j)" : "j";
  return text;
}

std::string IntText(std::span<const std::uint32_t> digits, bool is_negative) {
  constexpr std::size_t kNails = 2;  // bits of each word that are no part of the number
  mpz_t number;
  mpz_init(number);
  if (!digits.empty()) {
    mpz_import(number, digits.size(), -1, sizeof(std::uint32_t), 0, kNails, digits.data());
  }
  if (is_negative) mpz_neg(number, number);
  std::vector<char> text(mpz_sizeinbase(number, 10) + 2);  // a sign and a NUL
  mpz_get_str(text.data(), 10, number);
  mpz_clear(number);
  return text.data();
}

}  // namespace osprey
