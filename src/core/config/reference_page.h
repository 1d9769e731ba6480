// The reference page: docs/configuration.md, written from the same tables that read the file.
#pragma once

#include <string>

namespace fairlead::core {

// Markdown. Changes only when an option or the text in reference_page.cc does.
std::string reference_page();

}  // namespace fairlead::core
