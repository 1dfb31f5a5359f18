#include "osprey/python/code_cache.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "osprey/python/line_table.h"
#include "python/field.h"

namespace osprey {
namespace {

constexpr FrameId kUnknownFrame{0xFFFFFFFF};
constexpr std::uint32_t kCodeUnit = 2;  // bytes, from 3.11 on, where objects count units
// The largest code objects known are generated tables of some MiB of bytecode.
constexpr std::uint64_t kMaxCodeBytes = 64U << 20U;
// CPython refuses a frame beyond INT_MAX / sizeof(PyObject *) words; real ones stay far below.
constexpr std::uint64_t kMaxFrameBytes = 1U << 20U;

// _PyCodeArray: the number of entries, and where they begin.
constexpr Offset kCopiesSize = 0;
constexpr Offset kCopiesEntries = 8;
constexpr std::uint64_t kMaxCopies = 1U << 16U;  // one for each thread that ran at the same time
// How much of a name two code objects in the same place are told apart by.
constexpr std::uint64_t kComparedBytes = 256;
constexpr std::size_t kNotCopied = SIZE_MAX;

// What a frame does at each code unit. Where all calls are known, it leaves everywhere but at a
// call; else at the instructions that leave. Cache units between them are taken for instructions:
// those at which a caller stands hold no such number, and from 3.13 on none stands at a cache unit.
std::vector<CodePlace> FindPlaces(const Layout& layout, const std::vector<std::byte>& bytecode) {
  std::vector<CodePlace> places(bytecode.size() / kCodeUnit, CodePlace::kMayCall);
  const auto is_in = [&](const auto& opcodes, std::size_t unit) {
    const auto opcode = std::to_integer<std::uint8_t>(bytecode[unit * kCodeUnit]);
    return opcode != 0 && std::find(opcodes.begin(), opcodes.end(), opcode) != opcodes.end();
  };
  const std::size_t behind = layout.opcode.call_cache_units;
  const bool knows_calls = layout.opcode.calls[0] != 0;
  // The first unit is where a frame stands that was just pushed.
  for (std::size_t i = 1; i < places.size(); ++i) {
    const bool leaves = knows_calls ? i < behind || !is_in(layout.opcode.calls, i - behind)
                                    : is_in(layout.opcode.leaves, i);
    if (leaves) {
      places[i] = CodePlace::kLeaves;
    } else if (is_in(layout.opcode.resumes, i)) {
      places[i] = CodePlace::kResumes;
    }
  }
  return places;
}

MemoryRange ComparedPart(const StringText& text) {
  return {text.address, std::min(text.length * text.width, kComparedBytes)};
}

std::size_t HashOf(const SnapshotMemory& copies, std::size_t piece) {
  const auto* text = reinterpret_cast<const char*>(copies.View(piece));
  return std::hash<std::string_view>{}({text, copies.piece(piece).size});
}

}  // namespace

CodeObject::Fingerprint CodeCache::ParseHeader(const std::byte* header) const {
  const auto& offsets = layout_.code_object;
  CodeObject::Fingerprint print;
  print.filename = Field<Address>(header, offsets.filename);
  print.name =
      Field<Address>(header, offsets.qualname != kAbsent ? offsets.qualname : offsets.name);
  print.linetable = Field<Address>(header, offsets.linetable);
  print.first_line = Field<std::int32_t>(header, offsets.firstlineno);
  if (offsets.version != kAbsent) print.version = Field<std::uint32_t>(header, offsets.version);
  if (layout_.frame_chain == FrameChain::kFrameObjects) {
    print.bytecode = Field<Address>(header, offsets.code_adaptive);
  } else {
    print.units = Field<std::uint64_t>(header, layout_.pyobject.size);  // ob_size
  }
  return print;
}

bool CodeCache::IsCodeType(Address type) {
  if (!code_type_.IsNull()) return type == code_type_;
  const auto name = objects_.TypeName(type);
  if (!name || *name != "code") return false;
  code_type_ = type;
  return true;
}

CodeObject* CodeCache::Load(Address address) {
  auto code = std::make_unique<CodeObject>();
  if (!Read(address, *code)) return nullptr;
  return codes_.emplace(address, std::move(code)).first->second.get();
}

bool CodeCache::Read(Address address, CodeObject& code) {
  // Objects are aligned to 16 bytes (Objects/obmalloc.c, ALIGNMENT), static ones to 8.
  if (address.IsNull() || address.value % 8 != 0) return false;
  const auto& offsets = layout_.code_object;
  std::vector<std::byte> header(offsets.size);
  if (!memory_.Read(address, header)) return false;
  if (!IsCodeType(Field<Address>(header.data(), layout_.pyobject.ob_type))) return false;
  const CodeObject::Fingerprint addresses = ParseHeader(header.data());
  CodeObject::Fingerprint print = addresses;
  const auto name_text = objects_.LocateText(print.name);
  const auto filename_text = objects_.LocateText(print.filename);
  if (!name_text || !filename_text) return false;
  code.name_text = ComparedPart(*name_text);
  code.filename_text = ComparedPart(*filename_text);
  SnapshotMemory texts;
  texts.Add(code.name_text);
  texts.Add(code.filename_text);
  if (texts.Refill(memory_).value_or(0) != 2) return false;
  print.name_hash = HashOf(texts, 0);
  print.filename_hash = HashOf(texts, 1);
  std::uint64_t code_bytes = print.units * kCodeUnit;
  std::uint64_t frame_bytes = 0;
  if (layout_.frame_chain == FrameChain::kFrameObjects) {
    const auto size = memory_.ReadAs<std::uint64_t>(print.bytecode + layout_.bytes.ob_size);
    if (!size) return false;
    code_bytes = *size;
  } else {
    // 3.11 has no co_framesize: CodeObject.c counts locals, stack and FRAME_SPECIALS_SIZE.
    const std::uint64_t words =
        offsets.framesize != kAbsent
            ? Field<std::uint32_t>(header.data(), offsets.framesize)
            : std::uint64_t{Field<std::uint32_t>(header.data(), offsets.nlocalsplus)} +
                  Field<std::uint32_t>(header.data(), offsets.stacksize) +
                  layout_.interpreter_frame.size / 8;
    frame_bytes = words * 8;
    if (frame_bytes < layout_.interpreter_frame.size || frame_bytes > kMaxFrameBytes) return false;
  }
  if (code_bytes > kMaxCodeBytes) return false;
  const auto name = objects_.ReadText(*name_text);
  const auto file = objects_.ReadText(*filename_text);
  auto line_table = objects_.ReadBytes(print.linetable);
  if (!name || !file || !line_table) return false;
  const bool has_bytecode_inside = layout_.frame_chain != FrameChain::kFrameObjects;
  std::vector<std::byte> bytecode(has_bytecode_inside ? code_bytes : 0);
  if (!memory_.Read(address + offsets.code_adaptive, bytecode)) return false;
  // Another may have taken its place meanwhile: then these are parts of two.
  std::vector<std::byte> again(offsets.size);
  if (!memory_.Read(address, again) || ParseHeader(again.data()) != addresses) return false;

  code.address = address;
  code.fingerprint = print;
  code.code_start = has_bytecode_inside ? address + offsets.code_adaptive : Address{};
  code.code_bytes = static_cast<std::uint32_t>(code_bytes);
  code.frame_bytes = static_cast<std::uint32_t>(frame_bytes);
  if (has_bytecode_inside) code.places = FindPlaces(layout_, bytecode);
  TakeCopiesArray(header.data(), code);
  if (offsets.nlocalsplus != kAbsent) {
    code.nlocalsplus = Field<std::int32_t>(header.data(), offsets.nlocalsplus);
  }
  if (offsets.first_traceable != kAbsent) {
    code.first_traceable =
        std::int64_t{Field<std::int32_t>(header.data(), offsets.first_traceable)} * kCodeUnit;
  }
  code.flags = Field<std::int32_t>(header.data(), offsets.flags);
  code.function = stacks_.strings().Intern(*name);
  code.file = stacks_.strings().Intern(*file);
  code.line_table = std::move(*line_table);
  code.frames.assign(code.code_bytes / layout_.code_unit + 2, kUnknownFrame);
  code.checked = Clock::now();
  return true;
}

void CodeCache::TakeCopiesArray(const std::byte* header, CodeObject& code) const {
  if (layout_.code_object.tlbc == kAbsent) return;
  const auto array = Field<Address>(header, layout_.code_object.tlbc);
  if (array == code.copies_array) return;
  code.copies_array = array;  // a larger one: there are more threads
  ReadCopies(code);
}

void CodeCache::ReadCopies(CodeObject& code) const {
  if (code.copies_array.IsNull()) return;
  const auto size = memory_.ReadAs<std::uint64_t>(code.copies_array + kCopiesSize);
  if (!size || *size > kMaxCopies) return;
  std::vector<Address> copies(*size);
  const auto entries = std::as_writable_bytes(std::span(copies));
  if (memory_.Read(code.copies_array + kCopiesEntries, entries)) code.copies = std::move(copies);
}

FrameId CodeCache::FrameOf(CodeObject& code, std::int64_t byte_offset) {
  std::size_t slot = 0;
  if (byte_offset >= 0) slot = static_cast<std::size_t>(byte_offset) / layout_.code_unit + 1;
  if (slot >= code.frames.size()) slot = 0;
  FrameId& id = code.frames[slot];
  if (id == kUnknownFrame) {
    const std::uint32_t line = LineOf(layout_.line_table, code.line_table,
                                      code.fingerprint.first_line, slot == 0 ? -1 : byte_offset);
    id = stacks_.InternFrame({code.function, code.file, line, FrameKind::kPython});
  }
  return id;
}

bool CodeCache::AwaitsAt(CodeObject& code, std::int64_t byte_offset) {
  if (byte_offset < 0 || byte_offset + 2 * kCodeUnit > code.code_bytes) return false;
  const auto unit = static_cast<std::size_t>(byte_offset) / kCodeUnit;
  if (code.awaits.empty()) code.awaits.assign(code.code_bytes / kCodeUnit, -1);
  std::int8_t& known = code.awaits[unit];
  if (known < 0) known = ReadAwaits(code, static_cast<std::uint64_t>(byte_offset)) ? 1 : 0;
  return known != 0;
}

bool CodeCache::ReadAwaits(const CodeObject& code, std::uint64_t byte_offset) const {
  const Address start = code.code_start.IsNull() ? code.fingerprint.bytecode + layout_.bytes.ob_sval
                                                 : code.code_start;
  const auto next = memory_.ReadAs<std::array<std::uint8_t, 2>>(start + byte_offset + kCodeUnit);
  if (!next) return false;
  const auto [opcode, argument] = *next;
  // Where a generator is suspended stands a RESUME, possibly an instrumented one: its argument
  // says why (Python/compile.c: 1 after yield, 2 after yield from, 3 after await).
  if (layout_.await_mark == AwaitMark::kResumeNext) return (argument & 3U) >= 2;
  return opcode == layout_.opcode.yield_from;
}

bool CodeCache::HasTimeToRecheck(TimePoint now) {
  constexpr int kShare = 80;
  constexpr Duration kMostCredit = std::chrono::milliseconds(1);
  if (now > credited_) {
    credit_ = std::min(credit_ + (now - credited_) / kShare, kMostCredit);
    credited_ = now;
  }
  return credit_ > Duration(0);
}

bool CodeCache::Recheck(std::span<CodeObject* const> codes, TimePoint now) {
  const TimePoint start = Clock::now();
  constexpr std::size_t kBatch = 256;  // three ranges each: under IOV_MAX
  bool unchanged = true;
  for (std::size_t i = 0; i < codes.size(); i += kBatch) {
    if (!RecheckBatch(codes.subspan(i, std::min(kBatch, codes.size() - i)), now)) {
      unchanged = false;
    }
  }
  credit_ -= Clock::now() - start;
  return unchanged;
}

void CodeCache::Refresh(CodeObject& code) {
  // A torn copy looks the same: it must not cost a read each time.
  constexpr Duration kAtMostEvery = std::chrono::microseconds(500);
  const TimePoint now = Clock::now();
  if (now - code.refreshed < kAtMostEvery) return;
  CodeObject* const one = &code;
  RecheckBatch(std::span(&one, 1), now);
  // Threads that ran it since have filled empty places of the list.
  ReadCopies(code);
  code.refreshed = now;
}

std::size_t CodeCache::CopyChecked(std::span<CodeObject* const> codes) {
  pieces_.clear();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    pieces_.push_back({{codes[i]->address, layout_.code_object.size}, 3 * i});
    if (codes[i]->fingerprint.version != 0) continue;  // which tells as much as the names do
    // Where the names were: if they are elsewhere now, the header says so.
    pieces_.push_back({codes[i]->name_text, 3 * i + 1});
    pieces_.push_back({codes[i]->filename_text, 3 * i + 2});
  }
  checked_.assign(3 * codes.size(), kNotCopied);
  // Code of one module lies close together, as its names do, and has its file's name in common.
  std::sort(pieces_.begin(), pieces_.end(), [](const CheckedPiece& a, const CheckedPiece& b) {
    return a.range.address < b.range.address;
  });
  copies_.Clear();
  for (const CheckedPiece& piece : pieces_) checked_[piece.of] = copies_.AddNear(piece.range);
  if (copies_.Refill(memory_).value_or(0) == pieces_.size()) return pieces_.size();
  // Something is gone: one by one, to know what.
  copies_.Clear();
  std::sort(pieces_.begin(), pieces_.end(),
            [](const CheckedPiece& a, const CheckedPiece& b) { return a.of < b.of; });
  for (const CheckedPiece& piece : pieces_) checked_[piece.of] = copies_.Add(piece.range);
  return copies_.Refill(memory_).value_or(0);
}

