#include "osprey/base/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace osprey {

std::string Error::Message() const {
  std::string text = context;
  if (!address.IsNull()) text += fmt::format(" at {:#x}", address.value);
  if (sys_errno != 0) text += fmt::format(": {}", std::generic_category().message(sys_errno));
  return text;
}

Error ErrnoError(ErrorCode code, std::string context) {
  const int number = errno;
  return Error{code, number, Address{}, std::move(context)};
}

}  // namespace osprey
