// Numbers as Python's repr writes them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace osprey {

// 0.1, 1e+16, -0.0, inf, nan (Python/pystrtod.c, format_float_short with 'r').
std::string FloatText(double value);
// (1+2j), 3j, (-0-1j) (Objects/complexobject.c, complex_repr).
std::string ComplexText(double real, double imag);
// An int of digits of 30 bits, the lowest first: a PyLongObject's (Include/longintrepr.h). Digits
// above 30 bits make no sense and are cut to them.
std::string IntText(std::span<const std::uint32_t> digits, bool is_negative);

}  // namespace osprey
