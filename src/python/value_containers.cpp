// Lists, tuples, dicts, sets and what the module collections makes of them.
#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

#include "python/table_items.h"
#include "python/value_printer.h"

namespace osprey {
namespace {

constexpr std::uint64_t kMaxItems = std::uint64_t{1} << 48U;  // more than memory holds
constexpr std::uint64_t kItemsAtOnce = 256;                   // half a page
// Modules/_collectionsmodule.c: how many items a deque's block has.
constexpr std::uint64_t kBlockItems = 64;

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

}  // namespace

bool ValuePrinter::BeginItem(std::size_t index) {
  if (index != 0) Put(", ");
  const bool is_spent = index != 0 && memory_.is_spent();
  if (index < limits_.items && !IsFull() && !is_spent) return true;
  Put("...");
  return false;
}

bool ValuePrinter::BreakOff(std::size_t index) {
  if (index == 0 || !memory_.is_spent()) return false;
  Put(", ...");
  return true;
}

// What each type makes of Py_ReprEnter (Objects/*.c); a namedtuple's repr knows no cycle.
Result<void> ValuePrinter::PrintCycle(Address object, const ValueType& type) {
  switch (type.kind) {
    case ValueKind::kList:
    case ValueKind::kDeque:
      Put("[...]");
      return {};
    case ValueKind::kDict:
      Put("{...}");
      return {};
    case ValueKind::kFrozenDict:
      Put("frozendict({...})");
      return {};
    case ValueKind::kOrderedDict:
      Put("...");
      return {};
    case ValueKind::kDefaultDict:
      return PrintDefaultDict(object, type, true);
    case ValueKind::kSet:
      AppendName(NameOf(type, "set"), text_);
      break;
    case ValueKind::kFrozenSet:
      AppendName(NameOf(type, "frozenset"), text_);
      break;
    case ValueKind::kNamedTuple:
      AppendName(type.name, text_);
      break;
    default:
      break;
  }
  Put("(...)");
  return {};
}

Result<void> ValuePrinter::PrintContainer(Address object, const ValueType& type) {
  const Level level(*this, object);
  if (level.is_cycle()) return PrintCycle(object, type);
  // Not even the first item: brackets around would say that the container is in itself.
  if (!level.is_open() || limits_.items == 0 || Room() <= 1) {
    Put("...");
    return {};
  }
  switch (type.kind) {
    case ValueKind::kList: {
      const auto count = ReadMember(object, 0);
      if (!count) return count.error();
      const auto items = ReadMember(object, 1);
      if (!items) return items.error();
      return PrintSequence(*items, count->value, "[", "]", {});
    }
    case ValueKind::kTuple:
      return PrintTuple(object);
    case ValueKind::kNamedTuple:
      return PrintNamedTuple(object, type);
    case ValueKind::kDeque:
      return PrintDeque(object, type);
    case ValueKind::kSet:
    case ValueKind::kFrozenSet:
      return PrintSet(object, type);
    case ValueKind::kOrderedDict:
      return PrintOrderedDict(object, type);
    case ValueKind::kFrozenDict: {
      AppendName(NameOf(type, "frozendict"), text_);
      Put("(");
      const std::size_t start = text_.size();
      if (auto printed = PrintDict(object); !printed) return printed;
      if (text_.compare(start, std::string::npos, "{}") == 0) text_.resize(start);
      Put(")");
      return {};
    }
    case ValueKind::kDefaultDict:
      return PrintDefaultDict(object, type, false);
    default:
      return PrintDict(object);
  }
}

// With `names`, those stand before the items.
Result<void> ValuePrinter::PrintSequence(Address items, std::uint64_t count, std::string_view open,
                                         std::string_view close,
                                         const std::vector<std::string>& names) {
  if (count > kMaxItems) return Malformed(items, "a sequence of impossible size");
  Put(open);
  std::vector<Address> piece;
  std::uint64_t first = 0;
  for (std::uint64_t i = 0; i < count && BeginItem(i); ++i) {
    if (i - first == piece.size()) {
      first = i;
      piece.resize(std::min({count - i, kItemsAtOnce, limits_.items - i}));
      auto read =
          memory_.Read(items + i * sizeof(Address), std::as_writable_bytes(std::span(piece)));
      if (!read && (i == 0 || !memory_.is_spent())) return read;
      if (!read) {
        Put("...");
        break;
      }
    }
    if (i < names.size()) {
      AppendName(names[i], text_);
      Put("=");
    }
    Print(piece[i - first]);
  }
  Put(close);
  return {};
}

Result<void> ValuePrinter::PrintTuple(Address tuple) {
  const auto count = ReadMember(tuple, 0);
  if (!count) return count.error();
  return PrintSequence(tuple + layout_.tuple.ob_item, count->value, "(",
                       count->value == 1 ? ",)" : ")", {});
}

Result<void> ValuePrinter::PrintNamedTuple(Address tuple, const ValueType& type) {
  const auto count = ReadMember(tuple, 0);
  if (!count) return count.error();
  const auto fields = ReadMember(type.fields, 0);
  if (!fields) return fields.error();
  constexpr std::uint64_t kMaxFields = 1024;
  if (*count != *fields || count->value > kMaxFields) {
    return Malformed(tuple, "a namedtuple with other fields than its class");
  }
  std::vector<Address> keys(count->value);
  if (!keys.empty()) {
    auto read =
        memory_.Read(type.fields + layout_.tuple.ob_item, std::as_writable_bytes(std::span(keys)));
    if (!read) return read;
  }
  std::vector<std::string> names;
  for (const Address key : keys) {
    auto name = objects_.ReadString(key);
    if (!name) return name.error();
    names.push_back(std::move(*name));
  }
  Put(type.name);
  return PrintSequence(tuple + layout_.tuple.ob_item, count->value, "(", ")", names);
}

Result<void> ValuePrinter::PrintDict(Address dict) {
  DictItems items(memory_, layout_, dict);
  Put("{");
  for (std::size_t i = 0;; ++i) {
    const auto item = items.Next();
    if (!item && BreakOff(i)) break;
    if (!item) return item.error();
    if (!item->has_value() || !BeginItem(i)) break;
    Print((*item)->key);
    Put(": ");
    Print((*item)->value);
  }
  Put("}");
  return {};
}

// defdictobject: a dict, then default_factory.
Result<void> ValuePrinter::PrintDefaultDict(Address dict, const ValueType& type, bool is_cycle) {
  const auto factory = ReadPointer(dict + layout_.dict.ma_values + std::uint64_t{sizeof(Address)});
  if (!factory) return factory.error();
  AppendName(NewerNameOf(type, "defaultdict"), text_);
  Put("(");
  if (factory->IsNull()) {
    Put("None");
  } else if (is_cycle && IsOpen(*factory)) {
    Put("...");
  } else {
    Print(*factory);
  }
  Put(", ");
  if (is_cycle) {
    Put("{...}");
  } else if (auto printed = PrintDict(dict); !printed) {
    return printed;
  }
  Put(")");
  return {};
}

Result<void> ValuePrinter::PrintSet(Address set, const ValueType& type) {
  SetItems items(memory_, layout_, set);
  auto item = items.Next();
  if (!item) return item.error();
  const bool is_list = layout_.repr.python2;
  const bool is_frozen = type.kind == ValueKind::kFrozenSet;
  const bool is_named = is_list || is_frozen || type.is_derived || !item->has_value();
  const bool has_brackets = is_list || item->has_value();
  if (is_named) {
    AppendName(NameOf(type, is_frozen ? "frozenset" : "set"), text_);
    Put("(");
  }
  if (has_brackets) Put(is_list ? "[" : "{");
  for (std::size_t i = 0; item->has_value() && BeginItem(i); ++i) {
    Print(**item);
    item = items.Next();
    if (!item && BreakOff(i + 1)) break;
    if (!item) return item.error();
  }
  if (has_brackets) Put(is_list ? "]" : "}");
  if (is_named) Put(")");
  return {};
}

// dequeobject: ob_size, leftblock, rightblock, leftindex, rightindex, state, maxlen. A block begins
// with the link to the left, and ends with that to the right.
Result<void> ValuePrinter::PrintDeque(Address deque, const ValueType& type) {
  if (layout_.repr.python2) return Malformed(deque, "a deque of 2.7");
  const auto head = memory_.ReadAs<std::array<std::uint64_t, 7>>(deque + layout_.pyobject.size);
  if (!head) return head.error();
  const auto [count, left_block, right_block, left_index, right_index, state, max_length] = *head;
  if (count > kMaxItems || left_index >= kBlockItems) return Malformed(deque, "not a deque");
  AppendName(NewerNameOf(type, "deque"), text_);
  Put("([");
  Address block(left_block);
  std::uint64_t index = left_index;
  for (std::uint64_t i = 0; i < count && BeginItem(i); ++i) {
    if (index == kBlockItems) {
      const auto next = ReadPointer(block + (1 + kBlockItems) * sizeof(Address));
      if (!next) return next.error();
      block = *next;
      index = 0;
    }
    const auto item = ReadPointer(block + (1 + index++) * sizeof(Address));
    if (!item) return item.error();
    Print(*item);
  }
  Put("]");
  if (static_cast<std::int64_t>(max_length) >= 0) {
    Put(", maxlen=");
    Put(std::to_string(max_length));
  }
  Put(")");
  return {};
}

// PyODictObject (Objects/odictobject.c): a dict, then od_first. A node: key, hash, next, prev.
// Their order is that of the items; the dict has the values.
Result<void> ValuePrinter::PrintOrderedDict(Address dict, const ValueType& type) {
  const auto first = ReadPointer(dict + layout_.dict.ma_values + std::uint64_t{sizeof(Address)});
  if (!first) return first.error();
  std::unordered_map<Address, Address> values;  // as many as may be read
  DictItems items(memory_, layout_, dict);
  while (true) {
    const auto item = items.Next();
    if (!item) return item.error();
    if (!item->has_value()) break;
    values.emplace((*item)->key, (*item)->value);
  }
  const bool has_pairs = layout_.repr.ordered_dict_of_pairs;
  AppendName(NameOf(type, "OrderedDict"), text_);
  Put("(");
  if (!values.empty()) Put(has_pairs ? "[" : "{");
  Address node = *first;
  for (std::size_t i = 0; i < values.size() && BeginItem(i); ++i) {
    const auto key = ReadPointer(node);
    const auto next = ReadPointer(node + 2 * sizeof(Address));
    if (!key || !next) return Malformed(dict, "an OrderedDict that breaks off");
    const auto value = values.find(*key);
    if (value == values.end()) return Malformed(dict, "an OrderedDict without a value");
    if (has_pairs) Put("(");
    Print(*key);
    Put(has_pairs ? ", " : ": ");
    Print(value->second);
    if (has_pairs) Put(")");
    node = *next;
  }
  if (!values.empty()) Put(has_pairs ? "]" : "}");
  Put(")");
  return {};
}

}  // namespace osprey
