// What a flame graph shows, whoever draws it: the writer here or the script in the browser.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "osprey/profile/call_tree.h"
#include "osprey/report/reporter.h"
#include "report/code_origin.h"

namespace osprey {

struct Scene {
  CallTree tree;
  std::vector<CodeOrigin> origins;                              // by the tree's names
  std::array<std::uint64_t, kCodeOrigins.size()> self_samples;  // by origin of the leaf
  std::string title;
  std::string facts;         // mode, samples, rate, duration: one line
  std::string empty_reason;  // a sentence, where there are no samples
  double seconds_per_sample;
};

// Names longer than 1 KiB are cut: no screen shows more.
Scene MakeScene(const ReportInput& input, const FrameStyle& style);

// "1,234,567"
std::string GroupDigits(std::uint64_t number);
// At most `decimals` of them, without trailing zeros.
std::string Rounded(double number, int decimals);

}  // namespace osprey
