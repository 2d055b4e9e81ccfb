# What stands on every page.
site-name = Kaichang
skip = Skip to the content
nav-label = Main
nav-home = Home
nav-find = Find
nav-bookings = Bookings
nav-me = Me
languages = Languages
api-docs = For developers
rehearsal = A rehearsal: nothing that is booked here is a booking.
no-connection = No connection. What you see may be out of date.
page-title = { $page } · Kaichang
nav-sign-in = Sign in
