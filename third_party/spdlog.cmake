# spdlog (MIT) and fmt (MIT): logging and text formatting. Debian: libspdlog-dev, libfmt-dev.
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
