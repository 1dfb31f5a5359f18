// Where names come from when the program has a root of its own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "native/debug_files.h"
#include "target/processes.h"

namespace osprey {
namespace {

using Lines = std::vector<std::string>;

class NamesInAnotherRoot : public DebugFiles {
 protected:
  Lines NamesInside(const std::string& file) const {
    EXPECT_TRUE(root_);
    NamingOptions options;  // the usual folders
    return Names(file, hidden_, options, root_);
  }

  static std::string ById(const std::string& id) {
    return fmt::format("root/usr/lib/debug/.build-id/{}/{}.debug", id.substr(0, 2), id.substr(2));
  }

  // A copy in the root that has no build ID but the name of its debug file.
  std::string Linked(const std::string& debug) const {
    const std::string linked = Path("root/lib/linked.so");
    Run({"objcopy", "--remove-section=.note.gnu.build-id", "--add-gnu-debuglink=" + debug,
         stripped_, linked});
    return linked;
  }

  const std::string full_ = Copy(SYMBOLS_MODULE, "full.so");
  const FileAddress hidden_ = AddressOf(full_, "_Z6HiddenPVi");
  const std::string stripped_ = [this] {
    std::filesystem::create_directories(Path("root/lib"));
    return Stripped(full_, "root/lib/stripped.so");
  }();
  const Child child_ = ForkInRoot(Path("root"));
  const std::shared_ptr<const TargetRoot> root_ = TargetRoot::OfProcess(child_.pid());
  const Lines unknown_ = {fmt::format("{:#x} 0", hidden_.value)};
  const Lines known_ = {"Hidden(int volatile*) 21"};
};

TEST_F(NamesInAnotherRoot, AreFoundByBuildId) {
  EXPECT_EQ(NamesInside(stripped_), unknown_);
  DebugOf(full_, ById(BuildId(full_)));
  EXPECT_EQ(NamesInside(stripped_), known_);
}

TEST_F(NamesInAnotherRoot, AreFoundByLinksInThere) {
  std::filesystem::create_directories(Path("root/usr/lib/debug/.build-id"));
  const std::string id = BuildId(full_);
  DebugOf(full_, "root/usr/lib/debug/full.debug");
  const std::string link = Path(ById(id));
  std::filesystem::create_directories(std::filesystem::path(link).parent_path());
  std::filesystem::create_symlink("/usr/lib/debug/full.debug", link);
  EXPECT_EQ(NamesInside(stripped_), known_);
}

TEST_F(NamesInAnotherRoot, AreFoundByDebugLink) {
  for (const char* place :
       {"lib/linked.debug", "lib/.debug/linked.debug", "usr/lib/debug/lib/linked.debug"}) {
    const std::string debug = DebugOf(full_, std::string("root/") + place);
    const std::string linked = Linked(debug);
    EXPECT_EQ(NamesInside(linked), known_) << place;
    std::filesystem::remove(debug);
    EXPECT_EQ(NamesInside(linked), unknown_) << place;
  }
}

TEST_F(NamesInAnotherRoot, AreNotThoseOfAnotherFile) {
  const std::string debug = DebugOf(full_, "root/lib/linked.debug");
  const std::string linked = Linked(debug);
  std::ofstream(debug, std::ios::app) << "more";
  EXPECT_EQ(NamesInside(linked), unknown_);
  // The right name, another build ID; and the file itself, which has the ID but no names.
  DebugOf(STRIPPED_MODULE, ById(BuildId(full_)));
  EXPECT_EQ(NamesInside(stripped_), unknown_);
  std::filesystem::copy_file(stripped_, Path(ById(BuildId(full_))),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(NamesInside(stripped_), unknown_);
}

TEST_F(NamesInAnotherRoot, AreOursWhereThatHasNone) {
  Install(full_);
  EXPECT_EQ(Names(stripped_, hidden_, Options(), root_), known_);
}

}  // namespace
}  // namespace osprey
