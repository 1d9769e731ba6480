// Strings of events against strings of states: what takes a backend out, what brings it back, and
// that nothing else does. The events come a second apart, and an ejection lasts 3 s at first.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "core/health.h"
#include "core/test_health.h"

namespace fairlead::core {
namespace {

struct Story {
  const char* name;
  uint32_t healthy;
  uint32_t unhealthy;
  const char* events;
  const char* states;
};

void PrintTo(const Story& story, std::ostream* out) { *out << story.name; }

constexpr Story kStories[] = {
    // Probes alone.
    {"FirstPass", 2, 3, "+", "U"},
    {"FirstFailure", 2, 3, "-", "D"},
    {"TwoFailuresOfTwo", 2, 2, "++-+--", "UUUUUD"},
    {"OneFailureOfOne", 1, 1, "+-", "UD"},
    {"OnePassOfOne", 1, 1, "-+", "DU"},
    {"TwoPassesOfTwo", 2, 3, "-++", "DDU"},
    {"TwoOfThreeAreNotThree", 2, 3, "+--+--+", "UUUUUUU"},
    {"ThreeOfThree", 2, 3, "+---", "UUUD"},
    {"APassBetweenDoesNotCount", 2, 3, "-+-+-++", "DDDDDDU"},
    {"AlternatingWhileIn", 2, 2, "+-+-+-+-", "UUUUUUUU"},
    {"AlternatingWhileOut", 2, 2, "-+-+-+-+", "DDDDDDDD"},
    // Flapping: the passes that are needed double each time it goes out again soon.
    {"SecondTimeFourPasses", 2, 1, "-++-+++", "DDUDDDD"},
    {"SecondTimeFourPassesAndBack", 2, 1, "-++-++++", "DDUDDDDU"},
    {"ThirdTimeEight", 2, 1, "-++-++++-++++++++", "DDUDDDDUDDDDDDDDU"},
    {"AFailureBeginsTheHoldAnew", 1, 1, "-+-+-++", "DUDDDDU"},
    {"OnesDouble", 1, 1, "-+-++-++++", "DUDDUDDDDU"},
    {"ARefusalIsAFlapToo", 1, 3, "-+r++r++++", "DUDDUDDDDU"},
    {"TenPassesInARowMakeUp", 1, 1, "-++++++++++++-+", "DUUUUUUUUUUUUDU"},
    {"NineDoNot", 1, 1, "-++++++++++-++", "DUUUUUUUUUUDDU"},
    {"TheFirstOutageIsNoFlap", 2, 2, "+++--++", "UUUUDDU"},
    // Connects of traffic.
    {"RefusedAtOnce", 2, 3, "+r", "UD"},
    {"RefusedWhileOutChangesNothing", 2, 3, "-r++", "DDDU"},
    {"RefusedBreaksARowOfPasses", 2, 3, "-+r++", "DDDDU"},
    {"ASlowConnectIsAFailedProbe", 2, 3, "+t-t", "UUUD"},
    {"APassMakesUpForSlowConnects", 2, 3, "+tt+tt", "UUUUUU"},
    {"OldNewsIsNoNews", 2, 1, "+o", "UU"},
    // Ejections: neither the passes of probes nor anything but time brings back.
    {"Ejected", 2, 3, "+E", "UE"},
    {"PassesDoNotHideAnEjection", 2, 3, "+E++w", "UEEEU"},
    {"NotBeforeItsTime", 2, 3, "+Eww", "UEEE"},
    {"TwiceAsLongTheSecondTime", 2, 3, "+E++wE+++++w", "UEEEUEEEEEEU"},
    {"FourTimesTheThird", 2, 3, "+E++wE+++++wE+++++++++++w", "UEEEUEEEEEEUEEEEEEEEEEEEU"},
    {"AnEjectionDoesNotHideFailures", 2, 3, "+E---", "UEEED"},
    {"NorDoFailuresShortenIt", 2, 1, "+E-+w", "UEDDD"},
    {"BackFromOneIsNotBackFromBoth", 2, 1, "+E-++", "UEDDE"},
    {"AfterBothItIsBack", 2, 1, "+E-w+w+", "UEDDDDU"},
    {"WhatIsUnhealthyIsNotEjected", 2, 1, "+-E++", "UDDDU"},
    {"OnceAtATime", 2, 3, "+EEEw", "UEEEU"},
    {"BeforeTheFirstProbe", 2, 3, "E+++w", "EEEEU"},
    // Degraded, by its probe and by its error rate.
    {"TheProbeSaysSo", 2, 3, "+g", "Ug"},
    {"FromTheFirstProbe", 2, 3, "g", "g"},
    {"BackAfterPlainPasses", 2, 3, "+g++", "UggU"},
    {"NotAfterOne", 2, 3, "+g+g+", "Ugggg"},
    {"FromUnhealthyToDegraded", 2, 3, "-gg", "DDg"},
    {"DegradedGoesOut", 2, 2, "+g--", "UggD"},
    {"ByErrorRate", 2, 3, "+h", "Uh"},
    {"AndBackByItAlone", 2, 3, "+h++l", "UhhhU"},
    {"BothMustEnd", 2, 3, "+gh++l", "UggggU"},
    {"AnEjectionIsWorse", 2, 3, "+hEl++w", "UhEEEEU"},
    {"UnhealthyForgetsTheRate", 2, 1, "+h-++", "UhDDU"},
    // Draining by its own word, which one probe is enough for; back as from unhealthy.
    {"ItWantsToLeave", 2, 3, "+qq", "Udd"},
    {"FromTheFirstProbeOn", 2, 3, "q+", "dd"},
    {"BackWithoutTheWord", 2, 3, "+q++", "UddU"},
    {"TheWordBetweenBeginsAnew", 2, 3, "+q+q++", "UddddU"},
    {"BackAsDegraded", 2, 3, "+qgg", "Uddg"},
    {"OneThatFlapsIsHeldAllTheSame", 1, 1, "+-+-q++", "UDUDddU"},
    {"TheWordIsNoFlap", 1, 1, "+q+q+q+-+", "UdUdUdUDU"},
    {"ItMayCloseItsPort", 2, 2, "+q---r++", "UddddddU"},
    {"UntilItsWorkHasEnded", 2, 2, "+q--f-++", "UddddDDU"},
    {"ARefusalWhenItHasEndedIsOne", 2, 2, "+qfr", "UddD"},
    {"FromUnhealthyAtOnce", 2, 1, "+-q", "UDd"},
    {"NoEjectionWhileItLeaves", 2, 3, "+qE++", "UdddU"},
    {"AnEjectionOutlastsTheWord", 2, 3, "+Eq++w", "UEddEU"},
    // Orders stand above all.
    {"EnablingDoesNotEndTheWord", 2, 3, "+qde++", "UddddU"},
    {"NorDoesTheWordsEndEndADrain", 2, 3, "+qd++e", "UddddU"},
    {"TheWordUnderADrain", 2, 3, "+dqe++", "UddddU"},
    {"DisabledIsDeafToTheWord", 2, 3, "+xqe+", "Uxx?U"},
    {"DisableForgetsTheWord", 2, 3, "+qxe+", "Udx?U"},
    {"Drained", 2, 3, "+d---e", "UddddD"},
    {"DrainedAndWell", 2, 3, "+d+++e", "UddddU"},
    {"DisabledIsCheckedAnew", 2, 3, "+x-e+", "Uxx?U"},
    {"DrainHidesAnEjection", 2, 3, "+Ede", "UEdE"},
    {"DisableForgetsIt", 2, 3, "+Exe+", "UEx?U"},
    {"NoEjectionUnderAnOrder", 2, 3, "+dEe", "UddU"},
    {"FromDisabledToDrained", 2, 3, "+xd+e", "UxddU"},
};

// `h` in the expected string is a degraded state too, and says where it comes from.
std::string as_states(std::string text) {
  std::ranges::replace(text, 'h', 'g');
  return text;
}

class HealthStory : public testing::TestWithParam<Story> {};

TEST_P(HealthStory, IsTold) {
  const Story& story = GetParam();
  EXPECT_EQ(states(thresholds(story.healthy, story.unhealthy), story.events),
            as_states(story.states))
      << story.events;
}

INSTANTIATE_TEST_SUITE_P(All, HealthStory, testing::ValuesIn(kStories),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(HealthStories, WithoutPassiveChecksTrafficHasNoSay) {
  EXPECT_EQ(states(thresholds(2, 3), "+rttthE", passive_off()), "UUUUUUU");
  EXPECT_EQ(states(probes_off(), "rtE", passive_off()), "UUU");
}

TEST(HealthStories, WithoutProbesEjectionsWorkAllTheSame) {
  EXPECT_EQ(states(probes_off(), "Eww"), "EEE");
  EXPECT_EQ(states(probes_off(), "Ewww"), "EEEU");
  EXPECT_EQ(states(probes_off(), "hl"), "gU");
}

}  // namespace
}  // namespace fairlead::core
