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
who-real-name = For residents whose papers a front desk has seen.
who-age-from = For who is { $count } or older in the year of play.
who-age-to = For who is at most { $count } in the year of play.
who-districts = For who is registered in: { $list }.
who-concessions = For: { $list }.
who-household = A household may have { $count } of its bookings a day of play.
who-party = At most { $count } may come with one booking.
concession-student = students
concession-senior = seniors
concession-disabled = people with a disability
concession-low-income = people of low income
concession-veteran = veterans
concession-large-family = large families
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
report-waits = Waiting in the queue
report-waits-hint = { $came } came, { $early } of them before the instant; it was the turn of { $turns }.
report-wait = Of those whose turn has come
report-wait-time = waited
report-wait-median = half at most
report-wait-ninety = nine of ten at most
report-wait-longest = the longest
report-draw = The draw
report-draw-told = { $entries } entries, { $won } of them won. Everybody can repeat the draw.
report-draw-file = File of the draw
report-check = The same as data
