#include "osprey/python/value_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "python/object_memory.h"

namespace osprey {
namespace {

class Values : public testing::TestWithParam<Version> {
 protected:
  std::string Of(Address object, const ValueLimits& limits = {}) const {
    return ValueText(objects_.memory(), layout_, limits).Of(object);
  }
  // "7L" where 2.7 says so.
  std::string Long(const std::string& digits) const {
    return digits + (objects_.is_python2() ? "L" : "");
  }
  std::string Unreadable(Address at) const {
    std::ostringstream text;
    text << "<unreadable at 0x" << std::hex << at.value << ">";
    return text.str();
  }

  const Layout& layout_ = *FindLayout(GetParam());
  ObjectMemory objects_{layout_};
};

TEST_P(Values, Numbers) {
  EXPECT_EQ(Of(objects_.Int(0)), "0");
  EXPECT_EQ(Of(objects_.Int(42)), "42");
  const auto number = [&](const std::vector<std::uint32_t>& digits, bool is_negative) {
    return Of(objects_.IntOf(digits, objects_.IntSize(digits.size(), is_negative)));
  };
  EXPECT_EQ(number({}, false), Long("0"));
  EXPECT_EQ(number({5}, true), Long("-5"));
  EXPECT_EQ(number({0, 0, 1}, false), Long("1152921504606846976"));
  EXPECT_EQ(number({0x3FFFFFFF, 0x3FFFFFFF, 0x3FFFFFFF}, true),
            Long("-1237940039285380274899124223"));
  EXPECT_EQ(Of(objects_.Float(0.1)), "0.1");
  EXPECT_EQ(Of(objects_.Float(-0.0)), "-0.0");
  EXPECT_EQ(Of(objects_.Float(1e16)), "1e+16");
  EXPECT_EQ(Of(objects_.Float(std::numeric_limits<double>::infinity())), "inf");
  EXPECT_EQ(Of(objects_.None()), "None");
}

TEST_P(Values, LongIntsByTheirSize) {
  const ValueLimits limits{.characters = 10};
  std::vector<std::uint32_t> digits(100, 0);
  digits.back() = 1;  // 2**2970
  const Address exact = objects_.IntOf(digits, objects_.IntSize(100, true));
  EXPECT_EQ(Of(exact, limits), "-1145742761...");
  digits.assign(477, 0x3FFFFFFF);  // 14310 bits: 4308 decimals, more than Python prints itself
  EXPECT_EQ(Of(objects_.IntOf(digits, objects_.IntSize(477, false))), "<int of 14310 bits>");
  digits.assign(5000, 0);
  digits.back() = 3;
  EXPECT_EQ(Of(objects_.IntOf(digits, objects_.IntSize(5000, false))), "<int of 149972 bits>");
}

TEST_P(Values, IntsThatLie) {
  const Address huge = objects_.IntOf({1}, objects_.IntSize(std::uint64_t{1} << 50U, false));
  EXPECT_EQ(Of(huge), Unreadable(huge));
  const Address beyond = objects_.IntOf({1}, objects_.IntSize(100000, false));
  EXPECT_EQ(Of(beyond), Unreadable(beyond));
  const Address digit = objects_.IntOf({0x40000000}, objects_.IntSize(1, false));
  EXPECT_EQ(Of(digit), Unreadable(digit));
}

TEST_P(Values, Strings) {
  EXPECT_EQ(Of(objects_.Str("plain")), "'plain'");
  EXPECT_EQ(Of(objects_.Str("it's")), "\"it's\"");
  EXPECT_EQ(Of(objects_.Str("a\nb\\\x7f")), "'a\\nb\\\\\\x7f'");
  EXPECT_EQ(Of(objects_.Str(std::string(300, 'x'))), "'" + std::string(120, 'x') + "'...");
  EXPECT_EQ(Of(objects_.Str("abcdef"), {.characters = 3}), "'abc'...");
  EXPECT_EQ(Of(objects_.Str("abcdef"), {.text = 3}), "'ab'...");
  EXPECT_EQ(Of(objects_.Str("abcdef"), {.characters = 0}), "''...");
}

TEST_P(Values, StringsThatLie) {
  const Address at = objects_.Reserve(0x1000);
  Bytes bytes(128);
  bytes.Set(layout_.pyobject.ob_type, objects_.Type("str"));
  bytes.Set(layout_.unicode.length, ~std::uint64_t{0});
  if (!objects_.is_python2()) {
    bytes.Set(layout_.unicode.state, std::uint32_t{1U | 8U | 16U} << layout_.unicode.kind_bit);
  }
  objects_.PutAt(at, bytes);
  EXPECT_EQ(Of(at), Unreadable(at));
  const Address longer = objects_.Reserve(0x1000);
  objects_.PutAt(longer, bytes.Set(layout_.unicode.length, std::uint64_t{1} << 30U));
  EXPECT_EQ(Of(longer), Unreadable(longer));  // not even the first 200 are there
  EXPECT_EQ(Of(longer, {.characters = 3}), "'\\x00\\x00\\x00'...");
}

TEST_P(Values, Containers) {
  const Address one = objects_.Int(1);
  const Address two = objects_.Str("two");
  EXPECT_EQ(Of(objects_.List({})), "[]");
  EXPECT_EQ(Of(objects_.List({one, two})), "[1, 'two']");
  EXPECT_EQ(Of(objects_.Tuple({})), "()");
  EXPECT_EQ(Of(objects_.Tuple({one})), "(1,)");
  EXPECT_EQ(Of(objects_.Tuple({one, objects_.Tuple({two, two})})), "(1, ('two', 'two'))");
  EXPECT_EQ(Of(objects_.Dict({})), "{}");
  EXPECT_EQ(Of(objects_.Dict({{one, two}, {two, Address{}}, {two, objects_.List({one})}})),
            "{1: 'two', 'two': [1]}");
  const bool is_old = objects_.is_python2();
  EXPECT_EQ(Of(objects_.Set("set", {}, 7)), is_old ? "set([])" : "set()");
  EXPECT_EQ(Of(objects_.Set("set", {one, Address{}, two}, 7)),
            is_old ? "set([1, 'two'])" : "{1, 'two'}");
  EXPECT_EQ(Of(objects_.Set("frozenset", {one}, 7)), is_old ? "frozenset([1])" : "frozenset({1})");
  EXPECT_EQ(Of(objects_.List({Address{}, one})), "[<NULL>, 1]");
}

TEST_P(Values, Limits) {
  const Address one = objects_.Int(1);
  const Address list = objects_.List(std::vector<Address>(100, one));
  EXPECT_EQ(Of(list, {.items = 3}), "[1, 1, 1, ...]");
  EXPECT_EQ(Of(list, {.items = 0}), "...");
  EXPECT_EQ(Of(list, {.text = 6}), "[1, 1, ...]");
  EXPECT_EQ(Of(objects_.Dict({{one, one}, {one, one}}), {.items = 1}), "{1: 1, ...}");
  EXPECT_EQ(Of(objects_.Set("set", {one, one}, 7), {.items = 1}),
            objects_.is_python2() ? "set([1, ...])" : "{1, ...}");
  Address nested = objects_.List({});
  for (int i = 0; i < 200; ++i) nested = objects_.List({nested});
  // `[[[[...]]]]` would be a list that is in itself.
  EXPECT_EQ(Of(nested, {.depth = 3}), "[[[...]]]");
  EXPECT_EQ(Of(nested, {.depth = 0}), "...");
  EXPECT_EQ(Of(objects_.List({one, nested}), {.depth = 2}), "[1, [...]]");
  EXPECT_EQ(Of(objects_.List({one, objects_.Dict({})}), {.depth = 1}), "[1, ...]");
  EXPECT_EQ(Of(objects_.List({list, list}), {.text = 3}), "[[1, ...], ...]");
  EXPECT_EQ(Of(objects_.List({list, list}), {.text = 2}), "[..., ...]");
  // However deep it may go, it does not go deeper than is good for our own stack.
  EXPECT_EQ(Of(nested, {.depth = 1000000}), std::string(100, '[') + "..." + std::string(100, ']'));
  EXPECT_EQ(Of(list, {.text = 0}), "...");
}

TEST_P(Values, FitOnLinesOfATerminal) {
  const Address row = objects_.List(std::vector<Address>(100, objects_.Int(1234)));
  const Address text = objects_.Str(std::string(300, 'x'));
  std::vector<std::uint32_t> digits(100, 0);
  digits.back() = 1;
  const Address number = objects_.IntOf(digits, objects_.IntSize(100, false));
  for (const Address item : {row, text, number}) {
    Address nested = objects_.List(std::vector<Address>(100, item));
    for (int i = 0; i < 3; ++i) {
      EXPECT_LE(Of(nested).size(), 170U) << Of(nested);
      EXPECT_NE(Of(nested).find("..."), std::string::npos);
      nested = objects_.Dict({{objects_.Str("key"), nested}, {objects_.Str("other"), nested}});
    }
  }
}

TEST_P(Values, ClassesThatDeriveFromBuiltInOnes) {
  const bool is_old = objects_.is_python2();
  const Address one = objects_.Int(1);
  const Address items = objects_.Items({one, one});
  objects_.Set("set", {}, 7);
  objects_.Set("frozenset", {}, 7);
  for (const char* base : {"list", "float", "dict", "set", "frozenset", "collections.deque"}) {
    objects_.DerivedType(std::string("My") + base, base, false);
    objects_.DerivedType(std::string("Own") + base, base, true);
  }
  EXPECT_EQ(Of(objects_.Object("Mylist", {2, items.value})), "[1, 1]");
  EXPECT_EQ(Of(objects_.Object("Myfloat", {std::bit_cast<std::uint64_t>(1.5)})), "1.5");
  EXPECT_EQ(Of(objects_.Dict({{one, one}}, 1, "Mydict")), "{1: 1}");
  EXPECT_EQ(Of(objects_.Set("Myset", {one}, 7)), is_old ? "Myset([1])" : "Myset({1})");
  EXPECT_EQ(Of(objects_.Set("Myset", {}, 7)), is_old ? "Myset([])" : "Myset()");
  EXPECT_EQ(Of(objects_.Set("Myfrozenset", {one}, 7)),
            is_old ? "Myfrozenset([1])" : "Myfrozenset({1})");
  const auto own = [](const std::string& name, Address at, const std::string& value) {
    std::ostringstream text;
    text << "<" << name << " object at 0x" << std::hex << at.value << value << ">";
    return text.str();
  };
  const Address list = objects_.Object("Ownlist", {2, items.value});
  EXPECT_EQ(Of(list), own("Ownlist", list, ": [1, 1]"));
  EXPECT_EQ(Of(objects_.List({list}), {.depth = 1}),
            std::string("[").append(own("Ownlist", list, ": ...")).append("]"));
  const Address set = objects_.Set("Ownset", {one}, 7);
  EXPECT_EQ(Of(set), own("Ownset", set, is_old ? ": set([1])" : ": {1}"));
  // What does not hold what it should is shown as any other object.
  const Address lies = objects_.Object("Ownlist", {2, 0x10});
  EXPECT_EQ(Of(lies), own("Ownlist", lies, ""));
  const Address at = objects_.Reserve(256);
  objects_.PutAt(at, objects_.Head("Mylist", 16)
                         .Set(objects_.Member(0), std::uint64_t{1})
                         .Set(objects_.Member(1), objects_.Items({at})));
  EXPECT_EQ(Of(at), "[[...]]");
}

// tp_base leads nowhere, round in a circle, or to what is no type.
TEST_P(Values, ClassesThatDeriveFromNothing) {
  const auto& offsets = layout_.type_object;
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  for (const std::uint64_t base : {std::uint64_t{0x10}, std::uint64_t{3}, std::uint64_t{0}}) {
    const Address type = objects_.Reserve(1024);
    Bytes bytes = objects_.TypeBytes("Odd", ObjectMemory::kHeapType, 0);
    objects_.PutAt(type, bytes.Set(offsets.tp_base, base == 0 ? type : Address(base)));
    Bytes object(64);
    object.Set(layout_.pyobject.ob_type, type);
    EXPECT_TRUE(Of(objects_.Put(object)).starts_with("<Odd object at 0x")) << base;
  }
}

TEST_P(Values, Cycles) {
  const Address at = objects_.Reserve(256);
  const Address items = objects_.Items({objects_.Int(1), at});
  Bytes list = objects_.Head("list", 16);
  list.Set(objects_.Member(0), std::uint64_t{2}).Set(objects_.Member(1), items);
  objects_.PutAt(at, list);
  EXPECT_EQ(Of(at), "[1, [...]]");
  EXPECT_EQ(Of(objects_.Tuple({at, at})), "([1, [...]], [1, [...]])");
  const Address tuple = objects_.Reserve(256);
  objects_.PutAt(tuple, objects_.TupleBytes({tuple}, 1));
  EXPECT_EQ(Of(tuple), "((...),)");
  const Address slice = objects_.Reserve(256);
  Bytes bytes = objects_.Head("slice", 24);
  for (std::size_t i = 0; i < 3; ++i) bytes.Set(objects_.Member(i), slice);
  objects_.PutAt(slice, bytes);
  EXPECT_TRUE(Of(slice).starts_with("slice(<slice object at 0x")) << Of(slice);
}

TEST_P(Values, ContainersThatLie) {
  const Address one = objects_.Int(1);
  const Address long_list = objects_.Object("list", {1U << 20U, objects_.Items({one, one}).value});
  EXPECT_EQ(Of(long_list), Unreadable(long_list));
  EXPECT_EQ(Of(long_list, {.items = 2}), "[1, 1, ...]");
  const Address negative = objects_.Object("list", {~std::uint64_t{0}, 0x10});
  EXPECT_EQ(Of(negative), Unreadable(negative));
  const Address nowhere = objects_.Object("list", {3, 0x10});
  EXPECT_EQ(Of(objects_.List({one, nowhere, one})), "[1, " + Unreadable(nowhere) + ", 1]");
  const Address tuple = objects_.Put(objects_.TupleBytes({one}, 1000));
  EXPECT_EQ(Of(tuple), Unreadable(tuple));
  for (const std::uint64_t size : {std::uint64_t{1} << 30U, ~std::uint64_t{0}}) {
    const Address dict = objects_.Dict({{one, one}}, size);
    EXPECT_EQ(Of(dict), Unreadable(dict)) << size;
    const Address set = objects_.Set("set", {one}, size);
    EXPECT_EQ(Of(set), Unreadable(set)) << size;
  }
}

TEST_P(Values, NoObjects) {
  EXPECT_EQ(Of(Address{}), "<NULL>");
  EXPECT_EQ(Of(Address(0xDEAD0)), Unreadable(Address(0xDEAD0)));
  EXPECT_EQ(Of(Address(0xDEAD3)), Unreadable(Address(0xDEAD3)));
  EXPECT_EQ(Of(Address(~std::uint64_t{7})), Unreadable(Address(~std::uint64_t{7})));
  // What would be its type is a str.
  Bytes bytes = objects_.Head("str", 64);
  bytes.Set(layout_.pyobject.ob_type, objects_.Str("no type"));
  const Address object = objects_.Put(bytes);
  EXPECT_EQ(Of(object), Unreadable(object));
  // The type has no name that could be one.
  objects_.Type("type", ObjectMemory::kTypeSubclass);
  const Address odd = objects_.Object("\xFF\xFE", {});
  EXPECT_EQ(Of(odd), Unreadable(odd));
  const Address empty = objects_.Object("", {});
  EXPECT_EQ(Of(empty), Unreadable(empty));
}

TEST_P(Values, ObjectsByTypeAndAddress) {
  const Address object = objects_.Object("package.Thing", {});
  std::ostringstream expected;
  expected << "<package.Thing object at 0x" << std::hex << object.value << ">";
  EXPECT_EQ(Of(object), expected.str());
  // A terminal is not to be told anything by a name.
  EXPECT_TRUE(Of(objects_.Object("bad\x1b[2Jname\n", {})).starts_with("<bad\\x1b[2Jname\\x0a obj"));
  // A class of its own that is called `list`, and has a module.
  Bytes type = objects_.TypeBytes("list", ObjectMemory::kHeapType, 0);
  const auto& offsets = layout_.type_object;
  type.Set(offsets.tp_dict, objects_.Dict({{objects_.Str("__module__"), objects_.Str("mine")}}));
  type.Set(offsets.ht_cached_keys != kAbsent ? offsets.ht_cached_keys - 8 : offsets.ht_name,
           objects_.Str("Outer.list"));
  Bytes bytes(64);
  bytes.Set(layout_.pyobject.ob_type, objects_.Put(type));
  EXPECT_TRUE(Of(objects_.Put(bytes)).starts_with("<mine.Outer.list object at 0x"));
}

TEST_P(Values, Arrays) {
  const auto array = [&](char kind, char order, std::uint64_t nd, const Bytes& descr_tail) {
    Bytes shape(64);
    shape.Set(0, std::int64_t{3}).Set(8, std::int64_t{4});
    Bytes descr = objects_.Head("numpy.dtype", 48);
    descr.Set(objects_.Member(1), kind).Set(objects_.Member(1) + 2, order);
    std::memcpy(descr.data() + objects_.Member(2), descr_tail.get().data(), 16);
    const Address at = objects_.Put(shape);
    return Of(objects_.Object("numpy.ndarray", {0, nd, at.value, 0, 0, objects_.Put(descr).value}));
  };
  Bytes numpy1(16);
  numpy1.Set(0, std::int32_t{8}).Set(4, std::int32_t{8});  // elsize, alignment
  Bytes numpy2(16);
  numpy2.Set(0, std::uint64_t{0}).Set(8, std::uint64_t{8});  // flags, elsize
  for (const Bytes& descr : {numpy1, numpy2}) {
    EXPECT_EQ(array('f', '=', 2, descr), "<numpy.ndarray shape=(3, 4) dtype=float64>");
    EXPECT_EQ(array('i', '=', 1, descr), "<numpy.ndarray shape=(3,) dtype=int64>");
    EXPECT_EQ(array('c', '=', 0, descr), "<numpy.ndarray shape=() dtype=complex64>");
    EXPECT_EQ(array('U', '=', 1, descr), "<numpy.ndarray shape=(3,) dtype=<U2>");
    EXPECT_EQ(array('i', '>', 1, descr), "<numpy.ndarray shape=(3,) dtype=>i8>");
    EXPECT_TRUE(array('f', '=', 65, descr).starts_with("<numpy.ndarray object at 0x"));
  }
}

// Answers every read, and every word of it is the address of something else in it.
class EndlessMemory : public Memory {
 public:
  EndlessMemory(std::uint64_t seed, std::vector<std::uint64_t> words)
      : seed_(seed), words_(std::move(words)) {}

