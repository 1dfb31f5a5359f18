#include "osprey/python/data_stack_chunks.h"

#include <algorithm>

#include "python/field.h"

namespace osprey {
namespace {

// _PyStackChunk: previous, size, top, data[].
constexpr std::uint32_t kPrevious = 0;
constexpr std::uint32_t kSize = 8;
constexpr std::uint32_t kTop = 16;
constexpr std::uint32_t kData = 24;
// The first chunk leaves its first word unused (pystate.c, push_chunk: "extra byte").
constexpr std::uint32_t kFirstFrame = 32;
constexpr std::size_t kMaxChunks = 1U << 16U;            // of 16 KiB each: ten million frames
constexpr std::uint64_t kMaxChunkBytes = 256ULL << 20U;  // 2.5 million frames
// A call deeper than the last sample should not cost a second read.
constexpr std::uint64_t kSlack = 512;
// What lies above all that was in use for so many walks is not copied any more: the longer a copy
// takes, the less it is one moment.
constexpr unsigned kPeakOver = 64;

}  // namespace

DataStackChunks::Fit DataStackChunks::FitTo(const Memory& memory, Address newest, Address top) {
  if (newest.IsNull()) {
    if (!chunks_.empty()) Clear();
    return Fit::kFits;
  }
  const bool is_known = !chunks_.empty() && chunks_.back().base == newest;
  const std::uint64_t used = top - newest;
  if (!is_known || used > chunks_.back().limit) {
    return Learn(memory, newest) ? Fit::kMustGrow : Fit::kFailed;
  }
  const bool is_too_little = used > used_;
  peak_ = std::max(peak_, used);
  if (is_too_little || used_ - used > 8 * kSlack) {
    CopyAsUsed(used);
  } else if (++walks_ >= kPeakOver) {
    if (used_ > peak_ + 2 * kSlack) CopyAsUsed(peak_);
    walks_ = 0;
    peak_ = 0;
  }
  return is_too_little ? Fit::kMustGrow : Fit::kFits;
}

void DataStackChunks::CopyAsUsed(std::uint64_t used) {
  used_ = std::min(used + kSlack, chunks_.back().limit);
  walks_ = 0;
  peak_ = 0;
  stale_ = true;
}

void DataStackChunks::AddTo(SnapshotMemory& snapshot) {
  for (Chunk& c : chunks_) {
    // Older chunks are full up to their own mark; the newest is read as far as it is used.
    const bool newest = &c == &chunks_.back();
    c.index = snapshot.Add({c.base, newest ? used_ : c.limit});
  }
  stale_ = false;
}

void DataStackChunks::Clear() {
  chunks_.clear();
  stale_ = true;
}

bool DataStackChunks::Contains(Address frame) const {
  return std::any_of(chunks_.begin(), chunks_.end(),
                     [frame](const Chunk& c) { return frame - c.base < c.limit; });
}

bool DataStackChunks::Learn(const Memory& memory, Address newest) {
  // The newest chunk that is known has been growing since: it is read again. Those below it have
  // not changed while it was there.
  if (!chunks_.empty()) chunks_.pop_back();
  stale_ = true;
  used_ = 4 * kSlack;
  std::vector<Chunk> added;  // newest first
  Address base = newest;
  while (!base.IsNull()) {
    const auto known = std::find_if(chunks_.begin(), chunks_.end(),
                                    [base](const Chunk& c) { return c.base == base; });
    if (known != chunks_.end() && base != newest) {
      chunks_.erase(known + 1, chunks_.end());
      break;
    }
    std::byte header[kData];
    Chunk chunk;
    if (added.size() >= kMaxChunks || !memory.Read(base, header) ||
        !Parse(header, base, base == newest, chunk)) {
      chunks_.clear();
      return false;
    }
    base = Field<Address>(header, kPrevious);
    added.push_back(chunk);
    if (base.IsNull()) chunks_.clear();
  }
  chunks_.insert(chunks_.end(), added.rbegin(), added.rend());
  used_ = std::min(used_, chunks_.back().limit);
  return true;
}

bool DataStackChunks::Parse(const std::byte* header, Address base, bool newest, Chunk& chunk) {
  chunk.base = base;
  chunk.limit = Field<std::uint64_t>(header, kSize);
  if (chunk.limit > kMaxChunkBytes || chunk.limit < kFirstFrame) return false;
  if (!newest) {  // only what is used of it
    const auto top = Field<std::uint64_t>(header, kTop);
    if (top > (chunk.limit - kData) / 8) return false;
    chunk.limit = kData + top * 8;
  }
  const bool first = Field<Address>(header, kPrevious).IsNull();
  chunk.first_frame = base + (first ? kFirstFrame : kData);
  return true;
}

}  // namespace osprey
