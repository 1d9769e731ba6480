// Files of Unix sockets: who removes them, and that none is left where there is no socket.
#include "net/claim.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "net/socket_acceptor.h"

namespace fairlead::net {
namespace {

// While it lives, this many more descriptors can be opened. Code that runs meanwhile has run
// before: the first time a type is met, a sanitizer opens descriptors of its own to look at it.
class FewDescriptors {
 public:
  explicit FewDescriptors(uint64_t count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor lowest(open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit now = before_;
    now.rlim_cur = static_cast<uint64_t>(lowest.get()) + count;
    setrlimit(RLIMIT_NOFILE, &now);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

class ClaimTest : public testing::Test {
 protected:
  // Also the path that ends in an error.
  void SetUp() override {
    ASSERT_FALSE(open_listeners(Address::unix_path(path + "/nowhere"), 1, nullptr));
  }
  bool is_there() const { return access(path.c_str(), F_OK) == 0; }

  const std::string path = testing::TempDir() + "fairlead-claim-" + std::to_string(getpid());
  const Address address = Address::unix_path(path);
};

TEST_F(ClaimTest, TheFileGoesWithTheLastSocket) {
  {
    const auto sockets = open_listeners(address, 2, nullptr);
    ASSERT_TRUE(sockets);
    EXPECT_TRUE(sockets->front().claim->has_file());
  }
  EXPECT_FALSE(is_there());
}

TEST_F(ClaimTest, WhereNoDescriptorIsLeftForTheFileNoneIsLeftBehind) {
  ASSERT_TRUE(open_listeners(address, 1, nullptr));
  {
    const FewDescriptors one(1);
    const auto sockets = open_listeners(address, 1, nullptr);
    ASSERT_FALSE(sockets);
    EXPECT_EQ(sockets.error().code, Code::exhausted);
  }
  EXPECT_FALSE(is_there());
}

TEST_F(ClaimTest, WhereNoDescriptorIsLeftForTheOthersNoFileIsLeftBehind) {
  ASSERT_TRUE(open_listeners(address, 2, nullptr));
  {
    const FewDescriptors two(2);
    EXPECT_FALSE(open_listeners(address, 2, nullptr));
  }
  EXPECT_FALSE(is_there());
}

}  // namespace
}  // namespace fairlead::net