  Result<void> Read(Address from, std::span<std::byte> to) const override {
    bytes_read_ += to.size();
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::uint64_t at = from.value + i;
      std::uint64_t mixed = (at / 8 + seed_) * 0x9E3779B97F4A7C15;
      mixed ^= mixed >> 29U;
      const std::uint64_t word = words_[mixed % words_.size()];
      to[i] = static_cast<std::byte>(word >> (at % 8 * 8));
    }
    return {};
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange>,
                                 std::span<std::byte>) const override {
    return std::size_t{0};
  }
  std::size_t bytes_read() const { return bytes_read_; }

 private:
  std::uint64_t seed_;
  std::vector<std::uint64_t> words_;
  mutable std::size_t bytes_read_ = 0;
};

TEST_P(Values, EndWhateverMemoryHolds) {
  int printed = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const EndlessMemory memory(
        seed, {0x1000, 0x2000, 0, 1, 0xFFFFFFFF, 0x80000200, 0x7473696C, 0x3000, 1U << 20U});
    const ValueText text(memory, layout_, {});
    const std::string all = text.Of(Address(0x1000 + seed * 8));
    EXPECT_LT(all.size(), 4000U);
    EXPECT_LE(memory.bytes_read(), 9U << 20U);
    printed += all.starts_with("<unreadable") ? 0 : 1;
  }
  EXPECT_GT(printed, 0);
}

