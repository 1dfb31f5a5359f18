#include "python/other_pythons.h"

#include <gtest/gtest.h>

namespace osprey {
namespace {

std::string_view Named(const std::string& path, std::string_view title = "") {
  Module libc;
  libc.path = "/usr/lib/x86_64-linux-gnu/libc.so.6";
  Module module;
  module.path = path;
  return OtherPython({libc, module}, title);
}

TEST(OtherPythons, GoByTheFileThatIsLoaded) {
  EXPECT_EQ(Named("/usr/bin/pypy3"), "PyPy");
  EXPECT_EQ(Named("/usr/lib/pypy3.9/bin/libpypy3.9-c.so"), "PyPy");
  EXPECT_EQ(Named("/opt/graalpy-25/lib/libpythonvm.so"), "GraalPy");
  EXPECT_EQ(Named("/opt/graalpy-25/bin/graalpy"), "GraalPy");
  EXPECT_EQ(Named("/usr/bin/micropython"), "MicroPython");
  EXPECT_EQ(Named("/usr/local/bin/rustpython"), "RustPython");
  EXPECT_EQ(Named("/opt/ironpython/IronPython.dll"), "IronPython");
  EXPECT_EQ(Named("/usr/share/jython/jython.jar"), "Jython");
  EXPECT_EQ(Named("/usr/share/java/jython-standalone-2.7.3.jar"), "Jython");
}

TEST(OtherPythons, OfJavaGoByTheCommand) {
  const std::string java = "/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so";
  EXPECT_EQ(Named(java, "java -jar /usr/share/java/jython.jar -Dpython.home=/x a.py"), "Jython");
  EXPECT_EQ(Named(java, "java -Xmx1g -cp a.jar:b.jar org.python.util.jython a.py"), "Jython");
  EXPECT_EQ(Named(java, "java -jar /opt/app.jar jython.jar"), "");
  EXPECT_EQ(Named(java, "java -cp /opt/jython/app.jar Main"), "");
  EXPECT_EQ(Named(java), "");
  EXPECT_EQ(Named("/usr/bin/vim", "vim -jar jython.jar"), "");
}

TEST(OtherPythons, AreNoCPythonsAndNoOtherPrograms) {
  EXPECT_EQ(Named("/usr/bin/python3.11"), "");
  EXPECT_EQ(Named("/usr/lib/libpython3.13.so.1.0"), "");
  EXPECT_EQ(Named("/home/pypy/bin/python3"), "");
  EXPECT_EQ(Named("/usr/bin/node"), "");
  EXPECT_EQ(OtherPython({}, ""), "");
}

}  // namespace
}  // namespace osprey
