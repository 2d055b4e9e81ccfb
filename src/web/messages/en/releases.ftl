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
release-returned = What is given back comes back at a moment left to chance, within { $minutes } minutes.
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
# What came of a release.
report = Report
report-of = Report: { $name }
report-days = Days of play { $first } to { $last }, as of { $moment }.
report-day = Day of play { $day }, as of { $moment }.
report-not-open = Nothing of it has opened yet.
report-opened = Opened { $moment }.
report-sold-out = Sold out after { $time }.
report-seconds = { $seconds } s
report-left = { $percent } % are left.
report-bookings = Bookings
report-residents = Residents
report-sold = Sold
report-returned = Cancelled
report-within = How soon
report-after = After
report-booked = Bookings made
report-by-bookings = How many each
report-each = Bookings
report-each-residents = Residents
report-again = { $count ->
    [0] None of them had booked a timed opening in the { $days } days before.
    [one] One of them had booked a timed opening in the { $days } days before, too.
   *[other] { $count } of them had booked a timed opening in the { $days } days before, too.
 }
report-districts = Where
report-share = Share
report-refused = Who went away with nothing
report-refused-hint = Requests that were refused, since { $moment }. One resident may have asked often.
report-nobody-refused = Nobody was refused.
report-reason = Told
report-count = How often
report-draw = The draw
report-draw-told = { $entries } entries, { $won } of them won. Everybody can repeat the draw.
report-draw-file = File of the draw
report-check = The same as data
