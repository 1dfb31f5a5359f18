#include "python/value_types.h"

#include <array>
#include <string_view>
#include <utility>

#include "python/utf8.h"

namespace osprey {
namespace {

constexpr std::size_t kMaxTypes = 16384;  // a program has some thousands of classes
constexpr int kMaxBases = 8;              // between a class and the namedtuple that it comes from
constexpr int kMaxAncestors = 32;         // between a class and the built-in one
// tp_flags, Include/object.h.
constexpr std::uint64_t kHeapType = std::uint64_t{1} << 9U;
constexpr std::uint64_t kTupleSubclass = std::uint64_t{1} << 26U;
constexpr std::uint64_t kExceptionSubclass = std::uint64_t{1} << 30U;
constexpr std::uint64_t kTypeSubclass = std::uint64_t{1} << 31U;

struct Known {
  std::string_view name;
  ValueKind kind;
};

// tp_name of Objects/*.c. A class written in Python may have the same name, but is a heap type.
constexpr std::array kBuiltins = {
    Known{"NoneType", ValueKind::kConstant},
    Known{"ellipsis", ValueKind::kConstant},
    Known{"NotImplementedType", ValueKind::kConstant},
    Known{"bool", ValueKind::kBool},
    Known{"int", ValueKind::kInt},
    Known{"long", ValueKind::kLong},
    Known{"float", ValueKind::kFloat},
    Known{"complex", ValueKind::kComplex},
    Known{"str", ValueKind::kStr},
    Known{"unicode", ValueKind::kUnicode},
    Known{"bytes", ValueKind::kBytes},
    Known{"bytearray", ValueKind::kByteArray},
    Known{"list", ValueKind::kList},
    Known{"tuple", ValueKind::kTuple},
    Known{"dict", ValueKind::kDict},
    Known{"frozendict", ValueKind::kFrozenDict},
    Known{"set", ValueKind::kSet},
    Known{"frozenset", ValueKind::kFrozenSet},
    Known{"range", ValueKind::kRange},
    Known{"xrange", ValueKind::kOldRange},
    Known{"slice", ValueKind::kSlice},
    Known{"function", ValueKind::kFunction},
    Known{"builtin_function_or_method", ValueKind::kBuiltin},
    Known{"builtin_method", ValueKind::kBuiltin},
    Known{"method", ValueKind::kMethod},
    Known{"instancemethod", ValueKind::kMethod},
    Known{"generator", ValueKind::kGenerator},
    Known{"coroutine", ValueKind::kGenerator},
    Known{"async_generator", ValueKind::kGenerator},
    Known{"module", ValueKind::kModule},
    Known{"classobj", ValueKind::kOldClass},
    Known{"instance", ValueKind::kOldInstance},
};
// Of extension modules: heap types in some versions. What the compiler calls a class has no dot.
constexpr std::array kOfModules = {
    Known{"collections.defaultdict", ValueKind::kDefaultDict},
    Known{"collections.OrderedDict", ValueKind::kOrderedDict},
    Known{"collections.deque", ValueKind::kDeque},
    Known{"_thread.lock", ValueKind::kLock},
    Known{"_thread.RLock", ValueKind::kLock},
    Known{"numpy.ndarray", ValueKind::kArray},
};

// Their tp_base leads to numpy's own classes, and only tp_bases to the built-in one.
constexpr std::array kNumbersOfNumpy = {
    Known{"numpy.float64", ValueKind::kFloat},
    Known{"numpy.complex128", ValueKind::kComplex},
};

// Whose objects have the same form in all classes that derive from it.
bool HoldsValue(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInt:
    case ValueKind::kLong:
    case ValueKind::kFloat:
    case ValueKind::kComplex:
    case ValueKind::kStr:
    case ValueKind::kUnicode:
    case ValueKind::kBytes:
    case ValueKind::kByteArray:
    case ValueKind::kList:
    case ValueKind::kTuple:
    case ValueKind::kDict:
    case ValueKind::kFrozenDict:
    case ValueKind::kDefaultDict:
    case ValueKind::kOrderedDict:
    case ValueKind::kDeque:
    case ValueKind::kSet:
    case ValueKind::kFrozenSet:
      return true;
    default:
      return false;
  }
}

template <typename Table>
std::optional<ValueKind> Find(const Table& table, std::string_view name) {
  for (const Known& known : table) {
    if (known.name == name) return known.kind;
  }
  return std::nullopt;
}

class TypeReader {
 public:
  TypeReader(const ObjectReader& objects, const Memory& memory, const Layout& layout)
      : objects_(objects), memory_(memory), layout_(layout) {}

  std::optional<ValueType> Read(Address type) const {
    if (type.IsNull() || type.value % 8 != 0) return std::nullopt;
    // Only a type's type is itself derived from `type`: most of what is no object ends here.
    const Address metatype = objects_.TypeOf(type).value_or(Address{});
    if ((FlagsOf(metatype) & kTypeSubclass) == 0) return std::nullopt;
    const auto flags = FlagsOf(type);
    const auto full_name = objects_.TypeName(type);
    if (!full_name || full_name->empty() || Utf8Length(*full_name) != full_name->size()) {
      return std::nullopt;
    }
    ValueType result;
    result.is_static = (flags & kHeapType) == 0;
    result.name = full_name->substr(full_name->rfind('.') + 1);
    result.full_name = *full_name;
    if (!result.is_static) NameHeapType(type, result);
    result.kind = KindOf(type, metatype, flags, *full_name, result);
    return result;
  }

