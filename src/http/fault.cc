#include "http/fault.h"

namespace fairlead::http {

Code code_of(wire::http1::Fault fault) {
  using wire::http1::Fault;
  switch (fault) {
    case Fault::line_too_long:
    case Fault::head_too_large: return Code::too_large;
    case Fault::unsupported_protocol:
    case Fault::unsupported_coding: return Code::unsupported;
    case Fault::unsupported_version: return Code::version_unsupported;
    case Fault::malformed:
    case Fault::none: break;
  }
  return Code::malformed;
}

}  // namespace fairlead::http
