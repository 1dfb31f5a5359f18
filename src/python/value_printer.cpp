#include "python/value_printer.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <span>

#include "python/number_text.h"

namespace osprey {
namespace {

// sys.int_info.default_max_str_digits: Python itself refuses to print longer ints since 3.11.
constexpr std::size_t kMaxDecimals = 4300;
constexpr std::size_t kFewDecimals = 20;   // those of 64 bits: not cut for what stands before them
constexpr unsigned kDigitBits = 30;        // PyLong_SHIFT (Include/longintrepr.h) of 64-bit builds
constexpr std::uint64_t kMaxDigits = 480;  // of 30 bits: more than 4300 decimals
constexpr std::uint64_t kSaneDigits = std::uint64_t{1} << 40U;

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

}  // namespace

ValuePrinter::Level::Level(ValuePrinter& printer, Address object) : printer_(printer) {
  is_cycle_ = printer.IsOpen(object);
  is_open_ = !is_cycle_ && printer.open_.size() < static_cast<std::size_t>(printer.limits_.depth);
  if (is_open_) printer.open_.push_back(object);
}

ValuePrinter::Level::~Level() {
  if (is_open_) printer_.open_.pop_back();
}

void ValuePrinter::Print(Address object) {
  if (IsFull()) return Put("...");
  if (object.IsNull()) return Put("<NULL>");  // as PyObject_Repr: a list that is being made has it
  const std::size_t start = text_.size();
  Result<void> done = Malformed(object, "not an object");
  if (const ValueType* type = TypeOf(object)) {
    const ValueType copy = *type;  // what it holds may be of types that are new
    done = PrintKnown(object, copy);
  }
  if (done) return;
  text_.resize(start);
  if (memory_.is_spent()) return Put("...");
  Put("<unreadable at ");
  PutAddress(object);
  Put(">");
}

const ValueType* ValuePrinter::TypeOf(Address object) {
  if (object.value % 8 != 0) return nullptr;
  const auto type = objects_.TypeOf(object);
  return type ? types_.Of(objects_, memory_, layout_, *type) : nullptr;
}

Result<void> ValuePrinter::PrintWithValue(Address object, const ValueType& type) {
  const std::size_t start = text_.size();
  PrintPlain(object, type);
  const std::size_t plain = text_.size();
  text_.back() = ':';
  Put(" ");
  ValueType value = type;
  value.is_derived = value.has_own_repr = false;
  auto printed = PrintKnown(object, value);
  if (printed) {
    Put(">");
    return printed;
  }
  if (memory_.is_spent()) {
    text_.resize(start);
    return printed;
  }
  text_.resize(plain);
  text_.back() = '>';
  return {};
}

Result<void> ValuePrinter::PrintKnown(Address object, const ValueType& type) {
  if (type.has_own_repr) return PrintWithValue(object, type);
  switch (type.kind) {
    case ValueKind::kConstant:
      PrintConstant(type);
      return {};
    case ValueKind::kBool:
    case ValueKind::kFloat:
    case ValueKind::kComplex:
      return PrintNumber(object, type.kind);
    case ValueKind::kInt: {
      if (layout_.long_object.ob_ival == kAbsent) return PrintInt(object);
      const auto value = memory_.ReadAs<std::int64_t>(object + layout_.long_object.ob_ival);
      if (!value) return value.error();
      Put(std::to_string(*value));
      return {};
    }
    case ValueKind::kLong: {
      auto printed = PrintInt(object);
      const bool is_whole = printed && text_.back() != '.' && text_.back() != '>';
      if (is_whole) Put("L");
      return printed;
    }
    case ValueKind::kStr:
      return PrintText(object, StringForm::kText);
    case ValueKind::kUnicode:
      return PrintText(object, StringForm::kEscapedText);
    case ValueKind::kBytes:
      return PrintBytes(object);
    case ValueKind::kByteArray:
      return PrintByteArray(object, type);
    case ValueKind::kList:
    case ValueKind::kTuple:
    case ValueKind::kNamedTuple:
    case ValueKind::kDict:
    case ValueKind::kFrozenDict:
    case ValueKind::kDefaultDict:
    case ValueKind::kOrderedDict:
    case ValueKind::kDeque:
    case ValueKind::kSet:
    case ValueKind::kFrozenSet:
      return PrintContainer(object, type);
    default:
      break;
  }
  const std::size_t start = text_.size();
  auto printed = PrintObject(object, type);
  if (printed || memory_.is_spent()) return printed;
  text_.resize(start);
  PrintPlain(object, type);
  return {};
}

void ValuePrinter::PrintConstant(const ValueType& type) {
  Put(type.name == "NoneType" ? "None" : type.name == "ellipsis" ? "Ellipsis" : "NotImplemented");
}

Result<void> ValuePrinter::PrintNumber(Address object, ValueKind kind) {
  const Address value = object + layout_.pyobject.size;
  if (kind == ValueKind::kBool) {
    const auto is_true = objects_.ReadInt(object);
    if (!is_true) return is_true.error();
    Put(*is_true != 0 ? "True" : "False");
    return {};
  }
  const auto first = memory_.ReadAs<double>(value);
  if (!first) return first.error();
  if (kind == ValueKind::kFloat) {
    Put(FloatText(*first));
    return {};
  }
  const auto second = memory_.ReadAs<double>(value + sizeof(double));
  if (!second) return second.error();
  Put(ComplexText(*first, *second));
  return {};
}

Result<void> ValuePrinter::PrintInt(Address object) {
  const auto& offsets = layout_.long_object;
  const auto size = memory_.ReadAs<std::uint64_t>(object + offsets.ob_size);
  if (!size) return size.error();
  std::uint64_t count = *size >> 3U;  // lv_tag: its lowest bits 0 positive, 1 zero, 2 negative
  bool is_negative = (*size & 3U) == 2;
  if (!offsets.tagged) {
    is_negative = static_cast<std::int64_t>(*size) < 0;
    count = is_negative ? 0 - *size : *size;
  } else if ((*size & 3U) == 1) {
    count = 0;
  }
  if (count > kSaneDigits) return Malformed(object, "an int of impossible size");
  const Address first = object + offsets.ob_digit;
  const auto put_size = [&](std::uint32_t highest) {
    const std::uint64_t bits = (count - 1) * kDigitBits + std::bit_width(highest);
    Put("<int of " + std::to_string(bits) + " bits>");
  };
  if (count > kMaxDigits) {
    const auto highest = memory_.ReadAs<std::uint32_t>(first + (count - 1) * sizeof(std::uint32_t));
    if (!highest) return highest.error();
    put_size(*highest);
    return {};
  }
  std::vector<std::uint32_t> digits(count);
  if (count != 0) {
    auto read = memory_.Read(first, std::as_writable_bytes(std::span(digits)));
    if (!read) return read;
  }
  for (const std::uint32_t digit : digits) {
    if (digit >> kDigitBits != 0) return Malformed(object, "an int with impossible digits");
  }
  const std::string text = IntText(digits, is_negative);
  const std::size_t sign = is_negative ? 1 : 0;
  const std::size_t shown = std::min(limits_.characters, std::max(Room(), kFewDecimals)) + sign;
  if (text.size() > kMaxDecimals + sign) {
    put_size(digits.back());
  } else if (text.size() > shown) {
    Put(text.substr(0, shown));
    Put("...");
  } else {
    Put(text);
  }
  return {};
}

Result<void> ValuePrinter::PrintText(Address object, StringForm form) {
  const auto located = objects_.LocateText(object, ~std::uint64_t{0});
  if (!located) return located.error();
  if (form == StringForm::kEscapedText) Put("u");
  return PrintCharacters(located->address, located->length, located->width, form);
}

Result<void> ValuePrinter::PrintBytes(Address object) {
  const auto size = memory_.ReadAs<std::uint64_t>(object + layout_.bytes.ob_size);
  if (!size) return size.error();
  if (!layout_.repr.python2) Put("b");
  return PrintCharacters(object + layout_.bytes.ob_sval, *size, 1, StringForm::kBytes);
}

// PyByteArrayObject (Include/cpython/bytearrayobject.h): ob_size, ob_alloc, ob_bytes, ob_start; in
// 2.7 ob_size, ob_exports, ob_alloc, ob_bytes.
Result<void> ValuePrinter::PrintByteArray(Address object, const ValueType& type) {
  const auto size = memory_.ReadAs<std::uint64_t>(object + layout_.pyobject.size);
  if (!size) return size.error();
  const auto start = ReadMember(object, 3);
  if (!start) return start.error();
  AppendName(NewerNameOf(type, "bytearray"), text_);
  Put("(b");
  if (auto printed = PrintCharacters(
          *start, *size, 1,
          layout_.repr.bytearray_escapes_quote ? StringForm::kByteArray : StringForm::kBytes);
      !printed) {
    return printed;
  }
  Put(")");
  return {};
}

Result<void> ValuePrinter::PrintCharacters(Address at, std::uint64_t length, std::uint32_t width,
                                           StringForm form) {
  constexpr std::uint64_t kSaneLength = std::uint64_t{1} << 48U;
  if (length > kSaneLength) return Malformed(at, "a string of impossible size");
  // One character takes a byte of the text at least.
  const std::uint64_t shown =
      std::min({length, std::uint64_t{limits_.characters}, std::uint64_t{Room()}});
  std::vector<std::byte> bytes(shown * width);
  if (!bytes.empty()) {
    auto read = memory_.Read(at, bytes);
    if (!read) return read;
  }
  const bool is_whole = AppendQuoted(bytes, width, form, limits_.text, text_);
  if (!is_whole || shown < length) Put("...");
  return {};
}

void ValuePrinter::PutAddress(Address address) {
  char buffer[24];
  std::snprintf(buffer, sizeof buffer, "0x%" PRIx64, address.value);
  Put(buffer);
}

Result<void> ValuePrinter::PutName(Address name) {
  const auto text = objects_.ReadString(name);
  if (!text) return text.error();
  AppendName(*text, text_);
  return {};
}

}  // namespace osprey
