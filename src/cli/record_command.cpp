#include "cli/record_command.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/record.h"
#include "cli/shared_options.h"

namespace osprey {
namespace {

constexpr const char* kFooter = R"(Examples:
  osprey record -p 4242                        until Ctrl-C, to NAME-DATE-TIME.svg
  osprey record -p 4242 -d 30 -o busy.svg      half a minute
  osprey record -o app.svg -- python3 app.py   from its first frame to its end
  osprey record -i -t -p 4242                  waiting threads too, a root frame for each
  osprey record --async all -p 4242            asyncio's tasks by name, those that wait too
  osprey record -s -o all.svg -- make test     every Python that the command starts
  osprey record -n -p 4242                     with C, C++ and Rust, or of these alone
  osprey record -o a.svg -o a.txt -p 4242      two formats in one run
)";

// As they are typed; checked when all of them are there.
struct RecordWords {
  TargetWords target;
  std::vector<std::string> outputs, formats;
  SamplingWords sampling;
  NativeWords native;
  StyleWords style;
  std::string stats;
  LogWords log;

  void AddTo(CLI::App& app);
  Result<RecordOptions> Check(const CLI::App& app, std::vector<std::string> command) const;
};

void RecordWords::AddTo(CLI::App& app) {
  target.AddTo(app);
  app.add_option("-o,--output", outputs,
                 "Where to; may be repeated, '-' is standard output (default: NAME-DATE-TIME.svg)")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("-f,--format", formats,
                 "flamegraph, raw or speedscope; else taken from the output's ending")
      ->take_all()
      ->allow_extra_args(false);
  sampling.AddTo(app);
  native.AddTo(app);
  style.AddTo(app);
  app.add_option("--stats", stats, "The run's figures as JSON, to this file");
  log.AddTo(app);
  app.footer(kFooter);
}

Result<RecordOptions> RecordWords::Check(const CLI::App& app,
                                         std::vector<std::string> command) const {
  RecordOptions options;
  auto chosen = target.Check(app, std::move(command));
  if (!chosen) return chosen.error();
  options.target = std::move(*chosen);
  const auto session = sampling.Check();
  if (!session) return session.error();
  options.session = *session;
  options.session.sampling.native = native.Mode();
  auto paired = PairOutputs(outputs, formats);
  if (!paired) return paired.error();
  options.outputs = std::move(*paired);
  options.style = style.Style();
  options.stats_path = stats;
  return options;
}

}  // namespace

Subcommand AddRecordCommand(CLI::App& app) {
  CLI::App* record = app.add_subcommand("record", "Write a profile of a Python or native program");
  record->prefix_command();  // a command without "--" is left whole, for the message
  const auto words = std::make_shared<RecordWords>();
  words->AddTo(*record);
  return {record, true, [record, words](std::vector<std::string> command) -> Result<int> {
            words->log.Apply();
            const auto options = words->Check(*record, std::move(command));
            if (!options) return options.error();
            return Record(*options);
          }};
}

}  // namespace osprey
