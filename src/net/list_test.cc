#include "net/list.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace fairlead::net {
namespace {

struct Item : Link {
  explicit Item(int number) : number(number) {}
  int number;
};

// Takes all out of the list: it has no iterators, nothing in the product needs them.
std::vector<int> drain(List<Item>& list) {
  std::vector<int> numbers;
  while (!list.empty()) {
    numbers.push_back(list.front().number);
    list.front().unlink();
  }
  return numbers;
}

TEST(List, KeepsTheOrderOfPushing) {
  Item a(1), b(2), c(3);
  List<Item> list;
  EXPECT_TRUE(list.empty());
  list.push_back(a);
  list.push_back(b);
  list.push_back(c);
  EXPECT_EQ(drain(list), (std::vector{1, 2, 3}));
}

TEST(List, AMemberThatDiesLeaves) {
  Item a(1), c(3);
  auto b = std::make_unique<Item>(2);
  List<Item> list;
  list.push_back(a);
  list.push_back(*b);
  list.push_back(c);
  b.reset();
  EXPECT_EQ(drain(list), (std::vector{1, 3}));
}

TEST(List, MembersSurviveTheList) {
  Item a(1), b(2);
  {
    List<Item> list;
    list.push_back(a);
    list.push_back(b);
    EXPECT_TRUE(a.is_linked());
  }
  EXPECT_FALSE(a.is_linked());
  EXPECT_FALSE(b.is_linked());
}

TEST(List, UnlinkingTwiceDoesNothing) {
  Item a(1);
  List<Item> list;
  list.push_back(a);
  a.unlink();
  a.unlink();
  EXPECT_TRUE(list.empty());
  list.push_back(a);
  EXPECT_EQ(drain(list), (std::vector{1}));
}

TEST(List, TakesAllOfAnotherBehindItsOwn) {
  Item a(1), b(2), c(3);
  List<Item> list, other;
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.take_all(other);
  EXPECT_TRUE(other.empty());
  other.push_back(*std::make_unique<Item>(4));  // dies at once: the emptied list still works
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(drain(list), (std::vector{1, 2, 3}));
}

TEST(List, TakingAllOfAnEmptyOneChangesNothing) {
  Item a(1);
  List<Item> list, other;
  list.push_back(a);
  list.take_all(other);
  EXPECT_EQ(drain(list), (std::vector{1}));
}

}  // namespace
}  // namespace fairlead::net
