#include "synthetic_run.h"

namespace osprey::testing {
namespace {

std::string_view NextPart(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

void FillDemo(SyntheticRun& run) {
  const std::string main = "<module>|/home/ann/shop/app.py|88;main|/home/ann/shop/app.py|71;";
  const std::string serve = main + "serve|/home/ann/shop/server.py|40;";
  const std::string handle = serve + "Handler.handle|/home/ann/shop/server.py|112;";
  const std::string site = "/home/ann/shop/.venv/lib/python3.11/site-packages/";
  const std::string std_lib = "/usr/lib/python3.11/";
  run.Add(handle + "price|/home/ann/shop/prices.py|19", 310);
  run.Add(handle + "price|/home/ann/shop/prices.py|19;round_to|/home/ann/shop/prices.py|5", 240);
  run.Add(handle + "price|/home/ann/shop/prices.py|23;dumps|" + std_lib +
              "json/__init__.py|231;"
              "JSONEncoder.encode|" +
              std_lib + "json/encoder.py|200",
          180);
  run.Add(handle + "price|/home/ann/shop/prices.py|23;dumps|" + std_lib +
              "json/__init__.py|231;"
              "JSONEncoder.encode|" +
              std_lib + "json/encoder.py|200;c_make_encoder|_json.so|0",
          150);
  for (std::uint64_t i = 0; i < 12; ++i) {
    run.Add(handle + "render|" + site + "jinja2/environment.py|1301;root|" + site +
                "jinja2/compiled.py|" + std::to_string(10 + i) + ";escape|" + site +
                "markupsafe/__init__.py|" + std::to_string(20 + i),
            60 / (i + 1) + 3);
  }
  run.Add(handle + "execute|" + site + "psycopg/cursor.py|97;<gc>", 44);
  run.Add(handle + "execute|" + site + "psycopg/cursor.py|97;PQexec|libpq.so|0", 260);
  run.Add(serve + "select|" + std_lib + "selectors.py|415", 75);
  run.Add(
      main + "load|/home/ann/shop/config.py|12;_find_and_load|<frozen importlib._bootstrap>|1176",
      31);
  run.Add(main +
              "walk|/home/ann/shop/tree.py|7;walk|/home/ann/shop/tree.py|7;"
              "walk|/home/ann/shop/tree.py|7;walk|/home/ann/shop/tree.py|9",
          90);
  run.Add("_bootstrap|" + std_lib +
              "threading.py|995;run|/home/ann/shop/worker.py|33;"
              "compress|" +
              std_lib + "zlib.py|12;deflate|libz.so|0",
          205, 2);
}

void FillWide(SyntheticRun& run) {
  const StackId main = run.Push(kRootStack, "main", "/home/ann/shop/app.py", 1);
  for (std::uint32_t i = 0; i < 20000; ++i) {
    StackId at = main;
    std::uint32_t seed = i;
    for (std::uint32_t level = 0; level < 12; ++level) {
      const std::uint32_t pick = level < 5 ? seed % 8 : (i * 31 + level) % 97;
      seed = level < 5 ? seed / 8 : seed;
      at = run.Push(at, "step_" + std::to_string(level) + "_" + std::to_string(pick),
                    level % 3 == 0 ? "/usr/lib/python3.11/asyncio/events.py"
                                   : "/home/ann/shop/part_" + std::to_string(pick) + ".py",
                    10 + pick);
    }
    at = run.Push(at, "leaf_" + std::to_string(i), "/home/ann/shop/leaf.py", 3);
    run.Sample(at, 1U + (i % 7 == 0 ? 9U : 0U) + (i == 0 ? 4000U : 0U));
  }
}

void FillDeep(SyntheticRun& run) {
  StackId at = run.Push(kRootStack, "main", "/home/ann/shop/app.py", 1);
  for (std::uint32_t i = 0; i < 10000; ++i) {
    at = run.Push(at, "fall_" + std::to_string(i), "/home/ann/shop/deep.py", 4);
  }
  run.Sample(at, 100);
}

void FillHostile(SyntheticRun& run) {
  const StackId main = run.Push(kRootStack, "main", "a.py", 1);
  const std::string nul("nul\0byte", 8);
  for (const std::string& name :
       {std::string("<script>alert(1)</script>"), std::string("]]>"),
        std::string("\"quoted\" 'too' &amp;"), std::string("semi;colon"),
        std::string("line\nbreak\r\t\x1b[31m"), std::string("bad \xff\xc3(\xed\xa0\x80"),
        std::string("\xEF\xBF\xBF not a character"), nul, std::string(10240, 'x'),
        std::string("\u540D\u524D\u306F\u65E5\u672C\u8A9E"), std::string("</svg><!--"),
        std::string()}) {
    run.Sample(run.Push(main, name, name + ".py", 7), 10);
  }
}

}  // namespace

SyntheticRun::SyntheticRun() {
  figures_.requested_hz = 1000;
  figures_.achieved_hz = 1000;
  figures_.duration_s = 2.5;
  figures_.osprey_version = "0.1.0";
  figures_.python_version = "3.11.2";
}

StackId SyntheticRun::Push(StackId parent, std::string_view function, std::string_view file,
                           std::uint32_t line, FrameKind kind) {
  StringTable& strings = stacks_.strings();
  return stacks_.Push(
      parent, stacks_.InternFrame({strings.Intern(function), strings.Intern(file), line, kind}));
}

void SyntheticRun::Add(std::string_view stack, std::uint64_t count, std::int64_t tid) {
  StackId at = kRootStack;
  while (!stack.empty()) {
    std::string_view frame = NextPart(stack, ';');
    const bool is_marker = frame.find('|') == std::string_view::npos;
    const std::string_view function = NextPart(frame, '|');
    const std::string_view file = NextPart(frame, '|');
    FrameKind kind = is_marker ? FrameKind::kMarker : FrameKind::kPython;
    if (is_marker && function.starts_with("thread ")) kind = FrameKind::kThread;
    if (file.ends_with(".so")) kind = FrameKind::kNative;
    const int line = frame.empty() ? 0 : std::stoi(std::string(frame));
    at = Push(at, function, file, static_cast<std::uint32_t>(line), kind);
  }
  Sample(at, count, tid);
}

void SyntheticRun::Sample(StackId stack, std::uint64_t count, std::int64_t tid) {
  osprey::Sample sample;
  sample.pid = 100;
  sample.tid = tid;
  sample.stack = stack;
  for (std::uint64_t i = 0; i < count; ++i) {
    profile_.OnSample(sample);
    timeline_.OnSample(sample);
  }
}

ReportInput SyntheticRun::Input() const {
  return {profile_, &timeline_, figures_,      "python3 app.py --port 8080",
          "cpu",    0.001,      empty_reason_, "/home/ann/shop"};
}

bool FillShape(std::string_view shape, SyntheticRun& run) {
  if (shape == "demo") {
    FillDemo(run);
  } else if (shape == "wide") {
    FillWide(run);
  } else if (shape == "deep") {
    FillDeep(run);
  } else if (shape == "hostile") {
    FillHostile(run);
  } else if (shape == "empty") {
    run.set_empty_reason("the process slept all the time; --idle shows where it waits");
  } else {
    return false;
  }
  return true;
}

}  // namespace osprey::testing
