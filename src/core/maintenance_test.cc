#include "core/maintenance.h"

#include <gtest/gtest.h>

namespace fairlead::core {
namespace {

const Ip kInside = Ip::v4({10, 1, 2, 3});
const Ip kOutside = Ip::v4({192, 0, 2, 7});

MaintenanceConfig maintenance(bool on) {
  MaintenanceConfig one{.given = true, .on = on};
  one.allow.push_back(Subnet::parse("10.0.0.0/8").value());
  return one;
}

TEST(Maintenance, AnswersAllButThoseWhoAreAllowed) {
  ListenerConfig listener;
  RouteConfig route;
  EXPECT_EQ(maintenance_of(listener, &route, kOutside), nullptr);
  route.maintenance = maintenance(true);
  EXPECT_EQ(maintenance_of(listener, &route, kOutside), &route.maintenance);
  EXPECT_EQ(maintenance_of(listener, &route, kInside), nullptr);
}

TEST(Maintenance, OfAListenerIsForEveryRouteAndForNone) {
  ListenerConfig listener;
  RouteConfig route;
  listener.maintenance = maintenance(true);
  EXPECT_EQ(maintenance_of(listener, &route, kOutside), &listener.maintenance);
  EXPECT_EQ(maintenance_of(listener, nullptr, kOutside), &listener.maintenance);
}

TEST(Maintenance, OfARouteStandsInPlaceOfTheListeners) {
  ListenerConfig listener;
  RouteConfig route;
  listener.maintenance = maintenance(true);
  route.maintenance = maintenance(false);
  EXPECT_EQ(maintenance_of(listener, &route, kOutside), nullptr);
}

}  // namespace
}  // namespace fairlead::core
