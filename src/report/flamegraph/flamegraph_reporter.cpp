#include "flamegraph_reporter.h"

#include <fmt/format.h>

#include "report/stream_result.h"
#include "report/text_escape.h"
#include "scene.h"
#include "static_view.h"
#include "tree_data.h"

namespace osprey {

extern const char kFlamegraphCss[];
extern const char kFlamegraphJs[];

Result<void> FlamegraphReporter::Write(const ReportInput& input, std::ostream& out) const {
  const Scene scene = MakeScene(input, style_);
  const StaticView picture(scene);
  out << fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\">\n<title>{2}</title>\n<desc>{3}</desc>\n",
      kStaticWidth, picture.height(), EscapeXml(scene.title),
      EscapeXml(scene.empty_reason.empty() ? scene.facts : scene.empty_reason));
  out << "<style id=\"style\"><![CDATA[\n" << kFlamegraphCss << "]]></style>\n<g id=\"static\">\n";
  picture.Write(out);
  // Every '<', '>' and '&' of the data is escaped, so no name can end the section.
  out << "</g>\n<script id=\"data\" type=\"application/json\"><![CDATA[\n";
  WriteTreeData(scene, out);
  out << "]]></script>\n<script><![CDATA[\n(() => {\n'use strict';\n"
      << kFlamegraphJs << "})();\n]]></script>\n</svg>\n";
  return Flushed(out, "the flame graph");
}

}  // namespace osprey
