// Figures as people read them: short, and with their unit.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "osprey/tui/text_width.h"

namespace osprey {

std::string PercentText(double percent);      // "0.0", "12.3", "12800": without a sign
std::string SecondsText(double seconds);      // "0.12s", "12.34s", "123.4s", "12345s"
std::string ElapsedText(double seconds);      // "0:07", "12:34", "1:02:03"
std::string BytesText(double bytes);          // "0 B", "999 B", "1.2 kB", "34 MB": powers of 1000
std::string MemoryText(std::uint64_t bytes);  // "512 KiB", "1.2 GiB": powers of 1024
std::string CountText(double count);          // "0", "0.3", "12", "1.2k", "34M"
std::string WholeText(std::uint64_t count);   // "0", "2", "12", "1.2k": of what has no parts
std::string MeanText(double mean);            // "0", "1.7", "3", "120"
std::string HertzText(double hz);             // "1000 Hz", "33.3 Hz", "520k Hz"

// The newest `columns` values as a row of bars, the newest right. The lowest and the highest are
// the graph's ends, but a change of less than a tenth of the highest never fills it. Fewer values
// make a shorter graph.
std::string GraphText(const std::deque<std::uint64_t>& values, int columns, Charset charset);

}  // namespace osprey
