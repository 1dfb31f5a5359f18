// `osprey dump`: every thread's stack once, from a process or a core file.
#pragma once

#include <optional>
#include <string>

#include "osprey/base/result.h"
#include "osprey/report/dump_reporter.h"
#include "osprey/sampler/sampler.h"
#include "osprey/sampler/thread_dumper.h"
#include "osprey/target/core_target.h"

namespace osprey {

enum class UseColor { kAuto, kAlways, kNever };

struct DumpRequest {
  std::optional<int> pid;  // else the core file
  std::string core;
  CoreTarget::Options core_files;
  bool subprocesses = false;
  bool nonblocking = false;
  bool is_json = false;
  UseColor color = UseColor::kAuto;
  FrameStyle style;
  DumpOptions options;
  NativeMode native = NativeMode::kOff;
  std::string output = "-";
};

// Writes the dump and returns the exit status, or the error that the user is to be told.
Result<int> Dump(const DumpRequest& request);

}  // namespace osprey
