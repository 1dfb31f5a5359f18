#include "cli/dump_command.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/dump.h"
#include "cli/option_values.h"
#include "cli/shared_options.h"

namespace osprey {
namespace {

constexpr const char* kFooter = R"(Examples:
  osprey dump -p 4242                    where every thread is, and who waits for whom
  osprey dump -p 4242 -l                 with the arguments and locals of every frame; -ll longer
  osprey dump -p 4242 -n                 with C, C++ and Rust frames, or of these alone
  osprey dump -p 4242 -s                 its children too
  osprey dump -p 4242 --json -o d.json   for programs (docs/dump.schema.json)
  osprey dump --core core.4242           of a program that has crashed
  osprey dump --core core --sysroot DIR  and ran elsewhere: DIR has its files as they lay in /
)";

// As they are typed; checked when all of them are there.
struct DumpWords {
  std::string pid, core, executable, sysroot;
  std::string output = "-", color = "auto";
  int locals = 0;
  NativeWords native;
  bool json = false, nonblocking = false, subprocesses = false, full_filenames = false;
  LogWords log;

  void AddTo(CLI::App& app);
  Result<DumpRequest> Check() const;
};

void DumpWords::AddTo(CLI::App& app) {
  app.add_option("-p,--pid", pid, "The process to look at");
  app.add_option("-c,--core", core, "The core file to look at");
  app.add_option("--executable", executable,
                 "The program that has written the core, when it is not where it was");
  app.add_option("--sysroot", sysroot,
                 "A folder with the files of the machine that has written the core");
  app.add_flag("-l,--locals", locals,
               "The arguments and local variables of every frame; -ll shows longer values");
  native.AddTo(app);
  app.add_flag("-j,--json", json, "As JSON, for programs");
  app.add_option("-o,--output", output, "Where to; '-' is standard output")->capture_default_str();
  app.add_flag("-s,--subprocesses", subprocesses, "Also children and their children");
  app.add_flag("--nonblocking", nonblocking,
               "Never stop the process; what is read may be of several moments");
  app.add_flag("--full-filenames", full_filenames, "Whole paths");
  app.add_option("--color", color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  log.AddTo(app);
  app.footer(kFooter);
}

// A process stands still while its variables are read: half a second is what a service gets over
// without a word, and reads some ten thousand of them; who wants all of them waits for longer. A
// core file waits for nobody, but the one who has asked.
VariableLimits LimitsOf(bool is_long, bool is_core) {
  using std::chrono::milliseconds;
  VariableLimits limits;
  // Hundreds of threads with dozens of frames fit into 4 MiB, as far as anybody reads them.
  limits.text = is_long ? std::size_t{16} << 20U : std::size_t{4} << 20U;
  limits.time = milliseconds(is_core ? 60000 : is_long ? 2000 : 500);
  if (is_long) limits.value = ValueLimits{20, 10000, 100000, 1000000};
  limits.if_long = is_long ? "-l writes less of each" : "-ll writes up to 16 MiB";
  if (!is_core) limits.if_slow = "a core file (gcore) is read for up to 60 s";
  return limits;
}

Result<DumpRequest> DumpWords::Check() const {
  DumpRequest request;
  if (pid.empty() == core.empty()) {
    return UsageFault(pid.empty()
                          ? "nothing to dump: give --pid PID or --core FILE (osprey dump --help)"
                          : "--pid and --core exclude each other: give one of them");
  }
  if (!pid.empty()) {
    const auto number = ParsePid(pid);
    if (!number) return number.error();
    request.pid = *number;
    if (!executable.empty()) return UsageFault("--executable is for --core alone");
    if (!sysroot.empty()) return UsageFault("--sysroot is for --core alone");
  } else {
    if (subprocesses) return UsageFault("a core file has no --subprocesses");
    request.core = core;
    request.core_files = {executable, sysroot};
  }
  request.subprocesses = subprocesses;
  request.nonblocking = nonblocking;
  request.is_json = json;
  request.native = native.Mode();
  static const std::map<std::string, UseColor> kColors = {
      {"auto", UseColor::kAuto}, {"always", UseColor::kAlways}, {"never", UseColor::kNever}};
  request.color = kColors.at(color);
  request.style.full_filenames = full_filenames;
  request.output = output;
  if (locals > 0) request.options.variables = LimitsOf(locals > 1, !core.empty());
  return request;
}

}  // namespace

Subcommand AddDumpCommand(CLI::App& app) {
  CLI::App* dump = app.add_subcommand("dump", "Show every thread's stack once");
  const auto words = std::make_shared<DumpWords>();
  words->AddTo(*dump);
  return {dump, false, [words](const std::vector<std::string>&) -> Result<int> {
            words->log.Apply();
            const auto request = words->Check();
            if (!request) return request.error();
            return Dump(*request);
          }};
}

}  // namespace osprey
