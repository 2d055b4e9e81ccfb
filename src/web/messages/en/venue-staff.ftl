# What managers decide, and the gate's answers.
gate-shown = Ticket or code
gate-use-camera = Use the camera
gate-no-camera = There is no camera here, or the browser may not use it. A scanner or the eight signs do.
gate-camera = What the camera sees
gate-good = Come in
gate-place = { $pitch }, until { $until }
gate-people = { $people ->
    [one] 1 person
   *[other] { $people } people
}
gate-used-at = Entered at { $time }.
gate-used-advice = Check the name with who stands before you; a companion may hold the same ticket.
gate-foreign = Another venue’s ticket
gate-foreign-advice = The venue stands on the ticket: show the way there.
gate-invalid-advice = Ask for the ticket in the app, or look for the name under Today.
gate-other-advice = Open the booking under Today to see how it stands.
all-pitches = All pitches
first-day = First day
last-day = Last day
closed-from = From
closed-to = To
bookings-inside = Bookings inside
inside-refund = Cancel and refund
inside-leave = Leave
public-reason = Reason, told to the public
closure-look = See whom it hits
closures-declared = Declared
no-closures = Nothing was closed so far.
closure-left = { $count } left to refund
closure-done = Closed
closure-preview = Close?
list-changed = The list has changed since you looked. Nothing was closed. This is the list now.
closure-summary = { $count ->
    [one] 1 booking
   *[other] { $count } bookings
}, { $people ->
    [one] 1 person
   *[other] { $people } people
}, { $amount } back
close-now = Close
close-and-refund = Close and refund { $count }
close-and-leave = Close and leave { $count }
not-close = Don’t close
list-comma = ,{ " " }
week-hours = Hours
hours-hint = A line for each day, as 08:00–12:00, 14:00–22:00. Empty is closed. What is booked stays.
hours-of-whole = They are those of the whole.
closed-all-day = Closed
set-hours = Set the hours
prices = Prices
prices-hint = What one slot costs that begins in a span, in { $symbol }, as 08:00–18:00 40, 18:00–22:00 60.50. Empty is free of charge. What is booked keeps its price.
free-of-charge = Free of charge
set-prices = Set the prices
changed-told = Changed. It holds from now on.
offered-told = It is shown and sold.
not-offered-told = It is neither shown nor sold.
offer-no-more = Take it off sale
offer-again = Put it on sale
a-part = part
not-offered = not on sale
day-holiday = Holidays
published-told = Published.
copy-last = Copy the last one
copy = Copy
new-release = New release
no-releases-here = Nothing was released so far: all open days can be booked.
from-day-on = from { $date } on
opens-daily = { $days ->
    [0] opens on the day at { $time }
    [one] opens a day before at { $time }
   *[other] opens { $days } days before at { $time }
}
limit-told = at most { $limit } each
release-share = { $percent } % kept for the counter
name-zh = Name in Chinese
name-en = Name in English
same-pitches = The same pitches as the copied one
last-day-hint = Without a last day it holds for ever.
opens = It opens
each-day-before = each day some days before
all-at-once = all at one moment
days-before = Days before
at-time = At
once-day = Day of opening
limit-each = Bookings each, a day
counter-share = % kept for the counter
publish = Publish
not-publish = Don’t publish
stat-bookings = Bookings
stat-used = Use
stat-revenue = Revenue
stat-highest = highest { $value }
by-pitch = By pitch
by-day = By day
audit-empty = Nobody has changed anything here so far.
audit-details = What changed
audit-before = Before
audit-after = After
audit-older = Older
audit-pitch-added = Pitch added
audit-pitch-changed = Pitch changed
audit-venue-changed = Venue changed
audit-closure-declared = Closed
audit-release-declared = Release published
audit-booking-moved = Booking moved
audit-booking-cancelled = Booking cancelled
audit-counter-booked = Sold at the counter
audit-venue-added = Venue added
audit-resident-verified = Saw somebody's papers
audit-household-joined = Changed who lives together
audit-booking-checked-in = Let in
audit-account-opened = Added to the staff
audit-account-disabled = Rights taken
audit-district-added = District added
audit-sport-added = Sport added
audit-special-days-set = Holidays set
audit-the-import = Import of files
audit-chained = Entry { $no } of the city, hash { $hash }
role = Role
role-manager = Manager
role-front-desk = Front desk
role-operator = Operator
role-resident = Resident
staff-nobody = Nobody works here yet.
staff-by-operator = Who works here is added and removed by the city’s operator.
audit-draw-made = Drawn by lot
audit-something-else = Something else
audit-filters = Look for
audit-who = Who
audit-who-hint = A whole phone number; or tap a name below.
audit-what = What
audit-all = All of it
audit-none-found = Nothing was done that fits.
everybody = Everybody
every-act = Every kind
audit-nobody = Nobody is known by that.
no-day = This is no day.
