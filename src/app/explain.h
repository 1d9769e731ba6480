// `fairlead explain`: what a described request would get, by a file or by a running instance.
#pragma once

#include <string>
#include <vector>

namespace fairlead::app {

struct ExplainFlags {
  std::string config;  // a path, or
  std::string admin;   // the admin address of a running instance
  std::string request;
  std::vector<std::string> headers;  // "name: value"
  std::string client;
  std::string listener;
  std::string body;  // or @FILE
  std::string certificate_subject;
  std::vector<std::string> certificate_names;
  std::string sni;
  bool json = false;
};

// Prints the explanation to standard output, or to standard error why there is none; an exit code.
int explain(const ExplainFlags& flags);

}  // namespace fairlead::app
