# How the city does, its venues and its staff, as its operator sees them.
operator-dashboard = Overview
operator-venues = Venues
operator-staff = Staff
operator-city = Whole city
city-open = The city is open: bookings are taken.
city-closed = No bookings are taken:
last-minute = In the last minute
sign-bookings = Bookings a second
sign-cancelled = Cancelled
sign-entries = Let in
sign-refused = Refused
sign-durable = 99 of 100 durable in
sign-within = ≤ { $time } ms
sign-longer = > 2 s
sign-nothing-written = nothing written
sign-queued = Waiting to be durable
refused-most = Refused most:
used-by-district = Used today, by district
used-today = Used
bookings-today = Bookings
map-scale = of what is open today
district = District
pitches = Pitches
no-districts = There are no districts so far. Import the city’s files, or add them by the API.
venue-sought = Venue, street, district, sport or id
no-venue-found = No venue is found by that.
which-venue = Which one?
venues-found = { $count ->
    [one] 1 venue
   *[other] { $count } venues
}
every-district = All districts
add-venue = Add a venue
not-add = Don’t add
venue-added-told = { $venue } was added. It has no pitches yet: its manager or you add them.
venue-id = Id
venue-id-hint = Stands in addresses and never changes: a to z, 0 to 9 and -
address-zh = Address in Chinese
address-en = Address in English
latitude = Latitude
latitude-hint = In degrees, as 22.5431; south of the equator below 0
longitude = Longitude
longitude-hint = In degrees, as 114.0579; west of Greenwich below 0
district-unknown = There is no such district.
admission = Who comes
admission-checked = is checked at a gate or desk
admission-open = counts as having come
pages = Pages
page-before = Before
page-after = After
staff-sought = Venue, or a whole phone number
staff-found = { $count ->
    [one] 1 person
   *[other] { $count } people
}
every-role = All roles
add-staff = Add somebody
staff-added = Added. Who it is can sign in with the number and the first password.
staff-disabled = All rights are taken, and every session has ended.
staff-venue = Venue
staff-venue-hint = The id, or words that fit one venue alone. An operator has none.
staff-venue-unknown = No venue has this id, and these words fit none or several.
staff-phone-taken = There is an account with this number already.
first-password = First password
first-password-hint = At least 8 characters. Hand it over in person.
staff-oneself = This is you. Another operator can take your rights.
staff-disable-told = Whoever loses all rights can do nothing from then on and is signed out everywhere. The number stays taken.
staff-disable = Take all rights
staff-keep = Keep them
