# What opens when.
releases = Opening times
releases-open = Open already
no-releases = Nothing opens at an hour of its own: what is free can be booked now.
release-daily = { $days ->
    [0] Opens on the day of play at { $time }.
    [one] Opens { $days } day before play at { $time }.
   *[other] Opens { $days } days before play at { $time }.
 }
release-once = Opens all at once: { $moment }.
release-limit = Each resident may have { $limit } of its bookings a day of play.
release-counter = { $percent } % are sold at the counter only.
release-opens = Opens
release-open = open
release-where = Where
release-now = It is open now.
pitch-count = { $count ->
    [one] { $count } pitch
   *[other] { $count } pitches
 }
clock-slow = Your clock is { "{0}" } s slow; we go by ours.
clock-fast = Your clock is { "{0}" } s fast; we go by ours.
