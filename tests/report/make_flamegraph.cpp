// Writes the report of a made-up run to standard output, for the browser's test:
// make_flamegraph SHAPE [FORMAT]
#include <iostream>

#include "synthetic_run.h"

int main(int argc, char** argv) {
  using namespace osprey;
  testing::SyntheticRun run;
  const auto format = ParseFormat(argc > 2 ? argv[2] : "flamegraph");
  if (argc < 2 || !format || !testing::FillShape(argv[1], run)) {
    std::cerr << "usage: make_flamegraph demo|wide|deep|hostile|empty [FORMAT]\n";
    return 1;
  }
  return MakeReporter(*format, {})->Write(run.Input(), std::cout) ? 0 : 1;
}
