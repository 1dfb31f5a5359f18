#include "osprey/python/frame_locals.h"

#include <algorithm>
#include <utility>

#include "python/exception_table.h"

namespace osprey {
namespace {

// What a frame has of locals, cells and free variables, and what its value stack has room for. The
// compiler sets no bound; code that people write stays below 300, generated code below some
// thousands.
constexpr std::uint64_t kMaxSlots = 8192;
constexpr std::size_t kMaxVariables = 1000;  // more than anybody reads

// co_flags (Include/cpython/code.h).
constexpr std::int32_t kOptimized = 0x1;  // locals are in the frame, not in a dict
constexpr std::int32_t kVarArgs = 0x4;
constexpr std::int32_t kVarKeywords = 0x8;

// co_localspluskinds (Include/internal/pycore_code.h).
constexpr std::uint32_t kHidden = 0x10;  // of a comprehension in a module's or class's body
constexpr std::uint32_t kCell = 0x40;
constexpr std::uint32_t kFree = 0x80;

constexpr std::uint64_t kDictSubclass = std::uint64_t{1} << 29U;  // tp_flags, Include/object.h

// PyTryBlock (Include/cpython/frameobject.h until 3.10): type, handler and level, each an int.
constexpr std::uint64_t kBlockBytes = 12;
constexpr std::uint64_t kBlockLevel = 8;
constexpr std::int32_t kMaxBlocks = 20;  // CO_MAXBLOCKS

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

bool IsDunder(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

}  // namespace

Result<std::vector<LocalVariable>> FrameLocals::Read(const RawFrame& frame) const {
  if (frame.code == nullptr) return Malformed(frame.frame, "a frame without code");
  if ((frame.code->flags & kOptimized) == 0) return ReadNamespace(frame.frame);
  auto slots = ReadSlots(frame);
  if (!slots) return slots.error();
  std::vector<LocalVariable> variables;
  for (Slot& slot : *slots) {
    if (slot.may_be_cell) slot.value = LookIntoCell(slot.value);
    const auto is_same = [&](const LocalVariable& other) { return other.name == slot.name; };
    // Until 3.10 an argument that inner functions share has a cell behind the locals as well: that
    // holds its value, the argument's own place nothing, or what it was called with (2.7).
    const auto same = std::find_if(variables.begin(), variables.end(), is_same);
    if (same == variables.end()) {
      variables.push_back({std::move(slot.name), slot.value, slot.is_argument});
    } else if (!slot.value.IsNull()) {
      same->value = slot.value;
    }
  }
  std::erase_if(variables, [](const LocalVariable& variable) { return variable.value.IsNull(); });
  if (variables.size() > kMaxVariables) variables.resize(kMaxVariables);
  return variables;
}

Result<std::vector<FrameLocals::Slot>> FrameLocals::ReadSlots(const RawFrame& frame) const {
  const bool is_old = layout_.frame_chain == FrameChain::kFrameObjects;
  auto slots = is_old ? NameOldSlots(frame.code->address) : NameSlots(frame.code->address);
  if (!slots) return slots.error();
  const auto values =
      ReadReferences(frame.frame + layout_.interpreter_frame.localsplus, slots->size());
  if (!values) return values.error();
  const auto arguments = CountArguments(frame.code->address);
  if (!arguments) return arguments.error();
  const std::size_t count = *arguments + ((frame.code->flags & kVarArgs) != 0 ? 1 : 0) +
                            ((frame.code->flags & kVarKeywords) != 0 ? 1 : 0);
  for (std::size_t i = 0; i < slots->size(); ++i) {
    (*slots)[i].value = (*values)[i];
    (*slots)[i].is_argument = i < count;
  }
  std::erase_if(*slots, [](const Slot& slot) { return slot.name.empty(); });
  return slots;
}

// Slots without a name are none that locals() shows.
Result<std::vector<FrameLocals::Slot>> FrameLocals::NameSlots(Address code) const {
  const auto names_at = memory_.ReadAs<Address>(code + layout_.code_object.localsplusnames);
  if (!names_at) return names_at.error();
  const auto kinds_at = memory_.ReadAs<Address>(code + layout_.code_object.localspluskinds);
  if (!kinds_at) return kinds_at.error();
  auto names = ReadNames(*names_at);
  if (!names) return names.error();
  const auto kinds = objects_.ReadBytes(*kinds_at);
  if (!kinds) return kinds.error();
  if (kinds->size() != names->size()) return Malformed(code, "variables of unknown kinds");
  std::vector<Slot> slots(names->size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto kind = std::to_integer<std::uint32_t>((*kinds)[i]);
    if ((kind & kHidden) != 0) continue;
    slots[i].name = std::move((*names)[i]);
    slots[i].may_be_cell = (kind & (kCell | kFree)) != 0;
  }
  return slots;
}

Result<std::vector<FrameLocals::Slot>> FrameLocals::NameOldSlots(Address code) const {
  const auto& offsets = layout_.code_object;
  std::vector<Slot> slots;
  for (const Offset part : {offsets.varnames, offsets.cellvars, offsets.freevars}) {
    const auto tuple = memory_.ReadAs<Address>(code + part);
    if (!tuple) return tuple.error();
    auto names = ReadNames(*tuple);
    if (!names) return names.error();
    for (std::string& name : *names) {
      slots.push_back({std::move(name), false, part != offsets.varnames, Address{}});
    }
  }
  return slots;
}

Result<std::size_t> FrameLocals::CountSlots(Address code) const {
  const auto& offsets = layout_.code_object;
  if (offsets.nlocalsplus != kAbsent) {
    const auto count = memory_.ReadAs<std::int32_t>(code + offsets.nlocalsplus);
    if (!count) return count.error();
    return static_cast<std::size_t>(std::max(*count, 0));
  }
  std::size_t count = 0;
  for (const Offset part : {offsets.varnames, offsets.cellvars, offsets.freevars}) {
    const auto tuple = memory_.ReadAs<Address>(code + part);
    if (!tuple) return tuple.error();
    const auto items = CountItems(*tuple);
    if (!items) return items.error();
    count += *items;
  }
  return count;
}

Result<std::size_t> FrameLocals::CountArguments(Address code) const {
  std::size_t count = 0;
  for (const Offset member : {layout_.code_object.argcount, layout_.code_object.kwonlyargcount}) {
    if (member == kAbsent) continue;
    const auto part = memory_.ReadAs<std::int32_t>(code + member);
    if (!part) return part.error();
    count += static_cast<std::size_t>(std::max(*part, 0));
  }
  return count;
}

Result<std::vector<LocalVariable>> FrameLocals::ReadNamespace(Address frame) const {
  std::vector<LocalVariable> variables;
  const auto dict = memory_.ReadAs<Address>(frame + layout_.interpreter_frame.f_locals);
  if (!dict) return dict.error();
  const auto type = objects_.TypeOf(*dict);
  if (!type) return type.error();
  const auto flags = memory_.ReadAs<std::uint64_t>(*type + layout_.type_object.tp_flags);
  if (!flags) return flags.error();
  if ((*flags & kDictSubclass) == 0) return variables;
  const auto visited = objects_.VisitDict(*dict, [&](Address key, Address value) {
    auto name = objects_.ReadString(key);
    if (!name || IsDunder(*name)) return true;
    const auto kind = objects_.TypeOf(value);
    if (kind && objects_.TypeName(*kind).value_or("") == "module") return true;
    variables.push_back({std::move(*name), value, false});
    return variables.size() < kMaxVariables;
  });
  if (!visited) return visited.error();
  return variables;
}

Result<std::size_t> FrameLocals::CountItems(Address tuple) const {
  const auto size = memory_.ReadAs<std::uint64_t>(tuple + layout_.pyobject.size);
  if (!size) return size.error();
  if (*size > kMaxSlots) return Malformed(tuple, "more variables than a function has");
  return static_cast<std::size_t>(*size);
}

Result<std::vector<std::string>> FrameLocals::ReadNames(Address tuple) const {
  const auto count = CountItems(tuple);
  if (!count) return count.error();
  std::vector<Address> items(*count);
  const auto read =
      memory_.Read(tuple + layout_.tuple.ob_item, std::as_writable_bytes(std::span(items)));
  if (!read) return read.error();
  std::vector<std::string> names;
  for (const Address item : items) {
    auto name = objects_.ReadString(item);
    if (!name) return name.error();
    names.push_back(std::move(*name));
  }
  return names;
}

Result<std::vector<Address>> FrameLocals::ReadReferences(Address first, std::size_t count) const {
  if (count > kMaxSlots) return Malformed(first, "more variables than a function has");
  std::vector<Address> objects(count);
  const auto read = memory_.Read(first, std::as_writable_bytes(std::span(objects)));
  if (!read) return read.error();
  // Include/internal/pycore_stackref.h: 0 and 1 tag references, 2 and 3 what is none.
  constexpr std::uint64_t kNoReference = 2;
  for (Address& object : objects) {
    if (layout_.reference_tags != 0 && (object.value & kNoReference) != 0) object = Address{};
    object = Address(object.value & ~std::uint64_t{layout_.reference_tags});
    if (object.value % 8 != 0) object = Address{};  // stale, or worse
  }
  return objects;
}

// Before the frame's first instructions have made its cells, an argument stands in the place of its
// cell.
Address FrameLocals::LookIntoCell(Address object) const {
  if (object.IsNull()) return object;
  const auto type = objects_.TypeOf(object);
  if (!type || objects_.TypeName(*type).value_or("") != "cell") return object;
  return memory_.ReadAs<Address>(object + layout_.pyobject.size).value_or(Address{});
}

Result<ValueStack> FrameLocals::ReadStack(const RawFrame& frame) const {
  if (frame.code == nullptr) return Malformed(frame.frame, "a frame without code");
  const auto slots = CountSlots(frame.code->address);
  if (!slots) return slots.error();
  const auto room =
      memory_.ReadAs<std::int32_t>(frame.code->address + layout_.code_object.stacksize);
  if (!room) return room.error();
  const auto size = static_cast<std::size_t>(std::max(*room, 0));
  const auto depth = ReadDepth(frame.frame, *slots);
  ValueStack stack;
  stack.is_exact = depth.has_value() && *depth <= size;
  auto objects =
      ReadReferences(frame.frame + layout_.interpreter_frame.localsplus + *slots * sizeof(Address),
                     stack.is_exact ? *depth : size);
  if (!objects) return objects.error();
  stack.objects = std::move(*objects);
  stack.guarded = std::min(ReadGuarded(frame).value_or(0), stack.objects.size());
  return stack;
}

Result<std::size_t> FrameLocals::ReadDepth(Address frame, std::size_t slots) const {
  const Error unknown{ErrorCode::kNotFound, 0, frame, "a frame that executes"};
  const auto& offsets = layout_.interpreter_frame;
  const bool has_pointer = offsets.stackpointer != kAbsent || offsets.f_stacktop != kAbsent;
  if (has_pointer) {
    const Offset member =
        offsets.stackpointer != kAbsent ? offsets.stackpointer : offsets.f_stacktop;
    const auto top = memory_.ReadAs<Address>(frame + member);
    if (!top || top->IsNull()) return unknown;
    const Address bottom = frame + offsets.localsplus + slots * sizeof(Address);
    return static_cast<std::size_t>((*top - bottom) / sizeof(Address));
  }
  // From the first local on (3.11 to 3.13), or from the bottom of the stack on (3.10).
  const auto depth = memory_.ReadAs<std::int32_t>(frame + offsets.depth);
  if (!depth || *depth < 0) return unknown;
  const std::size_t below = layout_.stack_top == StackTop::kLocalsOffset ? slots : 0;
  return static_cast<std::size_t>(*depth) - below;  // wraps: ReadStack refuses it
}

Result<std::size_t> FrameLocals::ReadGuarded(const RawFrame& frame) const {
  const auto& offsets = layout_.interpreter_frame;
  if (offsets.f_iblock == kAbsent) {
    const auto at =
        memory_.ReadAs<Address>(frame.code->address + layout_.code_object.exceptiontable);
    if (!at) return at.error();
    const auto table = objects_.ReadBytes(*at);
    if (!table) return table.error();
    if (frame.byte_offset < 0) return std::size_t{0};
    constexpr std::uint64_t kCodeUnit = 2;
    return HandlerDepth(*table, static_cast<std::uint64_t>(frame.byte_offset) / kCodeUnit);
  }
  const auto blocks = memory_.ReadAs<std::int32_t>(frame.frame + offsets.f_iblock);
  if (!blocks) return blocks.error();
  if (*blocks <= 0 || *blocks > kMaxBlocks) return std::size_t{0};
  const auto last = static_cast<std::uint64_t>(*blocks - 1);
  const auto level = memory_.ReadAs<std::int32_t>(frame.frame + offsets.f_blockstack +
                                                  last * kBlockBytes + kBlockLevel);
  if (!level) return level.error();
  return static_cast<std::size_t>(std::max(*level, 0));
}

}  // namespace osprey
