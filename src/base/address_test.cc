#include "base/address.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace fairlead {
namespace {

using testing::HasSubstr;

std::string round_trip(std::string_view text) {
  auto address = Address::parse(text);
  return address ? address->text() : "error: " + address.error();
}

std::string error_of(std::string_view text) {
  auto address = Address::parse(text);
  return address ? "no error" : address.error();
}

std::string subnet_error(std::string_view text) {
  auto subnet = Subnet::parse(text);
  return subnet ? "no error" : subnet.error();
}

Ip ip(std::string_view text) { return Ip::parse(text).value(); }

TEST(Address, KeepsEveryTextForm) {
  for (const char* text : {"127.0.0.1:80", "0.0.0.0:1", "255.255.255.255:65535", "[::1]:80",
                           "[2001:db8::1]:8443", "[fe80::1:2:3:4]:0", ":8080", ":0",
                           "unix:/run/app.sock", "unix:relative.sock", "unix:/a:b]:80"}) {
    EXPECT_EQ(round_trip(text), text);
  }
}

TEST(Address, KnowsEquivalentForms) {
  EXPECT_EQ(round_trip("localhost:80"), "127.0.0.1:80");
  EXPECT_EQ(round_trip("[::]:80"), ":80");
  EXPECT_EQ(round_trip("[2001:DB8:0:0:0:0:0:1]:80"), "[2001:db8::1]:80");
  EXPECT_EQ(round_trip("10.0.0.1:0080"), "10.0.0.1:80");
}

TEST(Address, SaysWhatIsWrongWithAPort) {
  for (const char* text : {"10.0.0.1", "localhost", "[::1]", "[::1]80", "", "80"}) {
    EXPECT_THAT(error_of(text), HasSubstr("port is missing")) << text;
  }
  for (const char* text : {"10.0.0.1:", ":", "10.0.0.1:65536", ":99999999999999999999", ":-1",
                           ":+1", ":8o", ": 80", ":80 ", ":0x50", "[::1]:"}) {
    EXPECT_THAT(error_of(text), HasSubstr("from 0 to 65535")) << text;
  }
}

TEST(Address, SaysWhatIsWrongWithAHost) {
  EXPECT_THAT(error_of("::1:80"), HasSubstr("brackets"));
  EXPECT_THAT(error_of("2001:db8::1:80"), HasSubstr("brackets"));
  EXPECT_THAT(error_of("[127.0.0.1]:80"), HasSubstr("IPv6"));
  EXPECT_THAT(error_of("[]:80"), HasSubstr("IPv6"));
  EXPECT_THAT(error_of("[::ffff:1.2.3.4]:80"), HasSubstr("IPv6"));
  EXPECT_THAT(error_of("[fe80::1%eth0]:80"), HasSubstr("IPv6"));
  EXPECT_THAT(error_of("300.1.2.3:80"), HasSubstr("0 to 255"));
  EXPECT_THAT(error_of("1.2.3:80"), HasSubstr("four numbers"));
  EXPECT_THAT(error_of("1.2.3.4.5:80"), HasSubstr("four numbers"));
  EXPECT_THAT(error_of("010.1.2.3:80"), HasSubstr("leading zeros"));
  EXPECT_THAT(error_of("example.com:80"), HasSubstr("not resolved"));
  EXPECT_THAT(error_of("*:80"), HasSubstr("not resolved"));
  EXPECT_THAT(error_of(std::string_view("1.2.3.4\0:80", 11)), HasSubstr("zero byte"));
}

TEST(Address, LimitsTheLengthOfAUnixPath) {
  EXPECT_EQ(error_of("unix:"), "a path must follow unix:");
  EXPECT_EQ(error_of("unix:/" + std::string(106, 'a')), "no error");
  EXPECT_THAT(error_of("unix:/" + std::string(107, 'a')), HasSubstr("at most 107 bytes"));
}

TEST(Address, RefusesAUnixPathThatTheKernelWouldReadDifferently) {
  EXPECT_THAT(error_of(std::string_view("unix:/run/a\0b", 13)), HasSubstr("zero byte"));
}

TEST(Address, GivesItsParts) {
  const Address address = Address::parse("[::1]:80").value();
  EXPECT_FALSE(address.is_unix());
  EXPECT_EQ(address.port(), 80);
  EXPECT_EQ(address.host_text(), "::1");
  const Address path = Address::parse("unix:/run/a").value();
  EXPECT_TRUE(path.is_unix());
  EXPECT_EQ(path.path(), "/run/a");
  EXPECT_EQ(path.port(), 0);
  EXPECT_EQ(path.host_text(), "unix");
  EXPECT_EQ(Address().text(), ":0");
}

TEST(Address, ComparesByValue) {
  const auto at = [](std::string_view text) { return Address::parse(text).value(); };
  EXPECT_EQ(at("unix:/a"), at("unix:/a"));
  EXPECT_NE(at("unix:/a"), at("unix:/b"));
  EXPECT_NE(at("unix:/a"), at(":0"));
  EXPECT_LT(at("10.0.0.1:80"), at("10.0.0.1:81"));
  EXPECT_LT(at("10.0.0.1:81"), at("10.0.0.2:80"));
  EXPECT_LT(at("10.0.0.1:80"), at("unix:/a"));
}

TEST(Ip, KnowsWhatItIs) {
  EXPECT_TRUE(ip("10.0.0.1").is_v4());
  EXPECT_TRUE(ip("::ffff:10.0.0.1").is_v4());
  EXPECT_EQ(ip("::ffff:10.0.0.1"), ip("10.0.0.1"));
  EXPECT_FALSE(ip("::1").is_v4());
  EXPECT_FALSE(ip("::10.0.0.1").is_v4());
  EXPECT_TRUE(ip("::").is_any());
  EXPECT_TRUE(ip("0.0.0.0").is_any());
  EXPECT_FALSE(ip("0.0.0.1").is_any());
  EXPECT_TRUE(ip("127.255.0.1").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("128.0.0.1").is_loopback());
  EXPECT_FALSE(ip("::").is_loopback());
}

TEST(Ip, WritesTheShortestForm) {
  for (const char* text : {"0.0.0.0", "1.2.3.4", "10.20.30.40", "100.200.255.99", "255.255.255.255",
                           "::", "::1", "1::", "2001:db8::1", "1:2:3:4:5:6:7:8", "fe80::1:0:0:1"}) {
    EXPECT_EQ(ip(text).text(), text);
  }
}

TEST(Ip, WritesAtMostItsLongestText) {
  std::array<uint8_t, 16> ones;
  ones.fill(0xff);
  std::string buffer(kLongestIpText + 1, '#');
  EXPECT_EQ(Ip::v6(ones).write(buffer.data()), 39u);
  EXPECT_EQ(buffer[39], '#');
  EXPECT_EQ(Ip::v4({255, 255, 255, 255}).write(buffer.data()), 15u);
  EXPECT_EQ(buffer.substr(0, 16), "255.255.255.255f");
}

TEST(Ip, WritesEveryByteAsTheCLibraryDoes) {
  Random random(7);
  for (int i = 0; i < 5'000; ++i) {
    const auto byte = [&] { return static_cast<uint8_t>(random.below(256)); };
    const std::array<uint8_t, 4> bytes = {static_cast<uint8_t>(i), byte(), byte(), byte()};
    char expected[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, bytes.data(), expected, sizeof expected);
    ASSERT_EQ(Ip::v4(bytes).text(), expected);
    ASSERT_EQ(Ip::parse(expected), Ip::v4(bytes));
  }
}

TEST(Ip, ReadsItsOwnText) {
  Random random(8);
  for (int i = 0; i < 5'000; ++i) {
    std::array<uint8_t, 16> bytes{};
    // Runs of zeros are where the forms differ.
    for (uint8_t& b : bytes) b = random.below(3) ? 0 : static_cast<uint8_t>(random.below(256));
    const Ip six = Ip::v6(bytes);
    ASSERT_EQ(Ip::parse(six.text()), six) << six.text();
    ASSERT_LE(six.text().size(), kLongestIpText);
  }
}

TEST(Ip, RefusesWhatIsNotAnAddressAlone) {
  for (const char* text : {"", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:80", "[::1]", "fe80::1%lo", "1.2.3",
                           "::1::", "12345::", "1.2.3.04", "0x7f.0.0.1", "localhost"}) {
    EXPECT_FALSE(Ip::parse(text)) << text;
  }
}

TEST(Subnet, HoldsTheAddressesOfItsPrefix) {
  const auto subnet = Subnet::parse("10.20.0.0/15").value();
  EXPECT_TRUE(subnet.contains(ip("10.20.0.0")));
  EXPECT_TRUE(subnet.contains(ip("10.21.255.255")));
  EXPECT_FALSE(subnet.contains(ip("10.22.0.0")));
  EXPECT_FALSE(subnet.contains(ip("10.19.255.255")));
}

TEST(Subnet, WithoutAPrefixIsOneAddress) {
  EXPECT_TRUE(Subnet::parse("10.0.0.1")->contains(ip("10.0.0.1")));
  EXPECT_FALSE(Subnet::parse("10.0.0.1")->contains(ip("10.0.0.2")));
  EXPECT_TRUE(Subnet::parse("2001:db8::1")->contains(ip("2001:db8::1")));
  EXPECT_EQ(Subnet::parse("10.0.0.1")->text(), "10.0.0.1/32");
  EXPECT_EQ(Subnet::parse("::1")->text(), "::1/128");
}

TEST(Subnet, OfAllAddressesIsOfOneFamily) {
  const auto four = Subnet::parse("0.0.0.0/0").value();
  const auto six = Subnet::parse("::/0").value();
  EXPECT_TRUE(four.contains(ip("255.1.2.3")));
  EXPECT_FALSE(four.contains(ip("2001:db8::1")));
  EXPECT_TRUE(six.contains(ip("2001:db8::1")));
  EXPECT_TRUE(six.contains(ip("ffff::")));
  EXPECT_FALSE(six.contains(ip("10.0.0.1")));
  EXPECT_EQ(four.text(), "0.0.0.0/0");
  EXPECT_EQ(six.text(), "::/0");
}

TEST(Subnet, SaysWhatIsWrong) {
  EXPECT_THAT(subnet_error("10.0.0.1/8"), HasSubstr("meant is 10.0.0.0/8 or 10.0.0.1"));
  EXPECT_THAT(subnet_error("2001:db8::1/32"), HasSubstr("2001:db8::/32"));
  EXPECT_THAT(subnet_error("10.0.0.0/33"), HasSubstr("0 to 32"));
  EXPECT_THAT(subnet_error("::/129"), HasSubstr("0 to 128"));
  EXPECT_THAT(subnet_error("10.0.0.0/"), HasSubstr("0 to 32"));
  EXPECT_THAT(subnet_error("10.0.0.0/-1"), HasSubstr("0 to 32"));
  EXPECT_THAT(subnet_error("10.0.0/8"), HasSubstr("four numbers"));
  EXPECT_THAT(subnet_error("/8"), HasSubstr("IP address"));
}

// The slow twin: bit by bit.
bool contains_slowly(const Ip& network, unsigned bits, const Ip& other) {
  const unsigned start = network.is_v4() ? 96 : 0;
  if (network.is_v4() != other.is_v4()) return false;
  for (unsigned bit = start; bit < start + bits; ++bit) {
    const unsigned shift = 7 - bit % 8;
    if ((network.bytes()[bit / 8] >> shift & 1) != (other.bytes()[bit / 8] >> shift & 1))
      return false;
  }
  return true;
}

TEST(Subnet, AgreesWithComparingBits) {
  Random random(9);
  for (int i = 0; i < 20'000; ++i) {
    const bool four = random.below(2);
    const unsigned bits = random.below(four ? 33 : 129);
    auto bytes = ip(four ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").bytes();
    for (unsigned bit = (four ? 96 : 0) + bits; bit < 128; ++bit) {
      bytes[bit / 8] &= static_cast<uint8_t>(~(0x80u >> (bit % 8)));
    }
    const Ip network = Ip::v6(bytes);
    auto near = bytes;
    const unsigned flip = (four ? 96 : 0) + random.below(four ? 32 : 128);
    near[flip / 8] ^= static_cast<uint8_t>(0x80u >> (flip % 8));
    const auto subnet = Subnet::parse(network.text() + "/" + std::to_string(bits));
    ASSERT_TRUE(subnet) << subnet.error();
    ASSERT_EQ(subnet->contains(Ip::v6(near)), contains_slowly(network, bits, Ip::v6(near)));
  }
}

}  // namespace
}  // namespace fairlead
