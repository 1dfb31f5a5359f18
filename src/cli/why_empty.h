// Why there is nothing to show of a run, in words for people.
#pragma once

#include <string>

#include "cli/session.h"
#include "osprey/sampler/sampler.h"
#include "osprey/trace/run_figures.h"

namespace osprey {

// Of a run that gave no sample. `refusal` is why the command could not be sampled, if that is
// known; `has_left_out_children` says that -s would have shown more processes, `any_program` that
// one without Python would have been sampled as well.
std::string WhyEmpty(Session::End end, const std::string& refusal, bool has_left_out_children,
                     bool any_program, const RunFigures& figures, SampleMode mode);

}  // namespace osprey
