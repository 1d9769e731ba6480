// The files that TLS is configured with, on listeners and in pools: read, looked into, judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config/section.h"

namespace fairlead::core {

// The path of a file: "the path of a file in PEM".
Type<std::string> file_path(std::string_view words);
Type<std::string> pem_path();

// What the file holds; nothing where that was reported.
std::optional<std::string> content_of(const Node& said, Reader& reader,
                                      Severity severity = Severity::error);

// Reads a certificate and its key and looks into both. `who` refuses it where it has expired:
// "clients".
void inspect_pair(CertificateConfig& certificate, const Node& cert, const Node& key,
                  std::string_view who, Reader& reader);

// The content of a file of certificates that may sign others; nothing where that was reported.
std::optional<std::string> authorities_of(const Node& said, Reader& reader);

}  // namespace fairlead::core
