# nlohmann-json (MIT): the JSON of --stats and of the speedscope format. Debian: nlohmann-json3-dev.
find_package(nlohmann_json 3.11 REQUIRED)
