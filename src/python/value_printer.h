// Writes one object, and what it holds, as text: the work of ValueText.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "osprey/python/objects.h"
#include "osprey/python/value_text.h"
#include "python/metered_memory.h"
#include "python/string_text.h"
#include "python/value_types.h"

namespace osprey {

// Its functions return an error where something could not be read, and then Print takes back what
// they wrote.
class ValuePrinter {
 public:
  ValuePrinter(const MeteredMemory& memory, const Layout& layout, const ValueLimits& limits,
               ValueTypes& types)
      : memory_(memory),
        layout_(layout),
        limits_(limits),
        types_(types),
        objects_(memory, layout) {}

  void Print(Address object);
  std::string& text() { return text_; }

 private:
  // One level of nesting around the object that is being printed, unless it is one too many or the
  // object is being printed already.
  class Level {
   public:
    Level(ValuePrinter& printer, Address object);
    ~Level();
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool is_open() const { return is_open_; }
    bool is_cycle() const { return is_cycle_; }  // the object is being printed already

   private:
    ValuePrinter& printer_;
    bool is_cycle_;
    bool is_open_;
  };

  Result<void> PrintKnown(Address object, const ValueType& type);
  // One of a class whose repr would have to run, with the value that it derives from.
  Result<void> PrintWithValue(Address object, const ValueType& type);
  // What repr() calls a container of that type, which may be derived from `builtin`.
  std::string_view NameOf(const ValueType& type, std::string_view builtin) const {
    return type.is_derived ? std::string_view(type.name) : builtin;
  }
  // The same for those that were always called `builtin` once.
  std::string_view NewerNameOf(const ValueType& type, std::string_view builtin) const {
    return layout_.repr.fixed_names ? builtin : NameOf(type, builtin);
  }
  Result<void> PrintNumber(Address object, ValueKind kind);
  Result<void> PrintInt(Address object);
  Result<void> PrintText(Address object, StringForm form);
  Result<void> PrintBytes(Address object);
  Result<void> PrintByteArray(Address object, const ValueType& type);
  // `length` characters at `at`.
  Result<void> PrintCharacters(Address at, std::uint64_t length, std::uint32_t width,
                               StringForm form);
  void PrintConstant(const ValueType& type);

  // value_containers.cpp
  Result<void> PrintContainer(Address object, const ValueType& type);
  Result<void> PrintSequence(Address items, std::uint64_t count, std::string_view open,
                             std::string_view close, const std::vector<std::string>& names);
  Result<void> PrintTuple(Address tuple);
  Result<void> PrintNamedTuple(Address tuple, const ValueType& type);
  Result<void> PrintDict(Address dict);
  Result<void> PrintDefaultDict(Address dict, const ValueType& type, bool is_cycle);
  Result<void> PrintSet(Address set, const ValueType& type);
  Result<void> PrintDeque(Address deque, const ValueType& type);
  Result<void> PrintOrderedDict(Address dict, const ValueType& type);
  // For a container that is being printed already.
  Result<void> PrintCycle(Address object, const ValueType& type);
  // Before an item: the comma, or all of the rest where there is too much; then false.
  bool BeginItem(std::size_t index);
  // Where the next item cannot be read: ends with `...` if no more may be read, and some were.
  bool BreakOff(std::size_t index);

  // value_objects.cpp
  Result<void> PrintObject(Address object, const ValueType& type);
  Result<void> PrintFunction(Address function);
  Result<void> PrintBuiltin(Address builtin);
  Result<void> PrintMethod(Address method);
  Result<void> PrintGenerator(Address generator, const ValueType& type);
  Result<void> PrintModule(Address module);
  void PrintLoader(Address loader);  // of a module that has neither a file nor another origin
  Result<void> PrintClass(Address type);
  Result<void> PrintOldClass(Address type);
  Result<void> PrintOldInstance(Address object);
  Result<void> PrintException(Address exception, const ValueType& type);
  Result<void> PrintEnum(Address member, const ValueType& type);
  Result<void> PrintRange(Address range, ValueKind kind);
  Result<void> PrintSlice(Address slice);
  Result<void> PrintLock(Address lock, const ValueType& type);
  Result<void> PrintArray(Address array);
  void PrintPlain(Address object, const ValueType& type);

  const ValueType* TypeOf(Address object);
  Result<Address> ReadPointer(Address at) const { return memory_.ReadAs<Address>(at); }
  // The member of that index behind the object's head: words all of them.
  Result<Address> ReadMember(Address object, std::size_t index) const {
    return ReadPointer(object + layout_.pyobject.size + index * sizeof(Address));
  }
  bool IsOpen(Address object) const {
    return std::find(open_.begin(), open_.end(), object) != open_.end();
  }
  bool IsFull() const { return text_.size() >= limits_.text; }
  std::size_t Room() const { return IsFull() ? 0 : limits_.text - text_.size(); }
  void Put(std::string_view text) { text_ += text; }
  void PutAddress(Address address);
  // Of a str object.
  Result<void> PutName(Address name);

  const MeteredMemory& memory_;
  const Layout& layout_;
  const ValueLimits& limits_;
  ValueTypes& types_;
  ObjectReader objects_;
  std::string text_;
  std::vector<Address> open_;  // what is being printed, outermost first
};

}  // namespace osprey
