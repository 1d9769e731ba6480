// `fairlead cert self-signed`: a certificate and its key, for trying out.
#pragma once

#include <string>
#include <vector>

namespace fairlead::app {

// Writes HOST.crt and HOST.key into the current folder, named by the first host, the key for its
// owner alone. Nothing is overwritten. The exit code.
int write_self_signed(const std::vector<std::string>& hosts);

}  // namespace fairlead::app
