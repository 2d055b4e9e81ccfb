# The start.
home-heading = Book a place to play
next-booking = Your next booking
pay-hold = Pay before it ends
whole-city = Whole city
free-tonight = free tonight
free-on = free { $day }
where = Where
near-me = Near me
near-refused = Your position isn't known. Choose a district instead.
only-elsewhere = Nothing is free in your district then. These are elsewhere.
nothing-free = Nothing is free in the evenings that can be booked. Look for other times of day.
find-more = Other times and places
opens-next = Opens next
from-price = from { $price }
all-times = all
all-times-at = All times at { $venue }
slot-more = , until { $to }, free, { $place }
