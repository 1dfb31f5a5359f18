// Functions, classes, modules and other objects that are printed by what they are called.
#include <array>
#include <span>

#include "osprey/python/lock_objects.h"
#include "python/value_printer.h"

namespace osprey {
namespace {

constexpr std::size_t kMaxMethodName = 200;
constexpr std::uint32_t kMaxDimensions = 64;  // NPY_MAXDIMS: 32 in numpy 1, 64 in 2

Error Malformed(Address where, const char* what) {
  return Error{ErrorCode::kMalformed, 0, where, what};
}

}  // namespace

Result<void> ValuePrinter::PrintObject(Address object, const ValueType& type) {
  switch (type.kind) {
    case ValueKind::kRange:
    case ValueKind::kOldRange:
      return PrintRange(object, type.kind);
    case ValueKind::kSlice:
      return PrintSlice(object);
    case ValueKind::kFunction:
      return PrintFunction(object);
    case ValueKind::kBuiltin:
      return PrintBuiltin(object);
    case ValueKind::kMethod:
      return PrintMethod(object);
    case ValueKind::kGenerator:
      return PrintGenerator(object, type);
    case ValueKind::kModule:
      return PrintModule(object);
    case ValueKind::kType:
      return PrintClass(object);
    case ValueKind::kOldClass:
      return PrintOldClass(object);
    case ValueKind::kOldInstance:
      return PrintOldInstance(object);
    case ValueKind::kException:
      return PrintException(object, type);
    case ValueKind::kEnum:
      return PrintEnum(object, type);
    case ValueKind::kLock:
      return PrintLock(object, type);
    case ValueKind::kArray:
      return PrintArray(object);
    default:
      PrintPlain(object, type);
      return {};
  }
}

void ValuePrinter::PrintPlain(Address object, const ValueType& type) {
  Put("<");
  AppendName(type.full_name, text_);
  Put(" object at ");
  PutAddress(object);
  Put(">");
}

Result<void> ValuePrinter::PrintFunction(Address function) {
  const auto name = ReadPointer(function + layout_.function.qualname);
  if (!name) return name.error();
  Put("<function ");
  if (auto put = PutName(*name); !put) return put;
  Put(" at ");
  PutAddress(function);
  Put(">");
  return {};
}

// PyCFunctionObject: m_ml, m_self (Objects/methodobject.c, meth_repr).
Result<void> ValuePrinter::PrintBuiltin(Address builtin) {
  const auto method = ReadMember(builtin, 0);
  if (!method) return method.error();
  const auto self = ReadMember(builtin, 1);
  if (!self) return self.error();
  const auto name_at = ReadPointer(*method);
  if (!name_at) return name_at.error();
  const auto name = ReadCString(memory_, *name_at, kMaxMethodName);
  if (!name) return name.error();
  const ValueType* type = self->IsNull() ? nullptr : TypeOf(*self);
  const bool is_function = type == nullptr || type->kind == ValueKind::kModule;
  Put(is_function ? "<built-in function " : "<built-in method ");
  AppendName(*name, text_);
  if (!is_function) {
    Put(" of ");
    AppendName(type->is_static ? type->full_name : type->name, text_);
    Put(" object at ");
    PutAddress(*self);
  }
  Put(">");
  return {};
}

// PyMethodObject: im_func, im_self, and in 2.7 im_class.
Result<void> ValuePrinter::PrintMethod(Address method) {
  const Level level(*this, method);
  if (!level.is_open()) return Malformed(method, "a method too deep, or of itself");
  const auto function = ReadMember(method, 0);
  if (!function) return function.error();
  const auto self = ReadMember(method, 1);
  if (!self) return self.error();
  const auto name = ReadPointer(*function + layout_.function.qualname);
  if (!name) return name.error();
  Put(self->IsNull() ? "<unbound method " : "<bound method ");
  if (layout_.repr.python2) {
    const auto owner = ReadMember(method, 2);
    if (!owner) return owner.error();
    const ValueType* kind = TypeOf(*owner);
    if (kind != nullptr && kind->kind == ValueKind::kOldClass) {
      const auto class_name = ReadMember(*owner, 2);  // PyClassObject: cl_bases, cl_dict, cl_name
      if (!class_name) return class_name.error();
      if (auto put = PutName(*class_name); !put) return put;
    } else {
      const ValueType* type = types_.Of(objects_, memory_, layout_, *owner);
      AppendName(type == nullptr ? "?" : type->name, text_);
    }
    Put(".");
  }
  if (auto put = PutName(*name); !put) return put;
  if (!self->IsNull()) {
    Put(" of ");
    Print(*self);
  }
  Put(">");
  return {};
}

Result<void> ValuePrinter::PrintGenerator(Address generator, const ValueType& type) {
  Address name_at = generator + layout_.gen_object.qualname;
  if (layout_.gen_object.qualname == kAbsent) {
    const auto code = ReadPointer(generator + layout_.gen_object.code);
    if (!code) return code.error();
    name_at = *code + layout_.code_object.name;
  }
  const auto name = ReadPointer(name_at);
  if (!name) return name.error();
  Put("<");
  Put(type.full_name);
  Put(" object ");
  if (auto put = PutName(*name); !put) return put;
  Put(" at ");
  PutAddress(generator);
  Put(">");
  return {};
}

// Lib/importlib/_bootstrap.py, _module_repr_from_spec; 2.7: Objects/moduleobject.c.
Result<void> ValuePrinter::PrintModule(Address module) {
  const Level level(*this, module);
  if (!level.is_open()) return Malformed(module, "a module too deep, or of itself");
  const auto dict = ReadMember(module, 0);
  if (!dict) return dict.error();
  const auto name = objects_.DictGet(*dict, "__name__");
  if (!name) return name.error();
  const auto is_str = [this](Address object) {
    const ValueType* type = TypeOf(object);
    return type != nullptr && (type->kind == ValueKind::kStr || type->kind == ValueKind::kBytes);
  };
  Put("<module ");
  Print(*name);
  const auto spec = objects_.DictGet(*dict, "__spec__");
  const auto origin = spec ? objects_.GetAttribute(*spec, "origin") : spec;
  const auto file = objects_.DictGet(*dict, "__file__");
  if (origin && is_str(*origin)) {
    const auto has_location = objects_.GetAttribute(*spec, "_set_fileattr");
    const bool is_file = has_location && objects_.ReadInt(*has_location).value_or(0) != 0;
    Put(is_file ? " from " : " (");
    if (is_file) {
      Print(*origin);
    } else {
      if (auto put = PutName(*origin); !put) return put;
      Put(")");
    }
  } else if (file && is_str(*file)) {
    Put(" from ");
    Print(*file);
  } else if (layout_.repr.python2) {
    Put(" (built-in)");
  } else if (const auto loader = objects_.DictGet(*dict, "__loader__")) {
    PrintLoader(*loader);
  }
  Put(">");
  return {};
}

void ValuePrinter::PrintLoader(Address loader) {
  const ValueType* type = TypeOf(loader);
  if (type == nullptr || type->kind == ValueKind::kConstant) return;  // None
  Put(" (");
  const bool is_class = type->kind == ValueKind::kType;
  type = is_class ? types_.Of(objects_, memory_, layout_, loader) : nullptr;
  if (layout_.repr.module_by_loader && type != nullptr && type->name == "BuiltinImporter") {
    Put("built-in");
  } else {
    Print(loader);
  }
  Put(")");
}

// Objects/typeobject.c, type_repr; Lib/enum.py, EnumType.__repr__.
Result<void> ValuePrinter::PrintClass(Address object) {
  const ValueType* metatype = TypeOf(object);
  const bool is_enum =
      metatype != nullptr && (metatype->name == "EnumMeta" || metatype->name == "EnumType");
  const ValueType* type = types_.Of(objects_, memory_, layout_, object);
  if (type == nullptr) return Malformed(object, "not a class");
  Put(is_enum ? "<enum '" : layout_.repr.python2 && type->is_static ? "<type '" : "<class '");
  AppendName(is_enum ? type->name : type->full_name, text_);
  Put("'>");
  return {};
}

// PyClassObject: cl_bases, cl_dict, cl_name (Objects/classobject.c of 2.7).
Result<void> ValuePrinter::PrintOldClass(Address object) {
  const auto dict = ReadMember(object, 1);
  if (!dict) return dict.error();
  const auto name = ReadMember(object, 2);
  if (!name) return name.error();
  Put("<class ");
  const auto module = objects_.DictGet(*dict, "__module__");
  if (auto put = module ? PutName(*module) : Result<void>(Malformed(object, "?")); !put) Put("?");
  Put(".");
  if (auto put = PutName(*name); !put) return put;
  Put(" at ");
  PutAddress(object);
  Put(">");
  return {};
}

// PyInstanceObject: in_class, in_dict.
Result<void> ValuePrinter::PrintOldInstance(Address object) {
  const auto owner = ReadMember(object, 0);
  if (!owner) return owner.error();
  const auto dict = ReadMember(*owner, 1);
  if (!dict) return dict.error();
  const auto name = ReadMember(*owner, 2);
  if (!name) return name.error();
  Put("<");
  const auto module = objects_.DictGet(*dict, "__module__");
  if (auto put = module ? PutName(*module) : Result<void>(Malformed(object, "?")); !put) Put("?");
  Put(".");
  if (auto put = PutName(*name); !put) return put;
  Put(" instance at ");
  PutAddress(object);
  Put(">");
  return {};
}

// PyBaseExceptionObject: dict, args (Objects/exceptions.c, BaseException_repr).
Result<void> ValuePrinter::PrintException(Address exception, const ValueType& type) {
  const Level level(*this, exception);
  if (!level.is_open()) return Malformed(exception, "an exception too deep, or of itself");
  const auto args = ReadMember(exception, 1);
  if (!args) return args.error();
  const ValueType* args_type = TypeOf(*args);
  if (args_type == nullptr || args_type->kind != ValueKind::kTuple) {
    return Malformed(exception, "an exception without arguments");
  }
  AppendName(type.name, text_);
  const auto count = ReadMember(*args, 0);
  if (!count) return count.error();
  if (count->value != 1 || layout_.repr.comma_after_exception) {
    Print(*args);
    return {};
  }
  return PrintSequence(*args + layout_.tuple.ob_item, 1, "(", ")", {});
}

// Lib/enum.py, Enum.__repr__.
Result<void> ValuePrinter::PrintEnum(Address member, const ValueType& type) {
  const Level level(*this, member);
  if (!level.is_open()) return Malformed(member, "an enum too deep, or of itself");
  const auto name = objects_.GetAttribute(member, "_name_");
  if (!name) return name.error();
  const auto value = objects_.GetAttribute(member, "_value_");
  if (!value) return value.error();
  Put("<");
  AppendName(type.name, text_);
  // The name of flags together is None where they have none. Until 3.10 repr then puts the names
  // of those that it finds in them there.
  const ValueType* name_type = TypeOf(*name);
  const bool has_name = name_type == nullptr || name_type->name != "NoneType";
  if (has_name) {
    Put(".");
    if (auto put = PutName(*name); !put) return put;
  }
  Put(": ");
  Print(*value);
  Put(">");
  return {};
}

// rangeobject: start, stop, step (Objects/rangeobject.c); those of 2.7 are C longs: start, step,
// len.
Result<void> ValuePrinter::PrintRange(Address range, ValueKind kind) {
  const Level level(*this, range);
  if (!level.is_open()) return Malformed(range, "a range too deep");
  const auto members = memory_.ReadAs<std::array<std::uint64_t, 3>>(range + layout_.pyobject.size);
  if (!members) return members.error();
  if (kind == ValueKind::kOldRange) {
    const auto [start, step, length] = *members;  // in two's complement: they may wrap
    const auto number = [](std::uint64_t value) {
      return std::to_string(static_cast<std::int64_t>(value));
    };
    Put("xrange(");
    if (start != 0 || step != 1) Put(number(start) + ", ");
    Put(number(start + length * step));
    if (step != 1) Put(", " + number(step));
    Put(")");
    return {};
  }
  const Address step((*members)[2]);
  const ValueType* type = TypeOf(step);
  if (type == nullptr) return Malformed(range, "a range without a step");
  const bool is_int = type->kind == ValueKind::kInt;
  Put("range(");
  Print(Address((*members)[0]));
  Put(", ");
  Print(Address((*members)[1]));
  if (!is_int || objects_.ReadInt(step).value_or(0) != 1) {
    Put(", ");
    Print(step);
  }
  Put(")");
  return {};
}

// PySliceObject: start, stop, step.
Result<void> ValuePrinter::PrintSlice(Address slice) {
  const Level level(*this, slice);
  if (!level.is_open()) return Malformed(slice, "a slice too deep, or of itself");
  Put("slice(");
  for (std::size_t i = 0; i < 3; ++i) {
    const auto member = ReadMember(slice, i);
    if (!member) return member.error();
    if (i != 0) Put(", ");
    Print(*member);
  }
  Put(")");
  return {};
}

// Modules/_threadmodule.c, lock_repr and rlock_repr.
Result<void> ValuePrinter::PrintLock(Address object, const ValueType& type) {
  const auto lock = LockObjects(memory_, layout_).ReadLock(object);
  if (!lock) return lock.error();
  Put(lock->locked ? "<locked " : "<unlocked ");
  Put(type.full_name);
  Put(" object ");
  if (lock->kind == LockKind::kRLock) {
    Put("owner=" + std::to_string(lock->owner_ident));
    Put(" count=" + std::to_string(lock->count) + " ");
  }
  Put("at ");
  PutAddress(object);
  Put(">");
  return {};
}

// PyArrayObject_fields (numpy/ndarraytypes.h): data, nd, dimensions, strides, base, descr.
// PyArray_Descr: typeobj, kind, type, byteorder, and from 16 bytes on either elsize and alignment,
// two ints (numpy 1), or flags, elsize and alignment, words all of them (numpy 2). No alignment is
// 0, and no flags have so high a bit: that tells them apart.
Result<void> ValuePrinter::PrintArray(Address array) {
  const auto members = memory_.ReadAs<std::array<Address, 6>>(array + layout_.pyobject.size);
  if (!members) return members.error();
  const auto dimensions = static_cast<std::uint32_t>((*members)[1].value);
  if (dimensions > kMaxDimensions) return Malformed(array, "an array of too many dimensions");
  std::vector<std::int64_t> shape(dimensions);
  if (dimensions != 0) {
    auto read = memory_.Read((*members)[2], std::as_writable_bytes(std::span(shape)));
    if (!read) return read;
  }
  const Address descr = (*members)[5] + layout_.pyobject.size;
  struct Descr {
    std::uint64_t typeobj;
    char kind, type, byteorder, flags;
    std::int32_t type_num;
    std::uint64_t words[2];
  };
  const auto read = memory_.ReadAs<Descr>(descr);
  if (!read) return read.error();
  const bool is_numpy1 = read->words[0] >> 32U != 0;
  const std::uint64_t size = is_numpy1 ? read->words[0] & 0xFFFFFFFF : read->words[1];

  Put("<numpy.ndarray shape=(");
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != 0) Put(", ");
    Put(std::to_string(shape[i]));
  }
  Put(shape.size() == 1 ? ",) dtype=" : ") dtype=");
  const auto sized = [&](const char* name, std::uint64_t each) {
    Put(name + std::to_string(each));
  };
  const std::uint64_t bits = size * 8;
  const bool is_swapped = read->byteorder == '>';
  switch (is_swapped ? '\0' : read->kind) {
    case 'b':
      Put("bool");
      break;
    case 'i':
      sized("int", bits);
      break;
    case 'u':
      sized("uint", bits);
      break;
    case 'f':
      sized("float", bits);
      break;
    case 'c':
      sized("complex", bits);
      break;
    case 'O':
      Put("object");
      break;
    case 'M':
      Put("datetime64");
      break;
    case 'm':
      Put("timedelta64");
      break;
    case 'S':
      sized("|S", size);
      break;
    case 'U':
      sized("<U", size / 4);
      break;
    case 'V':
      sized("|V", size);
      break;
    default: {
      if (is_swapped) {
        Put(">");
        AppendName(std::string(1, read->kind), text_);
        Put(std::to_string(read->kind == 'U' ? size / 4 : size));
      } else {
        const ValueType* type = types_.Of(objects_, memory_, layout_, Address(read->typeobj));
        AppendName(type == nullptr ? "?" : type->name, text_);
      }
    }
  }
  Put(">");
  return {};
}

}  // namespace osprey