// The hand-made memory with an overlay of words that are wrong.
class DamagedMemory : public Memory {
 public:
  DamagedMemory(const SnapshotMemory& memory, std::uint32_t seed) : memory_(memory), random_(seed) {
    std::uniform_int_distribution<std::size_t> range(0, memory.size() - 1);
    for (int i = 0; i < 6; ++i) {
      const MemoryRange& hit = memory.piece(range(random_));
      const std::uint64_t at = hit.size < 8 ? 0 : random_() % (hit.size / 8) * 8;
      const std::uint64_t values[] = {random_(), ~std::uint64_t{0}, 0, 1U << (random_() % 32),
                                      memory.piece(range(random_)).address.value};
      words_[hit.address + at] = values[random_() % 5];
    }
  }
  Result<void> Read(Address from, std::span<std::byte> to) const override {
    auto read = memory_.Read(from, to);
    if (!read) return read;
    for (const auto& [address, word] : words_) {
      for (std::uint64_t i = 0; i < 8; ++i) {
        const std::uint64_t place = address + i - from;
        if (place < to.size()) to[place] = static_cast<std::byte>(word >> (i * 8));
      }
    }
    return {};
  }
  Result<std::size_t> ReadRanges(std::span<const MemoryRange>,
                                 std::span<std::byte>) const override {
    return std::size_t{0};
  }

