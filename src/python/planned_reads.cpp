#include "osprey/python/planned_reads.h"

#include <algorithm>

namespace osprey {
namespace {

// Far above what any parse needs; a hostile target may link its structures without end.
constexpr std::size_t kMaxPieces = 4096;
constexpr std::size_t kMaxPieceBytes = 64U << 20U;
// All that one copy may hold: a million coroutines.
constexpr std::size_t kMaxCopyBytes = 256U << 20U;
// Each piece that cannot be read costs a system call; more than this many and the target lies.
constexpr std::size_t kMaxFailures = 1024;

}  // namespace

void PlannedReads::AddPiece(ReadPlan::Piece& piece) {
  Copy& copy = copies_.back();
  if (copy.snapshot.total_bytes() + piece.size > kMaxCopyBytes) piece.size = 0;
  piece.copy = first_ + copies_.size() - 1;
  piece.index = static_cast<std::uint32_t>(copy.snapshot.Add({piece.address, piece.size}));
}

void PlannedReads::Refill(Copy& copy) {
  copy.arrived.assign(copy.snapshot.size(), true);
  std::size_t failures = 0;
  for (std::size_t done = 0; done < copy.snapshot.size();) {
    const auto arrived = copy.snapshot.Refill(memory_, done);
    if (!arrived || ++failures > kMaxFailures) {
      std::fill(copy.arrived.begin() + static_cast<std::ptrdiff_t>(done), copy.arrived.end(),
                false);
      return;
    }
    if (*arrived < copy.snapshot.size()) copy.arrived[*arrived] = false;
    done = *arrived + 1;
  }
}

void PlannedReads::CopyTogether(std::span<ReadPlan* const> plans, Passes passes) {
  first_ += copies_.size();
  copies_.clear();
  missing_.clear();
  copies_.emplace_back();
  for (ReadPlan* plan : plans) {
    for (ReadPlan::Piece& piece : plan->pieces_) {
      piece.unreadable = 0;
      AddPiece(piece);
    }
  }
  second_pass_ = passes == Passes::kTwo ? copies_.back() : Copy{};
  Refill(copies_.back());
  Refill(second_pass_);
}

bool PlannedReads::IsSameTwice(const ReadPlan& plan) const {
  const Copy& first = copies_.front();
  return std::all_of(plan.pieces_.begin(), plan.pieces_.end(), [&](const ReadPlan::Piece& piece) {
    return piece.copy == first_ && piece.index < second_pass_.arrived.size() &&
           first.arrived[piece.index] == second_pass_.arrived[piece.index] &&
           std::equal(first.snapshot.View(piece.index),
                      first.snapshot.View(piece.index) + piece.size,
                      second_pass_.snapshot.View(piece.index));
  });
}

bool PlannedReads::CopyMissing() {
  if (missing_.empty()) return false;
  copies_.emplace_back();
  for (const Missing& m : missing_) {
    if (m.piece >= m.plan->pieces_.size()) continue;
    ReadPlan::Piece& piece = m.plan->pieces_[m.piece];
    if (piece.copy == ReadPlan::kNotCopied) AddPiece(piece);
  }
  missing_.clear();
  Refill(copies_.back());
  return true;
}

const std::byte* PlanReader::View(std::size_t place, std::size_t size) {
  ReadPlan::Piece& piece = plan_.pieces_[place];
  const std::uint64_t copy = piece.copy - reads_.first_;
  if (piece.copy != ReadPlan::kNotCopied && copy < reads_.copies_.size()) {
    const bool is_second = pass_ == Pass::kSecond && copy == 0;
    const PlannedReads::Copy& c = is_second ? reads_.second_pass_ : reads_.copies_[copy];
    const bool arrived = c.arrived[piece.index];
    if (arrived && piece.size >= size) return c.snapshot.View(piece.index);
    if (!arrived) piece.unreadable = std::max(piece.size, 1U);
  }
  // Less may be there: last time's structure may have been larger than this one.
  if (piece.unreadable != 0 && size >= piece.unreadable) return nullptr;
  piece.size = static_cast<std::uint32_t>(size);
  piece.copy = ReadPlan::kNotCopied;
  reads_.missing_.push_back({&plan_, place});
  is_missing_ = true;
  return nullptr;
}

const std::byte* PlanReader::Ask(Address at, std::size_t size) {
  if (is_missing_ || at.IsNull() || size == 0 || size > kMaxPieceBytes || next_ >= kMaxPieces) {
    return nullptr;
  }
  auto& pieces = plan_.pieces_;
  if (next_ < pieces.size() && pieces[next_].address != at) pieces.resize(next_);
  if (next_ == pieces.size()) {
    pieces.push_back({at, ReadPlan::kNotCopied, 0, static_cast<std::uint32_t>(size), 0});
  }
  return View(next_++, size);
}

const std::byte* PlanReader::Extend(std::size_t size) {
  if (is_missing_ || next_ == 0 || size > kMaxPieceBytes) return nullptr;
  return View(next_ - 1, size);
}

}  // namespace osprey
