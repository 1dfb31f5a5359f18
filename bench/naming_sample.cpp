// Some thousand functions of C++, with much that is inlined, for `naming` to name: what a stripped
// extension module with a separate debug file looks like.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

extern "C" std::size_t osprey_naming_sample(const char* text) {
  const nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  const nlohmann::ordered_json ordered = nlohmann::ordered_json::parse(text, nullptr, false);
  std::string all = parsed.dump(2) + ordered.dump();
  const auto packed = nlohmann::json::to_cbor(parsed);
  all += nlohmann::json::from_cbor(packed).flatten().dump();
  const auto more = nlohmann::ordered_json::to_msgpack(ordered);
  all += nlohmann::ordered_json::from_msgpack(more).dump();
  std::map<std::string, double> seen;
  const std::regex word("([a-z]+)-([0-9]+)", std::regex::icase);
  for (std::sregex_iterator i(all.begin(), all.end(), word), end; i != end; ++i) {
    seen[fmt::format("{:>8}", (*i)[1].str())] += std::stod((*i)[2].str());
  }
  all += fmt::format("{:%F} {}", std::chrono::system_clock::now(), seen.size());
  return std::regex_replace(all, word, "$2").size();
}