 private:
  const SnapshotMemory& memory_;
  std::mt19937 random_;
  std::map<Address, std::uint64_t> words_;
};

TEST_P(Values, EndWhateverIsDamaged) {
  std::vector<Address> items = {objects_.Int(7), objects_.Str("text"), objects_.Float(1.5),
                                objects_.IntOf({1, 2, 3}, objects_.IntSize(3, true))};
  items.push_back(objects_.Tuple(items));
  items.push_back(objects_.Dict({{items[1], items[4]}, {items[0], items[2]}}));
  items.push_back(objects_.Set("set", {items[0], items[1]}, 31));
  items.push_back(objects_.Object("slice", {items[0].value, items[1].value, items[2].value}));
  items.push_back(objects_.Object("range", {items[0].value, items[0].value, items[0].value}));
  items.push_back(objects_.Object("collections.deque", {2, 0x8000, 0x8000, 1, 2, 0, 5, 0, 0}));
  items.push_back(objects_.Object("module", {items[5].value}));
  const Address all = objects_.List(items);
  const std::string whole = Of(all);
  int changed = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    const DamagedMemory damaged(objects_.memory(), seed);
    const std::string text = ValueText(damaged, layout_, {}).Of(all);
    EXPECT_LT(text.size(), 4000U);
    changed += text != whole ? 1 : 0;
  }
  EXPECT_GT(changed, 20);
}

INSTANTIATE_TEST_SUITE_P(Versions, Values, testing::ValuesIn(AllVersions()), VersionName);

}  // namespace
}  // namespace osprey
