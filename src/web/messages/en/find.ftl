# Finding a place.
search = Search
search-text = Venue, street, district
any-sport = Any sport
any-time = Any time
any-name = Any name
next-day = The next day
from-time = From { $time }
found = { $count ->
    [0] Nothing free, { $day }
    [one] { $count } venue, { $day }
   *[other] { $count } venues, { $day }
 }
nothing-fits = Nothing fits all of that. With one choice less:
loosen = { $what }: { $count ->
    [one] { $count } venue
   *[other] { $count } venues
 }
show-more = Show more
