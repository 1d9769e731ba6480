#include "wire/scram.h"

#include <gtest/gtest.h>

namespace fairlead::wire {
namespace {

// The numbers of RFC 7677 3 have a user name, which PostgreSQL takes from elsewhere and Scram
// leaves empty; these were worked out with another implementation from the same salt, password and
// nonces.
constexpr const char* kNonce = "rOprNGfwEbeRWgbNEkqO";
constexpr const char* kChallenge =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

TEST(Scram, ProvesThatItKnowsThePassword) {
  Scram scram("pencil", kNonce);
  EXPECT_EQ(scram.first(), "n,,n=,r=rOprNGfwEbeRWgbNEkqO");
  const auto proof = scram.prove(kChallenge);
  ASSERT_TRUE(proof) << proof.error();
  EXPECT_EQ(*proof,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=");
  EXPECT_TRUE(scram.is_proven("v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="));
}

TEST(Scram, BelievesNoServerThatKnowsNothing) {
  Scram scram("pencil", kNonce);
  EXPECT_FALSE(scram.is_proven("v="));
  ASSERT_TRUE(scram.prove(kChallenge));
  for (const char* final : {"", "v", "v=", "v=AAAA", "e=other-error",
                            "x=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="}) {
    EXPECT_FALSE(scram.is_proven(final)) << final;
  }
}

TEST(Scram, RefusesAChallengeThatIsCutAnywhere) {
  const std::string_view whole = kChallenge;
  Scram scram("pencil", kNonce);
  // Behind "i=4" it is whole, with fewer rounds.
  for (size_t size = 0; size + 3 < whole.size(); ++size) {
    EXPECT_FALSE(scram.prove(whole.substr(0, size))) << size;
  }
}

TEST(Scram, RefusesAnotherClientsNonceAndOneThatTheServerDidNotExtend) {
  Scram scram("pencil", kNonce);
  EXPECT_FALSE(scram.prove("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
  EXPECT_FALSE(scram.prove("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
}

TEST(Scram, RefusesMoreRoundsThanItCanAfford) {
  Scram scram("pencil", kNonce);
  const auto of = [&](const std::string& rounds) {
    return scram.prove("r=rOprNGfwEbeRWgbNEkqO1,s=AAAA,i=" + rounds);
  };
  EXPECT_TRUE(of("1"));
  EXPECT_EQ(of("1000000000").error(), "it wants 1000000000 rounds of hashing; 32768 are the most");
  for (const char* rounds : {"0", "-1", "", "x", "99999999999"}) EXPECT_FALSE(of(rounds)) << rounds;
}

TEST(Scram, RefusesASaltThatIsNoBase64) {
  Scram scram("pencil", kNonce);
  for (const char* salt : {"", "A", "AAA", "!!!!", "AA=A"}) {
    EXPECT_FALSE(scram.prove(std::string("r=rOprNGfwEbeRWgbNEkqO1,s=") + salt + ",i=1")) << salt;
  }
  EXPECT_FALSE(scram.prove("r=rOprNGfwEbeRWgbNEkqO1,s=" + std::string(4000, 'A') + ",i=1"));
}

}  // namespace
}  // namespace fairlead::wire
