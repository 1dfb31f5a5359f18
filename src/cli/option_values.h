// The values of options that several subcommands share, from text and back.
#pragma once

#include <optional>
#include <string_view>

#include "osprey/base/duration.h"
#include "osprey/base/result.h"
#include "osprey/sampler/sampler.h"

namespace osprey {

const char* ModeName(SampleMode mode);
// Empty where tasks were not asked for.
const char* AsyncModeName(AsyncMode mode);

// A decimal number above 0; kInvalidArgument for all else.
Result<int> ParsePid(std::string_view text);
// "250", "1k", "2.5k", "1M" or "max" as samples per second, 0 for "max". kInvalidArgument for all
// else, for 0 and for more than 10 million.
Result<double> ParseRate(std::string_view text);
// Seconds ("2.5") or "unlimited", which is none. kInvalidArgument for all else and for 0.
Result<std::optional<Duration>> ParseDuration(std::string_view text);

}  // namespace osprey