std::optional<CodeObject::Fingerprint> CodeCache::PrintOf(const CodeObject& code, std::size_t i,
                                                          std::size_t arrived) const {
  if (checked_[3 * i] >= arrived) return std::nullopt;
  CodeObject::Fingerprint print = ParseHeader(copies_.View(checked_[3 * i]));
  if (checked_[3 * i + 1] == kNotCopied) {
    print.name_hash = code.fingerprint.name_hash;
    print.filename_hash = code.fingerprint.filename_hash;
  } else if (checked_[3 * i + 1] < arrived && checked_[3 * i + 2] < arrived) {
    print.name_hash = HashOf(copies_, checked_[3 * i + 1]);
    print.filename_hash = HashOf(copies_, checked_[3 * i + 2]);
  }
  return print;
}

bool CodeCache::RecheckBatch(std::span<CodeObject* const> codes, TimePoint now) {
  const std::size_t arrived = CopyChecked(codes);
  rechecked_ = Clock::now();
  bool unchanged = true;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    CodeObject& code = *codes[i];
    code.checked = now;
    // Freed since, or freed and another in its place. What cannot be read keeps the name that it
    // had when it was last seen alive.
    const auto print = PrintOf(code, i, arrived);
    if (!print) continue;
    if (*print == code.fingerprint) {
      TakeCopiesArray(copies_.View(checked_[3 * i]), code);
      continue;
    }
    unchanged = false;
    ++replaced_;
    const CodeObject::Fingerprint before = code.fingerprint;
    CodeObject fresh;
    const bool is_read = Read(code.address, fresh);
    if (is_read) code = std::move(fresh);
    // What differs in its strings alone may be the one of before, freed, whose strings are gone.
    if (!is_read || code.fingerprint.HasSameAddresses(before)) ++torn_;
  }
  return unchanged;
}

}  // namespace osprey
