#include "wire/http2_head.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::wire::http2 {
namespace {

using http1::Field;
using http1::FieldId;
using http1::Framing;
using http1::Method;

using Pairs = std::vector<std::pair<std::string, std::string>>;

class Http2Head : public testing::Test {
 protected:
  // What is wrong with the request; "" for nothing.
  std::string read(const Pairs& fields, bool ends = true) {
    fields_ = fields;
    PseudoFields pseudo;
    head_->fields.clear();
    for (const auto& [name, value] : fields_) {
      if (name == ":method") pseudo.method = value;
      if (name == ":scheme") pseudo.scheme = value;
      if (name == ":authority") pseudo.authority = value;
      if (name == ":path") pseudo.path = value;
      if (name == ":protocol") pseudo.protocol = value;
      if (!name.starts_with(':'))
        head_->fields.add({.name = name, .value = value, .id = http1::field_id(name)});
    }
    return conclude(pseudo, ends, *head_).detail;
  }
  static Pairs get(Pairs more = {}) {
    Pairs all = {
        {":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/x?y=1"}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static Pairs with(const std::string& name, const std::string& value) {
    Pairs all = get();
    for (auto& pair : all)
      if (pair.first == name) pair.second = value;
    return all;
  }

  std::unique_ptr<RequestHead> head_ = std::make_unique<RequestHead>();
  Pairs fields_;
};

TEST_F(Http2Head, ARequestReadsAsItsTwinInHttp1) {
  EXPECT_EQ(read(get({{"accept", "*/*"}})), "");
  EXPECT_EQ(head_->method, Method::get);
  EXPECT_EQ(head_->target, "/x?y=1");
  EXPECT_EQ(head_->path, "/x");
  EXPECT_EQ(head_->query, "y=1");
  EXPECT_TRUE(head_->has_query);
  EXPECT_EQ(head_->authority, "a.example");
  EXPECT_EQ(head_->framing, Framing::none);
  EXPECT_FALSE(head_->upgrade);
}

TEST_F(Http2Head, ABodyIsFramedByItsLengthOrByItsEnd) {
  EXPECT_EQ(read(get({{"content-length", "5"}}), false), "");
  EXPECT_EQ(head_->framing, Framing::length);
  EXPECT_EQ(head_->content_length, 5u);
  EXPECT_EQ(read(get(), false), "");
  EXPECT_EQ(head_->framing, Framing::chunked);
  EXPECT_EQ(read(get({{"content-length", "0"}}), true), "");
  EXPECT_NE(read(get({{"content-length", "5"}}), true), "");
  EXPECT_NE(read(get({{"content-length", "5"}, {"content-length", "5"}}), false), "");
  EXPECT_NE(read(get({{"content-length", "-5"}}), false), "");
  EXPECT_NE(read(get({{"content-length", "5, 5"}}), false), "");
}

TEST_F(Http2Head, WhatHttp1WouldReadOtherwiseIsRefused) {
  for (const char* name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
    EXPECT_NE(read(get({{name, "x"}})), "") << name;
  for (const char* path :
       {"", "x", "http://b.example/", "/a b", "/a\tb", "/a#b", "/a\x7f", "/a\r\nb: c"})
    EXPECT_NE(read(with(":path", path)), "") << path;
  for (const char* host : {"", "a b", "user@a.example", "a.example:99999", "a,b", "a/b"})
    EXPECT_NE(read(with(":authority", host)), "") << host;
  for (const char* scheme : {"", "ftp", "javascript"})
    EXPECT_NE(read(with(":scheme", scheme)), "") << scheme;
}

TEST_F(Http2Head, HostMayOnlyRepeatTheAuthority) {
  EXPECT_EQ(read(get({{"host", "A.example"}})), "");
  EXPECT_NE(read(get({{"host", "b.example"}})), "");
  EXPECT_NE(read(get({{"host", "a.example"}, {"host", "a.example"}})), "");
  Pairs alone = get({{"host", "c.example"}});
  std::erase_if(alone, [](const auto& pair) { return pair.first == ":authority"; });
  EXPECT_EQ(read(alone), "");
  EXPECT_EQ(head_->authority, "c.example");
}

TEST_F(Http2Head, AnEmptyPortSaysNothing) {
  EXPECT_EQ(read(with(":authority", "a.example:")), "");
  EXPECT_EQ(head_->authority, "a.example");
}

TEST_F(Http2Head, AnExtendedConnectAsksForAnUpgrade) {
  Pairs ask = with(":method", "CONNECT");
  ask.emplace_back(":protocol", "websocket");
  EXPECT_EQ(read(ask, false), "");
  EXPECT_EQ(head_->method, Method::get);
  EXPECT_TRUE(head_->upgrade);
  EXPECT_EQ(head_->framing, Framing::none);
  EXPECT_EQ(head_->fields.find(FieldId::upgrade), "websocket");
  ask.back().second = "other";
  EXPECT_NE(read(ask, false), "");
  Pairs no_connect = get({{":protocol", "websocket"}});
  EXPECT_NE(read(no_connect, false), "");
  Pairs sized = with(":method", "CONNECT");
  sized.emplace_back(":protocol", "websocket");
  sized.emplace_back("content-length", "3");
  EXPECT_NE(read(sized, false), "");
}

TEST_F(Http2Head, AStatusHasThreeDigits) {
  EXPECT_EQ(read_status("200"), 200);
  for (const char* text : {"", "20", "2000", "2x0", "099", "600", " 200"})
    EXPECT_EQ(read_status(text), 0) << text;
}

TEST_F(Http2Head, AResponseIsFramedByItsFieldsAndItsEnd) {
  const auto head = std::make_unique<ResponseHead>();
  EXPECT_FALSE(conclude(Method::get, 200, false, *head));
  EXPECT_EQ(head->framing, Framing::chunked);
  EXPECT_FALSE(conclude(Method::get, 200, true, *head));
  EXPECT_EQ(head->framing, Framing::none);
  head->fields.add({.name = "content-length", .value = "7", .id = FieldId::content_length});
  EXPECT_FALSE(conclude(Method::get, 200, false, *head));
  EXPECT_EQ(head->framing, Framing::length);
  EXPECT_EQ(head->content_length, 7u);
  EXPECT_FALSE(conclude(Method::head, 200, true, *head));
  EXPECT_EQ(head->framing, Framing::none);
  EXPECT_TRUE(conclude(Method::get, 200, true, *head));
  EXPECT_TRUE(conclude(Method::get, 101, true, *head));
}

TEST_F(Http2Head, WhatSpeaksOfOneConnectionIsNotSent) {
  const auto may = [](std::string_view name) {
    return may_be_sent(Field{.name = name, .value = "x", .id = http1::field_id(name)});
  };
  EXPECT_TRUE(may("accept"));
  EXPECT_TRUE(may("cookie"));
  for (const char* name :
       {"connection", "te", "trailer", "host", "content-length", "upgrade", "Keep-Alive"})
    EXPECT_FALSE(may(name)) << name;
}

}  // namespace
}  // namespace fairlead::wire::http2