 private:
  std::uint64_t FlagsOf(Address type) const {
    if (type.IsNull() || type.value % 8 != 0) return 0;
    return memory_.ReadAs<std::uint64_t>(type + layout_.type_object.tp_flags)
        .value_or(std::uint64_t{0});
  }

  ValueKind KindOf(Address type, Address metatype, std::uint64_t flags, std::string_view name,
                   ValueType& result) const {
    if (const auto kind = FindKnown(name, result.is_static)) return *kind;
    if ((flags & kTypeSubclass) != 0) return ValueKind::kType;
    if ((flags & kExceptionSubclass) != 0) return ValueKind::kException;
    const std::string metaname = objects_.TypeName(metatype).value_or("");
    if (metaname == "EnumMeta" || metaname == "EnumType") return ValueKind::kEnum;
    if (!result.is_static && (flags & kTupleSubclass) != 0) {
      result.fields = FindFields(type, result.name);
      if (!result.fields.IsNull()) return ValueKind::kNamedTuple;
    }
    return FindInherited(type, result);
  }

  std::optional<ValueKind> FindKnown(std::string_view name, bool is_static) const {
    if (const auto kind = Find(kOfModules, name)) {
      // Those of 2.7 have forms of their own: they are shown as other objects are.
      const bool is_unknown = *kind == ValueKind::kDeque || *kind == ValueKind::kDefaultDict;
      return layout_.repr.python2 && is_unknown ? ValueKind::kObject : *kind;
    }
    auto kind = is_static ? Find(kBuiltins, name) : std::nullopt;
    // 2.7's str is bytes.
    if (kind == ValueKind::kStr && layout_.unicode.ob_sval != kAbsent) kind = ValueKind::kBytes;
    return kind;
  }

  // tp_base leads to the class that decides what an object holds (Objects/typeobject.c, best_base),
  // and a class without a __repr__ of its own has the tp_repr of that one (inherit_slots).
  ValueKind FindInherited(Address type, ValueType& result) const {
    const auto number = result.is_static ? Find(kNumbersOfNumpy, result.full_name) : std::nullopt;
    if (number) {
      result.is_derived = result.has_own_repr = true;
      return *number;
    }
    const auto repr = memory_.ReadAs<Address>(type + layout_.type_object.tp_repr);
    Address base = type;
    for (int i = 0; repr && i < kMaxAncestors; ++i) {
      base = memory_.ReadAs<Address>(base + layout_.type_object.tp_base).value_or(Address{});
      if (base.IsNull() || base.value % 8 != 0) break;
      const auto name = objects_.TypeName(base);
      if (!name) break;
      const auto kind = FindKnown(*name, (FlagsOf(base) & kHeapType) == 0);
      if (!kind) continue;
      const auto inherited = memory_.ReadAs<Address>(base + layout_.type_object.tp_repr);
      if (!HoldsValue(*kind) || !inherited) break;
      result.is_derived = true;
      result.has_own_repr = *repr != *inherited;
      return *kind;
    }
    return ValueKind::kObject;
  }

  // Objects/typeobject.c, object_repr: the module out of the class's dict, and ht_qualname.
  void NameHeapType(Address type, ValueType& result) const {
    const auto& offsets = layout_.type_object;
    // PyHeapTypeObject: ht_name, ht_slots, ht_qualname, ht_cached_keys.
    const Offset name_at = offsets.ht_cached_keys != kAbsent
                               ? offsets.ht_cached_keys - Offset{sizeof(Address)}
                               : offsets.ht_name;
    const auto name = ReadStr(type + name_at);
    const auto dict = memory_.ReadAs<Address>(type + offsets.tp_dict);
    if (!name || !dict || dict->IsNull()) return;
    const auto module = objects_.DictGet(*dict, "__module__");
    const auto module_name = module ? objects_.ReadString(*module) : Result<std::string>("");
    if (!module_name || module_name->empty()) return;
    if (*module_name == "builtins" || *module_name == "__builtin__") return;
    result.full_name = *module_name + "." + *name;
  }

  // collections.namedtuple gives its classes `_fields`. A class between that writes its own
  // __repr__ is printed as any other object. 2.7 prints the name of the class with the fields.
  Address FindFields(Address type, std::string& name) const {
    for (int i = 0; i < kMaxBases && !type.IsNull() && type.value % 8 == 0; ++i) {
      const auto dict = memory_.ReadAs<Address>(type + layout_.type_object.tp_dict);
      if (!dict) break;
      if (const auto fields = objects_.DictGet(*dict, "_fields")) {
        if (layout_.repr.python2) name = objects_.TypeName(type).value_or(name);
        return *fields;
      }
      if (objects_.DictGet(*dict, "__repr__")) break;
      type = memory_.ReadAs<Address>(type + layout_.type_object.tp_base).value_or(Address{});
    }
    return Address{};
  }

  Result<std::string> ReadStr(Address at) const {
    const auto text = memory_.ReadAs<Address>(at);
    if (!text) return text.error();
    return objects_.ReadString(*text);
  }

  const ObjectReader& objects_;
  const Memory& memory_;
  const Layout& layout_;
};

}  // namespace

const ValueType* ValueTypes::Of(const ObjectReader& objects, const MeteredMemory& memory,
                                const Layout& layout, Address type) {
  const auto found = types_.find(type);
  if (found != types_.end()) return &found->second;
  auto read = TypeReader(objects, memory, layout).Read(type);
  if (!read || memory.is_spent()) return nullptr;  // what is half read is not remembered
  if (types_.size() >= kMaxTypes) types_.clear();
  return &(types_[type] = std::move(*read));
}

}  // namespace osprey
