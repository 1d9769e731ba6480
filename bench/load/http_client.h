// HttpClient: sends one request, reads one response, either on a kept connection or on a new one.
//
// With a new connection for each request it sends `connection: close` and waits until the proxy has
// ended the stream, so that the proxy's whole work for a connection lies inside the count.
#pragma once

#include "client.h"
#include "response_reader.h"

namespace fairlead::bench {

class HttpClient final : public Client {
 public:
  explicit HttpClient(const Shared& shared) : shared_(shared), reader_(shared.content) {}
  ~HttpClient() override { end(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void begin() override;
  bool on_ready() override;
  bool is_open() const override;

 private:
  bool open();
  bool send_request();
  bool receive();
  bool finish();
  bool fail(std::string why);
  void end();

  const Shared& shared_;
  ResponseReader reader_;
  int fd_ = -1;
  bool unsent_ = false;        // the connection is still under way
  bool awaiting_end_ = false;  // the response is complete, the proxy has not closed yet
  bool verified_ = false;      // one whole body of this connection was compared
};

}  // namespace fairlead::bench
