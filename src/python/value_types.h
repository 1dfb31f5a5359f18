// Tells by its type how an object is printed, and what the type is called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "osprey/python/objects.h"
#include "python/metered_memory.h"

namespace osprey {

enum class ValueKind : std::uint8_t {
  kObject,  // as object.__repr__ does
  kConstant,
  kBool,
  kInt,
  kLong,  // of 2.7
  kFloat,
  kComplex,
  kStr,
  kUnicode,  // of 2.7
  kBytes,    // 2.7's str too
  kByteArray,
  kList,
  kTuple,
  kNamedTuple,
  kDict,
  kFrozenDict,
  kDefaultDict,
  kOrderedDict,
  kDeque,
  kSet,
  kFrozenSet,
  kRange,
  kOldRange,  // xrange
  kSlice,
  kFunction,
  kBuiltin,
  kMethod,
  kGenerator,  // and coroutines
  kModule,
  kType,
  kOldClass,  // of 2.7: what `class C:` makes, and its instances
  kOldInstance,
  kException,
  kEnum,
  kLock,
  kArray,  // numpy.ndarray
};

struct ValueType {
  ValueKind kind = ValueKind::kObject;
  std::string name;       // tp_name, from the last dot on
  std::string full_name;  // with the module before it where that is not builtins
  Address fields;         // kNamedTuple: the tuple of names
  bool is_static = false;
  // `kind` is that of a built-in class which this one derives from.
  bool is_derived = false;
  // Its repr is not that of the class which `kind` speaks of, and would have to run.
  bool has_own_repr = false;
};

class ValueTypes {
 public:
  // Null for what is no type, and once `memory` has run out. The pointer holds until the next call.
  const ValueType* Of(const ObjectReader& objects, const MeteredMemory& memory,
                      const Layout& layout, Address type);

 private:
  std::unordered_map<Address, ValueType> types_;
};

}  // namespace osprey
