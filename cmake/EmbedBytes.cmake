# Writes OUTPUT, in which FUNCTION of HEADER returns the bytes of the file INPUT.
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")

file(WRITE "${OUTPUT}" "#include \"${HEADER}\"

namespace osprey {
namespace {

constexpr unsigned char kBytes[] = {
    ${bytes}};

}  // namespace

std::span<const std::byte> ${FUNCTION}() { return std::as_bytes(std::span(kBytes)); }

}  // namespace osprey
")
