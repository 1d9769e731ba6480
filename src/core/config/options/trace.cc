// trace: the trace that a request is part of.
#include <fmt/format.h>

#include "core/config/options/sections.h"
#include "core/config/types.h"

namespace fairlead::core {
const Section<TraceConfig>& trace_section() {
  static const Section<TraceConfig> section = {
      .name = "trace",
      .heading = "Traces",
      .help =
          "W3C Trace Context. `off`: `traceparent` and `tracestate` go on as they came. Else a "
          "`traceparent` that is not well formed is replaced, and where there is none a trace is "
          "begun; its id stands in the access log: docs/edits.md.",
      .options = {{"sample", &TraceConfig::sample, percent(0, 100),
                   "How many of the traces that begin here are marked to be recorded. Backends "
                   "whose tracing follows its parent record no other ones.",
                   "10%"}},
      .short_forms = {{Shape{.words = "`on`", .choices = {"on"}}, "trace: on",
                       "trace: { sample: 0% }"}},
      .turn_off = [](TraceConfig& trace) { trace = {}; },
      .is_off = [](const TraceConfig& trace) { return !trace.on; },
      .turn_on = [](TraceConfig& trace) { trace.on = true; },
      .finish = [](TraceConfig& trace, const Node&, Reader&) { trace.on = true; },
  };
  return section;
}

}  // namespace fairlead::core
