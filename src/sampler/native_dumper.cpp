#include "osprey/sampler/native_dumper.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "osprey/native/folding.h"
#include "osprey/native/name_cache.h"
#include "osprey/native/symbolizer.h"

namespace osprey {
namespace {

// What lies below the stack pointer and is in use (System V ABI, AMD64 supplement, "The Stack
// Frame").
constexpr std::uint64_t kRedZone = 128;
// What a thread may have by default (ulimit -s); all of it is copied that is there.
constexpr std::size_t kMostCopied = std::size_t{8} << 20;

}  // namespace

Result<std::unique_ptr<NativeDumper>> NativeDumper::Make(const Target& target, Machine machine,
                                                         const Runtime* runtime,
                                                         RegistersOf registers_of,
                                                         ThreadDump& dump) {
  std::unique_ptr<NativeDumper> dumper(new NativeDumper(target, std::move(registers_of), dump));
  auto map = target.ReadMap();
  if (!map) return map.error();
  dumper->map_ = std::move(*map);
  dumper->tables_.Update(target.memory(), dumper->map_);
  auto unwinder = Unwinder::Make(machine, dumper->tables_, [own = dumper.get()](Address address) {
    return own->functions_.Find(address, own->map_);
  });
  if (!unwinder) return unwinder.error();
  dumper->unwinder_.emplace(std::move(*unwinder));
  if (runtime != nullptr) {
    dumper->modules_.AddRuntime(runtime->module);
    dumper->evaluation_ =
        EvaluationFrames::Find(target, *runtime, dumper->tables_).value_or(EvaluationFrames());
  }
  return dumper;
}

void NativeDumper::Add(const KernelThread& thread, std::span<const RawFrame> python,
                       DumpedThread& dumped) {
  const auto registers = registers_of_(thread);
  if (!registers) return;
  const Address low(registers->stack_pointer.value - kRedZone);
  const Mapping* mapping = map_.Find(low);
  if (mapping == nullptr) return;
  const std::size_t above = std::min<std::size_t>(mapping->end - low, kMostCopied);
  if (!stack_.Take(low, above)) return;
  std::vector<NativeFrame> frames;
  const UnwindEnd end = unwinder_->Walk(*registers, stack_, frames);
  std::vector<NativeRole> roles;
  evaluation_.RolesOf(frames, roles);
  const bool is_complete = end == UnwindEnd::kOutermost;
  std::vector<MergedFrame> merged;
  const bool fits =
      merger_.Merge({frames, roles, is_complete, stack_.start(), stack_.bytes()}, {python}, merged);
  std::vector<DumpedFrame> all;
  for (const MergedFrame& frame : merged) {
    if (frame.side == MergedFrame::Side::kPython) {
      all.push_back(std::move(dumped.frames[frame.index]));
    } else {
      all.push_back({code_.Find(frames[frame.index].LookupAddress(), map_), {}});
    }
  }
  dumped.frames = std::move(all);
  const bool was_whole =
      dumped.stack == DumpedThread::Stack::kComplete || dumped.stack == DumpedThread::Stack::kNone;
  dumped.stack =
      fits && is_complete && was_whole ? DumpedThread::Stack::kComplete : DumpedThread::Stack::kCut;
}

void NativeDumper::Name(bool folds) {
  NamingOptions options;
  options.cache_directory = NameCache::DefaultDirectory();
  const NativeNames names = Symbolize(modules_, options);
  StackTable& stacks = dump_.stacks;
  for (DumpedThread& thread : dump_.threads) {
    std::vector<DumpedFrame> all;
    std::vector<NamedFrame> described;
    for (DumpedFrame& frame : thread.frames) {
      const NativeNames::Entry* entry = names.Find(frame.frame);
      if (entry == nullptr) {
        described.push_back({NamedFrame::Of::kPython, {}});
        all.push_back(std::move(frame));
        continue;
      }
      const auto of =
          entry->is_interpreter ? NamedFrame::Of::kInterpreter : NamedFrame::Of::kForeign;
      for (const SourceFrame& source : entry->frames) {
        const bool is_named = !source.function.starts_with("0x");
        described.push_back(
            {of, is_named ? std::string_view(source.function) : std::string_view()});
        all.push_back({stacks.InternFrame({stacks.strings().Intern(source.function),
                                           stacks.strings().Intern(source.file), source.line,
                                           FrameKind::kNative}),
                       {}});
      }
    }
    std::vector<bool> shown(all.size(), true);
    if (folds) FoldInternals(described, shown);
    thread.frames.clear();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (shown[i]) thread.frames.push_back(std::move(all[i]));
    }
  }
}

}  // namespace osprey
